"""The facts about open items as an ERP or a bank tells them, each with the civil day it takes effect."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, NamedTuple

from typing_extensions import override

from invoices.domain.versions import Stamp


class MoneyKind(StrEnum):
    """The kinds of facts that change what is open on an invoice."""

    PAYMENT = "PAYMENT"
    CREDIT_NOTE = "CREDIT_NOTE"
    REVERSAL = "REVERSAL"
    WRITE_OFF = "WRITE_OFF"


class InvoiceFact(NamedTuple):
    """One version of an invoice; ``due_on`` None: the creditor's payment term decides.

    A named tuple, as all that is made for every invoice: a frozen dataclass takes four times as long to make.
    """

    creditor_id: str
    invoice_id: str
    customer_id: str
    issued_on: date
    due_on: date | None
    currency: str
    amount: Decimal
    payment_reference: str
    order_reference: str
    document_url: str
    mandate_id: str
    stamp: Stamp
    """No part of a comparison."""

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, InvoiceFact) and self[:-1] == other[:-1]

    @override
    def __ne__(self, other: object) -> bool:
        return not self == other

    @override
    def __hash__(self) -> int:
        return hash(self[:-1])


@dataclass(frozen=True, slots=True)
class Explicit:
    """A share of a payment that the payer or a person assigned to an invoice."""

    invoice_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money received; ``customer_id`` may be unknown ('')."""

    kind: ClassVar = MoneyKind.PAYMENT
    creditor_id: str
    fact_id: str
    on: date
    currency: str
    amount: Decimal
    stamp: Stamp = field(compare=False)
    customer_id: str = ""
    allocations: tuple[Explicit, ...] = ()
    payment_reference: str = ""
    payer_iban: str = ""
    payer_name: str = ""
    remittance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """A credit, its amount never negative; without ``invoice_id`` it stays with the customer."""

    kind: ClassVar = MoneyKind.CREDIT_NOTE
    creditor_id: str
    fact_id: str
    on: date
    currency: str
    amount: Decimal
    stamp: Stamp = field(compare=False)
    customer_id: str
    invoice_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """A payment, or a part of it, that was taken back."""

    kind: ClassVar = MoneyKind.REVERSAL
    creditor_id: str
    fact_id: str
    on: date
    currency: str
    amount: Decimal
    stamp: Stamp = field(compare=False)
    payment_id: str
    reason_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """A claim, or a part of it, given up; an ERP's has the invoice's id, a person's one of its own."""

    kind: ClassVar = MoneyKind.WRITE_OFF
    creditor_id: str
    fact_id: str
    on: date
    currency: str
    amount: Decimal
    stamp: Stamp = field(compare=False)
    invoice_id: str
    reason: str = ""


MoneyFact = Payment | CreditNote | Reversal | WriteOff


def issued_day(fact: InvoiceFact) -> date:
    """Return the day on which an invoice takes effect."""
    return fact.issued_on


def money_day(fact: MoneyFact) -> date:
    """Return the day on which a payment, credit, reversal or write-off takes effect."""
    return fact.on
