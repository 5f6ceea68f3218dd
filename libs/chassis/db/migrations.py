"""Runs a service's migrations: what the ``migrate`` role alone needs, and alone loads."""

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.db.engine import server_settings
from chassis.settings import ServiceSettings, sqlalchemy_url

_MIGRATION_LOCK = 862_002
_VERSION = text("SELECT version_num FROM alembic_version")


def run_environment() -> None:
    """Run the migrations on the connection of the ``migrate`` role: all that a service's ``env.py`` does."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=context.config.attributes.get("target_metadata"))
    with context.begin_transaction():
        context.run_migrations()


def config_of(location: Path) -> Config:
    """Return Alembic's view of a service's migrations."""
    config = Config()
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def migrate(settings: ServiceSettings, *, location: Path, revision: str = "head") -> str:
    """Bring the schema up to ``revision`` as the owner, one process at a time; returns the revision it is at then."""

    def upgrade(connection: Connection) -> str:
        config = config_of(location)
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
