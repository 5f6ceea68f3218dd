"""The ledger as read: invoices, the rows that could not be used, and what has to be said aloud."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


def printable(text: str) -> str:
    """Return ``text`` on one line without control characters: a file must not steer the terminal that shows it."""
    return "".join(char if char.isprintable() else "·" for char in " ".join(text.split()))


class LedgerError(Exception):
    """The file as a whole cannot be read; the sentence says what to change."""

    def __init__(self, sentence: str) -> None:
        super().__init__(printable(sentence))


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One invoice of the ledger; dates are civil days, the amount is exact in ``currency``."""

    line: int
    customer_id: str
    invoice_id: str
    issued_on: date
    due_on: date
    paid_on: date | None
    amount: Decimal
    currency: str
    disputed: bool = False
    disputed_on: date | None = None
    order_reference: str = ""
    payment_reference: str = ""

    def content(self) -> tuple[object, ...]:
        """Everything but the line: equal for a row that merely stands in the file twice."""
        return (
            self.customer_id,
            self.invoice_id,
            self.issued_on,
            self.due_on,
            self.paid_on,
            self.amount,
            self.currency,
            self.disputed,
            self.disputed_on,
            self.order_reference,
            self.payment_reference,
        )


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not used: its first physical line (from 1), why, and how it began."""

    line: int
    reason: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class DuplicateRow:
    """A row that says what an earlier one said already; it changes nothing."""

    line: int
    first_line: int
    invoice_id: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of what; every row of data is in exactly one of ``used``, ``bad`` and ``duplicates``."""

    rows: int
    used: int
    bad: int
    duplicates: int
    customers: int
    disputed: int
    unpaid: int

    def sentence(self) -> str:
        """One line with plain digits (no thousands separators)."""
        return (
            f"{self.rows} rows: {self.used} invoices of {self.customers} customers "
            f"({self.disputed} disputed, {self.unpaid} unpaid), {self.bad} bad rows, "
            f"{self.duplicates} duplicate rows"
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger read: ``customers`` maps a customer id to its CustomerUpdated fields (contract section 3)."""

    rows: tuple[LedgerRow, ...]
    bad_rows: tuple[BadRow, ...]
    duplicate_rows: tuple[DuplicateRow, ...]
    customers: Mapping[str, Mapping[str, object]]
    notes: tuple[str, ...]
    counts: Counts
