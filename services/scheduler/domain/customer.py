"""The state of one customer as the scheduler keeps it: open items, tier, behaviour, consent, contacts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from scheduler.domain.words import Deed, Manner, Tier

_LONG_AGO: Final = date(1990, 1, 1)


class Stop(NamedTuple):
    """A reason why nothing may be asked for now (dispute, promise, plan, hold, collection under way)."""

    kind: str
    since: date | None = None
    until: date | None = None
    """First civil day on which it no longer counts; None: until it is ended."""
    reason: str = ""


class Invoice(NamedTuple):
    """One open invoice."""

    invoice_id: str
    version: int
    currency: str
    amount: Decimal
    open: Decimal
    issued_on: date
    due_on: date
    payable_on: date
    """The effective due date: ``due_on``, or the next TARGET bank day."""
    known_from: datetime
    """``ce_time`` of its first event: steps due before it are skipped."""
    in_effect: bool = True
    status: str = "OPEN"
    """OPEN; PAID, CREDITED or WRITTEN_OFF until the next decision has dropped it."""
    stops: tuple[Stop, ...] = ()
    payment_reference: str = ""
    order_reference: str = ""
    document_url: str = ""
    trace: str = ""
    """The trace of the event that its last version followed from; a reminder about it goes on with it."""


class Contact(NamedTuple):
    """One message or task, from its command to its outcome."""

    contact_id: str
    deed: Deed
    step: str
    rank: int
    manner: Manner
    channel: str
    tier: Tier
    made_at: datetime
    day: date
    """The customer's civil day on which it was decided."""
    invoice_ids: tuple[str, ...]
    outcome: str = "PENDING"
    outcome_at: datetime | None = None
    version: int = 0
    reassigned: bool = False
    cancelled: bool = False

    @property
    def has_failed(self) -> bool:
        """Failed and suppressed contacts did not carry out their step (W22)."""
        return self.outcome in {"FAILED", "SUPPRESSED"}

    @property
    def is_open_task(self) -> bool:
        """Say whether a person still has to do this."""
        return self.deed is not Deed.SEND and self.outcome in {"PENDING", "ACCEPTED"}

    @property
    def friendly_since(self) -> datetime | None:
        """Since when it counts as the friendly contact that a formal step needs; None: it does not."""
        if self.manner is not Manner.FRIENDLY:
            return None
        good = {"DONE"} if self.deed is Deed.CALL else {"ACCEPTED", "DELIVERED", "DONE"}
        return (self.outcome_at or self.made_at) if self.outcome in good else None


class Detail(NamedTuple):
    """One usable way to reach the customer: for which purpose, by which channel, and a mark of the address."""

    purpose: str
    channel: str
    mark: str


class Problem(NamedTuple):
    """A detail that cannot be used, for a data-quality task."""

    field: str
    reason: str
    mark: str


class Window(NamedTuple):
    """The local hours in which the customer wants to be approached; minutes of the day, half-open."""

    from_minute: int
    to_minute: int
    weekdays: frozenset[int] = frozenset()
    """Monday is 0; empty: Monday to Friday."""


class TierSpan(NamedTuple):
    """A tier and the instant from which it holds."""

    at: datetime
    tier: Tier
    unknown: bool
    version: int


class Profile(NamedTuple):
    """Learned behaviour, as the classifier publishes it."""

    version: int = 0
    episodes: int = 0
    structural_days_late: float | None = None
    lateness: tuple[float, ...] = ()
    weekday_factor: tuple[float, ...] = ()
    best_channel: str = ""
    best_window: Window | None = None


class Resend(NamedTuple):
    """The customer says that an invoice never arrived: it is to be sent again (W12)."""

    invoice_ids: tuple[str, ...]
    asked_at: datetime


class Customer(NamedTuple):
    """One customer; everything `decide` looks at."""

    creditor_id: str
    customer_id: str
    version: int = 0
    is_consumer: bool = False
    language: str = ""
    timezone: str = ""
    account_manager: str = ""
    preferred_channel: str = ""
    window: Window | None = None
    tone: str = ""
    details: tuple[Detail, ...] = ()
    problems: tuple[Problem, ...] = ()
    stops: tuple[Stop, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    """Open invoices by invoice_id."""
    tiers: tuple[TierSpan, ...] = ()
    """By instant, oldest first."""
    profile: Profile = Profile()
    refused: tuple[str, ...] = ()
    """Channels opted out of."""
    dead: tuple[Detail, ...] = ()
    """Addresses that failed; a changed address clears its mark."""
    thread_at: datetime | None = None
    """The customer's last own WhatsApp message."""
    contacts: tuple[Contact, ...] = ()
    resends: tuple[Resend, ...] = ()
    reported: tuple[str, ...] = ()
    """Marks of the data problems for which a task was made."""

    @property
    def tier(self) -> Tier:
        """The tier in force: a newcomer is bronze."""
        return self.newest_tier.tier if self.newest_tier else Tier.BRONZE

    @property
    def newest_tier(self) -> TierSpan | None:
        """The tier last published."""
        return max(self.tiers, key=lambda span: (span.version, span.at)) if self.tiers else None

    def latest_day(self, *, zone: ZoneInfo) -> date:
        """Return the latest day among what is known: open invoices, and tiers, which change with payments."""
        instants = [invoice.known_from for invoice in self.invoices] + [span.at for span in self.tiers]
        days = [invoice.issued_on for invoice in self.invoices]
        return max([instant.astimezone(zone).date() for instant in instants] + days, default=_LONG_AGO)

    def tier_before(self, instant: datetime) -> Tier:
        """Return the tier that held just before ``instant``; before the first it is bronze."""
        held = Tier.BRONZE
        for span in self.tiers:
            if span.at >= instant:
                break
            held = span.tier
        return held
