"""How domain objects are written into jsonb columns, and read back."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar, get_type_hints

import msgspec

from invoices.domain.agreement import Agreement, AgreementKind, Dispute, Hold, Plan, Promise
from invoices.domain.creditor import CreditorMaster, CreditorSettings
from invoices.domain.customer import CustomerMaster, CustomerState
from invoices.domain.facts import (
    CreditNote,
    Explicit,
    InvoiceFact,
    MoneyFact,
    MoneyKind,
    Payment,
    Reversal,
    WriteOff,
)
from invoices.domain.stop import Stop

T = TypeVar("T")

_encode = msgspec.json.Encoder(decimal_format="string").encode

MONEY_VERSIONS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    MoneyKind.PAYMENT: msgspec.json.Decoder(tuple[Payment, ...]),
    MoneyKind.CREDIT_NOTE: msgspec.json.Decoder(tuple[CreditNote, ...]),
    MoneyKind.REVERSAL: msgspec.json.Decoder(tuple[Reversal, ...]),
    MoneyKind.WRITE_OFF: msgspec.json.Decoder(tuple[WriteOff, ...]),
}
AGREEMENTS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    AgreementKind.DISPUTE: msgspec.json.Decoder(Dispute),
    AgreementKind.HOLD: msgspec.json.Decoder(Hold),
    AgreementKind.PROMISE: msgspec.json.Decoder(Promise),
    AgreementKind.PLAN: msgspec.json.Decoder(Plan),
}
_SHARES = msgspec.json.Decoder(tuple[Explicit, ...])
# Invoices are named tuples in the domain, and stored with the names of their fields.
_Invoice = msgspec.defstruct("_Invoice", list(get_type_hints(InvoiceFact).items()))
_INVOICES = msgspec.json.Decoder(tuple[_Invoice, ...])  # type: ignore[valid-type]
_STOPS = msgspec.json.Decoder(tuple[Stop, ...])
_MASTERS = msgspec.json.Decoder(tuple[CustomerMaster, ...])
_CUSTOMER = msgspec.json.Decoder(CustomerState)
_SETTINGS_VERSIONS = msgspec.json.Decoder(tuple[CreditorMaster, ...])
_SETTINGS = msgspec.json.Decoder(CreditorSettings)


def written(value: object) -> str:
    """Return a domain object as JSON text."""
    return _encode(value).decode()


def written_or_null(value: object) -> str | None:
    """Return a domain object as JSON text, None when there is nothing in it."""
    return written(value) if value else None


def written_invoices(versions: Sequence[InvoiceFact]) -> str | None:
    """Return versions of an invoice as JSON text, None when there is none."""
    return written_or_null([version._asdict() for version in versions])


def read_money(kind: str, text: str) -> tuple[MoneyFact, ...]:
    """Read the versions of a payment, credit note, reversal or write-off."""
    found: tuple[MoneyFact, ...] = MONEY_VERSIONS[kind].decode(text)
    return found


def read_agreement(kind: str, text: str) -> Agreement:
    """Read a dispute, hold, promise or plan."""
    found: Agreement = AGREEMENTS[kind].decode(text)
    return found


def read_shares(text: str | None) -> tuple[Explicit, ...]:
    """Read the shares that a person assigned."""
    return _SHARES.decode(text) if text else ()


def read_invoices(text: str | None) -> tuple[InvoiceFact, ...]:
    """Read the versions of an invoice that do not count now."""
    return tuple(InvoiceFact(*msgspec.structs.astuple(one)) for one in _INVOICES.decode(text)) if text else ()


def read_stops(text: str | None) -> tuple[Stop, ...]:
    """Read stops in force."""
    return _STOPS.decode(text) if text else ()


def read_masters(text: str) -> tuple[CustomerMaster, ...]:
    """Read the versions of a customer."""
    return _MASTERS.decode(text)


def read_customer(text: str | None) -> CustomerState | None:
    """Read the customer's state as last published."""
    return _CUSTOMER.decode(text) if text else None


def read_settings_versions(text: str) -> tuple[CreditorMaster, ...]:
    """Read the versions of a creditor's settings."""
    return _SETTINGS_VERSIONS.decode(text)


def read_settings(text: str | None) -> CreditorSettings | None:
    """Read the settings as last published."""
    return _SETTINGS.decode(text) if text else None
