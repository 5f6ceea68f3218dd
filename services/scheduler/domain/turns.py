"""What one invoice may have done now: carry out a step, wait for something, or stand still."""

from datetime import date, datetime
from typing import NamedTuple

from scheduler.domain.case import Case
from scheduler.domain.channels import reaches, wants_call
from scheduler.domain.customer import Contact, Invoice, Stop
from scheduler.domain.decision import Reason
from scheduler.domain.formal_gate import Passage, pass_gate
from scheduler.domain.ladder import Standing, standing_of, stop_in_force
from scheduler.domain.policy import Step
from scheduler.domain.steps import day_reason, fell_due_as_gold
from scheduler.domain.words import Deed, Tier, Verdict


class Due(NamedTuple):
    """A step that may be carried out at the next moment that has room for it."""

    step: Step
    deed: Deed
    """As the step says, or a call where the customer asked to be called."""


class Turn(NamedTuple):
    """One invoice at one instant."""

    invoice: Invoice
    verdict: Verdict
    reasons: tuple[Reason, ...]
    due: Due | None = None
    """Only with the verdict ACT."""
    next_step: Step | None = None
    next_day: date | None = None
    """Day on which the next thing happens by itself."""
    not_before: datetime | None = None
    """Instant until which a reached step has to wait."""
    mentionable: bool = False
    """Its own ladder has begun: a message about another invoice may name it."""


def turns_of(case: Case) -> list[Turn]:
    """Judge every open invoice of the customer, in the order of invoice_id."""
    return [turn_of(invoice, case=case) for invoice in case.customer.invoices]


def turn_of(invoice: Invoice, *, case: Case) -> Turn:
    """Judge one invoice."""
    stopped = _stopped(invoice, case=case)
    if stopped is not None:
        return stopped
    standing = standing_of(invoice, case=case)
    place, reached = standing.place, standing.place.reached
    if reached is None:
        return _waiting(standing, (), case=case)
    passage = _passage(reached, standing, case=case)
    if passage.step is None:
        return _waiting(standing, passage.reasons, case=case, not_before=passage.not_before)
    why = place.why or (day_reason(reached, invoice, case=case, records=standing.records),)
    step = passage.step
    deed = Deed.CALL if step.deed is Deed.SEND and wants_call(step, case=case) else step.deed
    return Turn(
        invoice,
        Verdict.ACT,
        (*why, *passage.reasons) if passage.reasons else why,
        Due(step, deed),
        place.next_step,
        place.next_day,
        None,
        mentionable=True,
    )


def _stopped(invoice: Invoice, *, case: Case) -> Turn | None:
    """Return the turn of an invoice for which nothing may be asked now."""
    if invoice.status != "OPEN":
        return Turn(invoice, Verdict.STOP, (Reason("stop." + invoice.status),))
    if invoice.open <= 0:
        return Turn(invoice, Verdict.STOP, (Reason("stop.nothing-owed"),))
    if not invoice.in_effect:
        return Turn(invoice, Verdict.STOP, (Reason("stop.not-in-effect", (invoice.issued_on.isoformat(),)),))
    if not (invoice.stops or case.customer.stops):
        return None
    stop = stop_in_force(invoice, case=case)
    if stop is None:
        return None
    return Turn(invoice, Verdict.STOP, (_stop_reason(stop),), next_day=stop.until)


def _passage(step: Step, standing: Standing, *, case: Case) -> Passage:
    if not step.is_formal and step.deed is not Deed.HANDOVER:
        return Passage(step)
    gold_lane = case.tier is not Tier.GOLD and fell_due_as_gold(standing.invoice, case=case)
    return pass_gate(step, standing, case=case, keeps_gold_lane=gold_lane)


def _waiting(
    standing: Standing, reasons: tuple[Reason, ...], *, case: Case, not_before: datetime | None = None
) -> Turn:
    invoice, records, place = standing
    said, coming, step = place.waiting, place.coming, place.next_step
    if not case.is_easily_reached and coming and not _is_reached(step, case=case):
        coming = (Reason("wait.unreachable", coming[0].facts),)
        said = (*said[:-1], *coming)
    if records or reasons:
        before = (_last_done(records),) if records else said[:-1]
        said = (*reasons, *before, *(coming or (() if reasons else said[-1:])))
    mentionable = bool(records) or place.skipped or place.reached is not None
    return Turn(
        invoice,
        Verdict.WAIT,
        said,
        None,
        place.next_step,
        place.next_day,
        not_before,
        mentionable=mentionable,
    )


def _is_reached(step: Step | None, *, case: Case) -> bool:
    return step is None or step.deed is not Deed.SEND or reaches(step, case=case)


def _last_done(records: list[Contact]) -> Reason:
    last = max(records, key=lambda c: (c.rank, c.made_at, c.contact_id)) if len(records) > 1 else records[0]
    return done_reason(last)


def done_reason(contact: Contact) -> Reason:
    """Say of a contact that it was carried out, or of a task that it still is with a person."""
    if contact.is_open_task:
        return Reason("task.open", (contact.step, contact.day.isoformat()))
    return Reason(
        "done", (contact.step, contact.day.isoformat(), contact.channel or contact.deed, contact.outcome)
    )


def _stop_reason(stop: Stop) -> Reason:
    return Reason("stop." + stop.kind, (stop.until.isoformat() if stop.until else "", stop.reason))
