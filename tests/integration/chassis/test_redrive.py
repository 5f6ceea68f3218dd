"""Dead letters go back once, as they came, and are taken in when the cause is mended."""

import asyncio
import subprocess
import sys

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


def _typed(topic: str, bootstrap: str) -> tuple[int, str, str]:
    """Run the command as `make redrive` does; returns its exit status, and what it said on either stream."""
    command = [sys.executable, "-m", "chassis.kafka.redrive", topic, "--bootstrap", bootstrap]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


async def test_a_topic_that_does_not_exist_is_one_sentence_of_ours(bootstrap: str) -> None:
    said = await asyncio.to_thread(_typed, "nonsense", bootstrap)
    assert said == (1, "", "Nothing more was put back: there is no topic nonsense.\n")
    gone = await asyncio.to_thread(_typed, "invoices.dead-letter.v1", "127.0.0.1:1")
    assert gone == (1, "", "Nothing more was put back: Kafka at 127.0.0.1:1 does not answer.\n")


async def test_what_was_put_back_is_one_sentence_also_when_it_is_nothing(stage: Stage) -> None:
    topic = f"{stage.prefix}dead-letter"
    nothing = (0, f"There is nothing to put back in {topic}: no dead letter, or each went back before.\n", "")
    assert await asyncio.to_thread(_typed, topic, stage.bootstrap) == nothing
    await stage.produce(Record(thing(1, name="poison-a"), key="c:x", partition=3))
    async with running(stage):
        await stage.read("dead-letter", count=1)
    put_back = (0, f"1 dead letter of {topic} put back.\n", "")
    assert await asyncio.to_thread(_typed, topic, stage.bootstrap) == put_back
    assert await asyncio.to_thread(_typed, topic, stage.bootstrap) == nothing
