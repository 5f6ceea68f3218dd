"""What travels with every message: CloudEvents attributes and trace context."""

from datetime import datetime
from typing import NamedTuple


class Envelope(NamedTuple):
    """Identity, kind and time of one message (CloudEvents 1.0)."""

    source: str
    id: str
    type: str
    time: datetime
    """``ce_time``, in UTC."""
    subject: str = ""
    traceparent: str = ""


class Origin(NamedTuple):
    """Where on Kafka a message stood."""

    topic: str
    partition: int
    offset: int
