"""What travels with every message: CloudEvents attributes and trace context."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Envelope:
    """Identity, kind and time of one message (CloudEvents 1.0)."""

    source: str
    id: str
    type: str
    time: datetime
    """``ce_time``, in UTC."""
    subject: str = ""
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where on Kafka a message stood."""

    topic: str
    partition: int
    offset: int
