"""How many partitions a topic has is the cluster's word, not the registry's: somebody else may have made it."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from chassis.kafka import consumer as consuming
from chassis.kafka import ends as counting
from chassis.kafka.connection import connection_options
from chassis.kafka.ends import Ends, NoTopic, partitions_of
from chassis.kafka.registry import Registry, registry
from chassis.kafka.topics import create
from chassis.kernel.errors import Transient
from tests.support.servers import Topics, delete_topics, kafka_of_one_run
from tests.support.toy import thing
from tests.support.toy_stage import Record, Stage, eventually, running


@pytest.mark.parametrize("partitions", [1, 5])
async def test_how_far_a_topic_goes_is_counted_over_the_partitions_that_it_has(
    stage: Stage, topics: Topics, partitions: int
) -> None:
    name = await topics.create("wider", partitions=partitions)
    (known, *_) = stage.registry.topics.values()
    told = Registry({name: replace(known, name=name, partitions=3)})
    await stage.producer.send_and_wait(name, b"{}", key=b"k", partition=partitions - 1)
    ends = Ends(stage.settings(), registry=told)
    try:
        assert await ends.of([name]) == {name: [0] * (partitions - 1) + [1]}
    finally:
        await ends.close()


async def _widen(bootstrap: str, name: str, *, partitions: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_partitions({name: NewPartitions(total_count=partitions)})
        await eventually(lambda: _is_as_wide(bootstrap, name, partitions))
    finally:
        await admin.close()


async def _is_as_wide(bootstrap: str, name: str, partitions: int) -> bool:
    try:
        return (await partitions_of({"bootstrap_servers": bootstrap}, [name]))[name] == partitions
    except NoTopic:  # The broker needs a moment to tell of a topic that was just made.
        return False


async def test_partitions_that_a_topic_gets_later_are_counted_too(
    stage: Stage, topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await topics.create("growing", partitions=1)
    await eventually(lambda: _is_as_wide(stage.bootstrap, name, 1))
    ends = Ends(stage.settings(), registry=Registry({}))
    try:
        assert await ends.of([name]) == {name: [0]}
        await _widen(stage.bootstrap, name, partitions=3)
        monkeypatch.setattr(counting, "_COUNTED_S_MAX", 0.0)
        assert await ends.of([name]) == {name: [0, 0, 0]}
    finally:
        await ends.close()


async def test_a_topic_made_anew_with_fewer_partitions_answers_again_after_one_failure(
    stage: Stage, topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await topics.create("shrinking", partitions=3)
    await eventually(lambda: _is_as_wide(stage.bootstrap, name, 3))
    monkeypatch.setattr(counting, "_ANSWER_S_MAX", 2.0)
    ends = Ends(stage.settings(), registry=Registry({}))
    try:
        assert await ends.of([name]) == {name: [0, 0, 0]}
        await delete_topics(stage.bootstrap, [name])
        await _made_again(topics, name="shrinking", partitions=1)
        with pytest.raises(Transient):
            await ends.of([name])
        assert await ends.of([name]) == {name: [0]}
    finally:
        await ends.close()


async def _made_again(topics: Topics, *, name: str, partitions: int) -> None:
    """Create a topic that was just deleted: the broker may need a moment for the first."""

    async def made() -> bool:
        full = await topics.create(name, partitions=partitions)
        return await _is_as_wide(topics.bootstrap, full, partitions)

    await eventually(made)


async def test_what_lies_in_a_partition_that_came_later_is_taken_in(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "_METADATA_MS_MAX", 500)
    partitions = len(await stage.producer.partitions_for(f"{stage.prefix}things"))
    async with running(stage) as run:
        await eventually(lambda: _is_up(run.health.reasons()))
        # The consumer may hear of the new partition before the ends are counted anew.
        await _widen(stage.bootstrap, f"{stage.prefix}things", partitions=partitions + 1)
        await stage.producer.client.force_metadata_update()
        await stage.produce(Record(thing(1), partition=partitions))
        await eventually(lambda: _counted(stage))


async def _is_up(reasons: object) -> bool:
    return not reasons


async def _counted(stage: Stage) -> bool:
    return await stage.rows("SELECT count(*) FROM things") == [(1,)]


async def test_a_topic_that_is_not_there_is_said(stage: Stage) -> None:
    with pytest.raises(NoTopic, match="nowhere"):
        await partitions_of(connection_options(stage.settings()), ["nowhere"])
    with pytest.raises(Transient):
        await Ends(stage.settings(), registry=Registry({})).of(["nowhere"])


async def test_topics_are_made_as_wide_as_was_asked_and_stay_as_they_are(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """On a broker of its own: on the shared one the registry's topics may be there already, and in use."""
    names = sorted(registry().topics)
    async with kafka_of_one_run(tmp_path_factory.mktemp("own-kafka")) as broker:
        assert await create(broker.bootstrap, partitions_max=2) == len(names)
        assert await create(broker.bootstrap) == 0
        found = await partitions_of({"bootstrap_servers": broker.bootstrap}, names)
        assert found == {name: min(registry()[name].partitions, 2) for name in names}


async def test_who_asks_while_a_question_is_on_its_way_shares_the_next_one(
    stage: Stage, topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never the one on its way: it may have been answered before a record that the asker knows of."""
    name = await topics.create("shared")
    known, ends = (Ends(stage.settings(), registry=Registry({})) for _ in range(2))
    sent, released = asyncio.Event(), asyncio.Event()
    answers: list[dict[str, list[int]]] = []
    really = Ends._ask

    async def held(self: Ends, names: tuple[str, ...]) -> dict[str, list[int]]:
        try:
            answers.append(await really(self, names))
        finally:
            sent.set()
        await released.wait()
        return answers[-1]

    async def is_known() -> bool:
        """A topic just made has no leader for a moment."""
        try:
            return await known.of([name]) == {name: [0]}
        except Transient:
            return False

    try:
        await eventually(is_known)
        monkeypatch.setattr(Ends, "_ask", held)
        early = asyncio.create_task(ends.of([name]))
        await sent.wait()
        await stage.producer.send_and_wait(name, b"{}", key=b"k")
        late = [asyncio.create_task(ends.of([name])) for _ in range(50)]
        await asyncio.sleep(0)
        released.set()
        assert (await early, await asyncio.gather(*late)) == ({name: [0]}, [{name: [1]}] * 50)
        assert len(answers) == 2
    finally:
        await known.close()
        await ends.close()
