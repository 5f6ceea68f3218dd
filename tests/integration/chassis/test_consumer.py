"""One poll, one transaction: nothing lost, nothing twice, and the guilty record alone is set aside."""

import asyncio
import json
from collections.abc import Mapping, Sequence

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client import REGISTRY

import chassis.kafka.consumer
import chassis.kafka.poll
from chassis.db.offsets import Place
from chassis.kafka.batch import Batches, Item
from chassis.kafka.progress import Progress
from tests.support.toy import thing
from tests.support.toy_stage import Record, Stage, eventually, running

# A poll that is one batch, and one of several: while PostgreSQL works on one, the next is decoded.
BATCHES = pytest.mark.parametrize("batch_records_max", [1000, 3])


async def _counted(stage: Stage, count: int) -> bool:
    ((total,),) = await stage.rows("SELECT count(*) FROM things")
    return int(total) >= count


@BATCHES
async def test_every_record_is_taken_in_once_and_its_consequences_come_out_in_order_per_key(
    stage: Stage, batch_records_max: int
) -> None:
    await stage.produce(*[Record(thing(n), key=f"c:o{n % 7}") for n in range(700)])
    async with running(stage, batch_records_max=batch_records_max):
        found = await stage.read("counts", count=700)
    assert await stage.rows("SELECT DISTINCT times FROM things") == [(1,)]
    versions: dict[str, list[int]] = {}
    for record in found:
        body = json.loads(record.value)
        versions.setdefault(body["customer_id"], []).append(body["version"])
    assert versions == {f"o{owner}": list(range(1, 101)) for owner in range(7)}


