"""The outbox: one key never overtakes itself, whoever sends, and a crash leaves nothing behind."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from chassis.db import outbox
from chassis.db.outbox import RawMessage
from chassis.db.relay import Relay
from chassis.db.unit_of_work import Database
from chassis.health import Health
from chassis.kafka.messages import Outgoing
from chassis.parts import open_codec
from chassis.restore.outbox import Told, settle_outbox
from chassis.testing.fakes import FakeSender
from contracts.invoices.v1 import InvoiceChanged
from tests.support.toy_stage import Stage, eventually


def _message(stage: Stage, key: str, number: int) -> Outgoing:
    body = InvoiceChanged(customer_id=key, version=number)
    return Outgoing(
        topic=f"{stage.prefix}counts",
        key=key,
        body=body,
        id=str(number),
        time=datetime(2026, 1, 1, tzinfo=UTC),
    )


def _number(message: RawMessage) -> int:
    return int(dict(message.headers)["ce_id"])


async def _publish(database: Database, stage: Stage, key: str, count: int) -> None:
    for number in range(count):
        async with database.unit() as unit:
            unit.publish(_message(stage, key, number))


async def test_two_relays_and_many_writers_keep_every_key_in_order(stage: Stage) -> None:
    sent: list[RawMessage] = []
    async with stage.service() as one, stage.service() as two:
        tasks = []
        for service in (one, two):
            relay = Relay(
                service.database,
                sender=FakeSender(sent, pause_s_max=0.001),
                health=Health(service="toy"),
                service="toy",
                limit=3,
            )
            tasks.append(asyncio.create_task(relay.run(service.stopping)))
        writers = [
            _publish(service.database, stage, f"c:{n}", 25) for n, service in enumerate([one, two] * 4)
        ]
        await asyncio.gather(*writers)

        async def all_sent() -> bool:
            return len(sent) >= 200

        await eventually(all_sent)
        for service in (one, two):
            service.stopping.set()
        await asyncio.gather(*tasks)
    by_key: dict[bytes, list[int]] = {}
    for message in sent:
        assert message.key is not None
        by_key.setdefault(message.key, []).append(_number(message))
    assert by_key == {f"c:{n}".encode(): list(range(25)) for n in range(8)}


async def test_a_transaction_with_many_messages_packs_them_and_every_key_keeps_its_order(
    stage: Stage,
) -> None:
    sent: list[RawMessage] = []
    async with stage.service() as service:
        relay = Relay(service.database, sender=FakeSender(sent), health=Health(service="toy"), service="toy")
        await _publish(service.database, stage, "c:1", 1)
        async with service.database.unit() as unit:
            unit.publish(*[_message(stage, f"c:{n % 7}", n) for n in range(1, 400)])
            unit.publish_raw(RawMessage("letters", None, None, [], partition=3))
        async with service.database.unit() as unit:
            unit.publish(*[_message(stage, "c:1", n) for n in range(400, 410)])
        ((rows,),) = await stage.rows("SELECT count(*) FROM outbox")
        assert rows < 6 * 3 + 1 + 10
        await relay.drain()
        assert await stage.rows("SELECT 1 FROM outbox") == []
    letters = [message for message in sent if message.topic == "letters"]
    assert [(m.key, m.value, list(m.headers), m.partition) for m in letters] == [(None, b"", [], 3)]
    assert len(sent) == 1 + 399 + 1 + 10
    for key in range(7):
        numbers = [_number(m) for m in sent if m.key == f"c:{key}".encode()]
        assert numbers == sorted(numbers)
        assert len(numbers) == len(set(numbers))


async def test_a_backlog_is_taken_in_pieces_that_fit_into_memory(stage: Stage) -> None:
    async with stage.service() as service:
        large = [RawMessage("t", b"k", bytes([n]) * 100_000, [("ce_id", str(n).encode())]) for n in range(45)]
        async with service.database.unit() as unit:
            unit.publish_raw(*large)
        found: list[RawMessage] = []
        pieces = []
        more = {large[0].shard}
        while more:
            async with service.database.engine.begin() as connection:
                messages, more = await outbox.take(connection, sorted(more), limit=1000)
            found += messages
            pieces.append(len(messages))
        assert found == large
        assert max(pieces) <= 11


async def test_rows_of_the_release_before_are_sent_and_a_packed_row_is_none_of_its_messages(
    stage: Stage,
) -> None:
    await stage.write(
        "INSERT INTO outbox (shard, topic, key, headers, value)"
        " VALUES (2, 't', 'k', decode('9192a563655f6964c40137', 'hex'), 'v')"
    )
    async with stage.service() as service:
        async with service.database.engine.begin() as connection:
            messages, more = await outbox.take(connection, [2], limit=10)
        assert (messages, more) == ([RawMessage("t", b"k", b"v", [("ce_id", b"7")])], set())
        async with service.database.unit() as unit:
            unit.publish(*[_message(stage, "c:1", n) for n in range(20)])
    ((packed,),) = await stage.rows("SELECT headers FROM outbox")
    with pytest.raises(msgspec.DecodeError):
        msgspec.msgpack.decode(packed, type=list[tuple[str, bytes]])


async def test_after_a_restore_only_what_nobody_heard_of_a_packed_row_goes_out_in_its_order(
    stage: Stage,
) -> None:
    async with stage.service() as service:
        codec = open_codec(service.settings, topics=service.registry)
        async with service.database.unit() as unit:
            unit.publish(*[_message(stage, f"c:{n % 2}", n) for n in range(120)])
        heard = {(f"{stage.prefix}counts", str(n)) for n in range(120) if n % 3}
        async with service.database.unit() as unit:
            left = await settle_outbox(unit, service, told=Told(ids=heard), codec=codec)
        sent: list[RawMessage] = []
        relay = Relay(service.database, sender=FakeSender(sent), health=Health(service="toy"), service="toy")
        await relay.drain()
    assert left == len(sent) == 40
    for key in (b"c:0", b"c:1"):
        assert [_number(m) for m in sent if m.key == key] == [
            n for n in range(0, 120, 3) if f"c:{n % 2}".encode() == key
        ]


async def test_what_a_dead_process_left_is_sent_by_the_sweep(stage: Stage) -> None:
    sent: list[RawMessage] = []
    async with stage.service() as dead:
        await _publish(dead.database, stage, "c:a", 3)
    async with stage.service() as alive:
        relay = Relay(
            alive.database,
            sender=FakeSender(sent, pause_s_max=0.001),
            health=Health(service="toy"),
            service="toy",
        )
        task = asyncio.create_task(relay.run(alive.stopping))

        async def all_sent() -> bool:
            return [_number(m) for m in sent] == [0, 1, 2]

        await eventually(all_sent, within_s=5)
        alive.stopping.set()
        await task
    assert await stage.rows("SELECT 1 FROM outbox") == []


async def test_when_kafka_does_not_take_them_the_rows_stay_and_readiness_says_so(stage: Stage) -> None:
    sent: list[RawMessage] = []
    health = Health(service="toy")
    async with stage.service() as service:
        relay = Relay(service.database, sender=FakeSender(sent, failures=3), health=health, service="toy")
        task = asyncio.create_task(relay.run(service.stopping))
        await _publish(service.database, stage, "c:a", 2)

        async def down() -> bool:
            return "outbox" in health.reasons()

        async def recovered() -> bool:
            return [_number(m) for m in sent] == [0, 1] and not health.reasons()

        await eventually(down)
        assert await stage.rows("SELECT count(*) FROM outbox") == [(2,)]
        await eventually(recovered)
        service.stopping.set()
        await task


async def _publish_and_fail(database: Database, stage: Stage) -> None:
    async with database.unit() as unit:
        unit.publish(_message(stage, "c:a", 1))
        await unit.flush()
        raise KeyError


async def test_a_transaction_that_fails_publishes_nothing(stage: Stage) -> None:
    async with stage.service() as service:
        with pytest.raises(KeyError):
            await _publish_and_fail(service.database, stage)
    assert await stage.rows("SELECT 1 FROM outbox") == []
