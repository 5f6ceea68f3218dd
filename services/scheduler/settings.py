"""What the scheduler can be told beside what every service can."""

from typing import Literal

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The scheduler's own settings."""

    batch_pace_ms: int = Field(default=100, ge=0, le=1000)
    """No step is due within a tenth of a second of its facts, and before each sending the gate asks for the newest."""
    outreach_default: Literal["", "ON", "SHADOW", "OFF"] = ""
    """Outreach of a creditor who never said anything; empty: ON in the sandbox, SHADOW outside."""

    @property
    def outreach(self) -> str:
        """The default that holds."""
        return self.outreach_default or ("ON" if self.sandbox else "SHADOW")