async def test_a_record_larger_than_a_fetch_is_taken_in_like_the_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Asking(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka is untyped
        def __init__(self, **options: object) -> None:
            asked.append(int(str(options["max_partition_fetch_bytes"])))
            super().__init__(**options)

    monkeypatch.setattr(chassis.kafka.consumer, "AIOKafkaConsumer", Asking)
    blank = b" " * 300_000
    for first in range(0, 60, 5):
        large = Record(blank + thing(first), key=f"c:o{first}")
        await stage.produce(large, *[Record(thing(n), key=f"c:o{n}") for n in range(first + 1, first + 5)])
    async with running(stage, fetch_bytes_max=2000):
        await eventually(lambda: _counted(stage, 60))
    assert await stage.rows("SELECT DISTINCT times FROM things") == [(1,)]
    assert asked == [2000]


async def test_the_dead_letters_of_every_topic_count_from_nought_so_that_the_first_is_a_rise(
    stage: Stage,
) -> None:
    async with running(stage) as run:
        for topic in run.service.consumes:
            labels = {"service": stage.name, "topic": topic, "outcome": "poisoned"}
            assert REGISTRY.get_sample_value("velvet_records_total", labels) == 0


async def test_a_restarted_consumer_goes_on_where_the_rows_say(stage: Stage) -> None:
    await stage.produce(*[Record(thing(n)) for n in range(10)])
    async with running(stage):
        await eventually(lambda: _counted(stage, 10))
    await stage.produce(*[Record(thing(n)) for n in range(10, 20)])
    async with running(stage):
        await eventually(lambda: _counted(stage, 20))
    assert await stage.rows("SELECT DISTINCT times FROM things") == [(1,)]


@BATCHES
async def test_the_guilty_record_is_found_by_splitting_and_the_next_one_goes_through(
    stage: Stage, batch_records_max: int
) -> None:
    names = {3: "poison-a", 40: "poison-named", 41: "refused-b"}
    await stage.produce(*[Record(thing(n, name=names.get(n, "")), partition=0) for n in range(60)])
    async with running(stage, batch_records_max=batch_records_max) as run:
        await eventually(lambda: _counted(stage, 57))
        letters = await stage.read("dead-letter", count=3)
        assert run.batches.parked == 3
    assert await stage.rows("SELECT DISTINCT times FROM things") == [(1,)]
    told = {json.loads(letter.value)["invoice_id"]: dict(letter.headers) for letter in letters}
    assert set(told) == {"poison-a", "poison-named", "refused-b"}
    headers = told["poison-a"]
    assert headers["error"] == b"invoice_id: it can never succeed"
    assert headers["origin-topic"] == f"{stage.prefix}things".encode()
    assert headers["origin-partition"] == b"0"
    assert headers["origin-offset"] == b"3"
    assert headers["ce_source"] == b"/test"


@BATCHES
async def test_a_record_that_fails_for_now_holds_its_partition_and_no_other(
    stage: Stage, batch_records_max: int
) -> None:
    await stage.produce(
        Record(thing(1), partition=0),
        Record(thing(2, name="transient-1"), partition=0),
        *[Record(thing(n), partition=0) for n in range(5, 15)],
        Record(thing(3), partition=0),
        Record(thing(4), partition=1),
    )
    async with running(stage, batch_records_max=batch_records_max) as run:
        await eventually(lambda: _counted(stage, 2))
        await eventually(lambda: _is_down(run.health, "partitions"))
        await asyncio.sleep(0.3)
        names = {name for (name,) in await stage.rows("SELECT thing_id FROM things")}
        assert names == {"thing-1", "thing-4"}
        await stage.write("INSERT INTO switches VALUES ('transient-1')")
        await eventually(lambda: _counted(stage, 14))
        await eventually(lambda: _is_up(run.health))
    assert await stage.rows("SELECT DISTINCT times FROM things") == [(1,)]


async def test_an_unexpected_error_waits_too_and_is_never_parked(stage: Stage) -> None:
    await stage.produce(Record(thing(1, name="bug-1"), partition=2), Record(thing(2), partition=2))
    async with running(stage) as run:
        await eventually(lambda: _is_down(run.health, "partitions"))
        assert run.batches.parked == 0
        await stage.write("INSERT INTO switches VALUES ('bug-1')")
        await eventually(lambda: _counted(stage, 2))


async def test_what_a_rule_refuses_is_parked_with_its_reason_and_holds_nothing(stage: Stage) -> None:
    await stage.produce(Record(thing(1, name="rejected-1"), partition=2), Record(thing(2), partition=2))
    async with running(stage):
        await eventually(lambda: _counted(stage, 1))
        (letter,) = await stage.read("dead-letter", count=1)
    assert dict(letter.headers)["error"] == b"invoice_id: a rule said no"


async def test_a_fault_of_the_check_itself_holds_the_partition_and_parks_nothing(stage: Stage) -> None:
    await stage.produce(Record(thing(1), partition=2), Record(thing(2, name="broken-check"), partition=2))
    async with running(stage) as run:
        await eventually(lambda: _counted(stage, 1))
        await eventually(lambda: _is_down(run.health, "partitions"))
        assert run.batches.parked == 0


@BATCHES
async def test_two_consumers_share_the_partitions_and_take_each_record_in_once(
    stage: Stage, batch_records_max: int
) -> None:
    async with running(stage, batch_records_max=batch_records_max):
        await stage.produce(*[Record(thing(n), key=f"c:{n}") for n in range(300)])
        async with running(stage, batch_records_max=batch_records_max):
            for start in range(300, 900, 100):
                await stage.produce(*[Record(thing(n), key=f"c:{n}") for n in range(start, start + 100)])
                await asyncio.sleep(0.1)
            await eventually(lambda: _counted(stage, 900))
    assert await stage.rows("SELECT DISTINCT times FROM things") == [(1,)]


async def test_a_consumer_whose_offsets_were_moved_by_another_rolls_back_and_reads_anew(stage: Stage) -> None:
    async with running(stage):
        await stage.produce(Record(thing(1), partition=0))
        await eventually(lambda: _counted(stage, 1))
        topic = f"{stage.prefix}things"
        await stage.write(
            f"UPDATE consumer_offsets SET next_offset = 2 WHERE topic = '{topic}' AND partition = 0"
        )
        await stage.produce(Record(thing(2), partition=0), Record(thing(3), partition=0))
        await eventually(lambda: _counted(stage, 2))
    names = {name for (name,) in await stage.rows("SELECT thing_id FROM things")}
    assert names == {"thing-1", "thing-3"}


async def test_what_came_while_a_batch_was_taken_in_is_the_next_batch_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client fetches no more while a record lies there unread, so the first that came would go alone."""
    sizes: list[int] = []
    take = Batches.take

    async def slow(batches: Batches, items: Sequence[Item]) -> dict[Place, BaseException]:
        sizes.append(len(items))
        if len(sizes) == 1:
            await stage.produce(Record(thing(1), partition=0))
            await asyncio.sleep(0.3)
            await stage.produce(*[Record(thing(n), partition=0) for n in range(2, 22)])
        return await take(batches, items)

    monkeypatch.setattr(Batches, "take", slow)
    monkeypatch.setattr(chassis.kafka.poll, "_FRESH_MS", 2000)
    async with running(stage):
        await stage.produce(Record(thing(0), partition=0))
        await eventually(lambda: _counted(stage, 22))
    assert sizes == [1, 21]


async def test_what_was_read_ahead_before_a_rebalance_is_passed_over(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first of three batches the partition goes to another process, which takes the second in, and comes back."""
    await stage.produce(*[Record(thing(n), partition=0) for n in range(30)])
    topic = f"{stage.prefix}things"
    take, taken = Batches.take, asyncio.Event()

    async def interrupted(batches: Batches, items: Sequence[Item]) -> dict[Place, BaseException]:
        waiting = await take(batches, items)
        if not taken.is_set():
            taken.set()
            await stage.write(
                f"UPDATE consumer_offsets SET next_offset = 20 WHERE topic = '{topic}' AND partition = 0"
            )
            await run.consumer.load(_Deaf(), [TopicPartition(topic, 0)])
        return waiting

    monkeypatch.setattr(Batches, "take", interrupted)
    async with running(stage, batch_records_max=10) as run:
        await eventually(lambda: _counted(stage, 20))
        await asyncio.sleep(0.3)
    names = {name for (name,) in await stage.rows("SELECT thing_id FROM things")}
    assert names == {f"thing-{n}" for n in (*range(10), *range(20, 30))}
    assert await stage.rows("SELECT DISTINCT times FROM things") == [(1,)]


class _Deaf:
    """A client of Kafka that is told where to read and does not."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Stay where it is."""


async def test_who_waits_hears_from_the_consumer_itself_and_from_the_rows_when_another_did_the_work(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    read = Progress._read_offsets

    async def counted(progress: Progress) -> Mapping[str, Mapping[int, int]]:
        looks.append(progress)
        return await read(progress)

    monkeypatch.setattr(Progress, "_read_offsets", counted)
    topic = f"{stage.prefix}things"
    async with running(stage) as run:
        await stage.produce(Record(thing(1), partition=0))
        await eventually(lambda: _counted(stage, 1))
        progress = run.service.progress
        await eventually(lambda: _is_up(run.health))
        assert await progress.reached({topic: [1]}, timeout_s=20)
        assert not looks
        assert not await progress.reached({topic: [2]}, timeout_s=0.5)
        await stage.write(
            f"UPDATE consumer_offsets SET next_offset = 2 WHERE topic = '{topic}' AND partition = 0"
        )
        assert await progress.reached({topic: [2]}, timeout_s=20)
        assert looks


async def test_too_many_dead_letters_stop_the_consumer_and_the_process_says_so(stage: Stage) -> None:
    await stage.produce(*[Record(b"no json", partition=0) for _ in range(150)])
    async with running(stage, batch_records_max=60) as run:
        await eventually(lambda: _is_down(run.health, "dead-letter limit"))
        parked = run.batches.parked
        await stage.produce(Record(thing(1), partition=0))
        await asyncio.sleep(0.5)
        assert run.batches.parked == parked
        assert not await _counted(stage, 1)


async def _is_down(health: object, part: str) -> bool:
    return part in health.reasons()  # type: ignore[attr-defined]


async def _is_up(health: object) -> bool:
    return not health.reasons()  # type: ignore[attr-defined]
