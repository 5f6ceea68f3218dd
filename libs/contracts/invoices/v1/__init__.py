"""Message types of contracts.invoices.v1, generated from proto/contracts/invoices/v1/invoices.proto; do not edit."""

import msgspec

from contracts.erp import v1 as erp


class Stop(msgspec.Struct, kw_only=True):
    """contracts.invoices.v1.Stop."""

    kind: str = ""
    until: str = ""
    reason: str = ""
    id: str = ""
    since: str = ""


class InvoiceChanged(msgspec.Struct, kw_only=True):
    """contracts.invoices.v1.InvoiceChanged."""

    creditor_id: str = ""
    invoice_id: str = ""
    customer_id: str = ""
    version: int = 0
    issued_on: str = ""
    due_on: str = ""
    amount: erp.Money | None = None
    open: str = ""
    status: str = ""
    in_effect: bool = False
    settled_on: str = ""
    paid: str = ""
    credited: str = ""
    written_off: str = ""
    written_off_on: str = ""
    stops: list[Stop] = msgspec.field(default_factory=list)
    no_evidence: str = ""
    known_from: str = ""
    payment_reference: str = ""
    order_reference: str = ""
    document_url: str = ""
    mandate_id: str = ""
    reversed_on: str = ""


class ContactState(msgspec.Struct, kw_only=True):
    """contracts.invoices.v1.ContactState."""

    purpose: str = ""
    name: str = ""
    email: str = ""
    mobile: str = ""
    phone: str = ""
    whatsapp_opt_in: bool = False


class DataProblem(msgspec.Struct, kw_only=True):
    """contracts.invoices.v1.DataProblem."""

    field: str = ""
    value: str = ""
    reason: str = ""


class CustomerChanged(msgspec.Struct, kw_only=True):
    """contracts.invoices.v1.CustomerChanged."""

    creditor_id: str = ""
    customer_id: str = ""
    version: int = 0
    name: str = ""
    kind: str = ""
    country: str = ""
    language: str = ""
    timezone: str = ""
    sector: str = ""
    size: str = ""
    credit_limit: erp.Money | None = None
    account_manager: str = ""
    contacts: list[ContactState] = msgspec.field(default_factory=list)
    address: erp.Address | None = None
    preferred_channel: str = ""
    preferred_window: erp.Window | None = None
    tone: str = ""
    problems: list[DataProblem] = msgspec.field(default_factory=list)
    broken_on: list[str] = msgspec.field(default_factory=list)
    known_from: str = ""
    stops: list[Stop] = msgspec.field(default_factory=list)


class CreditorChanged(msgspec.Struct, kw_only=True):
    """contracts.invoices.v1.CreditorChanged."""

    creditor_id: str = ""
    version: int = 0
    name: str = ""
    legal_name: str = ""
    kvk: str = ""
    iban: str = ""
    bic: str = ""
    timezone: str = ""
    language: str = ""
    payment_term_days: int = 0
    sender_email: str = ""
    sender_name: str = ""
    reply_to: str = ""
    phone: str = ""
    address: erp.Address | None = None
    vat_deductible: bool = False
    important_from: erp.Money | None = None
    whatsapp_up_to: erp.Money | None = None
