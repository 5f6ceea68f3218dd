"""How many partitions a topic has is the cluster's word, not the registry's: somebody else may have made it."""

from dataclasses import replace

import pytest

from chassis.kafka.connection import connection_options
from chassis.kafka.ends import Ends, NoTopic, partitions_of
from chassis.kafka.registry import Registry, registry
from chassis.kafka.topics import create
from chassis.kernel.errors import Transient
from tests.support.servers import Topics, delete_topics
from tests.support.toy_stage import Stage


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


async def test_a_topic_that_is_not_there_is_said(stage: Stage) -> None:
    with pytest.raises(NoTopic, match="nowhere"):
        await partitions_of(connection_options(stage.settings()), ["nowhere"])
    with pytest.raises(Transient):
        await Ends(stage.settings(), registry=Registry({})).of(["nowhere"])


async def test_topics_are_made_as_wide_as_was_asked_and_stay_as_they_are(bootstrap: str) -> None:
    names = sorted(registry().topics)
    try:
        assert await create(bootstrap, partitions_max=2) == len(names)
        assert await create(bootstrap) == 0
        found = await partitions_of({"bootstrap_servers": bootstrap}, names)
        assert found == {name: min(registry()[name].partitions, 2) for name in names}
    finally:
        await delete_topics(bootstrap, names)
