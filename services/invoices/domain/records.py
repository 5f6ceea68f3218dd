"""What is stored of an invoice and of money: the versions worth keeping, and the state last judged."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from invoices.domain.agreement import Agreement, AgreementState
from invoices.domain.facts import Explicit, InvoiceFact, MoneyFact, MoneyKind
from invoices.domain.settlement import Settlement
from invoices.domain.stop import Stop

MoneyKey = tuple[MoneyKind, str]


class InvoiceState(NamedTuple):
    """Everything the world can see of an invoice; the event's stamp is no part of a comparison."""

    fact: InvoiceFact
    in_effect: bool
    due_on: date
    settlement: Settlement
    known_from: datetime
    stops: tuple[Stop, ...] = ()
    no_evidence: str = ""


class InvoiceRecord(NamedTuple):
    """A stored invoice; ``version`` 0: never published."""

    versions: tuple[InvoiceFact, ...]
    known_from: datetime
    state: InvoiceState | None = None
    version: int = 0

    @property
    def newest(self) -> InvoiceFact:
        """The version with the highest stamp."""
        return self.versions[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyState:
    """What became of a payment or credit; ``owner_id`` is the customer it counts for ('': nobody's yet)."""

    fact: MoneyFact
    in_effect: bool
    unapplied: Decimal
    owner_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRecord:
    """A stored payment, credit note, reversal or write-off."""

    versions: tuple[MoneyFact, ...]
    assigned: tuple[Explicit, ...] = ()
    state: MoneyState | None = None

    @property
    def key(self) -> MoneyKey:
        """Kind and id, the business key within the creditor."""
        return self.versions[0].kind, self.versions[0].fact_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRecord:
    """A stored dispute, hold, promise or plan with its last verdict."""

    agreement: Agreement
    state: AgreementState = AgreementState.OPEN
    broken_on: date | None = None


class AgendaKind(StrEnum):
    """What is to be judged anew on a day."""

    INVOICE = "INVOICE"
    PAYMENT = "PAYMENT"
    CREDIT_NOTE = "CREDIT_NOTE"
    REVERSAL = "REVERSAL"
    WRITE_OFF = "WRITE_OFF"
    CUSTOMER = "CUSTOMER"
    CREDITOR = "CREDITOR"


@dataclass(frozen=True, slots=True, order=True)
class AgendaItem:
    """Something that changes by time alone, on a civil day of its creditor."""

    on: date
    kind: AgendaKind
    key: str


@dataclass(frozen=True, slots=True, order=True)
class BrokenDay:
    """A day on which a collected or promised payment of a customer failed, and what says so."""

    customer_id: str
    source_id: str
    on: date


@dataclass(slots=True, kw_only=True)
class Case:
    """All facts that may meet when money is allocated, of one creditor, with what was agreed about them."""

    creditor_id: str
    term_days: int
    today: date | None
    invoices: dict[str, InvoiceRecord] = field(default_factory=dict)
    money: dict[MoneyKey, MoneyRecord] = field(default_factory=dict)
    agreements: dict[str, AgreementRecord] = field(default_factory=dict)
