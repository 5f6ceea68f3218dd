"""Turns one record into an invoice of the ledger, or says why it cannot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sandbox.ledger.amounts import parse_amount, written_of
from sandbox.ledger.currencies import currency_code
from sandbox.ledger.dates import Order, is_no_date, parse_date
from sandbox.ledger.model import LedgerRow
from sandbox.ledger.parties import CUSTOMER_ROLES
from sandbox.ledger.records import Record

ID_CHARS_MAX = 128
TEXT_CHARS_MAX = 2000
_CHARS_MAX = {
    **dict.fromkeys((*CUSTOMER_ROLES, "order_reference"), TEXT_CHARS_MAX),
    "payment_reference": ID_CHARS_MAX,
}
DEFAULT_CURRENCY = "EUR"

_YES = frozenset({"yes", "y", "ja", "j", "true", "waar", "1", "x", "t", "disputed", "betwist"})
_NO = frozenset({"no", "n", "nee", "false", "onwaar", "0", "f", "", "-", "null", "none", "nan"})
_WHAT = {"issued": "issue date", "due": "due date", "paid": "payment date", "disputed_on": "dispute date"}


class RowFault(ValueError):
    """The row cannot be used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows by the columns and formats found for the whole file."""

    at: Mapping[str, int]
    orders: Mapping[str, Order]
    mark: str

    def value(self, record: Record, role: str) -> str:
        """Return a role's value as written, '' where the ledger has no such column."""
        index = self.at.get(role)
        return "" if index is None else record.fields[index].strip()

    def read(self, record: Record) -> LedgerRow:
        """Return the invoice in a record; raise RowFault with the reason when there is none."""
        if record.fault:
            raise RowFault(record.fault)
        self._refuse_long_texts(record)
        customer_id, invoice_id = self._id(record, "customer"), self._id(record, "invoice")
        issued_on, due_on = self._day(record, "issued"), self._day(record, "due")
        if due_on < issued_on:
            raise RowFault(f"due on {due_on}, before it was issued on {issued_on}")
        currency = self._currency(record)
        disputed_on = self._day_or_none(record, "disputed_on")
        try:
            amount = parse_amount(self.value(record, "amount"), mark=self.mark, currency=currency)
        except ValueError as error:
            raise RowFault(f"amount {error}") from None
        return LedgerRow(
            line=record.line,
            customer_id=customer_id,
            invoice_id=invoice_id,
            issued_on=issued_on,
            due_on=due_on,
            paid_on=self._day_or_none(record, "paid"),
            amount=amount,
            currency=currency,
            disputed=self._disputed(record) or disputed_on is not None,
            disputed_on=disputed_on,
            order_reference=self.value(record, "order_reference"),
            payment_reference=self.value(record, "payment_reference"),
        )

    def _refuse_long_texts(self, record: Record) -> None:
        """Name what the services would park: the invoice would be forgotten in silence."""
        for role, chars_max in _CHARS_MAX.items():
            length = len(self.value(record, role))
            if length > chars_max:
                raise RowFault(
                    f"{role.replace('_', ' ')} of {length} characters: at most {chars_max} are taken"
                )

    def _id(self, record: Record, role: str) -> str:
        text = self.value(record, role)
        what = "customer" if role == "customer" else "invoice number"
        if not text:
            raise RowFault(f"no {what}")
        if len(text) > ID_CHARS_MAX:
            raise RowFault(f"{what} of {len(text)} characters: at most {ID_CHARS_MAX} are taken")
        if not text.isprintable():
            raise RowFault(f"{what} holds characters that cannot be printed")
        return text

    def _day(self, record: Record, role: str) -> date:
        day = self._day_or_none(record, role)
        if day is None:
            raise RowFault(f"no {_WHAT[role]}")
        return day

    def _day_or_none(self, record: Record, role: str) -> date | None:
        raw = self.value(record, role)
        if is_no_date(raw):
            return None
        try:
            return parse_date(raw, order=self.orders.get(role, Order.DAY_FIRST))
        except ValueError as error:
            raise RowFault(f"{_WHAT[role]} {error}") from None

    def _currency(self, record: Record) -> str:
        raw = self.value(record, "currency")
        code = currency_code(raw) if raw else ""
        if code is None:
            raise RowFault(f"'{raw[:40]}' is no currency")
        written = written_of(self.value(record, "amount"))
        own = currency_code(written.sign) if written and written.sign else ""
        # A bare "$" is any dollar and "¥" any yen or yuan: the column knows better.
        if code and own and own != code and written and written.sign not in {"$", "¥"}:
            raise RowFault(f"the amount says {own} and the currency column {code}")
        return code or own or DEFAULT_CURRENCY

    def _disputed(self, record: Record) -> bool:
        raw = self.value(record, "disputed").casefold()
        if raw in _YES:
            return True
        if raw in _NO:
            return False
        raise RowFault(f"'{raw[:40]}' does not say whether it is disputed (yes or no)")
