"""The synthetic ledger as an ERP publishes it, day by day, on request duplicated and out of order within the day."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random

from sandbox.generator.book import CURRENCY, Book, SyntheticInvoice
from sandbox.ledger.events import in_days
from sandbox.ledger.facts import ApiAction, Creditor, DayFacts, Event
from sandbox.ledger.messages import Messages

_BY_REFERENCE_EVERY = 10
_FROM_CRM_EVERY = 5


def days_of_book(book: Book, *, creditor: Creditor | None = None) -> Iterator[DayFacts]:
    """Yield the days of the book up to its last one; the first begins with the creditor itself."""
    messages = Messages(creditor or Creditor())
    # A fact after the last day has not happened yet.
    past = [
        day
        for day in in_days(
            [
                *_customers(book, messages),
                *_invoices(book, messages),
                *_payments(book, messages),
                *_corrections(book, messages),
            ],
            _actions(book),
            messages=messages,
        )
        if day.day <= book.last_on
    ]
    return iter(past)


def shuffled(days: Iterable[DayFacts], *, seed: int, duplicate: bool = True) -> Iterator[DayFacts]:
    """Publish every event of a day twice and in any order: the outcome has to be the same."""
    for facts in days:
        rng = Random(f"{seed}:shuffle:{facts.day}")  # noqa: S311 - a simulation, not a secret
        events = [*facts.events, *facts.events] if duplicate else [*facts.events]
        rng.shuffle(events)
        yield replace(facts, events=tuple(events))


def _customers(book: Book, messages: Messages) -> Iterator[Event]:
    """Announce some customers from the CRM when they join, and all those who never get an invoice."""
    invoiced = {invoice.customer_id for invoice in book.invoices}
    for number, who in enumerate(book.personas):
        if number % _FROM_CRM_EVERY == 0 or who.customer_id not in invoiced:
            yield messages.customer_updated(who.customer_id, who.fields, day=who.joined_on)


def _invoices(book: Book, messages: Messages) -> Iterator[Event]:
    fields = {who.customer_id: who.fields for who in book.personas}
    seen: set[str] = set()
    for invoice in book.invoices:
        customer = None if invoice.customer_id in seen else fields[invoice.customer_id]
        seen.add(invoice.customer_id)
        yield messages.invoice_issued(
            {
                "invoice_id": invoice.invoice_id,
                "customer_id": invoice.customer_id,
                "issued_on": invoice.issued_on,
                "due_on": invoice.due_on,
                "amount": invoice.amount,
                "currency": CURRENCY,
                "payment_reference": payment_reference(invoice.invoice_id),
            },
            customer=customer,
        )


def payment_reference(invoice_id: str) -> str:
    """Return the invoice's creditor reference of ISO 11649 (RF, check digits, digits of the number)."""
    body = "".join(char for char in invoice_id if char.isalnum())
    number = int("".join(str(int(char, 36)) for char in body + "RF00"))
    return f"RF{98 - number % 97:02d}{body}"


def _payments(book: Book, messages: Messages) -> Iterator[Event]:
    """Pay in runs: what a customer pays in full on one day is one payment with an allocation to each invoice."""
    runs: dict[tuple[str, date], list[SyntheticInvoice]] = defaultdict(list)
    for invoice in book.invoices:
        if len(invoice.instalments) == 1:
            runs[invoice.customer_id, invoice.instalments[0].paid_on].append(invoice)
            continue
        for number, instalment in enumerate(invoice.instalments, start=1):
            yield messages.payment_received(
                f"pay-{invoice.invoice_id}-{number}",
                customer_id=invoice.customer_id,
                received_on=instalment.paid_on,
                currency=CURRENCY,
                allocations=[(invoice.invoice_id, instalment.amount)],
            )
    for number, ((customer_id, paid_on), paid) in enumerate(sorted(runs.items(), key=lambda run: run[0])):
        event = messages.payment_received(
            f"pay-{customer_id}-{paid_on}",
            customer_id=customer_id,
            received_on=paid_on,
            currency=CURRENCY,
            allocations=[(invoice.invoice_id, invoice.instalments[0].amount) for invoice in paid],
        )
        is_by_reference = len(paid) == 1 and number % _BY_REFERENCE_EVERY == 0
        yield _by_reference(event, paid[0].invoice_id) if is_by_reference else event


def _by_reference(event: Event, invoice_id: str) -> Event:
    """Leave the matching to the receiver: the bank passes on a reference, no allocation."""
    data = {name: value for name, value in event.data.items() if name != "allocations"}
    return replace(event, data=data | {"payment_reference": payment_reference(invoice_id)})


def _corrections(book: Book, messages: Messages) -> Iterator[Event]:
    for invoice in book.invoices:
        common = {"customer_id": invoice.customer_id, "invoice_id": invoice.invoice_id, "currency": CURRENCY}
        if invoice.credited_on:
            note = {"credit_note_id": f"CN-{invoice.invoice_id}", "issued_on": invoice.credited_on}
            yield messages.credit_note_issued(common | note | {"amount": invoice.credited})
        for number, instalment in enumerate(invoice.instalments, start=1):
            if instalment.reversed_on:
                reversal = {
                    "reversal_id": f"rev-{invoice.invoice_id}-{number}",
                    "payment_id": f"pay-{invoice.invoice_id}-{number}",
                    "reversed_on": instalment.reversed_on,
                    "amount": instalment.amount,
                    "reason_code": "MD06",
                }
                yield messages.payment_reversed(common | reversal)


def _actions(book: Book) -> list[ApiAction]:
    actions: list[ApiAction] = []
    for invoice in book.invoices:
        whose = {"invoice_id": invoice.invoice_id, "customer_id": invoice.customer_id}
        if invoice.disputed_on and invoice.disputed_on < invoice.natural_paid_on:
            body = {"reason_code": invoice.dispute_reason, "on": invoice.disputed_on.isoformat()}
            actions.append(ApiAction(day=invoice.disputed_on, kind="dispute", body=body, **whose))
        if invoice.promise_made_on and invoice.promised_on:
            promise = {"on": invoice.promised_on.isoformat(), "invoice_ids": [invoice.invoice_id]}
            actions.append(ApiAction(day=invoice.promise_made_on, kind="promise", body=promise, **whose))
    return actions


def open_at_end(book: Book) -> dict[str, Decimal]:
    """Return what is open of each invoice on the book's last day, for whoever checks balances to the cent."""
    left: dict[str, Decimal] = {}
    for invoice in book.invoices:
        came_in = sum(
            (part.amount for part in invoice.instalments if part.paid_on <= book.last_on), Decimal(0)
        )
        went_back = sum(
            (
                part.amount
                for part in invoice.instalments
                if part.reversed_on and part.reversed_on <= book.last_on
            ),
            Decimal(0),
        )
        credited = (
            invoice.credited if invoice.credited_on and invoice.credited_on <= book.last_on else Decimal(0)
        )
        left[invoice.invoice_id] = invoice.amount - came_in + went_back - credited
    return left
