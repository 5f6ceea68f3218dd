"""Before a formal step: an earlier friendly contact, and the terms that the law gives."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from scheduler.domain.case import Case
from scheduler.domain.channels import wants_call
from scheduler.domain.decision import Reason
from scheduler.domain.ladder import Standing
from scheduler.domain.legal_term import next_step_from
from scheduler.domain.policy import DECISION_STEP, Step
from scheduler.domain.words import Anchor, Deed, Manner, Purpose, Tone


class Passage(NamedTuple):
    """What the gate makes of a step: the step to carry out instead, or from when it may go."""

    step: Step | None
    """None: nothing now."""
    not_before: datetime | None = None
    reasons: tuple[Reason, ...] = ()


def decision_in_place_of(step: Step) -> Step:
    """Return the decision task that stands where a formal step may not go by itself."""
    return Step(
        name=DECISION_STEP,
        anchor=Anchor.DUE,
        day=step.day,
        rank=step.rank,
        deed=Deed.DECISION,
        manner=Manner.PERSON,
        channels=(),
        tone=Tone.NEUTRAL,
        template="decision",
        purpose=Purpose.REMINDER,
    )


def pass_gate(step: Step, standing: Standing, *, case: Case, keeps_gold_lane: bool) -> Passage:
    """Judge a reached step that is formal or comes after a formal one."""
    if step.is_formal and keeps_gold_lane:
        return _person_decides(step, standing, Reason("formal.gold-lane"))
    if step.deed is Deed.HANDOVER:
        term = _term_of_notice(standing, case=case)
        if term is not None and term > case.today:
            return Passage(
                None, case.task_moments.wanted_at(term), (Reason("wait.term", (term.isoformat(),)),)
            )
    elif not step.is_formal:
        return Passage(step)
    return _after_friendly(step, standing, case=case)


def _after_friendly(step: Step, standing: Standing, *, case: Case) -> Passage:
    """Let a formal step through when a friendly contact about this invoice is old enough (section 2)."""
    gap = timedelta(days=case.policy.contact.friendly_before_formal_days)
    since = [at for contact in standing.records if (at := contact.friendly_since) is not None]
    if since:
        first = min(since)
        # Both by the clock and by the calendar: a week with a DST change is an hour short.
        ready_on = case.moments.local_day(first) + gap
        if case.now - first >= gap and case.today >= ready_on:
            return Passage(step)
        ready_at = max(first + gap, case.moments.wanted_at(ready_on))
        why = Reason("formal.too-soon", (_day(first, case), ready_on.isoformat()))
        return Passage(None, ready_at, (why,))
    return _friendly_first(step, standing, case=case)


def _friendly_first(step: Step, standing: Standing, *, case: Case) -> Passage:
    """Find the friendly step that has to come before; a message before a call, the highest first."""
    under_way = {
        contact.deed
        for contact in standing.records
        if contact.manner is Manner.FRIENDLY and contact.outcome in {"PENDING", "ACCEPTED"}
    }
    waits = Passage(None, None, (Reason("formal.waits-for-friendly", (step.name,)),))
    if Deed.SEND in under_way:
        return waits
    carried = {contact.step for contact in standing.records}
    left = [
        other
        for other in case.policy.steps
        if other.manner is Manner.FRIENDLY
        and other.rank < step.rank
        and other.name not in carried
        and not other.important_only
    ]
    # Who wants to be called gets calls for messages: one of them is enough, too.
    messages = [other for other in left if other.deed is Deed.SEND and not wants_call(other, case=case)]
    if not messages and under_way:
        # A call is with a person already; a message that is left would go before it is waited for.
        return waits
    if not left:
        return _person_decides(step, standing, Reason("formal.no-friendly-left"))
    best = max(messages or left, key=lambda other: other.rank)
    return Passage(best, None, (Reason("formal.friendly-first", (step.name,)),))


def _person_decides(step: Step, standing: Standing, why: Reason) -> Passage:
    if any(contact.step == DECISION_STEP for contact in standing.records):
        return Passage(None, None, (Reason("formal.decided", (step.name,)),))
    return Passage(decision_in_place_of(step), None, (why,))


def _term_of_notice(standing: Standing, *, case: Case) -> date | None:
    """Return the first day after the term that a formal notice on this invoice gives; None: no notice went."""
    notices = [contact for contact in standing.records if contact.manner is Manner.FORMAL]
    if not notices:
        return None
    posted = max(case.moments.local_day(c.outcome_at or c.made_at) for c in notices)
    if case.customer.is_consumer:
        return next_step_from(posted, calendar=case.calendars.contact)
    return posted + timedelta(days=case.policy.contact.friendly_before_formal_days)


def _day(instant: datetime, case: Case) -> str:
    return case.moments.local_day(instant).isoformat()
