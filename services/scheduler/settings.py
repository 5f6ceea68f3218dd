"""What the scheduler can be told beside what every service can."""

from typing import Literal

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The scheduler's own settings."""

    outreach_default: Literal["", "ON", "SHADOW", "OFF"] = ""
    """Outreach of a creditor who never said anything; empty: ON in the sandbox, SHADOW outside."""

    @property
    def outreach(self) -> str:
        """The default that holds."""
        return self.outreach_default or ("ON" if self.sandbox else "SHADOW")
