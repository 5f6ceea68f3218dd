"""Writes a synthetic ledger as the kind of CSV that people export from their books."""

import csv
import io
from collections.abc import Mapping

from sandbox.generator.book import CURRENCY, Book, SyntheticInvoice
from sandbox.generator.stream import payment_reference

COLUMNS = (
    "customer_id", "name", "kind", "country", "language", "email", "mobile", "phone", "street", "postal_code", "city",
    "invoice_number", "issue_date", "due_date", "payment_date", "amount", "currency", "disputed", "payment_reference",
)  # fmt: skip


def to_csv(book: Book) -> str:
    """Return the ledger as CSV, one invoice a row; part payments and credit notes have no column and are left out."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    people = {who.customer_id: _customer(who.fields) for who in book.personas}
    for invoice in book.invoices:
        writer.writerow(
            {"customer_id": invoice.customer_id, **people[invoice.customer_id], **_invoice(invoice, book)}
        )
    return out.getvalue()


def _customer(fields: Mapping[str, object]) -> dict[str, object]:
    contacts, address = fields["contacts"], fields["address"]
    contact = contacts[0] if isinstance(contacts, list) else {}
    where = address if isinstance(address, dict) else {}
    return {
        **{name: fields[name] for name in ("name", "kind", "country", "language")},
        **{name: contact.get(name, "") for name in ("email", "mobile", "phone")},
        **{name: where.get(name, "") for name in ("street", "postal_code", "city")},
    }


def _invoice(invoice: SyntheticInvoice, book: Book) -> dict[str, object]:
    is_paid = invoice.natural_paid_on <= book.last_on
    return {
        "invoice_number": invoice.invoice_id,
        "issue_date": invoice.issued_on.isoformat(),
        "due_date": invoice.due_on.isoformat(),
        "payment_date": invoice.natural_paid_on.isoformat() if is_paid else "",
        "amount": f"{invoice.amount:f}",
        "currency": CURRENCY,
        "disputed": "Yes" if invoice.disputed_on else "No",
        "payment_reference": payment_reference(invoice.invoice_id),
    }
