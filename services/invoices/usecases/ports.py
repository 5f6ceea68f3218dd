"""What the use cases need from outside: the book of open items within one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from invoices.domain.agreement import AgreementKind
from invoices.domain.allocation import Movement
from invoices.domain.creditor import CreditorRecord
from invoices.domain.customer import CustomerRecord
from invoices.domain.events import Event
from invoices.domain.position import AgedAmount, InvoiceFilter, Total
from invoices.domain.records import (
    AgendaItem,
    AgreementRecord,
    BrokenDay,
    InvoiceRecord,
    InvoiceState,
    MoneyKey,
    MoneyRecord,
)


class Book(Protocol):
    """The stored open items, read and written within one transaction; answers are keyed, never ordered."""

    async def lock(self, creditor_ids: Sequence[str], *, exclusive: bool) -> None:
        """Keep others out until the transaction ends; what only adds invoices and customers may share."""
        ...

    async def creditors(self, creditor_ids: Sequence[str]) -> dict[str, CreditorRecord]:
        """Return the creditors that were seen before."""
        ...

    async def open_creditors(self, records: Sequence[CreditorRecord]) -> None:
        """Insert creditors seen for the first time; one that exists by now stays as it is."""
        ...

    async def save_creditors(self, records: Sequence[CreditorRecord]) -> None:
        """Replace creditors."""
        ...

    async def touch_customers(self, seen: Mapping[tuple[str, str], datetime]) -> set[tuple[str, str]]:
        """Note that customers exist since an instant, in key order, which locks their rows.

        Returns those (creditor, customer), already spoken of, that are older than was known.
        """
        ...

    async def customers(self, creditor_id: str, *, customer_ids: Iterable[str]) -> dict[str, CustomerRecord]:
        """Return the customers that exist."""
        ...

    async def save_customers(self, records: Sequence[CustomerRecord]) -> None:
        """Replace customers."""
        ...

    async def add_invoices(self, records: Sequence[InvoiceRecord]) -> set[tuple[str, str]]:
        """Insert judged invoices; returns (creditor, invoice) of those that did not exist yet."""
        ...

    async def save_invoices(self, records: Sequence[InvoiceRecord]) -> None:
        """Insert or replace judged invoices."""
        ...

    async def invoices(self, creditor_id: str, *, invoice_ids: Iterable[str]) -> dict[str, InvoiceRecord]:
        """Return the invoices that exist, their rows locked."""
        ...

    async def invoices_named(self, creditor_id: str, *, keys: Iterable[str]) -> dict[str, InvoiceRecord]:
        """Return the invoices with one of these keys (domain/matching.py), their rows locked."""
        ...

    async def open_invoice_ids(self, creditor_id: str, *, customer_ids: Iterable[str]) -> list[str]:
        """Return the ids of the customers' invoices in effect with something open."""
        ...

    async def invoice_ids_by_term(self, creditor_id: str) -> list[str]:
        """Return the ids of all invoices whose due date follows from the creditor's payment term."""
        ...

    async def keys_with_money(self, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those (creditor, key) that some payment, credit note or write-off names."""
        ...

    async def money(self, creditor_id: str, *, keys: Iterable[MoneyKey]) -> dict[MoneyKey, MoneyRecord]:
        """Return the money facts that exist, their rows locked."""
        ...

    async def money_naming(self, creditor_id: str, *, keys: Iterable[str]) -> dict[MoneyKey, MoneyRecord]:
        """Return the money facts that name one of these keys, their rows locked."""
        ...

    async def save_money(self, records: Sequence[MoneyRecord]) -> None:
        """Insert or replace money facts with the keys that they name."""
        ...

    async def movements(
        self, creditor_id: str, *, invoice_ids: Iterable[str]
    ) -> dict[str, tuple[Movement, ...]]:
        """Return the stored movements of the invoices that have any, in their stored order."""
        ...

    async def save_movements(
        self, creditor_id: str, *, movements: Mapping[str, Sequence[Movement]], stale: Sequence[str]
    ) -> None:
        """Keep the movements of these invoices; ``stale`` are those that had others, which go."""
        ...

    async def agreements(
        self, creditor_id: str, *, customer_ids: Iterable[str]
    ) -> dict[str, AgreementRecord]:
        """Return all disputes, holds, promises and plans of the customers."""
        ...

    async def customers_with_agreements(self, customers: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those (creditor, customer) for whom anything was ever agreed or contested."""
        ...

    async def save_agreements(self, records: Sequence[AgreementRecord]) -> None:
        """Insert or replace agreements."""
        ...

    async def save_broken(
        self, creditor_id: str, *, sources: Sequence[str], days: Sequence[BrokenDay]
    ) -> set[str]:
        """Replace the broken days that come from these sources; returns the customers touched."""
        ...

    async def broken_days(self, creditor_id: str, *, customer_ids: Iterable[str]) -> list[BrokenDay]:
        """Return the customers' broken days."""
        ...

    async def add_agenda(self, creditor_id: str, *, items: Iterable[AgendaItem]) -> None:
        """Note what is to be judged anew on a later day."""
        ...

    async def take_agenda(self, creditor_id: str, *, until: date, limit: int) -> list[AgendaItem]:
        """Take the earliest items up to and including a day off the agenda."""
        ...

    async def put_everything_on_agenda(self, creditor_id: str, *, after: date, on: date) -> None:
        """Put every fact dated after a day, and every agreement, on the agenda of a day."""
        ...

    async def agenda_heads(self) -> list[tuple[CreditorRecord, date | None]]:
        """Return every creditor with the first day of its agenda, ordered by id."""
        ...

    def publish(self, events: Sequence[Event], *, at: datetime) -> None:
        """Tell the world, in this order, when the transaction commits."""
        ...


class Readings(Protocol):
    """What people and other systems ask about; never locks."""

    async def creditor(self, creditor_id: str) -> CreditorRecord | None:
        """Return a creditor that was seen before."""
        ...

    async def customer(self, creditor_id: str, *, customer_id: str) -> CustomerRecord | None:
        """Return a customer that some fact named."""
        ...

    async def totals(self, creditor_id: str, *, customer_id: str, today: date) -> list[Total]:
        """Return the sums over the customer's invoices in effect, by currency."""
        ...

    async def unapplied_totals(self, creditor_id: str, *, customer_id: str) -> dict[str, Decimal]:
        """Return the customer's unapplied money in effect, by currency."""
        ...

    async def invoice(self, creditor_id: str, *, invoice_id: str) -> InvoiceRecord | None:
        """Return an invoice in effect."""
        ...

    async def invoices(self, creditor_id: str, *, wanted: InvoiceFilter) -> list[InvoiceRecord]:
        """Return invoices in effect, ordered by id."""
        ...

    async def gate_states(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], InvoiceState]:
        """Return the states of (creditor, invoice) that exist."""
        ...

    async def aging(self, creditor_id: str, *, as_of: date) -> list[AgedAmount]:
        """Return what was open at the end of a day on invoices issued by then, by currency and days overdue."""
        ...

    async def unapplied(self, creditor_id: str, *, after: str, limit: int) -> list[MoneyRecord]:
        """Return payments in effect with unapplied money, ordered by id."""
        ...

    async def agreements(
        self, creditor_id: str, *, customer_id: str, kind: AgreementKind
    ) -> list[AgreementRecord]:
        """Return the agreements of one kind with a customer, the oldest first."""
        ...

    async def write_offs(self, creditor_id: str, *, invoice_id: str) -> list[MoneyRecord]:
        """Return the write-offs of an invoice, the oldest first."""
        ...
