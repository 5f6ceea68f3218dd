"""Dead letters go back once, as they came, and are taken in when the cause is mended."""

import pytest

from chassis.kafka.redrive import redrive
from tests.support import toy
from tests.support.toy import thing
from tests.support.toy_stage import Record, Stage, eventually, running


async def _names(stage: Stage) -> set[str]:
    return {name for (name,) in await stage.rows("SELECT thing_id FROM things")}


async def test_a_dead_letter_goes_back_once_with_its_bytes_headers_and_partition(stage: Stage) -> None:
    await stage.produce(
        Record(thing(1, name="poison-a"), key="c:x", partition=3), Record(thing(2), partition=3)
    )
    dead_letters = f"{stage.prefix}dead-letter"
    async with running(stage):
        await stage.read("dead-letter", count=1)
        assert await redrive(dead_letters, bootstrap=stage.bootstrap) == 1
        # Poison still, so it comes back once more: the original headers, the new place.
        first, second = await stage.read("dead-letter", count=2)
        assert (second.key, second.value) == (first.key, first.value)
        before, after = dict(first.headers), dict(second.headers)
        assert after["origin-partition"] == b"3"
        assert int(after["origin-offset"]) > int(before["origin-offset"])
        assert {n: v for n, v in after.items() if n != "origin-offset"} == {
            n: v for n, v in before.items() if n != "origin-offset"
        }
    assert await redrive(dead_letters, bootstrap=stage.bootstrap) == 1
    assert await redrive(dead_letters, bootstrap=stage.bootstrap) == 0


async def test_the_offset_passes_the_markers_that_a_transaction_leaves(stage: Stage) -> None:
    await stage.produce(Record(thing(1, name="poison-a"), partition=0))
    async with running(stage) as run:
        await stage.read("dead-letter", count=1)
        await redrive(f"{stage.prefix}dead-letter", bootstrap=stage.bootstrap)
        await stage.read("dead-letter", count=2)
        assert await run.service.progress.caught_up([f"{stage.prefix}things"], timeout_s=10)
        await stage.produce(Record(thing(2), partition=0))

        async def taken_in() -> bool:
            return await _names(stage) == {"thing-2"}

        await eventually(taken_in)


async def test_a_dead_letter_that_was_mended_is_taken_in_once_however_often_it_is_put_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead_letters = f"{stage.prefix}dead-letter"
    await stage.produce(Record(thing(1, name="poison-a"), partition=2))
    async with running(stage):
        await stage.read("dead-letter", count=1)

    async def behave(*_: object) -> None:
        """The release that mends it."""

    monkeypatch.setattr(toy, "_misbehave", behave)
    async with running(stage) as run:
        assert await redrive(dead_letters, bootstrap=stage.bootstrap) == 1
        assert await redrive(dead_letters, bootstrap=stage.bootstrap) == 0
        assert await run.service.progress.caught_up([f"{stage.prefix}things"], timeout_s=20)
    assert await stage.rows("SELECT thing_id, times FROM things") == [("poison-a", 1)]
    assert len(await stage.read("dead-letter", count=1)) == 1
