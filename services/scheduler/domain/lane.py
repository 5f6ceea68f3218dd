"""What all customers of one tier, time zone, window and lateness share: looked up once a batch, not once a customer."""

from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from scheduler.domain.customer import Customer
from scheduler.domain.decision import Reason
from scheduler.domain.moments import Moments, moments_of
from scheduler.domain.policy import Calendars, Policy, Rulebook, Step, zone_of

_KEPT_MAX: Final = 4000
_PLACES_MAX: Final = 1000


class Start(NamedTuple):
    """All that the place of an invoice on a ladder depends on, beside the ladder and the day."""

    issued_on: date
    due_on: date
    payable_on: date
    known: tuple[int, int, int]
    """As ``Lane.known`` says of the invoice's first event."""
    is_important: bool
    moving: tuple[int, ...]
    """The days (ordinals) of the rungs without a fixed one, 0 for those that are done."""
    done: int
    """The highest rank carried out."""
    carried: frozenset[str]
    """The steps carried out."""


class Place(NamedTuple):
    """What the dates of an invoice make of it on one day: invoices that share them share this."""

    skipped: bool
    """Some step was due before the invoice was known."""
    reached: Step | None
    """The highest step whose day has come and that is not done: lower ones are merged into it."""
    why: tuple[Reason, ...]
    """Why the step reached falls on its day; empty for one without a fixed day."""
    next_step: Step | None
    next_day: date | None
    coming: tuple[Reason, ...]
    """The sentence about the next step; empty without one."""
    waiting: tuple[Reason, ...]
    """What is said while nothing is reached and nothing was carried out: what was skipped, then what comes next."""


class Lane:
    """The policy, the moments and the places on the ladder that its customers have in common."""

    __slots__ = (
        "_calendars",
        "_known",
        "_places",
        "creditor_zone",
        "moments",
        "moving",
        "policy",
        "rungs",
        "shift_days",
        "task_moments",
        "tier",
    )

    def __init__(self, customer: Customer, rules: Rulebook, calendars: Calendars, *, shift_days: int) -> None:
        self.tier = customer.tier
        self.policy: Policy = rules.of(self.tier)
        zone = cached_zone(customer.timezone, rules.creditor.timezone)
        contact = self.policy.contact
        self.moments: Moments = moments_of(
            zone=zone, calendar=calendars.contact, rules=contact, window=customer.window
        )
        self.task_moments: Moments = (
            moments_of(zone=zone, calendar=calendars.contact, rules=contact, window=None)
            if customer.window is not None
            else self.moments
        )
        self.creditor_zone: ZoneInfo = cached_zone("", rules.creditor.timezone)
        self.shift_days = shift_days
        self.rungs = self.policy.rungs(shift_days)
        self.moving = tuple(rung for rung in self.rungs if rung.base < 0)
        self._calendars = calendars  # Kept, so that its identity stays its own.
        self._known: dict[datetime, tuple[int, int, int]] = {}
        self._places: dict[tuple[object, ...], Place] = {}

    @property
    def places(self) -> dict[tuple[object, ...], Place]:
        """The places found so far, by day and the fields of ``Start``."""
        if len(self._places) > _PLACES_MAX:
            self._places.clear()
        return self._places

    def known(self, known_from: datetime) -> tuple[int, int, int]:
        """Return the local day of ``known_from``, and the first days whose message and whose task is not due before it.

        Days are ordinals.
        """
        found = self._known.get(known_from)
        if found is None:
            if len(self._known) > _KEPT_MAX:
                self._known.clear()
            day = self.moments.local_day(known_from)
            first = day.toordinal()
            found = self._known[known_from] = (
                first,
                first + (self.moments.wanted_at(day) < known_from),
                first + (self.task_moments.wanted_at(day) < known_from),
            )
        return found


def lane_of(customer: Customer, rules: Rulebook, calendars: Calendars) -> Lane:
    """Return the customer's lane; it is kept as long as the rulebook, which is a batch."""
    tier, structural = customer.tier, customer.profile.structural_days_late
    key = (tier, customer.timezone, customer.window, structural, id(calendars))
    lane = rules.lanes.get(key)
    if lane is None:
        if len(rules.lanes) > _KEPT_MAX:
            rules.lanes.clear()
        shift_days = _shift_days(structural, rules.of(tier))
        lane = rules.lanes[key] = Lane(customer, rules, calendars, shift_days=shift_days)
    return lane


def _shift_days(structural: float | None, policy: Policy) -> int:
    """Round half up, never earlier than usual, at most the policy's number of days."""
    if structural is None:
        return 0
    return max(0, min(int(structural + 0.5), policy.contact.structural_shift_days_max))


@lru_cache(maxsize=1024)
def cached_zone(customer_zone: str, creditor_zone: str) -> ZoneInfo:
    """Return the customer's zone, else the creditor's, else Europe/Amsterdam."""
    return zone_of(customer_zone, creditor_zone)
