"""One customer as the classifier keeps it, and the tier that holds for it."""

from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from chassis.kernel.calendar import day_start, local_day
from classifier.domain.behaviour import EMPTY, Behaviour
from classifier.domain.habits import Habits
from classifier.domain.pin import Pin
from classifier.domain.reasons import Reason, reason_for, reason_for_pin, reason_for_pin_end
from classifier.domain.tier import Rule, Standing, Tier, is_unknown

Key = tuple[str, str]
"""Creditor and customer."""


class Told(NamedTuple):
    """What was last published about the tier."""

    tier: str = ""
    unknown: bool = False
    at: str = ""
    reason: str = ""


class Customer(NamedTuple):
    """State of one customer; days as ordinals, 0 where there is none."""

    creditor_id: str
    customer_id: str
    behaviour: Behaviour = EMPTY
    version: int = 0
    """Version of the customer's master data last seen."""
    known_on: int = 0
    """Day of the customer's first fact by the master data."""
    invoices_from: int = 0
    """First day that an invoice in effect says anything about."""
    broken_on: tuple[int, ...] = ()
    next_fact_on: int = 0
    """First day on which time alone adds a fact."""
    pin: Pin | None = None
    told: Told = Told()
    tier_version: int = 0
    profile_version: int = 0

    @property
    def key(self) -> Key:
        """Creditor and customer."""
        return self.creditor_id, self.customer_id

    @property
    def first_on(self) -> int:
        """The customer's first fact; 0 while nothing is in effect."""
        known, invoiced = self.known_on, self.invoices_from
        return min(known, invoiced) if known and invoiced else known or invoiced

    def next_change_on(self, *, today: int) -> int:
        """Return the first day on which time alone changes something; 0 when none will."""
        days = [self.next_fact_on] if self.next_fact_on else []
        if self.pin is not None and self.pin.holds(on=today):
            days.append(self.pin.expires_on + 1)
        return min(days, default=0)


class CurrentTier(NamedTuple):
    """The tier that holds now: computed, or set by a person."""

    tier: Tier
    unknown: bool
    at: datetime
    """From when it holds, UTC."""
    reason: Reason
    rule: Rule


def computed_tier(first_on: int, habits: Habits, standing: Standing, *, zone: ZoneInfo) -> CurrentTier:
    """Return what the rules alone say; it runs on in the shadow of a pin. ``first_on``: day of the first tier."""
    since = standing.changed_on or first_on
    return CurrentTier(
        tier=standing.tier,
        unknown=is_unknown(habits),
        at=start_of(since, zone=zone),
        reason=reason_for(standing.decision),
        rule=standing.decision.rule,
    )


def tier_now(computed: CurrentTier, pin: Pin | None, *, today: int, zone: ZoneInfo) -> CurrentTier:
    """Return the tier that holds on ``today``: the pin's while it holds, else the computed one."""
    if pin is None:
        return computed
    if pin.holds(on=today):
        return computed._replace(tier=pin.tier, at=pin.at, reason=_pin_reason(pin), rule=Rule.PIN)
    end = start_of(pin.expires_on + 1, zone=zone)
    end = min(pin.ended_at or end, end)
    if computed.at >= end:
        return computed
    if pin.tier is computed.tier:
        return computed._replace(at=end)
    return computed._replace(
        at=end, reason=reason_for_pin_end(pin.tier, computed.tier, computed=computed.reason)
    )


def _pin_reason(pin: Pin) -> Reason:
    return reason_for_pin(pin.tier, author=pin.author, expires_on=pin.expires_on, text=pin.reason)


@lru_cache(maxsize=16_384)
def start_of(day: int, *, zone: ZoneInfo) -> datetime:
    """Return 00:00 of a day number in the creditor's time, as a UTC instant."""
    return day_start(date.fromordinal(day), zone=zone)


@lru_cache(maxsize=16_384)
def start_text(day: int, *, zone: ZoneInfo) -> str:
    """Write that instant as it is kept in ``Told``."""
    return start_of(day, zone=zone).isoformat()


@lru_cache(maxsize=16_384)
def is_start_of_a_day(at: str, *, zone: ZoneInfo) -> bool:
    """Say whether an instant kept in ``Told`` is 00:00 in the creditor's time: not when its zone has changed."""
    instant = datetime.fromisoformat(at)
    return at == start_text(local_day(instant, zone=zone).toordinal(), zone=zone)
