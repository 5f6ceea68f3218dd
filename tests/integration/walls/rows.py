"""Rows of any table, made from the catalogue: a table that is added tomorrow is tested too."""

from dataclasses import dataclass

import asyncpg

SERVICES = ("invoices", "classifier", "scheduler", "notifier")

_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""
_COLUMNS = """
    SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind
    FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' ORDER BY a.attnum
"""
_ALL_COLUMNS = (
    "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and what a row of it needs."""

    name: str
    columns: tuple[str, ...]
    needed: tuple[tuple[str, str], ...]
    """Names and types of the columns that a row cannot do without."""

    @property
    def has_creditor(self) -> bool:
        return "creditor_id" in self.columns

    def insert(self, creditor_id: str) -> str:
        """Return a statement that adds a row of this creditor."""
        values = [
            f"'{creditor_id}'" if name == "creditor_id" else _value(kind, creditor_id=creditor_id)
            for name, kind in self.needed
        ]
        return f"INSERT INTO {self.name} ({', '.join(name for name, _ in self.needed)}) VALUES ({', '.join(values)})"


def _value(kind: str, *, creditor_id: str) -> str:
    """Return any value of a type; texts tell whose they are."""
    fixed = {
        "text": f"'of {creditor_id}'",
        "jsonb": f"""'{{"of": "{creditor_id}"}}'""",
        "date": "'2026-03-02'",
        "boolean": "true",
        "bytea": f"convert_to('of {creditor_id}', 'UTF8')",
        "timestamp with time zone": "'2026-03-02T09:00:00Z'",
    }
    if kind in fixed:
        return fixed[kind]
    return f"CAST('{{}}' AS {kind})" if kind.endswith("[]") else "1"


async def tables_of(connection: asyncpg.Connection) -> list[Table]:
    """Return every table of the service."""
    found = []
    for (name,) in await connection.fetch(_TABLES):
        columns = tuple(row[0] for row in await connection.fetch(_ALL_COLUMNS, name))
        needed = tuple((row["name"], row["kind"]) for row in await connection.fetch(_COLUMNS, name))
        found.append(Table(name, columns, needed))
    return found
