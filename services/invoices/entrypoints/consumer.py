"""From Kafka to the use cases: ERP facts and the outcomes of calls, a whole poll at a time."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.db.unit_of_work import Unit
from chassis.kafka.codec import read_instant
from chassis.kafka.messages import Incoming
from chassis.kernel.calendar import DayCalendar
from chassis.kernel.clock import Clock
from chassis.kernel.errors import NotFound, Poison
from contracts.notifier import v1 as notifier
from invoices.domain.moment import Moment
from invoices.entrypoints.erp_messages import facts_of
from invoices.entrypoints.fields import needed_id, optional_day
from invoices.usecases.open_account import open_account
from invoices.usecases.ports import Book
from invoices.usecases.record_call_outcome import CallOutcome, record_call_outcome
from invoices.usecases.take_in_facts import Fact, take_in

CONSUMES: Final = frozenset(
    {
        "erp.invoice-issued.v1",
        "erp.payment-received.v1",
        "erp.credit-note-issued.v1",
        "erp.payment-reversed.v1",
        "erp.invoice-written-off.v1",
        "erp.customer-updated.v1",
        "erp.creditor-updated.v1",
        "scheduler.clock-advanced.v1",
        "notifier.contact-recorded.v1",
    }
)
_CALL_OUTCOME: Final = "CALL_OUTCOME"

Marks = dict[tuple[str, int], datetime]
NoteMarks = Callable[[Unit, Marks], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Consumer:
    """The bulk use case behind the consumer."""

    open_book: Callable[[Unit], Book]
    clock: Clock
    calendar: DayCalendar
    note_marks: NoteMarks
    """Keeps the time of the last record of each partition."""

    async def handle(self, unit: Unit, incoming: Sequence[Incoming]) -> None:
        """Take in one poll: facts first, then what came of calls; raises Poison that names the record."""
        facts: list[Fact] = []
        outcomes: list[CallOutcome] = []
        marks: Marks = {}
        for record in incoming:
            try:
                _sort(record, facts, outcomes)
            except Poison as error:
                raise Poison(error.reason, field=error.field, origin=record.origin) from None
            place, at = record.origin[:2], record.envelope.time
            known = marks.get(place)
            if known is None or at > known:
                marks[place] = at
        now = self.clock.now()
        told_at = now or max(record.envelope.time for record in incoming)
        moment = Moment(now=now, told_at=told_at, calendar=self.calendar)
        book = self.open_book(unit)
        if outcomes:
            # Agreements need the book alone: locked so from the start, nobody waits for each other.
            await book.lock(sorted({outcome.creditor_id for outcome in outcomes}), exclusive=True)
        if facts:
            await take_in(book, facts, moment=moment)
        for outcome in outcomes:
            await _record(book, outcome, moment)
        await self.note_marks(unit, marks)


def _sort(record: Incoming, facts: list[Fact], outcomes: list[CallOutcome]) -> None:
    if isinstance(record.body, notifier.ContactRecorded):
        if record.body.event == _CALL_OUTCOME and record.body.call_outcome is not None:
            outcomes.append(_outcome(record.body, record.body.call_outcome))
        return
    facts.extend(facts_of(record.body, envelope=record.envelope))


async def _record(book: Book, outcome: CallOutcome, moment: Moment) -> None:
    try:
        account = await open_account(book, outcome.creditor_id, moment=moment)
    except NotFound:
        # A call about a creditor of whom no fact was taken in touches no open item.
        return
    await record_call_outcome(account, outcome)


def _outcome(body: notifier.ContactRecorded, outcome: notifier.CallOutcome) -> CallOutcome:
    promise = outcome.promise or notifier.Promise()
    return CallOutcome(
        creditor_id=needed_id(body.creditor_id, field="creditor_id"),
        customer_id=needed_id(body.customer_id, field="customer_id"),
        contact_id=needed_id(body.contact_id, field="contact_id"),
        at=read_instant(body.at, field="at"),
        result=outcome.result,
        invoice_ids=tuple(body.invoice_ids),
        reason_code=outcome.reason_code,
        note=outcome.note,
        promise_on=optional_day(promise.on, field="call_outcome.promise.on"),
        promise_invoice_ids=tuple(promise.invoice_ids),
        promise_amount=promise.amount,
        promise_note=promise.note,
    )
