"""Commands, invoices and parties with defaults: a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from notifier.domain.command import Command, InvoiceLine
from notifier.domain.delivery import Delivery
from notifier.domain.message import Message, Rendered
from notifier.domain.parties import (
    ContactPoint,
    Creditor,
    Customer,
    Party,
    PostalAddress,
    Recipient,
    choose_recipient,
)

MAIL_HEADERS = frozenset(
    {
        "Content-Type",
        "MIME-Version",
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "References",
        "In-Reply-To",
        "Reply-To",
        "Auto-Submitted",
    }
)
"""Every header that a mail of ours has, and no other."""

NOON = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
EVENING = NOON + timedelta(hours=11)


def an_invoice(invoice_id: str = "2026-0001", **changes: Any) -> InvoiceLine:
    line = InvoiceLine(
        invoice_id=invoice_id,
        currency="EUR",
        amount=Decimal("1656.25"),
        open=Decimal("1656.25"),
        issued_on=date(2026, 3, 2),
        due_on=date(2026, 4, 1),
        payment_reference="RF18539007547034",
    )
    return replace(line, **changes)


def a_command(command_id: str = "contact-1", **changes: Any) -> Command:
    command = Command(
        creditor_id="acme-nl",
        customer_id="C-1001",
        command_id=command_id,
        action="SEND",
        at=NOON,
        not_after=EVENING,
        step="reminder",
        tier="SILVER",
        channel="EMAIL",
        tone="NEUTRAL",
        language="nl",
        template="friendly-reminder",
        invoices=(an_invoice(),),
        reason="Five days past its due date.",
        reason_nl="Vijf dagen over de vervaldatum.",
    )
    return replace(command, **changes)


def a_creditor(**changes: Any) -> Creditor:
    creditor = Creditor(
        creditor_id="acme-nl",
        version=1,
        name="Acme",
        legal_name="Acme Nederland B.V.",
        iban="NL91ABNA0417164300",
        bic="ABNANL2A",
        sender_email="debiteuren@acme.example",
        sender_name="Sanne de Vries",
        reply_to="debiteuren@acme.example",
        phone="+31 20 123 4567",
        address=PostalAddress("Herengracht 5", "1017 AB", "Amsterdam", "NL"),
    )
    return replace(creditor, **changes)


def a_contact(**changes: Any) -> ContactPoint:
    contact = ContactPoint(
        purpose="REMINDER",
        name="Jan Jansen",
        email="jan@jansen.example",
        mobile="+31612345678",
        phone="+31301234567",
        whatsapp_opt_in=True,
    )
    return replace(contact, **changes)


def a_customer(**changes: Any) -> Customer:
    customer = Customer(
        customer_id="C-1001",
        version=1,
        name="Bouwbedrijf Jansen",
        contacts=(a_contact(),),
        address=PostalAddress("Dorpsstraat 1", "3511 AB", "Utrecht", "NL"),
    )
    return replace(customer, **changes)


def a_party(**changes: Any) -> Party:
    return replace(Party(creditor=a_creditor(), customer=a_customer()), **changes)


def a_delivery(**changes: Any) -> Delivery:
    return replace(Delivery(contact_id="contact-1", at=NOON, not_before=NOON, not_after=EVENING), **changes)


def a_message(channel: str = "EMAIL", **changes: Any) -> Message:
    recipient = choose_recipient(a_customer(), channel=channel, purpose="REMINDER")
    assert recipient is not None
    message = Message(
        contact_id="contact-1",
        recipient=recipient,
        creditor=a_creditor(),
        rendered=Rendered(
            subject="Vriendelijke herinnering", text="Er staat nog € 1,00 open.", html="<p>€ 1,00</p>"
        ),
        template="friendly-reminder",
        language="nl",
        at=NOON,
        not_after=EVENING,
        customer_id="C-1001",
    )
    return replace(message, **changes)


def to(address: str, *, channel: str = "EMAIL") -> Recipient:
    return Recipient(channel, address)
