"""What the parts can do: the raw upsert of PostgreSQL over two connections."""

import asyncio
import time

import asyncpg

ROWS = 100_000
BATCH_ROWS = 1000
CONNECTIONS = 2

_CREATE = """
DROP TABLE IF EXISTS raw_upsert;
CREATE TABLE raw_upsert (creditor_id text, id text, customer_id text, version bigint, issued_on date, due_on date,
  currency text, amount numeric, open numeric, status text, reference text, document text, PRIMARY KEY (creditor_id, id))
"""
_UPSERT = """
INSERT INTO raw_upsert SELECT 'bench', i, c, 1, DATE '2026-01-01', DATE '2026-01-31', 'EUR', a, a, 'OPEN', r, d
FROM unnest($1::text[], $2::text[], $3::numeric[], $4::text[], $5::text[]) AS t(i, c, a, r, d)
ON CONFLICT (creditor_id, id) DO UPDATE SET version = excluded.version, amount = excluded.amount, open = excluded.open
"""


async def raw_upsert_rows_per_s(url: str) -> float:
    """Upsert sequential new keys into an empty table of twelve columns, 1000 rows a transaction, two connections."""
    connections = [await asyncpg.connect(url) for _ in range(CONNECTIONS)]
    await connections[0].execute(_CREATE)
    batches = [_batch(start) for start in range(0, ROWS, BATCH_ROWS)]
    started = time.perf_counter()
    await asyncio.gather(*(_write(c, batches[n::CONNECTIONS]) for n, c in enumerate(connections)))
    elapsed_s = time.perf_counter() - started
    await connections[0].execute("DROP TABLE raw_upsert")
    for connection in connections:
        await connection.close()
    return ROWS / elapsed_s


def _batch(start: int) -> tuple[list[str], list[str], list[int], list[str], list[str]]:
    keys = range(start, start + BATCH_ROWS)
    return (
        [f"INV-{n:08d}" for n in keys],
        [f"C-{n // 3:07d}" for n in keys],
        [100 + n % 900 for n in keys],
        [f"RF{n:08d}" for n in keys],
        ["" for _ in keys],
    )


async def _write(
    connection: "asyncpg.Connection",
    batches: list[tuple[list[str], list[str], list[int], list[str], list[str]]],
) -> None:
    for batch in batches:
        await connection.execute(_UPSERT, *batch)
