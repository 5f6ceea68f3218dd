"""Where one invoice stands on the ladder: what is done, what is reached, what comes next."""

from datetime import date
from operator import itemgetter
from typing import Final, NamedTuple

from scheduler.domain.case import Case
from scheduler.domain.customer import Contact, Invoice, Stop
from scheduler.domain.decision import Reason
from scheduler.domain.lane import Lane, Place, Start
from scheduler.domain.policy import ISSUED_RANK, Step
from scheduler.domain.steps import fixed_day_reason, moving_day
from scheduler.domain.words import Anchor, Deed

NOTHING_DONE: Final = 2 * ISSUED_RANK
_NOTHING_CARRIED: Final = frozenset[str]()


class Standing(NamedTuple):
    """One invoice on its ladder at one instant."""

    invoice: Invoice
    records: list[Contact]
    """Contacts that carried out a step of it."""
    place: Place


def standing_of(invoice: Invoice, *, case: Case) -> Standing:
    """Place the invoice on the ladder of its customer's present tier.

    Many invoices share their dates: the ladder is climbed once for all that start alike.
    """
    records = case.by_invoice[invoice.invoice_id]
    done, carried = NOTHING_DONE, _NOTHING_CARRIED
    if records:
        done = max([contact.rank for contact in records])
        carried = frozenset([contact.step for contact in records])
    lane = case.lane
    moving: tuple[int, ...] = ()
    if lane.moving:
        moving = tuple(
            [
                0
                if rung.rank <= done or rung.name in carried
                else moving_day(rung.step, invoice, case=case, records=records).toordinal()
                for rung in lane.moving
            ]
        )
    # A plain tuple, because this is made for every open invoice at every look: today, and the fields of ``Start``.
    key = (
        case.today,
        invoice.issued_on,
        invoice.due_on,
        invoice.payable_on,
        lane.known(invoice.known_from),
        # Another currency is compared by its number: the creditor gave one limit, not a rate.
        invoice.amount >= case.rules.creditor.important_from,
        moving,
        done,
        carried,
    )
    place = case.places.get(key)
    if place is None:
        place = case.places[key] = _place(Start(*key[1:]), lane, today=case.today.toordinal())
    return Standing(invoice, records, place)


def _place(start: Start, lane: Lane, *, today: int) -> Place:
    """Climb the ladder, in ordinals.

    Day 0 is the effective due date; -3 counts from the due date as written, "issued+n" from the
    invoice date (requirements section 2).
    """
    bases = (start.issued_on.toordinal(), start.due_on.toordinal(), start.payable_on.toordinal())
    moving = iter(start.moving)
    done, reached, skipped = start.done, None, False
    ahead: list[tuple[int, Step]] = []
    for step, rank, name, base, offset in lane.rungs:
        day = bases[base] + offset if base >= 0 else next(moving)
        if rank <= done or name in start.carried or (step.important_only and not start.is_important):
            continue
        if day < start.known[1 if step.deed is Deed.SEND else 2]:
            done, reached, skipped = rank, None, True
        elif day <= today:
            reached = step
        else:
            ahead.append((day, step))
    # A short term can put issued+3 after -3: what lies below the step reached is merged into it.
    floor = max(done, reached.rank) if reached else done
    coming = min([pair for pair in ahead if pair[1].rank > floor], key=itemgetter(0), default=None)
    next_day, next_step = (date.fromordinal(coming[0]), coming[1]) if coming else (None, None)
    said = (Reason("wait.next", (next_step.name, next_day.isoformat())),) if next_step and next_day else ()
    is_fixed = reached is not None and reached.anchor not in (Anchor.STOPPING_RULE, Anchor.STEP)
    return Place(
        skipped=skipped,
        reached=reached,
        why=(fixed_day_reason(reached, start, shift_days=lane.shift_days),) if reached and is_fixed else (),
        next_step=next_step,
        next_day=next_day,
        coming=said,
        waiting=(*_skipped(start, skipped=skipped), *(said or (Reason("wait.ladder-done"),))),
    )


def _skipped(start: Start, *, skipped: bool) -> tuple[Reason, ...]:
    return (Reason("skipped", (date.fromordinal(start.known[0]).isoformat(),)),) if skipped else ()


def stop_in_force(invoice: Invoice, *, case: Case) -> Stop | None:
    """Return the stop that holds longest today, at the invoice or at its customer."""
    stops = invoice.stops + case.customer.stops
    day = case.now.astimezone(case.creditor_zone).date()
    holding = [
        stop
        for stop in stops
        if (stop.since is None or stop.since <= day) and (stop.until is None or day < stop.until)
    ]
    return max(holding, key=lambda stop: (stop.until or date.max, stop.kind)) if holding else None
