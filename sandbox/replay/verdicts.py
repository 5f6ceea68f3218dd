"""What the judge knows of a ledger, and the shape of what it finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.ledger.model import LedgerRow

SENT = frozenset({"ACCEPTED", "DELIVERED", "AMBIGUOUS", "DONE", "PENDING"})
MESSAGE_CHANNELS = frozenset({"EMAIL", "SMS", "WHATSAPP", "LETTER"})


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise: which rule, and what shows it."""

    rule: str
    detail: str


@dataclass(frozen=True, slots=True)
class Truth:
    """The ledger as the judge sees it: rows by invoice, customers as published."""

    rows: Mapping[str, LedgerRow]
    customers: Mapping[str, Mapping[str, Any]]
    zone: ZoneInfo = ZoneInfo("Europe/Amsterdam")

    @classmethod
    def of(cls, rows: Sequence[LedgerRow], customers: Mapping[str, Mapping[str, Any]]) -> "Truth":
        """Index a ledger."""
        return cls({row.invoice_id: row for row in rows}, customers)

    def zone_of(self, customer_id: str) -> ZoneInfo:
        """Return the customer's time zone, the creditor's where none was given."""
        name = self.customers.get(customer_id, {}).get("timezone")
        return ZoneInfo(str(name)) if name else self.zone

    def is_paid(self, row: LedgerRow, *, on: date) -> bool:
        """Say whether the money was in on that day: it counts from 00:00 of the day it was received."""
        return row.amount <= 0 or (row.paid_on is not None and row.paid_on <= on)

    def is_disputed(self, row: LedgerRow, *, on: date) -> bool:
        """Say whether the ledger's dispute counted on that day (from the day after the due date until paid)."""
        since = row.disputed_on or row.due_on + timedelta(days=1)
        return row.disputed and since <= on and not self.is_paid(row, on=on)

    def open_of(self, row: LedgerRow, *, on: date) -> Decimal:
        """Return what was open at the end of that day."""
        if row.issued_on > on or (row.paid_on is not None and row.paid_on <= on):
            return Decimal(0)
        return row.amount


def instant_of(contact: Mapping[str, Any]) -> datetime:
    """Return when a contact was made."""
    return datetime.fromisoformat(str(contact["at"]))
