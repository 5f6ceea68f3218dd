"""The ``restored`` role: a service goes on with the Kafka that its backup was made beside, and with no other."""

import pytest

from chassis.restore.run import OtherKafka, restore
from tests.support.toy import thing
from tests.support.toy_stage import Record, Stage


async def test_what_came_after_the_backup_is_taken_in_again(stage: Stage) -> None:
    await stage.produce(*[Record(thing(n), key=f"c:o{n % 7}") for n in range(20)])
    async with stage.service() as service:
        count = await restore(service, since={f"{stage.prefix}counts": [0] * 6})
    assert count.records == 20
    assert await stage.rows("SELECT count(*), max(times) FROM things") == [(20, 1)]


async def test_a_kafka_that_lacks_what_the_backup_knew_is_refused_before_anything_is_taken_in(
    stage: Stage,
) -> None:
    await stage.produce(*[Record(thing(n), key=f"c:o{n % 7}") for n in range(20)])
    async with stage.service() as service:
        with pytest.raises(OtherKafka, match="counts ends before what the backup knows"):
            await restore(service, since={f"{stage.prefix}counts": [0, 0, 1]})
    assert await stage.rows("SELECT count(*) FROM things") == [(0,)]
