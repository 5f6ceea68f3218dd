"""Fills a service's tables by COPY with copies of one customer that the services themselves have taken in.

The sample's ids all hold one number; every row that names it is copied with other numbers of the same length, in text
columns and in packed ones, so the rows are what the service wrote, whatever its schema.
"""

from collections.abc import AsyncIterator, Sequence
from io import BytesIO

import asyncpg

SAMPLE = 31_415_926
DIGITS = 8
_BLOCK_CUSTOMERS = 2000
_NOT_COPIED = ("outbox", "consumer_offsets", "alembic_version")


def number_text(number: int) -> str:
    """Write a customer's number as it stands in every id of that customer."""
    return f"{number:0{DIGITS}d}"


async def multiply(url: str, *, customers: int) -> dict[str, int]:
    """Copy the sample's rows for the customers 0 … ``customers`` - 1; returns how many rows each table got."""
    connection = await asyncpg.connect(url)
    try:
        copied = {}
        for table in await _tables(connection):
            rows = await _sample(connection, table)
            if rows:
                source = _copies(rows, customers)
                await connection.copy_to_table(table, source=source)
                await connection.execute(f"VACUUM ANALYZE {table}")
                copied[table] = customers * rows.count(b"\n")
        return copied
    finally:
        await connection.close()


async def bytes_used(url: str) -> int:
    """Return the bytes of all tables with their indexes."""
    connection = await asyncpg.connect(url)
    try:
        asked = "SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables"
        return int(await connection.fetchval(asked))
    finally:
        await connection.close()


async def _tables(connection: "asyncpg.Connection") -> Sequence[str]:
    rows = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL($1) ORDER BY 1",
        _NOT_COPIED,
    )
    return [row["tablename"] for row in rows]


async def _sample(connection: "asyncpg.Connection", table: str) -> bytes:
    """Return the sample's rows as COPY writes them."""
    found = BytesIO()
    query = f"SELECT t.* FROM {table} t WHERE t::text LIKE '%{number_text(SAMPLE)}%'"
    await connection.copy_from_query(query, output=found)
    return found.getvalue()


async def _copies(rows: bytes, customers: int) -> AsyncIterator[bytes]:
    for first in range(0, customers, _BLOCK_CUSTOMERS):
        block = range(first, min(first + _BLOCK_CUSTOMERS, customers))
        yield b"".join(renumbered(rows, number) for number in block)


def renumbered(rows: bytes, number: int) -> bytes:
    """Return the rows of another customer: its number instead of the sample's, plain and in hexadecimal."""
    sample, other = number_text(SAMPLE).encode(), number_text(number).encode()
    return rows.replace(sample, other).replace(sample.hex().encode(), other.hex().encode())
