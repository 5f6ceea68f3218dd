"""The tables as SQLAlchemy sees them are those that the migrations make."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.settings import sqlalchemy_url
from classifier.adapters.tables import metadata
from tests.support.servers import Databases

OURS = frozenset(metadata.tables)


def _ours(name: str | None, type_: str, _parents: Any) -> bool:
    return type_ != "table" or name in OURS


async def test_tables_and_migrations_agree(databases: Databases) -> None:
    async with databases.fresh("classifier") as own:
        engine = create_async_engine(sqlalchemy_url(SecretStr(own.url)))

        def differences(connection: Connection) -> list[Any]:
            options = {"compare_type": True, "include_name": _ours}
            return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

        try:
            async with engine.connect() as connection:
                assert await connection.run_sync(differences) == []
        finally:
            await engine.dispose()
    assert all("creditor_id" in table.primary_key.columns for table in metadata.tables.values())
