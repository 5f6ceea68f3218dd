"""Messages with defaults, so that a test names only what matters to it."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from chassis.kafka.messages import Incoming
from chassis.kernel.envelope import Envelope, Origin

_NUMBERS = itertools.count(1)


def an_envelope(
    topic: str,
    *,
    event_id: str = "",
    time: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    source: str = "/test",
) -> Envelope:
    """Return the envelope of a message on ``topic``; its id is new unless given."""
    return Envelope(source=source, id=event_id or f"event-{next(_NUMBERS)}", type=topic, time=time)


def a_record(
    topic: str,
    *,
    body: msgspec.Struct,
    key: str = "",
    envelope: Envelope | None = None,
    place: Mapping[str, int] | None = None,
) -> Incoming:
    """Return a decoded record; ``place`` may give its ``partition`` and ``offset``."""
    stood = {"partition": 0, "offset": next(_NUMBERS), **(place or {})}
    return Incoming(
        envelope=envelope or an_envelope(topic),
        origin=Origin(topic, stood["partition"], stood["offset"]),
        key=key,
        body=body,
    )
