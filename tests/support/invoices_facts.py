"""Builders of facts about open items, each with defaults, so that a test names only what matters to it."""

from datetime import UTC, date, datetime
from decimal import Decimal

from invoices.domain.customer import CustomerMaster
from invoices.domain.facts import CreditNote, Explicit, InvoiceFact, Payment, Reversal, WriteOff
from invoices.domain.versions import Stamp

CREDITOR = "acme-nl"


def day(text: str) -> date:
    """``03-02`` means 2 March 2026; a whole date is taken as it is."""
    return date.fromisoformat(text if len(text) == 10 else f"2026-{text}")


def stamp(at: str = "03-01", *, number: int = 1) -> Stamp:
    return Stamp(datetime.combine(day(at), datetime.min.time(), tzinfo=UTC), f"e-{number:04}", "erp")


def invoice(
    invoice_id: str = "2026-0001",
    *,
    amount: str = "100.00",
    issued_on: str = "03-02",
    due_on: str | None = "04-01",
    customer_id: str = "C-1",
    reference: str = "",
    currency: str = "EUR",
    at: Stamp | None = None,
) -> InvoiceFact:
    return InvoiceFact(
        creditor_id=CREDITOR,
        invoice_id=invoice_id,
        customer_id=customer_id,
        issued_on=day(issued_on),
        due_on=day(due_on) if due_on else None,
        currency=currency,
        amount=Decimal(amount),
        payment_reference=reference,
        order_reference="",
        document_url="",
        mandate_id="",
        stamp=at or stamp(issued_on),
    )


def payment(
    payment_id: str = "bank-1",
    *,
    amount: str = "100.00",
    on: str = "04-03",
    customer_id: str = "",
    shares: dict[str, str] | None = None,
    reference: str = "",
    remittance: str = "",
    currency: str = "EUR",
    at: Stamp | None = None,
) -> Payment:
    return Payment(
        creditor_id=CREDITOR,
        fact_id=payment_id,
        on=day(on),
        currency=currency,
        amount=Decimal(amount),
        stamp=at or stamp(on),
        customer_id=customer_id,
        allocations=tuple(Explicit(key, Decimal(share)) for key, share in (shares or {}).items()),
        payment_reference=reference,
        remittance=remittance,
    )


def credit(
    credit_id: str = "cn-1",
    *,
    amount: str = "100.00",
    on: str = "03-20",
    invoice_id: str = "",
    customer_id: str = "C-1",
) -> CreditNote:
    return CreditNote(
        creditor_id=CREDITOR,
        fact_id=credit_id,
        on=day(on),
        currency="EUR",
        amount=Decimal(amount),
        stamp=stamp(on),
        customer_id=customer_id,
        invoice_id=invoice_id,
    )


def reversal(
    reversal_id: str = "rev-1", *, payment_id: str = "bank-1", amount: str = "100.00", on: str = "04-09"
) -> Reversal:
    return Reversal(
        creditor_id=CREDITOR,
        fact_id=reversal_id,
        on=day(on),
        currency="EUR",
        amount=Decimal(amount),
        stamp=stamp(on),
        payment_id=payment_id,
        reason_code="MD06",
    )


def write_off(invoice_id: str = "2026-0001", *, amount: str = "100.00", on: str = "06-01") -> WriteOff:
    return WriteOff(
        creditor_id=CREDITOR,
        fact_id=invoice_id,
        on=day(on),
        currency="EUR",
        amount=Decimal(amount),
        stamp=stamp(on),
        invoice_id=invoice_id,
        reason="gone",
    )


def customer(
    customer_id: str = "C-1", *, at: Stamp | None = None, name: str = "Jansen", tone: str = ""
) -> CustomerMaster:
    return CustomerMaster(
        creditor_id=CREDITOR, customer_id=customer_id, stamp=at or stamp(), name=name, tone=tone
    )
