"""The relay's way to Kafka: the stand-in and the real producer keep the same promises."""

from collections.abc import AsyncIterator, Sequence

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from typing_extensions import override

from chassis.db.outbox import RawMessage
from chassis.db.relay import Sender
from chassis.kafka.producer import Publisher
from chassis.settings import ServiceSettings
from chassis.testing.fakes import FakeSender
from chassis.testing.port_suites import SenderSuite
from tests.support.servers import Topics


class TestTheStandIn(SenderSuite):
    @pytest.fixture
    def sender(self) -> FakeSender:
        return FakeSender()

    @override
    def topic(self, sender: Sender) -> str:
        del sender
        return "t"

    @override
    async def arrived(self, sender: Sender, *, count: int) -> Sequence[RawMessage]:
        assert isinstance(sender, FakeSender)
        return sender.sent[:count]


class TestTheProducer(SenderSuite):
    @pytest.fixture
    async def sender(self, topics: Topics) -> AsyncIterator[Publisher]:
        self._topic = await topics.create("sent", partitions=3)
        self._bootstrap = topics.bootstrap
        publisher = Publisher(ServiceSettings(service="toy", sandbox=True, kafka_bootstrap=topics.bootstrap))
        yield publisher
        await publisher.stop()

    @override
    def topic(self, sender: Sender) -> str:
        del sender
        return self._topic

    @override
    async def arrived(self, sender: Sender, *, count: int) -> Sequence[RawMessage]:
        del sender
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap)
        await consumer.start()
        try:
            places = [TopicPartition(self._topic, number) for number in range(3)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            found: list[RawMessage] = []
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=5000)).values():
                    found += [RawMessage(r.topic, r.key, r.value, list(r.headers)) for r in records]
            return found
        finally:
            await consumer.stop()
