"""Which partitions wait, since how many failures, and until when."""

import time
from typing import Any

from aiokafka import TopicPartition

from chassis.db.offsets import Place
from chassis.kafka.retry import Backoff
from chassis.telemetry.logs import error_name

_LONG_MS = 3_600_000


class Waits:
    """Failures in a row by partition, and of the loop as a whole."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self._failures: dict[Place, int] = {}
        self._due: dict[Place, float] = {}
        self._errors: dict[Place, str] = {}
        self._as_a_whole = 0

    def add(self, place: Place, error: BaseException) -> None:
        """Count a failure; the partition waits longer each time."""
        self._failures[place] = self._failures.get(place, 0) + 1
        self._due[place] = time.monotonic() + self._backoff.delay_s(self._failures[place])
        self._errors[place] = error_name(error)

    def forget(self, place: Place) -> None:
        """Let the partition go on: it succeeded, or it is somebody else's."""
        for known in (self._failures, self._due, self._errors):
            known.pop(place, None)

    def holds(self, place: Place) -> bool:
        """Say whether the partition has failed and not yet succeeded again."""
        return place in self._failures

    def resume_due(self, consumer: Any) -> None:
        """Let the partitions whose time has come be fetched again (``consumer`` is aiokafka's)."""
        now = time.monotonic()
        for place in [place for place, due in self._due.items() if due <= now]:
            del self._due[place]
            tp = TopicPartition(place.topic, place.partition)
            if tp in consumer.assignment():
                consumer.resume(tp)

    def next_due_ms(self) -> int:
        """Return the milliseconds until the next partition may be tried again; an hour when none waits."""
        if not self._due:
            return _LONG_MS
        return max(1, int((min(self._due.values()) - time.monotonic()) * 1000))

    def failed_as_a_whole(self) -> float:
        """Count a failure of the loop; returns the seconds to wait."""
        self._as_a_whole += 1
        return self._backoff.delay_s(self._as_a_whole)

    def succeeded(self) -> None:
        """Note that the loop has taken something in again."""
        self._as_a_whole = 0

    def reason(self) -> str:
        """Return a sentence about the partitions that wait, empty when none does."""
        if not self._errors:
            return ""
        places = sorted(self._errors)[:5]
        told = ", ".join(f"{p.topic}[{p.partition}] ({self._errors[p]})" for p in places)
        return f"{len(self._errors)} partitions wait before they are tried again: {told}"
