"""The second wall: what PostgreSQL itself shows of a creditor, whatever our own statements forget."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from sandbox.stack.databases import Database
from tests.integration.walls.rows import SERVICES, Table, tables_of
from tests.support.servers import Databases

OURS, THEIRS = "acme-nl", "bolt-de"
# They hold nothing of anybody: topics, offsets and times. The outbox has a wall of its own.
_OF_NOBODY = {"alembic_version", "consumer_offsets", "sandbox_clock", "taken_in", "outbox"}


@asynccontextmanager
async def _connected(url: str, *, creditor_id: str | None = None) -> AsyncIterator[asyncpg.Connection]:
    settings = {} if creditor_id is None else {"app.creditor": creditor_id}
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(params=SERVICES)
async def filled(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[Database]:
    """A service's database with a row of each of two creditors in every table that has creditors."""
    async with databases.fresh(request.param) as database:
        async with _connected(database.url) as connection:
            for table in await _walled(connection):
                for creditor_id in (OURS, THEIRS):
                    await connection.execute(table.insert(creditor_id))
        yield database


async def _walled(connection: asyncpg.Connection) -> list[Table]:
    found = [table for table in await tables_of(connection) if table.has_creditor]
    assert len(found) >= 5
    return found


@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_that_has_creditors_is_walled_and_the_others_are_known(
    databases: Databases, service: str
) -> None:
    async with databases.fresh(service) as database, _connected(database.owner_url) as connection:
        forced = {
            row[0]
            for row in await connection.fetch(
                "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
            )
        }
        tables = await tables_of(connection)
    with_creditors = {table.name for table in tables if table.has_creditor}
    assert forced == with_creditors | {"outbox"}
    assert {table.name for table in tables} - with_creditors <= _OF_NOBODY


async def test_the_api_s_role_sees_the_rows_of_its_creditor_and_without_one_nothing(filled: Database) -> None:
    async with _connected(filled.api_url) as nobody, _connected(filled.api_url, creditor_id=OURS) as one:
        for table in await _walled(one):
            every = f"SELECT creditor_id FROM {table.name} WHERE creditor_id <> '*'"
            assert await nobody.fetch(every) == [], table.name
            assert [row[0] for row in await one.fetch(every)] == [OURS], table.name


async def test_the_api_s_role_changes_nothing_of_another_creditor(filled: Database) -> None:
    async with _connected(filled.api_url, creditor_id=OURS) as one:
        for table in await _walled(one):
            whose = f"{table.name} WHERE creditor_id = '{THEIRS}'"
            assert await one.execute(f"DELETE FROM {whose}") == "DELETE 0"
            update = f"UPDATE {table.name} SET creditor_id = creditor_id WHERE creditor_id = '{THEIRS}'"
            assert await one.execute(update) == "UPDATE 0"
            for statement in (
                table.insert(THEIRS).replace(f"of {THEIRS}", "something new"),
                f"UPDATE {table.name} SET creditor_id = '{THEIRS}x' WHERE creditor_id = '{OURS}'",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                    await one.execute(statement)


async def test_the_owner_is_bound_too_and_the_consumer_works_for_all(filled: Database) -> None:
    async with (
        _connected(filled.owner_url) as owner,
        _connected(filled.owner_url, creditor_id="*") as migrating,
        _connected(filled.url) as consumer,
    ):
        for table in await _walled(owner):
            count = f"SELECT count(*) FROM {table.name} WHERE creditor_id <> '*'"
            assert await owner.fetchval(count) == 0, table.name
            assert await migrating.fetchval(count) == 2, table.name
            assert await consumer.fetchval(count) == 2, table.name


async def test_a_caller_s_transaction_adds_to_the_outbox_and_reads_nothing_of_it(filled: Database) -> None:
    add = "INSERT INTO outbox (shard, topic, key, headers, value) VALUES (1, 't', 'k', '', 'of somebody')"
    async with _connected(filled.api_url, creditor_id=OURS) as one, _connected(filled.url) as relay:
        await one.execute(add)
        assert await one.fetch("SELECT * FROM outbox") == []
        assert await one.execute("DELETE FROM outbox") == "DELETE 0"
        assert await relay.fetchval("SELECT count(*) FROM outbox") == 1


async def test_the_policies_as_they_ship_are_everybody_s_to_read_and_nobody_s_to_change(
    databases: Databases,
) -> None:
    async with (
        databases.fresh("scheduler") as database,
        _connected(database.api_url, creditor_id=OURS) as one,
    ):
        shipped = await one.fetchval("SELECT count(*) FROM policies WHERE creditor_id = '*'")
        assert shipped > 0
        assert await one.execute("UPDATE policies SET author = 'me'") == "UPDATE 0"
        assert await one.execute("DELETE FROM policies") == "DELETE 0"
