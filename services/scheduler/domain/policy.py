"""A policy: one tier's ladder of steps with its timing, as immutable versioned data."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from chassis.kernel.calendar import DayCalendar
from scheduler.domain.words import Anchor, Channel, Deed, Manner, Outreach, Purpose, Tier, Tone

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


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that `decide` judges a creditor's customers by."""

    creditor: Creditor
    gold: Policy
    silver: Policy
    bronze: Policy

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
