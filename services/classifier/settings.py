"""What the classifier can be told."""

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The classifier's settings."""

    batch_records_max: int = Field(default=2000, ge=1, le=5000)
    """Twice the others' batches: an event costs little here, so what a batch costs by itself weighs more."""
    batch_pace_ms: int = Field(default=100, ge=0, le=1000)
    """Nobody waits for a tier at once: what comes within a tenth of a second is judged together."""
    classifier_customers_max: int = Field(default=500, ge=1, le=5000)
    """Customers judged in one transaction when time alone changes them."""
