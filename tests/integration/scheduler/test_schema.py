"""The tables in the code are those that the migrations make; the poll with nothing due is one index probe."""

from datetime import UTC, datetime

from pydantic import SecretStr
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.settings import sqlalchemy_url
from scheduler.adapters.repositories_customers import CLAIM
from scheduler.adapters.tables import metadata
from tests.integration.scheduler.desk import SchedulerOnPostgres
from tests.support.servers import Databases


def _columns(connection: Connection) -> dict[str, list[tuple[str, bool]]]:
    found = inspect(connection)
    return {
        table: sorted((column["name"], bool(column["nullable"])) for column in found.get_columns(table))
        for table in metadata.tables
    }


async def test_the_tables_are_those_of_the_migrations(databases: Databases) -> None:
    async with databases.fresh("scheduler") as own:
        engine = create_async_engine(sqlalchemy_url(SecretStr(own.url)))
        async with engine.connect() as connection:
            made = await connection.run_sync(_columns)
        await engine.dispose()
    declared = {
        name: sorted((column.name, bool(column.nullable)) for column in table.columns)
        for name, table in metadata.tables.items()
    }
    assert made == declared


async def test_the_poll_with_nothing_due_is_one_index_probe(scheduler: SchedulerOnPostgres) -> None:
    async with scheduler.database.unit() as unit:
        await unit.connection.execute(
            text(
                "INSERT INTO customers (creditor_id, customer_id, state, next_wakeup_at)"
                " SELECT 'acme-nl', n::text, '', timestamptz '2026-06-01' + n * interval '1 minute'"
                " FROM generate_series(1, 20000) AS n"
            )
        )
        await unit.connection.execute(text("ANALYZE customers"))
        rows = await unit.connection.execute(
            text("EXPLAIN (ANALYZE, BUFFERS, FORMAT TEXT) " + CLAIM.text),
            {"now": datetime(2026, 5, 1, tzinfo=UTC), "limit": 500},
        )
        plan = "\n".join(row[0] for row in rows)
    assert "customers_next_wakeup" in plan
    assert "Seq Scan" not in plan
