"""The settings of the invoices service."""

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What only this service can be told."""

    batch_records_max: int = Field(default=2000, ge=1, le=5000)
    """Twice the others' batches: where much is there, what a batch costs by itself (its commit first) weighs more."""
    batch_pace_ms: int = Field(default=40, ge=0, le=1000)
    """A batch costs twenty milliseconds however little it carries. The gate waits for what is on Kafka, so a pace delays
    an answer and never makes one wrong."""
    gate_wait_s_max: float = Field(default=2, gt=0, le=30)
    """How long the gate waits for payments that are still on Kafka before it answers "not fresh"."""
