"""What the use cases need from outside: the customers' states, the rules, the log, the other services."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from chassis.kernel.calendar import day_start
from scheduler.domain.customer import Contact, Customer
from scheduler.domain.decision import Decision, InvoiceReasons
from scheduler.domain.lane import cached_zone
from scheduler.domain.policy import Calendars, Creditor, Policy, Rulebook
from scheduler.domain.words import Outreach

CustomerKey = tuple[str, str]
"""creditor_id, customer_id."""
InvoiceKey = tuple[str, str]
"""creditor_id, invoice_id."""


class FiledInvoice(NamedTuple):
    """What is kept of an invoice beside its customer's state: whose it is, and its history once it is closed."""

    creditor_id: str
    invoice_id: str
    customer_id: str
    version: int
    status: str
    settled_on: date | None = None
    history: tuple[Contact, ...] = ()


class Awake(NamedTuple):
    """A customer whose wake-up is due, locked until the end of the transaction."""

    customer: Customer
    said: bytes
    """Mark of the reasons last written to the log."""
    wakeup_at: datetime | None = None
    """The instant it asked for; None: at once."""
    decided_at: datetime | None = None
    """The instant of its last decision; None: never."""


class Decided(NamedTuple):
    """What one decision leaves behind."""

    key: CustomerKey
    customer: Customer | None
    """The new state; None: it did not change."""
    next_wakeup: datetime | None
    said: bytes
    logged: Decision | None
    """To be written to the log; None: nothing new was said."""
    at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Saying:
    """What was said about an invoice at some decision."""

    day: date
    at: datetime
    reasons: InvoiceReasons
    policy_name: str
    policy_version: int


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """One immutable version of a policy, as data."""

    name: str
    version: int
    data: Mapping[str, Any]
    author: str
    created_at: datetime | None


class Customers(Protocol):
    """The per-customer states."""

    async def lock(self, keys: Sequence[CustomerKey]) -> dict[CustomerKey, Customer]:
        """Return the states of ``keys``, locked in key order; one that is not there yet is made, empty."""
        ...

    async def file(self, keys: Sequence[InvoiceKey]) -> dict[InvoiceKey, FiledInvoice]:
        """Return what is filed about these invoices."""
        ...

    async def save_taken_in(self, customers: Sequence[Customer], *, filed: Sequence[FiledInvoice]) -> None:
        """Write states and files, and wake these customers at once."""
        ...

    async def claim_due(self, now: datetime, *, limit: int) -> list[Awake]:
        """Return customers whose wake-up is at or before ``now``, locked; those that others hold are passed over."""
        ...

    async def claim_unless(self, now: datetime, *, acted: Collection[CustomerKey], limit: int) -> list[Awake]:
        """Claim due customers as ``claim_due`` does, but none of ``acted``."""
        ...

    async def save_decided(self, decided: Sequence[Decided]) -> None:
        """Write states, wake-ups and the log."""
        ...

    async def wake_all(self, creditor_id: str) -> None:
        """Look at every customer of the creditor anew, at once."""
        ...


class Readings(Protocol):
    """What the API reads, without locks."""

    async def customer_of_invoice(self, key: InvoiceKey) -> tuple[FiledInvoice, Customer] | None:
        """Return the invoice's file and its customer's state."""
        ...

    async def sayings(self, key: CustomerKey, invoice_id: str, *, until: date) -> list[Saying]:
        """Return what was said about the invoice up to and including ``until``, latest first, some of the latest."""
        ...

    async def upcoming(
        self, creditor_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> list[tuple[datetime, Customer]]:
        """Return customers by next wake-up, then customer_id."""
        ...

    async def portfolio(self, creditor_id: str, *, after: str, limit: int) -> list[Customer]:
        """Return customers by customer_id."""
        ...


class Rules(Protocol):
    """Creditors and policies."""

    async def rulebooks(self, creditor_ids: Sequence[str]) -> dict[str, Rulebook]:
        """Return what holds for each creditor now; the defaults for one that never said anything."""
        ...

    async def take_creditors(self, creditors: Sequence[Creditor]) -> list[str]:
        """Store creditors whose version is newer; returns those for whom it changes a decision."""
        ...

    async def set_outreach(self, creditor_id: str, outreach: Outreach) -> None:
        """Store whether reminders go out."""
        ...

    async def policy(self, creditor_id: str, name: str, *, version: int | None = None) -> PolicyRecord | None:
        """Return a version of a policy, the latest by default."""
        ...

    async def add_policy(self, creditor_id: str, record: PolicyRecord) -> None:
        """Store a new version; raises Conflict when that version exists."""
        ...

    def compiled(self, record: PolicyRecord) -> Policy:
        """Return the policy ready for use; raises Rejected."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What answers a question about the present: the readings, the rules, and what time it is."""

    readings: Readings
    rules: Rules
    calendars: Calendars
    now: datetime | None
    """None while a fresh sandbox has no time yet."""

    def present(self, customer: Customer, book: Rulebook) -> datetime:
        """Return the present; without a time, the beginning of the latest day among the customer's facts."""
        if self.now is not None:
            return self.now
        zone = cached_zone("", book.creditor.timezone)
        return day_start(customer.latest_day(zone=zone), zone=zone)


class Commands(Protocol):
    """Where commands go."""

    def publish(self, customer: Customer, decision: Decision, *, rules: Rulebook) -> int:
        """Publish the decision's actions when the transaction commits; returns how many."""
        ...

    async def report_shadow(self, customer: Customer, decision: Decision, *, rules: Rulebook) -> int:
        """Keep the actions where people can read them, and send nothing; returns how many."""
        ...


@dataclass(frozen=True, slots=True)
class Settled:
    """A service's answer to "settle"."""

    ends: Mapping[str, Sequence[int]]
    next_change_at: datetime | None
    handled: int


class Settler(Protocol):
    """One service that can be asked to come to rest."""

    async def settle(self, ends: Mapping[str, Sequence[int]]) -> Settled:
        """Wait until everything before ``ends`` is taken in and everything that follows is out; raises Transient."""
        ...
