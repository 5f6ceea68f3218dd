"""Tasks for one's own staff: calls, decisions, hand-overs, data to mend; cancelled or passed on in time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from chassis.kernel.ids import derived_id
from scheduler.domain.case import Case
from scheduler.domain.customer import Contact
from scheduler.domain.decision import Action, Reason
from scheduler.domain.moments import Slot
from scheduler.domain.policy import QUALITY_STEP, Step
from scheduler.domain.turns import Due, Turn
from scheduler.domain.words import Anchor, Deed, Manner, Tier, Tone, Verdict

STAFF_DEEDS = (Deed.CALL, Deed.DECISION, Deed.HANDOVER)
QUALITY = Step(
    name=QUALITY_STEP,
    anchor=Anchor.DUE,
    day=0,
    rank=-(10**6),
    deed=Deed.DATA_QUALITY,
    manner=Manner.PERSON,
    channels=(),
    tone=Tone.NEUTRAL,
    template="data-quality",
)
FRIENDLY_CALL_TEMPLATE = "call-friendly"
COURTESY_CALL_TEMPLATE = "call-courtesy"


def command_id(case: Case, *, step: str, deed: str, channel: str, invoices: tuple[str, ...]) -> str:
    """Derive the command's id from facts: a repeat on the same day is the same command."""
    customer = case.customer
    return derived_id(
        customer.creditor_id, customer.customer_id, step, deed, channel, case.today.isoformat(), *invoices
    )


def due_tasks(turns: list[Turn], *, case: Case) -> Iterator[Action]:
    """Make the call, decision and hand-over tasks that are due: one per step, for all its invoices."""
    slot = case.task_moments.at(case.now)
    ready = [(turn.due, turn) for turn in turns if turn.due is not None and turn.due.deed in STAFF_DEEDS]
    if slot is None or not ready:
        return
    ready.sort(key=lambda pair: (-pair[0].step.rank, pair[0].step.name, pair[1].invoice.invoice_id))
    made = {contact.contact_id for contact in case.customer.contacts}
    for due, group in groupby(ready, key=itemgetter(0)):
        task = _task(due, [turn for _, turn in group], slot, case=case)
        # The same task again on the day of its cancellation would be the same command: it waits for the next.
        if task.contact_id not in made:
            yield task


def _task(due: Due, group: list[Turn], slot: Slot, *, case: Case) -> Action:
    step, deed = due.step, due.deed
    own = tuple(turn.invoice.invoice_id for turn in group)
    channel = "CALL" if deed is Deed.CALL else ""
    preferred = deed is Deed.CALL and step.deed is Deed.SEND
    return Action(
        deed=deed,
        contact_id=command_id(case, step=step.name, deed=deed, channel=channel, invoices=own),
        at=case.now,
        not_after=slot.closes_at,
        tier=case.tier,
        step=step,
        channel=channel,
        tone=case.customer.tone or step.tone if step.manner is Manner.FRIENDLY else step.tone,
        language=case.language,
        template=_preferred_script(group, case=case) if preferred else step.template,
        own=own,
        reasons=(*group[0].reasons, Reason("channel.preferred", ("CALL",)))
        if preferred
        else group[0].reasons,
        assignee=case.policy.contact.assignee,
    )


def _preferred_script(group: list[Turn], *, case: Case) -> str:
    """Choose the words of a call in place of a message: a courtesy while nothing is late yet (S21, S23)."""
    # By the day, not by the step: a due date's call that waits for a business day comes when it is late.
    is_late = any(turn.invoice.payable_on < case.today for turn in group)
    return FRIENDLY_CALL_TEMPLATE if is_late else COURTESY_CALL_TEMPLATE


def cancellations(turns: list[Turn], *, case: Case) -> Iterator[Action]:
    """Cancel the open tasks whose invoices are all settled or stopped."""
    standing = {turn.invoice.invoice_id: turn for turn in turns}
    for task in case.customer.contacts:
        if not task.is_open_task or task.cancelled or not task.invoice_ids:
            continue
        held = [standing.get(invoice_id) for invoice_id in task.invoice_ids]
        if any(turn is not None and turn.verdict is not Verdict.STOP for turn in held):
            continue
        reason = next((turn.reasons[0] for turn in held if turn is not None), Reason("stop.PAID"))
        yield Action(
            deed=Deed.CANCEL,
            contact_id=derived_id(case.customer.creditor_id, task.contact_id, "CANCEL"),
            at=case.now,
            not_after=case.now,
            tier=case.tier,
            own=task.invoice_ids,
            language=case.language,
            reasons=(reason,),
            task_id=task.contact_id,
            problem=reason.code.removeprefix("stop."),
        )


def reassign_at(task: Contact, *, case: Case) -> datetime | None:
    """Return when an open gold call passes to the account manager; None: it never does."""
    if (
        task.deed is not Deed.CALL
        or task.tier is not Tier.GOLD
        or not task.is_open_task
        or task.reassigned
        or task.cancelled
        or not case.customer.account_manager
    ):
        return None
    day = task.day
    for _ in range(case.policy.contact.reassign_after_business_days):
        slot = case.task_moments.first(after=case.task_moments.wanted_at(day) + timedelta(minutes=1))
        if slot is None:
            return None
        day = slot.day
    return case.task_moments.wanted_at(day)


def reassignments(*, case: Case) -> Iterator[Action]:
    """Pass on the gold calls that were not made within three business days (section 2, gold)."""
    for task in case.customer.contacts:
        at = reassign_at(task, case=case)
        if at is None or at > case.now:
            continue
        days = str(case.policy.contact.reassign_after_business_days)
        yield Action(
            deed=Deed.REASSIGN,
            contact_id=derived_id(case.customer.creditor_id, task.contact_id, "REASSIGN"),
            at=case.now,
            not_after=case.now,
            tier=case.tier,
            own=task.invoice_ids,
            language=case.language,
            reasons=(Reason("task.reassign", (days, case.customer.account_manager)),),
            assignee=case.customer.account_manager,
            task_id=task.contact_id,
        )
