"""Where one invoice stands on the ladder: what is done, what is reached, what comes next."""

from dataclasses import dataclass
from datetime import date, datetime

from scheduler.domain.case import Case
from scheduler.domain.customer import Contact, Invoice, Stop
from scheduler.domain.moments import Moments
from scheduler.domain.policy import ISSUED_RANK, Step
from scheduler.domain.steps import step_day
from scheduler.domain.words import Deed

NOTHING_DONE = 2 * ISSUED_RANK


@dataclass(frozen=True, slots=True)
class Standing:
    """One invoice on its ladder at one instant."""

    invoice: Invoice
    records: list[Contact]
    """Contacts that carried out a step of it."""
    done_rank: int
    skipped: bool
    """Some step was due before the invoice was known."""
    reached: Step | None
    """The highest step whose day has come and that is not done: lower ones are merged into it."""
    next_step: Step | None
    next_day: date | None


def standing_of(invoice: Invoice, *, case: Case) -> Standing:
    """Place the invoice on the ladder of its customer's present tier."""
    records = case.by_invoice[invoice.invoice_id]
    done = max((contact.rank for contact in records), default=NOTHING_DONE)
    carried = {contact.step for contact in records}
    reached: Step | None = None
    next_step: Step | None = None
    next_day: date | None = None
    skipped = False
    known_on = case.moments.local_day(invoice.known_from)
    for step in case.policy.steps:
        if step.rank <= done or step.name in carried or not _applies(step, invoice, case=case):
            continue
        day = step_day(step, invoice, case=case, records=records)
        if day <= known_on and _was_before(day, known_on, invoice.known_from, moments_for(step, case=case)):
            done, reached, skipped = step.rank, None, True
        elif day <= case.today:
            reached = step
        elif next_day is None or day < next_day:
            next_step, next_day = step, day
    if next_step is not None and next_step.rank <= max(done, reached.rank if reached else done):
        next_step, next_day = _next_above(max(done, reached.rank if reached else done), invoice, case=case)
    return Standing(invoice, records, done, skipped, reached, next_step, next_day)


def moments_for(step: Step, *, case: Case) -> Moments:
    """Return the moments that count for the kind of step."""
    return case.moments if step.deed is Deed.SEND else case.task_moments


def stop_in_force(invoice: Invoice, *, case: Case) -> Stop | None:
    """Return the stop that holds longest today, at the invoice or at its customer."""
    stops = invoice.stops + case.customer.stops
    if not stops:
        return None
    day = case.now.astimezone(case.creditor_zone).date()
    holding = [
        stop
        for stop in stops
        if (stop.since is None or stop.since <= day) and (stop.until is None or day < stop.until)
    ]
    return max(holding, key=lambda stop: (stop.until or date.max, stop.kind)) if holding else None


def _applies(step: Step, invoice: Invoice, *, case: Case) -> bool:
    # Another currency is compared by its number: the creditor gave one limit, not a rate.
    return not step.important_only or invoice.amount >= case.rules.creditor.important_from


def _was_before(day: date, known_on: date, known_from: datetime, moments: Moments) -> bool:
    """Say whether the step was due before the invoice was known: on an earlier day, or earlier that day."""
    return day < known_on or moments.wanted_at(day) < known_from


def _next_above(rank: int, invoice: Invoice, *, case: Case) -> tuple[Step | None, date | None]:
    """Find the next day of a step above ``rank`` (a short payment term can put issued+3 after -3)."""
    records = case.by_invoice[invoice.invoice_id]
    ahead = [
        (day, step)
        for step in case.policy.steps
        if step.rank > rank
        and _applies(step, invoice, case=case)
        and (day := step_day(step, invoice, case=case, records=records)) > case.today
    ]
    if not ahead:
        return None, None
    day, step = min(ahead, key=lambda found: (found[0], found[1].rank))
    return step, day
