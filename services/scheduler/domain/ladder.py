"""Where one invoice stands on the ladder: what is done, what is reached, what comes next."""

from datetime import date, datetime
from operator import itemgetter
from typing import NamedTuple

from scheduler.domain.case import Case
from scheduler.domain.customer import Contact, Invoice, Stop
from scheduler.domain.moments import Moments
from scheduler.domain.policy import ISSUED_RANK, Step
from scheduler.domain.steps import moving_day
from scheduler.domain.words import Deed

NOTHING_DONE = 2 * ISSUED_RANK


class Standing(NamedTuple):
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
    """Place the invoice on the ladder of its customer's present tier.

    Day 0 is the effective due date; -3 counts from the due date as written, "issued+n" from the
    invoice date (requirements section 2). Days are compared as ordinals: this runs for every open
    invoice at every look.
    """
    records = case.by_invoice[invoice.invoice_id]
    done, carried = NOTHING_DONE, frozenset[str]()
    if records:
        done = max([contact.rank for contact in records])
        carried = frozenset([contact.step for contact in records])
    bases = (invoice.issued_on.toordinal(), invoice.due_on.toordinal(), invoice.payable_on.toordinal())
    today = case.today.toordinal()
    known = invoice.known_from.toordinal() + 1
    reached: Step | None = None
    ahead: list[tuple[int, Step]] = []
    skipped = False
    for step, rank, name, base, offset in case.policy.rungs(case.shift_days):
        if rank <= done or name in carried or (step.important_only and not _is_important(invoice, case=case)):
            continue
        if base >= 0:
            day = bases[base] + offset
        else:
            day = moving_day(step, invoice, case=case, records=records).toordinal()
        # One day more than the UTC day of its first event: only then is a closer look needed.
        if day <= known and _was_before(day, invoice.known_from, moments_for(step, case=case)):
            done, reached, skipped = rank, None, True
        elif day <= today:
            reached = step
        else:
            ahead.append((day, step))
    # A short term can put issued+3 after -3: what lies below the step reached is merged into it.
    floor = max(done, reached.rank) if reached else done
    coming = min([pair for pair in ahead if pair[1].rank > floor], key=itemgetter(0), default=None)
    if coming is None:
        return Standing(invoice, records, done, skipped, reached, None, None)
    return Standing(invoice, records, done, skipped, reached, coming[1], date.fromordinal(coming[0]))


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


def _is_important(invoice: Invoice, *, case: Case) -> bool:
    # Another currency is compared by its number: the creditor gave one limit, not a rate.
    return invoice.amount >= case.rules.creditor.important_from


def _was_before(day: int, known_from: datetime, moments: Moments) -> bool:
    """Say whether the step was due before the invoice was known: on an earlier day, or earlier that day."""
    known = moments.local_day(known_from).toordinal()
    return day < known or (day == known and moments.wanted_at(date.fromordinal(day)) < known_from)
