"""What the use cases need of the outside: one ledger per transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from classifier.domain.changes import ContactMade
from classifier.domain.creditor import Creditor
from classifier.domain.customer import Customer, Key
from classifier.domain.events import Event
from classifier.domain.evidence import InvoiceFacts
from classifier.domain.habits import Habits
from classifier.domain.pin import Pin
from classifier.domain.tier import Decision, Standing

InvoiceKey = tuple[str, str]
"""Creditor and invoice."""


class Outlook(NamedTuple):
    """What a customer's open invoices say together; days as ordinals, 0 where there is none."""

    next_fact_on: int = 0
    owed_since: int = 0
    """Effective due date of the oldest open undisputed invoice."""
    open_invoices: int = 0


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """How a channel has done with one customer."""

    channel: str
    contacts: int
    paid_within_5_days: int


@dataclass(frozen=True, slots=True)
class Listing:
    """Which customers a list asks for."""

    after: str
    """Customer after which it goes on; empty: from the start."""
    limit: int
    attention: bool
    """Only those who need extra attention (S05)."""
    fell_after: int = 0
    """A fall of tier after this day (ordinal) asks for attention."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One customer of a list."""

    customer_id: str
    tier: str
    unknown: bool
    too_long_overdue: int
    """Open undisputed invoices more than 30 effective days overdue."""
    fell_on: str
    """Civil day of the last change of tier when that was a fall; else empty."""
    attention: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A customer with what its behaviour comes to, so that nobody works it out twice."""

    customer: Customer
    judgement: tuple[Habits, Standing] | None
    """None: as it is stored."""

    @classmethod
    def of(cls, customer: Customer) -> "Judged":
        """Work it out."""
        return cls(customer, customer.behaviour.now())


class Ledger(Protocol):
    """Everything the classifier keeps, within one transaction; reads return copies, writes are bulk."""

    async def creditors(self, creditor_ids: Sequence[str]) -> dict[str, Creditor]:
        """Return those known."""
        ...

    async def creditors_to_freeze(self, *, days: Mapping[str, int], limit: int) -> list[Creditor]:
        """Return creditors whose prior is older than the day given for their time zone, by id, locked."""
        ...

    async def timezones(self) -> list[str]:
        """Return the time zones in use."""
        ...

    async def save_creditors(self, creditors: Sequence[Creditor]) -> None:
        """Insert or replace."""
        ...

    async def portfolio(self, creditor_id: str, *, before: int) -> tuple[int, tuple[int, ...]]:
        """Return the number of customers with payments before a day, and the sums of their shares per bin."""
        ...

    async def lock(self, keys: Sequence[Key]) -> dict[Key, Customer]:
        """Return these customers locked, in key order; those unknown come empty and exist from now on."""
        ...

    async def lock_known(self, key: Key) -> Customer | None:
        """Return one customer locked; None when it is unknown."""
        ...

    async def lock_due(self, *, days: Mapping[str, int], limit: int) -> dict[Key, Customer]:
        """Return up to ``limit`` customers for whom time alone changes something by their time zone's day."""
        ...

    async def save_customers(self, rows: Sequence[Judged], *, today: Mapping[str, int]) -> None:
        """Replace; ``today`` gives the day per creditor (0 while there is no time)."""
        ...

    async def save_preferences(self, preferences: Mapping[Key, bytes]) -> None:
        """Replace what customers prefer (JSON)."""
        ...

    async def invoices(self, keys: Sequence[InvoiceKey]) -> dict[InvoiceKey, InvoiceFacts]:
        """Return those known."""
        ...

    async def invoices_due(self, until: Mapping[Key, int]) -> dict[Key, list[InvoiceFacts]]:
        """Return, per customer, the invoices whose next fact lies on or before a day."""
        ...

    async def invoices_of(self, keys: Sequence[Key]) -> dict[Key, list[InvoiceFacts]]:
        """Return all invoices of these customers."""
        ...

    async def save_invoices(
        self, invoices: Mapping[Key, Sequence[InvoiceFacts]], *, owed: set[InvoiceKey]
    ) -> None:
        """Insert or replace; ``owed``: those open and undisputed now."""
        ...

    async def outlooks(self, keys: Sequence[Key]) -> dict[Key, Outlook]:
        """Return what is open; customers with nothing open are left out."""
        ...

    async def histories(self, keys: Sequence[Key]) -> dict[Key, list[Decision]]:
        """Return the computed changes of tier, oldest first; customers without one are left out."""
        ...

    async def save_history(
        self, changes: Mapping[Key, Mapping[int, Decision | None]], *, cleared: Sequence[Key]
    ) -> None:
        """Drop all changes of the customers ``cleared``; then, per day, replace a change or drop it (None)."""
        ...

    async def pins(self, key: Key) -> list[Pin]:
        """Return every manual tier there ever was, oldest first."""
        ...

    async def save_pin(self, key: Key, pin: Pin) -> None:
        """Insert or replace by its number."""
        ...

    async def save_contacts(self, contacts: Sequence[ContactMade]) -> None:
        """Insert, or replace by a higher version."""
        ...

    def publish(self, event: Event) -> None:
        """Tell the world, in this transaction."""
        ...


class Reader(Protocol):
    """What answers need beside the ledger."""

    async def customer(self, key: Key) -> Customer | None:
        """Return one customer, not locked."""
        ...

    async def preferences(self, key: Key) -> bytes:
        """Return what a customer prefers (JSON object)."""
        ...

    async def channels(self, key: Key) -> list[ChannelCount]:
        """Return how each channel has done, by channel."""
        ...

    async def owner_of(self, invoice: InvoiceKey) -> tuple[Key, InvoiceFacts] | None:
        """Return an invoice in effect with its customer."""
        ...

    async def customers(self, creditor_id: str, listing: Listing) -> list[Listed]:
        """Return customers by id."""
        ...
