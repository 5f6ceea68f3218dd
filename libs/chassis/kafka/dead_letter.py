"""Where a record goes that can never succeed, and when too many of them go there."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from chassis.db.outbox import RawMessage
from chassis.kafka.codec import Record
from chassis.kernel.errors import Poison

HEADERS = ("error", "origin-topic", "origin-partition", "origin-offset")
"""What a dead letter has beside the original headers (contract section 3)."""

_ERROR_CHARS_MAX = 1000
_WINDOW_S = 60.0
_PARKED_MIN = 100
_PARKED_SHARE = 0.2


def dead_letter(record: Record, *, error: Poison, topic: str) -> RawMessage:
    """Return the record as it came, with the reason and the place where it stood."""
    told = {
        "error": str(error)[:_ERROR_CHARS_MAX],
        "origin-topic": record.topic,
        "origin-partition": str(record.partition),
        "origin-offset": str(record.offset),
    }
    headers: list[tuple[str, bytes]] = [
        (name, value or b"") for name, value in record.headers if name not in HEADERS
    ]
    headers += [(name, text.encode("utf-8", "replace")) for name, text in told.items()]
    return RawMessage(topic=topic, key=record.key, value=record.value, headers=headers)


def original(headers: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return the headers that the record had before it was parked."""
    return [(name, value) for name, value in headers if name not in HEADERS]


class DeadLetterLimit:
    """At least 100 dead letters in a minute that are also more than a fifth of that minute's records."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: deque[tuple[float, int, int]] = deque()
        self._records = 0
        self._parked = 0

    def note(self, *, records: int, parked: int) -> bool:
        """Count a batch; return whether the limit is passed, which means: stop, the fault is not in the records."""
        now = self._monotonic()
        self._seen.append((now, records, parked))
        self._records += records
        self._parked += parked
        while self._seen[0][0] < now - _WINDOW_S:
            _, old_records, old_parked = self._seen.popleft()
            self._records -= old_records
            self._parked -= old_parked
        return self._parked >= _PARKED_MIN and self._parked > _PARKED_SHARE * self._records
