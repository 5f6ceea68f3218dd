"""A code path that forgets whose rows it may see: behind the API it sees nothing, or the token's creditor."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Security
from pydantic import SecretStr
from sqlalchemy import text

from chassis.db.connection import Connection
from chassis.db.engine import open_callers_engine, open_engine
from chassis.db.scope import OtherScope, every_creditor, request, within
from chassis.db.unit_of_work import Database
from chassis.http.api import create_app
from chassis.http.auth import Principal, authenticated
from chassis.testing.fakes import FakeEncoder
from classifier.settings import Settings
from sandbox.stack import databases as stack_databases
from tests.integration.classifier.stage import open_stage
from tests.support.servers import Databases

OURS, THEIRS = "acme-nl", "bolt-de"
_CREDITORS = text("SELECT creditor_id FROM creditors ORDER BY creditor_id")
_PID = text("SELECT pg_backend_pid()")
_KILL = text("SELECT pg_terminate_backend(:pid)")


@asynccontextmanager
async def _opened(own: stack_databases.Database, **changes: object) -> AsyncIterator[Database]:
    values: dict[str, object] = {
        "service": "classifier",
        "sandbox": True,
        "database_url": SecretStr(own.url),
        "api_database_url": SecretStr(own.api_url),
        "database_pool_max": 2,
        **changes,
    }
    settings = Settings.model_validate(values)
    database = Database(open_engine(settings), callers=open_callers_engine(settings), encoder=FakeEncoder())
    try:
        yield database
    finally:
        await database.close()


async def _fill(database: Database) -> None:
    async with database.unit() as unit:
        for creditor_id in (OURS, THEIRS):
            await unit.connection.execute(
                text(
                    "INSERT INTO creditors (creditor_id, version, timezone, prior) VALUES (:id, 1, 'UTC', '{}')"
                ),
                {"id": creditor_id},
            )


async def _seen(connection: Connection) -> list[str]:
    return [row[0] for row in await connection.execute(_CREDITORS)]


@pytest.fixture
async def own(databases: Databases) -> AsyncIterator[stack_databases.Database]:
    async with databases.fresh("classifier") as own:
        yield own


@pytest.fixture(params=["three roles", "one plain role"])
async def database(request: pytest.FixtureRequest, own: stack_databases.Database) -> AsyncIterator[Database]:
    """Two creditors, seen through the roles of the stack, or through the one address that a user gave."""
    alone = {"database_url": SecretStr(own.owner_url), "api_database_url": SecretStr("")}
    async with _opened(own, **(alone if request.param == "one plain role" else {})) as database:
        await _fill(database)
        yield database


async def test_a_request_sees_nobody_until_its_token_is_checked_and_then_its_own(database: Database) -> None:
    async with database.unit() as unit:
        assert await _seen(unit.connection) == [OURS, THEIRS], "outside of a request the work is for all"
    with request():
        async with database.unit() as unit, database.reading() as reading:
            assert await _seen(unit.connection) == await _seen(reading.connection) == []
        async with database.engine.connect() as connection:
            assert await _seen(connection) == []
        for creditor_id in (OURS, THEIRS):
            with within(creditor_id):
                async with database.unit() as unit, database.reading() as reading:
                    assert await _seen(unit.connection) == await _seen(reading.connection) == [creditor_id]
                async with database.engine.connect() as connection:
                    assert await _seen(connection) == [creditor_id]
        async with database.unit(creditor_id=OURS) as unit:
            assert await _seen(unit.connection) == [OURS]
        with every_creditor():
            async with database.unit() as unit:
                assert await _seen(unit.connection) == [OURS, THEIRS]
        async with database.reading() as reading:
            assert await _seen(reading.connection) == [], "nothing stays with the connection"


async def test_a_transaction_that_is_rolled_back_leaves_no_scope_behind(database: Database) -> None:
    with request():
        for creditor_id in (OURS, THEIRS, OURS):
            with pytest.raises(ZeroDivisionError):  # noqa: PT012 - it is the block that is rolled back
                async with database.unit(creditor_id=creditor_id) as unit:
                    assert await _seen(unit.connection) == [creditor_id]
                    raise ZeroDivisionError
            async with database.unit(creditor_id=creditor_id) as unit:
                assert await _seen(unit.connection) == [creditor_id]


async def test_a_role_that_passes_every_policy_is_noticed(
    database: Database, own: stack_databases.Database, databases: Databases
) -> None:
    assert await database.walls_hold()
    superuser = {"database_url": SecretStr(databases.server.url(own.name)), "api_database_url": SecretStr("")}
    consumer = {"database_url": SecretStr(own.url), "api_database_url": SecretStr("")}
    for roles in (superuser, consumer):
        async with _opened(own, **roles) as open_to_all:
            assert not await open_to_all.walls_hold()


async def test_who_works_for_one_creditor_cannot_turn_to_another(database: Database) -> None:
    with request(), within(OURS), pytest.raises(OtherScope):
        async with database.unit(creditor_id=THEIRS):
            pass


async def test_a_connection_that_was_lost_is_replaced_and_knows_its_scope(
    own: stack_databases.Database,
) -> None:
    async with _opened(own) as database:
        await _fill(database)
        with request():
            with within(OURS):
                async with database.reading() as reading:
                    pid = (await reading.connection.execute(_PID)).scalar_one()
            with every_creditor():
                async with database.unit() as unit:
                    same_role = _opened(own, database_url=SecretStr(own.api_url))
                    async with same_role as killer, killer.unit() as killing:
                        assert (await killing.connection.execute(_KILL, {"pid": pid})).scalar_one()
                    assert await _seen(unit.connection) == [OURS, THEIRS]
            with within(THEIRS):
                async with database.reading() as reading:
                    assert await _seen(reading.connection) == [THEIRS]


async def test_the_scope_costs_nothing_while_it_stays_and_one_statement_when_it_changes(
    own: stack_databases.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    plain = asyncpg.Connection.fetchval

    async def counting(self: asyncpg.Connection, query: str, *values: object, **more: object) -> object:
        told.extend(map(str, values))
        return await plain(self, query, *values, **more)

    monkeypatch.setattr(asyncpg.Connection, "fetchval", counting)
    async with _opened(own) as database:
        for creditor_id in (OURS, OURS, OURS, THEIRS, THEIRS):
            with request(), within(creditor_id):
                async with database.reading() as reading:
                    assert await _seen(reading.connection) == []
        async with database.unit() as unit:
            assert await _seen(unit.connection) == []
    assert told == [OURS, THEIRS]


async def test_a_route_that_forgets_its_creditor_shows_nothing_or_the_token_s_own(
    own: stack_databases.Database, tmp_path: Path
) -> None:
    async with open_stage(own, folder=tmp_path) as stage:
        await _fill(stage.service.database)
        app = create_app(replace(stage.service, routers=[_forgetful(stage.service.database)]))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://forgetful") as http:
            assert (await http.get("/open")).json() == []
            for creditor_id in (OURS, THEIRS):
                for path in ("/unit", "/reading", "/engine"):
                    assert (await http.get(path, headers=stage.headers(creditor_id))).json() == [creditor_id]


Caller = Annotated[Principal, Security(authenticated, scopes=["classifier:read"])]


def _forgetful(database: Database) -> APIRouter:
    """Return routes that read every row, each in a way of its own."""
    router = APIRouter()

    @router.get("/open")
    async def without_a_token() -> list[str]:
        async with database.unit() as unit:
            return await _seen(unit.connection)

    @router.get("/unit")
    async def in_a_unit(_caller: Caller) -> list[str]:
        async with database.unit() as unit:
            return await _seen(unit.connection)

    @router.get("/reading")
    async def in_a_reading(_caller: Caller) -> list[str]:
        async with database.reading() as unit:
            return await _seen(unit.connection)

    @router.get("/engine")
    async def on_the_engine(_caller: Caller) -> list[str]:
        async with database.engine.connect() as connection:
            return await _seen(connection)

    return router
