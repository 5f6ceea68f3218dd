"""Message types of contracts.erp.v1, generated from proto/contracts/erp/v1/erp.proto; do not edit."""

import msgspec


class Money(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.Money."""

    currency: str = ""
    amount: str = ""


class Address(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.Address."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""


class Contact(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.Contact."""

    purpose: str = ""
    name: str = ""
    email: str = ""
    mobile: str = ""
    phone: str = ""
    whatsapp_opt_in: bool = False


class Window(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.Window."""

    from_: str = msgspec.field(default="", name="from")
    to: str = ""
    days: list[str] = msgspec.field(default_factory=list)


class Allocation(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.Allocation."""

    invoice_id: str = ""
    amount: str = ""


class CustomerUpdated(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.CustomerUpdated."""

    creditor_id: str = ""
    customer_id: str = ""
    name: str = ""
    kind: str = ""
    country: str = ""
    language: str = ""
    timezone: str = ""
    sector: str = ""
    size: str = ""
    credit_limit: Money | None = None
    account_manager: str = ""
    contacts: list[Contact] = msgspec.field(default_factory=list)
    address: Address | None = None
    preferred_channel: str = ""
    preferred_window: Window | None = None
    tone: str = ""


class InvoiceIssued(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.InvoiceIssued."""

    creditor_id: str = ""
    invoice_id: str = ""
    customer_id: str = ""
    issued_on: str = ""
    due_on: str = ""
    amount: Money | None = None
    payment_reference: str = ""
    order_reference: str = ""
    document_url: str = ""
    mandate_id: str = ""
    customer: CustomerUpdated | None = None


class PaymentReceived(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.PaymentReceived."""

    creditor_id: str = ""
    payment_id: str = ""
    received_on: str = ""
    amount: Money | None = None
    customer_id: str = ""
    allocations: list[Allocation] = msgspec.field(default_factory=list)
    payment_reference: str = ""
    payer_iban: str = ""
    payer_name: str = ""
    remittance: str = ""


class CreditNoteIssued(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.CreditNoteIssued."""

    creditor_id: str = ""
    credit_note_id: str = ""
    customer_id: str = ""
    issued_on: str = ""
    amount: Money | None = None
    invoice_id: str = ""


class PaymentReversed(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.PaymentReversed."""

    creditor_id: str = ""
    reversal_id: str = ""
    payment_id: str = ""
    reversed_on: str = ""
    amount: Money | None = None
    reason_code: str = ""


class InvoiceWrittenOff(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.InvoiceWrittenOff."""

    creditor_id: str = ""
    invoice_id: str = ""
    written_off_on: str = ""
    amount: Money | None = None
    reason: str = ""


class CreditorUpdated(msgspec.Struct, kw_only=True):
    """contracts.erp.v1.CreditorUpdated."""

    creditor_id: str = ""
    name: str = ""
    legal_name: str = ""
    kvk: str = ""
    iban: str = ""
    bic: str = ""
    timezone: str = ""
    language: str = ""
    payment_term_days: int | None = None
    sender_email: str = ""
    sender_name: str = ""
    reply_to: str = ""
    phone: str = ""
    address: Address | None = None
    vat_deductible: bool | None = None
    important_from: Money | None = None
    whatsapp_up_to: Money | None = None
