"""Runs a service's migrations, and refuses a process on a schema that is older than its code."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.db.connection import Connection
from chassis.db.engine import Engine, server_settings
from chassis.settings import ServiceSettings, sqlalchemy_url

if TYPE_CHECKING:
    from alembic.operations import Operations

_MIGRATION_LOCK = 862_002
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


class StaleSchema(Exception):
    """The database is older than this code; run the ``migrate`` role first."""


def create_chassis_tables(op: "Operations") -> None:
    """Create outbox, consumer_offsets, sandbox_clock and idempotency_keys: for a service's first migration."""
    for statement in _TABLES:
        op.execute(statement)


def drop_chassis_tables(op: "Operations") -> None:
    """Drop what ``create_chassis_tables`` made."""
    for table in ("idempotency_keys", "sandbox_clock", "consumer_offsets", "outbox"):
        op.execute(f"DROP TABLE {table}")


def run_environment() -> None:
    """Run the migrations on the connection of the ``migrate`` role: all that a service's ``env.py`` does."""
    connection: SyncConnection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=context.config.attributes.get("target_metadata"))
    with context.begin_transaction():
        context.run_migrations()


def script_location(package: str) -> Path:
    """Return the folder of a migrations package, e.g. ``billing.migrations``."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"there is no package {package} to migrate with")
    return Path(next(iter(spec.submodule_search_locations)))


def _config(location: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def migrate(settings: ServiceSettings, *, location: Path, revision: str = "head") -> str:
    """Bring the schema up to ``revision`` as the owner, one process at a time; returns the revision it is at then."""

    def upgrade(connection: SyncConnection) -> str:
        config = _config(location)
        config.attributes["connection"] = connection
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.execute(text("SET statement_timeout = '15min'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        command.upgrade(config, revision)
        return str(connection.execute(_VERSION).scalar_one_or_none() or "")

    engine = create_async_engine(
        sqlalchemy_url(settings.migration_database_url or settings.database_url),
        connect_args={"timeout": 10, "server_settings": server_settings(settings)},
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


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
    scripts = ScriptDirectory.from_config(_config(location))
    head = scripts.get_current_head()
    known = {script.revision for script in scripts.walk_revisions()}
    if revision != head and (not revision or revision in known):
        raise StaleSchema(
            f"the schema is at {revision or 'nothing'}, this code needs {head}: run the migrate role"
        )
    return revision
