"""Kafka's door: what the other services publish becomes facts, checked field by field."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from chassis.db.unit_of_work import Unit
from chassis.kafka.codec import read_day, read_instant
from chassis.kafka.messages import Incoming
from chassis.kernel.clock import Clock
from chassis.kernel.errors import Poison
from classifier.domain.changes import (
    Batch,
    ContactMade,
    CreditorChange,
    CustomerChange,
    InvoiceChange,
    Reading,
)
from classifier.domain.creditor import TIMEZONE
from classifier.domain.evidence import Dispute, InvoiceFacts, Outcome
from classifier.domain.lateness import BankDays
from classifier.usecases.ports import Ledger
from classifier.usecases.take_in import take_in
from contracts.invoices.v1 import CreditorChanged, CustomerChanged, InvoiceChanged
from contracts.notifier.v1 import ContactRecorded

TOPICS: Final = frozenset(
    {
        "invoices.invoice-changed.v1",
        "invoices.customer-changed.v1",
        "invoices.creditor-changed.v1",
        "notifier.contact-recorded.v1",
        "scheduler.clock-advanced.v1",
    }
)
_CHECKED_MAX: Final = 20_000
"""Records read ahead of their batch; those of partitions that were lost never come."""
_CHANNELS: Final = frozenset({"EMAIL", "SMS", "WHATSAPP", "CALL", "LETTER"})
_REACHED: Final = frozenset({"ACCEPTED", "DELIVERED", "DONE"})
_STATUS: Final = {
    "OPEN": Outcome.OPEN,
    "PAID": Outcome.PAID,
    "WRITTEN_OFF": Outcome.WRITTEN_OFF,
    "CREDITED": Outcome.EXCUSED,
}
_NO_EVIDENCE: Final = {
    "DISPUTED": Outcome.DISPUTED,
    "KEPT_PROMISE": Outcome.EXCUSED,
    "KEPT_PLAN": Outcome.EXCUSED,
    "CREDITED": Outcome.EXCUSED,
}


class Consumer:
    """Takes in a whole poll at once."""

    def __init__(self, *, ledger_of: Callable[[Unit], Ledger], clock: Clock, bank_days: BankDays) -> None:
        self._ledger_of = ledger_of
        self._clock = clock
        self._bank_days = bank_days
        self._checked: dict[int, tuple[Incoming, Reading | None]] = {}

    async def handle(self, unit: Unit, records: Sequence[Incoming]) -> None:
        """Take in a batch in one transaction."""
        batch = Batch()
        for record in records:
            batch.add(self._read_once(record))
        await take_in(self._ledger_of(unit), batch, now=self._clock.now())

    def check(self, record: Incoming) -> object:
        """Read one record; raises Poison naming the field."""
        if len(self._checked) >= _CHECKED_MAX:
            self._checked.clear()
        reading = self._read(record)
        self._checked[id(record)] = record, reading
        return reading

    def _read_once(self, record: Incoming) -> Reading | None:
        """Return what the check has read already; a record that is handled again is read again."""
        checked, reading = self._checked.pop(id(record), (None, None))
        return reading if checked is record else self._read(record)

    def _read(self, record: Incoming) -> Reading | None:
        match record.body:
            case InvoiceChanged() as body:
                return self._invoice(body, seen_at=record.envelope.time)
            case CustomerChanged() as body:
                return _customer(body)
            case CreditorChanged() as body:
                return _creditor(body)
            case ContactRecorded() as body:
                return _contact(body)
            case _:
                return None

    def _invoice(self, body: InvoiceChanged, *, seen_at: datetime) -> InvoiceChange:
        issued_on, due_on = _day(body.issued_on, "issued_on"), _day(body.due_on, "due_on")
        outcome = _outcome(body)
        settled_on, lateness = 0, 0
        if outcome not in (Outcome.OPEN, Outcome.ABSENT):
            text = (body.written_off_on if outcome is Outcome.WRITTEN_OFF else "") or body.settled_on
            # What is no claim (nothing to pay) may be neither open nor settled.
            settled_on = _day(text, "settled_on") if text or outcome is not Outcome.EXCUSED else issued_on
            lateness = self._bank_days.lateness(due_on=due_on, paid_on=settled_on)
        return InvoiceChange(
            creditor_id=_needed(body.creditor_id, "creditor_id"),
            customer_id=_needed(body.customer_id, "customer_id"),
            facts=InvoiceFacts(
                invoice_id=_needed(body.invoice_id, "invoice_id"),
                version=body.version,
                outcome=outcome,
                issued_on=issued_on,
                due_on=due_on,
                effective_due_on=self._bank_days.roll(due_on),
                settled_on=settled_on,
                lateness=lateness,
                disputes=_disputes(body, settled_on or due_on),
            ),
            seen_at=seen_at,
        )


def _outcome(body: InvoiceChanged) -> Outcome:
    if not body.in_effect:
        return Outcome.ABSENT
    if body.amount is None or body.amount.amount.startswith("-") or not body.amount.amount.strip("0."):
        return Outcome.EXCUSED
    outcome = _STATUS.get(body.status)
    if outcome is None:
        raise Poison("it is no status of an invoice", field="status")
    if outcome is Outcome.OPEN or not body.no_evidence:
        return outcome
    excuse = _NO_EVIDENCE.get(body.no_evidence)
    if excuse is None:
        raise Poison("it is no reason to leave it out", field="no_evidence")
    return excuse


def _disputes(body: InvoiceChanged, day: int) -> tuple[Dispute, ...]:
    if not body.stops:
        return ()
    found = (
        Dispute(
            stop.id,
            _day(stop.since, "stops.since") if stop.since else day,
            _day(stop.until, "stops.until") if stop.until else 0,
        )
        for stop in body.stops
        if stop.kind == "DISPUTED"
    )
    return tuple(sorted(found, key=lambda dispute: (dispute.since, dispute.id)))


def _customer(body: CustomerChanged) -> CustomerChange:
    preferred = {"channel": body.preferred_channel or None, "window": _window(body)}
    return CustomerChange(
        creditor_id=_needed(body.creditor_id, "creditor_id"),
        customer_id=_needed(body.customer_id, "customer_id"),
        version=body.version,
        known_from=read_instant(body.known_from, field="known_from"),
        broken_on=tuple(sorted(_day(text, "broken_on") for text in body.broken_on)),
        preferences=msgspec.json.encode(preferred),
    )


def _window(body: CustomerChanged) -> object:
    window = body.preferred_window
    return msgspec.to_builtins(window) if window is not None else None


def _creditor(body: CreditorChanged) -> CreditorChange:
    timezone = body.timezone or TIMEZONE
    try:
        ZoneInfo(timezone)
    except (ValueError, KeyError, OSError):
        raise Poison("it is no time zone", field="timezone") from None
    return CreditorChange(_needed(body.creditor_id, "creditor_id"), body.version, timezone)


def _contact(body: ContactRecorded) -> ContactMade | None:
    if body.event != "OUTCOME" or body.channel not in _CHANNELS or body.outcome not in _REACHED:
        return None
    return ContactMade(
        creditor_id=_needed(body.creditor_id, "creditor_id"),
        customer_id=_needed(body.customer_id, "customer_id"),
        contact_id=_needed(body.contact_id, "contact_id"),
        version=body.version,
        channel=body.channel,
        at=read_instant(body.at, field="at"),
        invoice_ids=tuple(body.invoice_ids),
    )


def _needed(text: str, field: str) -> str:
    if not text:
        raise Poison("it is missing", field=field)
    return text


@lru_cache(maxsize=16_384)
def _day(text: str, field: str) -> int:
    return read_day(text, field=field).toordinal()
