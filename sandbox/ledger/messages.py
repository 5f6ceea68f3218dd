"""Builds the ``erp.*`` events of one creditor, each with an identity that the fact itself gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.ledger.facts import Creditor, Event, at_fact_time, money


@dataclass(frozen=True, slots=True)
class Messages:
    """Builds events for one creditor; every ``day`` is a civil day of its time zone."""

    creditor: Creditor

    def creditor_updated(self, *, day: date) -> Event:
        """Say who the creditor is."""
        creditor = self.creditor
        data = {
            "name": creditor.name,
            "legal_name": creditor.legal_name,
            "iban": creditor.iban,
            "timezone": creditor.timezone,
            "language": creditor.language,
            "payment_term_days": 30,
            "sender_email": creditor.sender_email,
            "sender_name": f"{creditor.name} debiteurenbeheer",
            "reply_to": creditor.reply_to,
            "phone": creditor.phone,
            "vat_deductible": True,
        }
        return self._event("creditor-updated", creditor.creditor_id, day=day, data=data)

    def customer_updated(self, customer_id: str, fields: Mapping[str, Any], *, day: date) -> Event:
        """Say everything known of a customer (the full state, contract section 3)."""
        data = {"customer_id": customer_id, **fields}
        return self._event(
            "customer-updated", f"{customer_id}@{day}", day=day, data=data, customer_id=customer_id
        )

    def invoice_issued(
        self, invoice: Mapping[str, Any], *, customer: Mapping[str, Any] | None = None
    ) -> Event:
        """Issue an invoice on its ``issued_on``; a ``customer`` goes along with a customer's first one.

        ``invoice`` holds invoice_id, customer_id, issued_on, due_on (dates), amount (Decimal), currency and
        optionally order_reference and payment_reference.
        """
        customer_id = str(invoice["customer_id"])
        data: dict[str, Any] = {
            "invoice_id": invoice["invoice_id"],
            "customer_id": customer_id,
            "issued_on": invoice["issued_on"].isoformat(),
            "due_on": invoice["due_on"].isoformat(),
            "amount": money(invoice["amount"], invoice["currency"]),
        }
        data |= {
            name: invoice[name] for name in ("order_reference", "payment_reference") if invoice.get(name)
        }
        if customer is not None:
            data["customer"] = {
                "creditor_id": self.creditor.creditor_id,
                "customer_id": customer_id,
                **customer,
            }
        day: date = invoice["issued_on"]
        return self._event(
            "invoice-issued", str(invoice["invoice_id"]), day=day, data=data, customer_id=customer_id
        )

    def payment_received(
        self,
        payment_id: str,
        *,
        customer_id: str,
        received_on: date,
        currency: str,
        allocations: Sequence[tuple[str, Decimal]],
    ) -> Event:
        """Receive a payment of the sum of its allocations, each to an invoice."""
        data = {
            "payment_id": payment_id,
            "received_on": received_on.isoformat(),
            "amount": money(sum((amount for _, amount in allocations), Decimal(0)), currency),
            "customer_id": customer_id,
            "allocations": [
                {"invoice_id": invoice, "amount": f"{amount:f}"} for invoice, amount in allocations
            ],
        }
        return self._event(
            "payment-received", payment_id, day=received_on, data=data, customer_id=customer_id
        )

    def credit_note_issued(self, note: Mapping[str, Any]) -> Event:
        """Issue a credit note: credit_note_id, customer_id, invoice_id, issued_on (date), amount, currency."""
        customer_id = str(note["customer_id"])
        data = {
            "credit_note_id": note["credit_note_id"],
            "customer_id": customer_id,
            "issued_on": note["issued_on"].isoformat(),
            "amount": money(note["amount"], note["currency"]),
            "invoice_id": note["invoice_id"],
        }
        day: date = note["issued_on"]
        return self._event(
            "credit-note-issued", str(note["credit_note_id"]), day=day, data=data, customer_id=customer_id
        )

    def payment_reversed(self, reversal: Mapping[str, Any]) -> Event:
        """Take a payment back: reversal_id, payment_id, customer_id, reversed_on (date), amount, currency, reason_code."""
        data = {
            "reversal_id": reversal["reversal_id"],
            "payment_id": reversal["payment_id"],
            "reversed_on": reversal["reversed_on"].isoformat(),
            "amount": money(reversal["amount"], reversal["currency"]),
            "reason_code": reversal["reason_code"],
        }
        day: date = reversal["reversed_on"]
        customer_id = str(reversal["customer_id"])
        return self._event(
            "payment-reversed", str(reversal["reversal_id"]), day=day, data=data, customer_id=customer_id
        )

    def _event(
        self, kind: str, subject: str, *, day: date, data: Mapping[str, Any], customer_id: str = ""
    ) -> Event:
        creditor = self.creditor
        topic = f"erp.{kind}.v1"
        return Event(
            topic=topic,
            key=f"{creditor.creditor_id}:{customer_id}",
            source=creditor.source,
            # Derived from the fact: the same ledger read again gives the same identities.
            id=f"{kind}:{subject}",
            type=topic,
            time=at_fact_time(day, timezone=creditor.timezone),
            subject=subject,
            data={"creditor_id": creditor.creditor_id, **data},
        )
