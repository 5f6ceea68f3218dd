"""Turns domain events into the messages of the contract."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from chassis.kafka.messages import Outgoing
from chassis.kernel.ids import derived_id
from chassis.kernel.money import amount_text
from contracts.erp import v1 as erp
from contracts.invoices import v1 as messages
from invoices.domain.creditor import CreditorSettings
from invoices.domain.customer import Amount, Contact, CustomerState, PostalAddress, Window
from invoices.domain.events import CreditorChanged, CustomerChanged, Event, InvoiceChanged
from invoices.domain.records import InvoiceState
from invoices.domain.stop import Stop

INVOICE_CHANGED = "invoices.invoice-changed.v1"
CUSTOMER_CHANGED = "invoices.customer-changed.v1"
CREDITOR_CHANGED = "invoices.creditor-changed.v1"


def outgoing(event: Event, *, at: datetime) -> Outgoing:
    """Return the message that tells of an event; its id depends on the business key and version alone."""
    match event:
        case InvoiceChanged(state, version):
            fact = state.fact
            return Outgoing(
                topic=INVOICE_CHANGED,
                key=f"{fact.creditor_id}:{fact.customer_id}",
                body=invoice_message(state, version=version),
                id=derived_id(INVOICE_CHANGED, fact.creditor_id, fact.invoice_id, str(version)),
                time=at,
                subject=fact.invoice_id,
            )
        case CustomerChanged(customer, version):
            return Outgoing(
                topic=CUSTOMER_CHANGED,
                key=f"{customer.creditor_id}:{customer.customer_id}",
                body=customer_message(customer, version=version),
                id=derived_id(CUSTOMER_CHANGED, customer.creditor_id, customer.customer_id, str(version)),
                time=at,
                subject=customer.customer_id,
            )
        case CreditorChanged(settings, version):
            return Outgoing(
                topic=CREDITOR_CHANGED,
                key=f"{settings.creditor_id}:",
                body=creditor_message(settings, version=version),
                id=derived_id(CREDITOR_CHANGED, settings.creditor_id, str(version)),
                time=at,
                subject=settings.creditor_id,
            )


def invoice_message(state: InvoiceState, *, version: int) -> messages.InvoiceChanged:
    """Return the full state of an invoice."""
    fact, settlement = state.fact, state.settlement
    currency = fact.currency
    amount = amount_text(fact.amount, currency=currency)
    is_untouched = settlement.open is fact.amount
    return messages.InvoiceChanged(
        creditor_id=fact.creditor_id,
        invoice_id=fact.invoice_id,
        customer_id=fact.customer_id,
        version=version,
        issued_on=_day(fact.issued_on),
        due_on=_day(state.due_on),
        amount=erp.Money(currency=currency, amount=amount),
        open=amount if is_untouched else amount_text(settlement.open, currency=currency),
        status=settlement.status.value,
        in_effect=state.in_effect,
        settled_on=_day(settlement.settled_on) if settlement.settled_on else "",
        paid=_sum(settlement.paid, currency),
        credited=_sum(settlement.credited, currency),
        written_off=_sum(settlement.written_off, currency),
        written_off_on=_day(settlement.written_off_on) if settlement.written_off_on else "",
        stops=[stop_message(stop) for stop in state.stops] if state.stops else [],
        no_evidence=state.no_evidence,
        known_from=instant(state.known_from),
        payment_reference=fact.payment_reference,
        order_reference=fact.order_reference,
        document_url=fact.document_url,
        mandate_id=fact.mandate_id,
        reversed_on=_day(settlement.reversed_on) if settlement.reversed_on else "",
    )


def customer_message(state: CustomerState, *, version: int) -> messages.CustomerChanged:
    """Return the full state of a customer: usable details only."""
    message = messages.CustomerChanged(
        creditor_id=state.creditor_id,
        customer_id=state.customer_id,
        version=version,
        problems=[
            messages.DataProblem(field=problem.field, value=problem.value, reason=problem.reason)
            for problem in state.problems
        ],
        broken_on=[_day(day) for day in state.broken_on],
        known_from=instant(state.known_from),
        stops=[stop_message(stop) for stop in state.stops],
    )
    if (master := state.master) is not None:
        message.name = master.name
        message.kind = master.kind
        message.country = master.country
        message.language = master.language
        message.timezone = master.timezone
        message.sector = master.sector
        message.size = master.size
        message.credit_limit = _money(master.credit_limit)
        message.account_manager = master.account_manager
        message.contacts = [_contact(contact) for contact in master.contacts]
        message.address = _address(master.address)
        message.preferred_channel = master.preferred_channel
        message.preferred_window = _window(master.preferred_window)
        message.tone = master.tone
    return message


def creditor_message(settings: CreditorSettings, *, version: int) -> messages.CreditorChanged:
    """Return a creditor's settings with the defaults filled in."""
    return messages.CreditorChanged(
        creditor_id=settings.creditor_id,
        version=version,
        name=settings.name,
        legal_name=settings.legal_name,
        kvk=settings.kvk,
        iban=settings.iban,
        bic=settings.bic,
        timezone=settings.timezone,
        language=settings.language,
        payment_term_days=settings.payment_term_days,
        sender_email=settings.sender_email,
        sender_name=settings.sender_name,
        reply_to=settings.reply_to,
        phone=settings.phone,
        address=_address(settings.address),
        vat_deductible=settings.vat_deductible,
        important_from=_money(settings.important_from),
        whatsapp_up_to=_money(settings.whatsapp_up_to),
    )


def stop_message(stop: Stop) -> messages.Stop:
    """Return a stop in force."""
    return messages.Stop(
        kind=stop.kind.value,
        until=_day_or_none(stop.until),
        reason=stop.reason,
        id=stop.id,
        since=_day(stop.since),
    )


@lru_cache(maxsize=1024)
def _sum(amount: Decimal, currency: str) -> str:
    """Write a sum that is zero on most invoices."""
    return amount_text(amount, currency=currency)


@lru_cache(maxsize=4096)
def _day(day: date) -> str:
    return day.isoformat()


def _day_or_none(day: date | None) -> str:
    return "" if day is None else _day(day)


@lru_cache(maxsize=4096)
def instant(at: datetime) -> str:
    """Return an instant as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _money(amount: Amount | None) -> erp.Money | None:
    if amount is None:
        return None
    return erp.Money(currency=amount.currency, amount=amount_text(amount.amount, currency=amount.currency))


def _contact(contact: Contact) -> messages.ContactState:
    return messages.ContactState(
        purpose=contact.purpose,
        name=contact.name,
        email=contact.email,
        mobile=contact.mobile,
        phone=contact.phone,
        whatsapp_opt_in=contact.whatsapp_opt_in,
    )


def _address(address: PostalAddress | None) -> erp.Address | None:
    if address is None:
        return None
    return erp.Address(
        street=address.street,
        postal_code=address.postal_code,
        city=address.city,
        country=address.country,
    )


def _window(window: Window | None) -> erp.Window | None:
    if window is None:
        return None
    return erp.Window(from_=window.start, to=window.end, days=list(window.days))
