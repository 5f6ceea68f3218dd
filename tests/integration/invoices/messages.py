"""ERP messages with defaults, so that a test names only what matters to it."""

from typing import Any

import msgspec

from contracts.erp import v1 as erp

CREDITOR = "acme-nl"


def money(amount: str, currency: str = "EUR") -> erp.Money:
    return erp.Money(currency=currency, amount=amount)


def invoice(invoice_id: str = "2026-0001", *, amount: str = "100.00", **changes: Any) -> erp.InvoiceIssued:
    body = erp.InvoiceIssued(
        creditor_id=CREDITOR,
        invoice_id=invoice_id,
        customer_id="C-1",
        issued_on="2026-03-02",
        due_on="2026-04-01",
        amount=money(amount),
    )
    return msgspec.structs.replace(body, **changes)


def payment(payment_id: str = "bank-1", *, amount: str = "100.00", **changes: Any) -> erp.PaymentReceived:
    body = erp.PaymentReceived(
        creditor_id=CREDITOR, payment_id=payment_id, received_on="2026-04-03", amount=money(amount)
    )
    return msgspec.structs.replace(body, **changes)


def paid(invoice_id: str = "2026-0001", *, amount: str = "100.00", **changes: Any) -> erp.PaymentReceived:
    share = erp.Allocation(invoice_id=invoice_id, amount=amount)
    return payment(f"bank-{invoice_id}", amount=amount, allocations=[share], **changes)


def customer(customer_id: str = "C-1", **changes: Any) -> erp.CustomerUpdated:
    body = erp.CustomerUpdated(creditor_id=CREDITOR, customer_id=customer_id, name="Jansen", kind="BUSINESS")
    return msgspec.structs.replace(body, **changes)


def creditor(**changes: Any) -> erp.CreditorUpdated:
    return msgspec.structs.replace(erp.CreditorUpdated(creditor_id=CREDITOR, name="Acme"), **changes)
