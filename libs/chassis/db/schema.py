"""Refuses a process on a schema that is older than its code; the tables that every service has."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from chassis.db.connection import Connection
from chassis.db.engine import Engine

if TYPE_CHECKING:
    from alembic.operations import Operations

_KNOWN = text("SELECT to_regclass('alembic_version')")
_VERSION = text("SELECT version_num FROM alembic_version")

_TABLES: Sequence[str] = (
    """CREATE TABLE outbox (
        shard smallint NOT NULL,
        position bigint GENERATED ALWAYS AS IDENTITY,
        topic text NOT NULL,
        key bytea,
        headers bytea NOT NULL,
        value bytea,
        partition integer,
        PRIMARY KEY (shard, position)
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
            autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000)""",
    """CREATE TABLE consumer_offsets (
        topic text NOT NULL,
        partition integer NOT NULL,
        next_offset bigint NOT NULL,
        PRIMARY KEY (topic, partition)
    ) WITH (fillfactor = 20)""",
    """CREATE TABLE sandbox_clock (
        id smallint PRIMARY KEY CHECK (id = 1),
        now timestamptz NOT NULL
    )""",
    """CREATE TABLE idempotency_keys (
        creditor_id text NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        claimed_until timestamptz NOT NULL,
        effect_at timestamptz,
        status smallint,
        headers bytea,
        body bytea,
        PRIMARY KEY (creditor_id, key)
    )""",
    "CREATE INDEX idempotency_keys_claimed_until ON idempotency_keys (claimed_until)",
)


# A packed row is read once and deleted: compressing it would cost more than the disk that it saves.
_PACKED: Sequence[str] = (
    "ALTER TABLE outbox ALTER COLUMN value SET STORAGE EXTERNAL",
    "ALTER TABLE outbox SET (toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 5000)",
)
_NOT_PACKED: Sequence[str] = (
    "ALTER TABLE outbox RESET (toast.autovacuum_vacuum_scale_factor, toast.autovacuum_vacuum_threshold)",
    "ALTER TABLE outbox ALTER COLUMN value SET STORAGE EXTENDED",
)


class StaleSchema(Exception):
    """The database is older than this code; run the ``migrate`` role first."""


def create_chassis_tables(op: "Operations") -> None:
    """Create outbox, consumer_offsets, sandbox_clock and idempotency_keys: for a service's first migration."""
    for statement in _TABLES:
        op.execute(statement)


def prepare_packed_outbox(op: "Operations") -> None:
    """Let the outbox hold rows of many messages each; changes no row, and waits for no writer longer than a moment."""
    for statement in _PACKED:
        op.execute(statement)


def leave_packed_outbox(op: "Operations") -> None:
    """Undo ``prepare_packed_outbox``."""
    for statement in _NOT_PACKED:
        op.execute(statement)


def drop_chassis_tables(op: "Operations") -> None:
    """Drop what ``create_chassis_tables`` made."""
    for table in ("idempotency_keys", "sandbox_clock", "consumer_offsets", "outbox"):
        op.execute(f"DROP TABLE {table}")


def script_location(package: str) -> Path:
    """Return the folder of a migrations package, e.g. ``billing.migrations``."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"there is no package {package} to migrate with")
    return Path(next(iter(spec.submodule_search_locations)))


async def _revision(connection: Connection) -> str:
    if (await connection.execute(_KNOWN)).scalar_one() is None:
        return ""
    return str((await connection.execute(_VERSION)).scalar_one_or_none() or "")


async def check(engine: Engine, *, location: Path) -> str:
    """Return the schema's revision; raises StaleSchema when this code needs a later one.

    A revision that this code does not know is newer than the code: allowed, because migrations
    only ever widen what running code relies on.
    """
    async with engine.connect() as connection:
        revision = await _revision(connection)
    known = revisions(location)
    if revision != known[-1] and (not revision or revision in known):
        raise StaleSchema(
            f"the schema is at {revision or 'nothing'}, this code needs {known[-1]}: run the migrate role"
        )
    return revision


def revisions(location: Path) -> list[str]:
    """Return the revisions that this code knows, oldest first.

    Each migration's file begins with its revision (`tests/architecture` holds that against Alembic), so that
    a process that only checks needs not load what migrates.
    """
    return sorted(path.name.split("_")[0] for path in (location / "versions").glob("[0-9]*_*.py"))
