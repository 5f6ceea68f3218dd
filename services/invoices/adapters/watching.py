"""Counts messages that went out although it was known that nothing was owed any more: it must stay 0."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text

from chassis.db.unit_of_work import Unit
from chassis.kafka.messages import Incoming
from contracts.notifier import v1 as notifier
from invoices.adapters.metrics import SENT_AFTER_PAYMENT_TOTAL

_WENT_OUT: Final = frozenset({"ACCEPTED", "AMBIGUOUS"})
# ``at`` is the instant of the provider call. A payment that became known in the very instant is the gate's
# business: only what was known before counts.
_KNOWN_BEFORE: Final = text(
    "SELECT DISTINCT u.contact_id FROM unnest(CAST(:creditors AS text[]), CAST(:contacts AS text[]),"
    " CAST(:invoices AS text[]), CAST(:ats AS timestamptz[])) AS u (creditor_id, contact_id, invoice_id, at)"
    " JOIN invoices i ON i.creditor_id = u.creditor_id AND i.invoice_id = u.invoice_id"
    " WHERE i.settled_known_at < u.at"
)


async def count_sent_after_payment(unit: Unit, incoming: Sequence[Incoming]) -> int:
    """Count the messages among these contacts that named an invoice known to be settled when they were sent.

    Each contact goes out once, with the outcome that says so first; outcomes that are heard again count again.
    """
    rows = [
        (body.creditor_id, body.contact_id, invoice_id, datetime.fromisoformat(body.at).astimezone(UTC))
        for body in (record.body for record in incoming)
        if isinstance(body, notifier.ContactRecorded)
        and body.event == "OUTCOME"
        and body.action == "SEND"
        and body.outcome in _WENT_OUT
        for invoice_id in body.invoice_ids
    ]
    if not rows:
        return 0
    creditors, contacts, invoices, ats = map(list, zip(*rows, strict=True))
    values = {"creditors": creditors, "contacts": contacts, "invoices": invoices, "ats": ats}
    found = len(await unit.connection.execute(_KNOWN_BEFORE, values))
    SENT_AFTER_PAYMENT_TOTAL.inc(found)
    return found
