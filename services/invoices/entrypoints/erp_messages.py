"""Turns ERP messages into facts, record by record; what can never succeed is Poison that names its field."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from chassis.kernel.envelope import Envelope
from chassis.kernel.errors import Poison
from chassis.kernel.money import read_amount
from contracts.erp import v1 as erp
from invoices.domain.contact_details import is_zone
from invoices.domain.creditor import CreditorMaster
from invoices.domain.customer import Contact, CustomerMaster, PostalAddress, Window
from invoices.domain.facts import CreditNote, Explicit, InvoiceFact, Payment, Reversal, WriteOff
from invoices.domain.versions import Stamp
from invoices.entrypoints.fields import (
    REMITTANCE_CHARS_MAX,
    free_text,
    needed_day,
    needed_id,
    needed_money,
    not_negative,
    one_of,
    optional_amount,
    optional_day,
    optional_id,
)
from invoices.usecases.take_in_facts import Fact

KINDS: Final = frozenset({"BUSINESS", "CONSUMER"})
SIZES: Final = frozenset({"MICRO", "SMALL", "MEDIUM", "LARGE"})
TERM_DAYS_MAX: Final = 365
"""The longest payment term that can be set, in days."""


def facts_of(body: msgspec.Struct, *, envelope: Envelope) -> tuple[Fact, ...]:
    """Return the facts in one ERP message (an invoice may bring its customer); raises Poison."""
    reader = _READERS.get(type(body))
    if reader is None:
        raise Poison(f"{type(body).__name__} is not a message of an ERP")
    return reader(body, Stamp(envelope.time, envelope.id, envelope.source))


def _invoice(body: erp.InvoiceIssued, stamp: Stamp) -> tuple[Fact, ...]:
    currency, amount = needed_money(body.amount, field="amount")
    fact = InvoiceFact(
        creditor_id=needed_id(body.creditor_id, field="creditor_id"),
        invoice_id=needed_id(body.invoice_id, field="invoice_id"),
        customer_id=needed_id(body.customer_id, field="customer_id"),
        issued_on=needed_day(body.issued_on, field="issued_on"),
        due_on=optional_day(body.due_on, field="due_on"),
        currency=currency,
        amount=amount,
        payment_reference=optional_id(body.payment_reference, field="payment_reference"),
        order_reference=free_text(body.order_reference, field="order_reference"),
        document_url=free_text(body.document_url, field="document_url"),
        mandate_id=optional_id(body.mandate_id, field="mandate_id"),
        stamp=stamp,
    )
    if body.customer is None:
        return (fact,)
    return (_customer_inside(body.customer, fact, stamp), fact)


def _customer_inside(inside: erp.CustomerUpdated, fact: InvoiceFact, stamp: Stamp) -> CustomerMaster:
    """Read the customer inside an invoice: a CustomerUpdated of the same ``ce_time``."""
    for name in ("creditor_id", "customer_id"):
        said = getattr(inside, name)
        if said and said != getattr(fact, name):
            raise Poison("is not that of the invoice", field=f"customer.{name}")
    whole = msgspec.structs.replace(inside, creditor_id=fact.creditor_id, customer_id=fact.customer_id)
    try:
        return customer_of(whole, stamp)
    except Poison as error:
        raise Poison(error.reason, field=f"customer.{error.field}") from None


def _payment(body: erp.PaymentReceived, stamp: Stamp) -> Payment:
    currency, amount = needed_money(body.amount, field="amount")
    shares = tuple(
        _share(share, index=index, currency=currency) for index, share in enumerate(body.allocations)
    )
    if amount < 0 and sum(share.amount for share in shares) != amount:
        # Paid back: only where it says which correcting invoices that settles.
        raise Poison("must not be below zero, unless the allocations say it in full", field="amount.amount")
    return Payment(
        creditor_id=needed_id(body.creditor_id, field="creditor_id"),
        fact_id=needed_id(body.payment_id, field="payment_id"),
        on=needed_day(body.received_on, field="received_on"),
        currency=currency,
        amount=amount,
        stamp=stamp,
        customer_id=optional_id(body.customer_id, field="customer_id"),
        allocations=shares,
        payment_reference=optional_id(body.payment_reference, field="payment_reference"),
        payer_iban=optional_id(body.payer_iban, field="payer_iban"),
        payer_name=free_text(body.payer_name, field="payer_name"),
        remittance=free_text(body.remittance, field="remittance", chars_max=REMITTANCE_CHARS_MAX),
    )


def _share(share: erp.Allocation, *, index: int, currency: str) -> Explicit:
    path = f"allocations[{index}]"
    if not share.amount:
        raise Poison("missing", field=f"{path}.amount")
    return Explicit(
        invoice_id=needed_id(share.invoice_id, field=f"{path}.invoice_id"),
        amount=read_amount(share.amount, currency=currency, field=f"{path}.amount"),
    )


def _credit_note(body: erp.CreditNoteIssued, stamp: Stamp) -> CreditNote:
    currency, amount = needed_money(body.amount, field="amount")
    return CreditNote(
        creditor_id=needed_id(body.creditor_id, field="creditor_id"),
        fact_id=needed_id(body.credit_note_id, field="credit_note_id"),
        on=needed_day(body.issued_on, field="issued_on"),
        currency=currency,
        # ERPs write credits with either sign (law.md 5.1): both credit the customer.
        amount=Decimal(abs(amount)),
        stamp=stamp,
        customer_id=needed_id(body.customer_id, field="customer_id"),
        invoice_id=optional_id(body.invoice_id, field="invoice_id"),
    )


def _reversal(body: erp.PaymentReversed, stamp: Stamp) -> Reversal:
    currency, amount = not_negative(body.amount, field="amount")
    return Reversal(
        creditor_id=needed_id(body.creditor_id, field="creditor_id"),
        fact_id=needed_id(body.reversal_id, field="reversal_id"),
        on=needed_day(body.reversed_on, field="reversed_on"),
        currency=currency,
        amount=amount,
        stamp=stamp,
        payment_id=needed_id(body.payment_id, field="payment_id"),
        reason_code=optional_id(body.reason_code, field="reason_code"),
    )


def _write_off(body: erp.InvoiceWrittenOff, stamp: Stamp) -> WriteOff:
    currency, amount = not_negative(body.amount, field="amount")
    invoice_id = needed_id(body.invoice_id, field="invoice_id")
    return WriteOff(
        creditor_id=needed_id(body.creditor_id, field="creditor_id"),
        fact_id=invoice_id,
        on=needed_day(body.written_off_on, field="written_off_on"),
        currency=currency,
        amount=amount,
        stamp=stamp,
        invoice_id=invoice_id,
        reason=free_text(body.reason, field="reason"),
    )


def customer_of(body: erp.CustomerUpdated, stamp: Stamp) -> CustomerMaster:
    """Return a version of a customer; contact details and preferences are taken as they are, never refused."""
    window = body.preferred_window
    return CustomerMaster(
        creditor_id=needed_id(body.creditor_id, field="creditor_id"),
        customer_id=needed_id(body.customer_id, field="customer_id"),
        stamp=stamp,
        name=free_text(body.name, field="name"),
        kind=one_of(body.kind, allowed=KINDS, field="kind"),
        country=body.country,
        language=body.language,
        timezone=body.timezone,
        sector=free_text(body.sector, field="sector"),
        size=one_of(body.size, allowed=SIZES, field="size"),
        credit_limit=optional_amount(body.credit_limit, field="credit_limit"),
        account_manager=free_text(body.account_manager, field="account_manager"),
        contacts=tuple(
            Contact(
                purpose=contact.purpose,
                name=contact.name,
                email=contact.email,
                mobile=contact.mobile,
                phone=contact.phone,
                whatsapp_opt_in=contact.whatsapp_opt_in,
            )
            for contact in body.contacts
        ),
        address=_address(body.address),
        preferred_channel=body.preferred_channel,
        preferred_window=None
        if window is None
        else Window(start=window.from_, end=window.to, days=tuple(window.days)),
        tone=body.tone,
    )


def creditor_of(body: erp.CreditorUpdated, stamp: Stamp) -> CreditorMaster:
    """Return a version of a creditor's settings; raises Poison for what every date and amount rests on."""
    term = body.payment_term_days
    if term is not None and not 0 <= term <= TERM_DAYS_MAX:
        raise Poison(f"must be 0 to {TERM_DAYS_MAX} days", field="payment_term_days")
    if body.timezone and not is_zone(body.timezone):
        raise Poison("it is not an IANA time zone", field="timezone")
    return CreditorMaster(
        creditor_id=needed_id(body.creditor_id, field="creditor_id"),
        stamp=stamp,
        name=free_text(body.name, field="name"),
        legal_name=free_text(body.legal_name, field="legal_name"),
        kvk=optional_id(body.kvk, field="kvk"),
        iban=optional_id(body.iban, field="iban"),
        bic=optional_id(body.bic, field="bic"),
        timezone=body.timezone,
        language=optional_id(body.language, field="language"),
        payment_term_days=term,
        sender_email=free_text(body.sender_email, field="sender_email"),
        sender_name=free_text(body.sender_name, field="sender_name"),
        reply_to=free_text(body.reply_to, field="reply_to"),
        phone=free_text(body.phone, field="phone"),
        address=_address(body.address),
        vat_deductible=body.vat_deductible,
        important_from=optional_amount(body.important_from, field="important_from"),
        whatsapp_up_to=optional_amount(body.whatsapp_up_to, field="whatsapp_up_to"),
    )


def _address(address: erp.Address | None) -> PostalAddress | None:
    if address is None:
        return None
    return PostalAddress(
        street=address.street,
        postal_code=address.postal_code,
        city=address.city,
        country=address.country,
    )


def _alone(read: Callable[[Any, Stamp], Fact]) -> Callable[[Any, Stamp], tuple[Fact, ...]]:
    return lambda body, stamp: (read(body, stamp),)


_READERS: Final[dict[type, Callable[[Any, Stamp], tuple[Fact, ...]]]] = {
    erp.InvoiceIssued: _invoice,
    erp.PaymentReceived: _alone(_payment),
    erp.CreditNoteIssued: _alone(_credit_note),
    erp.PaymentReversed: _alone(_reversal),
    erp.InvoiceWrittenOff: _alone(_write_off),
    erp.CustomerUpdated: _alone(customer_of),
    erp.CreditorUpdated: _alone(creditor_of),
}
