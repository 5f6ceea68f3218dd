"""How far behind the consumer is, in seconds per topic."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.db.offsets import Place
from chassis.kernel.clock import WallClock
from chassis.telemetry.metrics import CONSUMER_LAG_SECONDS


class Lag:
    """Compares where the partitions stand with where they end, and knows when that was last in order."""

    def __init__(self, *, service: str, now_s: Callable[[], float] | None = None) -> None:
        self._service = service
        self._now_s = now_s or (lambda: WallClock().now().timestamp())
        self._in_order_s: dict[Place, float] = {}
        self._topics: set[str] = set()

    def took(self, records: Iterable[tuple[Place, Any]]) -> None:
        """Note that these records (of the client library) were taken in: each says when it was written."""
        written_ms: dict[Place, int] = {}
        for place, record in records:
            if record.timestamp > written_ms.get(place, 0):
                written_ms[place] = record.timestamp
        for place, latest_ms in written_ms.items():
            self._in_order_s[place] = max(latest_ms / 1000, self._in_order_s.get(place, 0.0))

    def measure(self, consumer: AIOKafkaConsumer, positions: Mapping[Place, int]) -> None:
        """Set the gauge of every topic: its slowest partition counts."""
        ends = {place: consumer.highwater(TopicPartition(*_pair(place))) for place in positions}
        self.compare(positions, ends={place: end for place, end in ends.items() if end is not None})

    def compare(self, positions: Mapping[Place, int], *, ends: Mapping[Place, int]) -> None:
        """Set the gauges from positions and ends; topics that are read elsewhere now are 0 here."""
        now_s = self._now_s()
        slowest: dict[str, float] = {}
        for place, position in positions.items():
            if position >= ends.get(place, position):
                self._in_order_s[place] = now_s
            behind_s = max(0.0, now_s - self._in_order_s.setdefault(place, now_s))
            slowest[place.topic] = max(slowest.get(place.topic, 0.0), behind_s)
        for topic in self._topics | slowest.keys():
            CONSUMER_LAG_SECONDS.labels(self._service, topic).set(slowest.get(topic, 0.0))
        self._topics |= slowest.keys()


def _pair(place: Place) -> tuple[str, int]:
    return place.topic, place.partition
