"""Statements on a real server: names become places, columns attributes, and errors say what to do next."""

from decimal import Decimal

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text

from chassis.db.connection import WrongNumberOfRows
from chassis.db.engine import DATABASE_ERRORS, Engine, is_collision, is_outage, open_engine
from chassis.settings import ServiceSettings
from tests.support.toy_stage import Stage

_COUNT = text("SELECT count(*) AS many FROM things WHERE thing_id = :name OR :name = 'all'")

_ARRAYS = text(
    "SELECT CAST(:words AS text[]) AS words, CAST(:amounts AS numeric[]) AS amounts, CAST(:none AS bigint[]) AS none"
)


def _engine(stage: Stage, *, owner: bool = False) -> Engine:
    url = SecretStr(stage.database.owner_url if owner else stage.database.url)
    return open_engine(ServiceSettings(service="toy", sandbox=True, database_url=url, database_pool_max=2))


async def _insert_twice(engine: Engine) -> None:
    async with engine.begin() as connection:
        for _ in range(2):
            await connection.execute(text("INSERT INTO things (thing_id, times) VALUES ('y', 1)"))


async def test_a_value_may_be_named_twice_and_columns_are_attributes(stage: Stage) -> None:
    engine = _engine(stage)
    async with engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO things (thing_id, times) VALUES (:a, :n)"), {"n": 3, "a": "x"}
        )
        row = (await connection.execute(_COUNT, {"name": "all", "unused": None})).one()
        assert row.many == row["many"] == 1
        with pytest.raises(AttributeError):
            _ = row.missing
        told = await connection.execute(text("SELECT CAST('{\"a\": [1, null]}' AS jsonb)"))
        assert told.scalar_one() == {"a": [1, None]}
    await engine.dispose()


@given(
    words=st.lists(st.none() | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))),
    amounts=st.lists(st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=4)),
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_arrays_arrive_as_they_were_given(
    stage: Stage, words: list[str | None], amounts: list[Decimal | None]
) -> None:
    engine = _engine(stage)
    async with engine.connect() as connection:
        row = (await connection.execute(_ARRAYS, {"words": words, "amounts": amounts, "none": None})).one()
    await engine.dispose()
    assert (row.words, row.amounts, row.none) == (words, amounts, None)


async def test_one_row_means_one_row(stage: Stage) -> None:
    engine = _engine(stage)
    async with engine.connect() as connection:
        two = await connection.execute(text("SELECT generate_series(1, 2)"))
        assert two.scalars() == [1, 2]
        with pytest.raises(WrongNumberOfRows):
            two.one_or_none()
        assert (await connection.execute(text("SELECT 1 WHERE false"))).scalar_one_or_none() is None
    await engine.dispose()


async def test_what_fails_in_a_transaction_leaves_nothing_and_the_connection_serves_on(stage: Stage) -> None:
    engine = _engine(stage)
    for _ in range(3):  # More often than the pool has connections.
        with pytest.raises(asyncpg.UniqueViolationError) as caught:
            await _insert_twice(engine)
        assert not is_outage(caught.value)
        assert not is_collision(caught.value)
    async with engine.connect() as connection:
        assert (await connection.execute(_COUNT, {"name": "all"})).scalar_one() == 0
    await engine.dispose()


async def test_a_value_that_does_not_fit_is_no_outage(stage: Stage) -> None:
    engine = _engine(stage)
    async with engine.connect() as connection:
        with pytest.raises(DATABASE_ERRORS) as caught:
            await connection.execute(_COUNT, {"name": 7})
        assert not is_outage(caught.value)
    await engine.dispose()


async def test_a_plan_that_a_migration_made_invalid_may_simply_be_tried_again(stage: Stage) -> None:
    ours, owner = _engine(stage), _engine(stage, owner=True)
    every_column = text("SELECT * FROM things")
    async with ours.begin() as connection:
        await connection.execute(every_column)
    async with owner.begin() as connection:
        await connection.execute(text("ALTER TABLE things ADD COLUMN extra text"))
    with pytest.raises(DATABASE_ERRORS) as caught:
        async with ours.begin() as connection:
            await connection.execute(every_column)
    assert is_collision(caught.value)
    async with ours.begin() as connection:
        assert await connection.execute(every_column) == []
    await ours.dispose()
    await owner.dispose()


async def test_a_session_that_is_cut_lets_go_of_its_lock_and_the_pool_makes_a_new_one(stage: Stage) -> None:
    engine = _engine(stage)
    take = text("SELECT pg_try_advisory_lock(4711)")
    async with engine.connect() as holder:
        assert (await holder.execute(take)).scalar_one()
        async with engine.connect() as other:
            assert not (await other.execute(take)).scalar_one()
        holder.cut()
    for _ in range(50):
        async with engine.connect() as other:
            if (await other.execute(take)).scalar_one():
                break
    else:
        pytest.fail("the lock outlived its session")
    await engine.dispose()


async def test_a_server_that_is_not_there_is_an_outage() -> None:
    url = SecretStr("postgresql://nobody:x@127.0.0.1:1/nothing")
    engine = open_engine(ServiceSettings(service="toy", sandbox=True, database_url=url))
    with pytest.raises((OSError, *DATABASE_ERRORS)) as caught:
        async with engine.connect():
            pass
    assert is_outage(caught.value)
