"""What the judge knows of a ledger, and the shape of what it finds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.generator.book import CURRENCY, Book, SyntheticInvoice
from sandbox.ledger.model import Ledger, LedgerRow
from sandbox.replay.days import is_bank_day

SENT = frozenset({"ACCEPTED", "DELIVERED", "AMBIGUOUS", "DONE", "PENDING"})
MESSAGE_CHANNELS = frozenset({"EMAIL", "SMS", "WHATSAPP", "LETTER"})
PROMISE_GRACE_BANK_DAYS = 2


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise: which rule, and what shows it."""

    rule: str
    detail: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One invoice with all that happened to it; a movement lessens what is open (a reversal is negative)."""

    invoice_id: str
    customer_id: str
    issued_on: date
    due_on: date
    currency: str
    amount: Decimal
    movements: tuple[tuple[date, Decimal], ...] = ()
    disputed_since: date | None = None
    promise: tuple[date, date] | None = None
    """The day on which it was made, and the day promised."""

    @classmethod
    def of_row(cls, row: LedgerRow) -> "Claim":
        """Read one row of a ledger; a dispute without a date counts from the day after the due date."""
        return cls(
            row.invoice_id,
            row.customer_id,
            row.issued_on,
            row.due_on,
            row.currency,
            row.amount,
            movements=((row.paid_on, row.amount),) if row.paid_on else (),
            disputed_since=(row.disputed_on or row.due_on + timedelta(days=1)) if row.disputed else None,
        )

    @classmethod
    def of_story(cls, invoice: SyntheticInvoice) -> "Claim":
        """Read one synthetic invoice with its part payments, reversals, credit notes and promises."""
        moves = [(part.paid_on, part.amount) for part in invoice.instalments]
        moves += [(part.reversed_on, -part.amount) for part in invoice.instalments if part.reversed_on]
        moves += [(invoice.credited_on, invoice.credited)] if invoice.credited_on else []
        made_on, on = invoice.promise_made_on, invoice.promised_on
        return cls(
            invoice.invoice_id,
            invoice.customer_id,
            invoice.issued_on,
            invoice.due_on,
            CURRENCY,
            invoice.amount,
            movements=tuple(sorted(moves)),
            disputed_since=invoice.disputed_on,
            promise=(made_on, on) if made_on and on else None,
        )

    def open_on(self, day: date) -> Decimal:
        """Return what was open at the end of that day; nothing before the invoice was issued."""
        if self.issued_on > day:
            return Decimal(0)
        return self.amount - sum((amount for on, amount in self.movements if on <= day), Decimal(0))

    def is_rewritten(self, *, after: date) -> bool:
        """Say whether money that was in on that day was taken back later: the invoice has another past since then."""
        return any(
            amount < 0
            and on > after
            and any(day <= after and paid == -amount for day, paid in self.movements)
            for on, amount in self.movements
        )

    def is_settled(self, *, on: date) -> bool:
        """Say whether nothing could be asked on that day: money counts from 00:00 of the day it was received."""
        return self.open_on(on) <= 0

    def is_disputed(self, *, on: date) -> bool:
        """Say whether a dispute counted on that day (until the invoice is paid)."""
        return self.disputed_since is not None and self.disputed_since <= on and not self.is_settled(on=on)

    def is_promised(self, *, on: date) -> bool:
        """Say whether a promise held on that day: to the end of the second bank day after the day promised."""
        if self.promise is None:
            return False
        made_on, last = self.promise
        for _ in range(PROMISE_GRACE_BANK_DAYS):
            last += timedelta(days=1)
            while not is_bank_day(last):
                last += timedelta(days=1)
        return made_on <= on <= last and not self.is_settled(on=on)

    @property
    def paid_on(self) -> date | None:
        """The first day on which nothing was left open for good, None when that never came."""
        left = self.amount
        settled: date | None = None
        for on, amount in sorted(self.movements):
            left -= amount
            settled = (settled or on) if left <= 0 else None
        return settled


@dataclass(frozen=True, slots=True)
class Truth:
    """The ledger as the judge sees it: claims by invoice, customers as published."""

    claims: Mapping[str, Claim]
    customers: Mapping[str, Mapping[str, Any]]
    zone: ZoneInfo = ZoneInfo("Europe/Amsterdam")

    @classmethod
    def of_ledger(cls, ledger: Ledger) -> "Truth":
        """Index a ledger that was read."""
        return cls(_indexed(Claim.of_row(row) for row in ledger.rows), ledger.customers)

    @classmethod
    def of_book(cls, book: Book) -> "Truth":
        """Index a synthetic ledger."""
        return cls(
            _indexed(Claim.of_story(i) for i in book.invoices),
            {who.customer_id: who.fields for who in book.personas},
        )

    def zone_of(self, customer_id: str) -> ZoneInfo:
        """Return the customer's time zone, the creditor's where none was given."""
        name = self.customers.get(customer_id, {}).get("timezone")
        return ZoneInfo(str(name)) if name else self.zone

    def day_of(self, contact: Mapping[str, Any]) -> date:
        """Return the civil day of a contact where the customer lives."""
        return (
            datetime.fromisoformat(str(contact["at"])).astimezone(self.zone_of(contact["customer_id"])).date()
        )


def _indexed(claims: Iterable[Claim]) -> dict[str, Claim]:
    return {claim.invoice_id: claim for claim in claims}
