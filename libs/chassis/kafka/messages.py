"""Messages as the use cases see them: decoded, with their envelope and their place on Kafka.

Structs: one of each is made for every message, and a frozen dataclass takes ten times as long to make.
"""

from datetime import datetime

import msgspec

from chassis.kernel.envelope import Envelope, Origin


class Outgoing(msgspec.Struct, frozen=True):
    """A message to publish when the present transaction commits."""

    topic: str
    key: str
    body: msgspec.Struct
    """A type of ``contracts.<owner>.v1``: the one that the registry names for the topic."""
    id: str
    """Derived from facts (chassis.kernel.ids), so that a replay publishes the same identity."""
    time: datetime
    """When the fact became true, aware; becomes ``ce_time``."""
    subject: str = ""
    traceparent: str = ""
    """The trace that it belongs to; empty: that of the present work on its key."""


class Incoming(msgspec.Struct, frozen=True):
    """One decoded record."""

    envelope: Envelope
    origin: Origin
    key: str
    body: msgspec.Struct
    """A type of ``contracts.<owner>.v1``: the one that the registry names for the topic."""
