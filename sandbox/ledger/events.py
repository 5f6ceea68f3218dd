"""Turns a ledger into the event stream of an ERP, civil day by civil day."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sandbox.ledger.facts import ApiAction, Creditor, DayFacts, Event
from sandbox.ledger.messages import Messages
from sandbox.ledger.model import Ledger, LedgerRow

# A day's facts in the order in which they are published: who, what, paid, and what corrects it.
_ORDER = (
    "erp.creditor-updated.v1",
    "erp.customer-updated.v1",
    "erp.invoice-issued.v1",
    "erp.payment-received.v1",
    "erp.credit-note-issued.v1",
    "erp.payment-reversed.v1",
    "erp.invoice-written-off.v1",
)
DISPUTE_REASON = "LEDGER"
"""The reason code of a dispute that a ledger marks without saying why."""


def days_of(ledger: Ledger, *, creditor: Creditor | None = None) -> Iterator[DayFacts]:
    """Yield the days on which something happens, in order; the first begins with the creditor itself."""
    creditor = creditor or Creditor()
    messages = Messages(creditor)
    events: list[Event] = []
    firsts = _first_invoices(ledger)
    for row in ledger.rows:
        customer = ledger.customers[row.customer_id] if firsts[row.customer_id] is row else None
        events.append(messages.invoice_issued(_invoice(row), customer=customer))
        # A negative row is a correcting invoice; when it is settled, the same negative amount is paid out.
        if row.paid_on is not None and row.amount:
            events.append(_payment(messages, row, row.paid_on))
    actions = [action for row in ledger.rows if (action := dispute_of(row))]
    return in_days(events, actions, messages=messages)


def dispute_of(row: LedgerRow) -> ApiAction | None:
    """Return the dispute of a row marked disputed, else None.

    Requirements section 2: without a date of its own it counts from the day after its due date until it is paid,
    and the row is no evidence for the tier, even when it was paid by then.
    """
    if not row.disputed:
        return None
    day = row.disputed_on or row.due_on + timedelta(days=1)
    body = {
        "reason_code": DISPUTE_REASON,
        "on": day.isoformat(),
        "note": f"disputed in the ledger, line {row.line}",
    }
    return ApiAction(
        day=max(day, row.issued_on),
        kind="dispute",
        invoice_id=row.invoice_id,
        body=body,
        customer_id=row.customer_id,
    )


def in_days(events: list[Event], actions: list[ApiAction], *, messages: Messages) -> Iterator[DayFacts]:
    """Group facts by civil day of the creditor in a fixed order, the creditor's own event first of all."""
    zone = ZoneInfo(messages.creditor.timezone)
    by_day: dict[date, list[Event]] = defaultdict(list)
    actions_by_day: dict[date, list[ApiAction]] = defaultdict(list)
    for event in events:
        by_day[event.time.astimezone(zone).date()].append(event)
    for action in actions:
        actions_by_day[action.day].append(action)
    for place, day in enumerate(sorted({*by_day, *actions_by_day})):
        opening = [messages.creditor_updated(day=day)] if place == 0 else []
        ordered = sorted(by_day[day], key=lambda event: (_ORDER.index(event.topic), event.subject))
        posted = sorted(actions_by_day[day], key=lambda action: (action.kind, action.invoice_id))
        yield DayFacts(day=day, events=(*opening, *ordered), actions=tuple(posted))


def _first_invoices(ledger: Ledger) -> Mapping[str, LedgerRow]:
    """Return each customer's earliest invoice: the one that carries the customer along."""
    firsts: dict[str, LedgerRow] = {}
    for row in ledger.rows:
        first = firsts.get(row.customer_id)
        if first is None or (row.issued_on, row.invoice_id) < (first.issued_on, first.invoice_id):
            firsts[row.customer_id] = row
    return firsts


def _invoice(row: LedgerRow) -> dict[str, object]:
    return {
        "invoice_id": row.invoice_id,
        "customer_id": row.customer_id,
        "issued_on": row.issued_on,
        "due_on": row.due_on,
        "amount": row.amount,
        "currency": row.currency,
        "order_reference": row.order_reference,
        "payment_reference": row.payment_reference,
    }


def _payment(messages: Messages, row: LedgerRow, paid_on: date) -> Event:
    return messages.payment_received(
        f"pay-{row.invoice_id}",
        customer_id=row.customer_id,
        received_on=paid_on,
        currency=row.currency,
        allocations=[(row.invoice_id, row.amount)],
    )
