"""A policy: one tier's ladder of steps with its timing, as immutable versioned data."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from chassis.kernel.calendar import DayCalendar
from scheduler.domain.words import Anchor, Channel, Deed, Manner, Outreach, Purpose, Tier, Tone

if TYPE_CHECKING:
    from scheduler.domain.customer import Window
    from scheduler.domain.lane import Lane

ISSUED_RANK: Final = -10_000
"""Rank of "issued+0": every step counted from the invoice date lies below every step counted from the due date."""

RESEND_STEP: Final = "resend"
DECISION_STEP: Final = "decision"
QUALITY_STEP: Final = "data-quality"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: what happens on which day, by which channels, in which tone."""

    name: str
    anchor: Anchor
    day: int
    rank: int
    """Place on the one scale of all ladders: the day relative to the due date (requirements section 2)."""
    deed: Deed
    manner: Manner
    channels: tuple[Channel, ...]
    tone: Tone
    template: str
    consumer_template: str = ""
    purpose: Purpose = Purpose.REMINDER
    registered: bool = False
    important_only: bool = False
    after: str = ""
    """Name of the step whose making ``day`` is counted from (anchor STEP)."""

    @property
    def is_formal(self) -> bool:
        """Formal steps never shift, need a friendly one before them and name only their own invoices."""
        return self.manner is Manner.FORMAL

    @property
    def shifts(self) -> bool:
        """Say whether structural lateness moves it: fixed friendly steps after the due date (S29)."""
        return self.anchor is Anchor.DUE and self.day > 0 and self.manner is Manner.FRIENDLY


@dataclass(frozen=True, slots=True)
class Timing:
    """The stopping rule's figures (personalisation.md 5)."""

    threshold: float
    latest_day: int
    day_without_history: int
    episodes_needed: int


@dataclass(frozen=True, slots=True)
class ContactRules:
    """When and how often a customer of this tier may be approached."""

    weekdays: frozenset[int]
    at_minute: int
    """Minute of the local day at which a message goes when no window says otherwise."""
    opens_minute: int
    closes_minute: int
    """Quiet hours: only opens <= t < closes (Bki art. 4.2: 07:00-20:00)."""
    grace_minutes: int
    messages_max: int
    messages_max_days: int
    friendly_before_formal_days: int
    structural_shift_days_max: int
    whatsapp_thread_hours: int
    reassign_after_business_days: int
    assignee: str


class Rung(NamedTuple):
    """A step as the ladder is climbed: its day as an offset to one of the invoice's dates."""

    step: Step
    rank: int
    name: str
    base: int
    """0: invoice date, 1: due date as written, 2: effective due date, -1: no fixed day."""
    offset: int


_BASES: Final = {Anchor.ISSUED: 0, Anchor.DUE_AS_WRITTEN: 1, Anchor.DUE: 2}


@dataclass(frozen=True)
class Policy:
    """The ladder of one tier, in one version."""

    name: str
    version: int
    steps: tuple[Step, ...]
    """By rank, lowest first."""
    timing: Timing
    contact: ContactRules

    @cached_property
    def by_name(self) -> dict[str, Step]:
        """The steps by their name."""
        return {step.name: step for step in self.steps}

    @cached_property
    def _rungs(self) -> dict[int, tuple[Rung, ...]]:
        return {}

    def rungs(self, shift_days: int) -> tuple[Rung, ...]:
        """Return the ladder for a customer who is structurally so many days late (S29), lowest first.

        Only fixed friendly steps after the due date shift: formal steps and a person's never do.
        """
        if shift_days not in self._rungs:
            self._rungs[shift_days] = tuple(
                Rung(
                    step,
                    step.rank,
                    step.name,
                    _BASES.get(step.anchor, -1),
                    step.day + (shift_days if step.shifts else 0),
                )
                for step in self.steps
            )
        return self._rungs[shift_days]


@dataclass(frozen=True, slots=True)
class Creditor:
    """What the scheduler needs to know of a creditor; the defaults hold until it is told otherwise."""

    creditor_id: str
    version: int = 0
    timezone: str = "Europe/Amsterdam"
    language: str = "nl"
    important_from: Decimal = Decimal(10_000)
    whatsapp_up_to: Decimal = Decimal(500)
    outreach: Outreach = Outreach.ON


@dataclass(frozen=True)
class Rulebook:
    """Everything that `decide` judges a creditor's customers by."""

    creditor: Creditor
    gold: Policy
    silver: Policy
    bronze: Policy

    @cached_property
    def lanes(self) -> "dict[tuple[Tier, str, Window | None, float | None, int], Lane]":
        """What was looked up once for customers who have these in common (``lane_of``)."""
        return {}

    def of(self, tier: Tier) -> Policy:
        """Return the policy in force for ``tier``."""
        if tier is Tier.GOLD:
            return self.gold
        return self.silver if tier is Tier.SILVER else self.bronze


@dataclass(frozen=True, slots=True)
class Calendars:
    """The day calendars: TARGET bank days and the days on which contact is allowed."""

    bank: DayCalendar
    contact: DayCalendar


def zone_of(*names: str) -> ZoneInfo:
    """Return the first time zone that exists; Europe/Amsterdam when none does."""
    for name in names:
        if name:
            try:
                return ZoneInfo(name)
            except (KeyError, ValueError, OSError):
                continue
    return ZoneInfo("Europe/Amsterdam")
