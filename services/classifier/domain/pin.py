"""A tier set by a person, with the day on which it falls away (S08)."""

from datetime import datetime
from typing import NamedTuple

from chassis.kernel.errors import Rejected
from classifier.domain.tier import Tier

REASON_CHARS_MAX = 500
DAYS_MAX = 3660


class Pin(NamedTuple):
    """A manual tier; it holds from ``at`` until the end of ``expires_on``, creditor's time."""

    number: int
    tier: Tier
    reason: str
    author: str
    at: datetime
    expires_on: int
    """Last day on which it holds (ordinal)."""
    ended_at: datetime | None = None
    """When a person took it away or set another instead."""

    def holds(self, *, on: int) -> bool:
        """Say whether it still holds on that day of the creditor."""
        return self.ended_at is None and on <= self.expires_on


def check_pin(*, reason: str, expires_on: int, today: int) -> None:
    """Refuse a pin without a reason or outside the days allowed; raises Rejected."""
    if not reason.strip():
        raise Rejected("say why this customer gets this tier", field="reason")
    if len(reason) > REASON_CHARS_MAX:
        raise Rejected(f"at most {REASON_CHARS_MAX} characters", field="reason")
    if expires_on < today:
        raise Rejected("the day lies in the past; DELETE takes a manual tier away", field="expires_on")
    if expires_on > today + DAYS_MAX:
        raise Rejected("at most ten years ahead", field="expires_on")
