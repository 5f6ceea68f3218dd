"""The records that the other services would publish, with defaults."""

from contracts.erp.v1 import Address
from contracts.invoices.v1 import ContactState, CreditorChanged, CustomerChanged
from contracts.scheduler.v1 import InvoiceInCommand, ReminderDue


def creditor_changed(creditor_id: str = "acme-nl", version: int = 1, **changes: object) -> CreditorChanged:
    values: dict[str, object] = {
        "name": "Acme",
        "legal_name": "Acme Nederland B.V.",
        "iban": "NL91ABNA0417164300",
        "sender_email": "debiteuren@acme.example",
        "sender_name": "Sanne de Vries",
        "reply_to": "debiteuren@acme.example",
        "phone": "+31 20 123 4567",
        "vat_deductible": True,
        "timezone": "Europe/Amsterdam",
        "language": "nl",
    }
    return CreditorChanged(creditor_id=creditor_id, version=version, **{**values, **changes})  # type: ignore[arg-type]


def customer_changed(customer_id: str = "C-1001", version: int = 1, **changes: object) -> CustomerChanged:
    contact = ContactState(
        purpose="REMINDER",
        name="Jan Jansen",
        email=f"{customer_id.lower()}@klant.example",
        mobile="+31612345678",
        phone="+31301234567",
        whatsapp_opt_in=True,
    )
    values: dict[str, object] = {
        "creditor_id": "acme-nl",
        "name": "Bouwbedrijf Jansen",
        "kind": "BUSINESS",
        "contacts": [contact],
        "address": Address(street="Dorpsstraat 1", postal_code="3511 AB", city="Utrecht", country="NL"),
    }
    return CustomerChanged(customer_id=customer_id, version=version, **{**values, **changes})  # type: ignore[arg-type]


def invoice_in_command(invoice_id: str = "2026-0001", **changes: object) -> InvoiceInCommand:
    values: dict[str, object] = {
        "currency": "EUR",
        "amount": "1656.25",
        "open": "1656.25",
        "issued_on": "2026-03-02",
        "due_on": "2026-04-01",
        "payment_reference": "RF18539007547034",
        "own_step": True,
    }
    return InvoiceInCommand(invoice_id=invoice_id, **{**values, **changes})  # type: ignore[arg-type]


def reminder_due(command_id: str = "contact-1", **changes: object) -> ReminderDue:
    values: dict[str, object] = {
        "creditor_id": "acme-nl",
        "customer_id": "C-1001",
        "action": "SEND",
        "at": "2026-04-06T07:00:00Z",
        "not_after": "2026-04-06T18:00:00Z",
        "step": "reminder",
        "tier": "SILVER",
        "channel": "EMAIL",
        "purpose": "REMINDER",
        "tone": "NEUTRAL",
        "language": "nl",
        "template": "friendly-reminder",
        "invoices": [invoice_in_command()],
        "reason": "Five days past its due date.",
        "reason_nl": "Vijf dagen over de vervaldatum.",
    }
    return ReminderDue(command_id=command_id, **{**values, **changes})  # type: ignore[arg-type]
