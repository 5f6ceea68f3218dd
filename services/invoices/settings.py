"""The settings of the invoices service."""

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What only this service can be told."""

    gate_wait_s_max: float = Field(default=2, gt=0, le=30)
    """How long the gate waits for payments that are still on Kafka before it answers "not fresh"."""
