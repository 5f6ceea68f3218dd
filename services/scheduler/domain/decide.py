"""The one function that thinks: what happens now for this customer, when to look again, and why."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from scheduler.domain.case import Case, case_of
from scheduler.domain.customer import Contact, Customer, Resend
from scheduler.domain.data_quality import no_channel, quality_task, unreported
from scheduler.domain.decision import Action, Decision, InvoiceReasons, Reason
from scheduler.domain.messages import Outcome, find_message
from scheduler.domain.moments import Slot
from scheduler.domain.policy import RESEND_STEP, Calendars, Rulebook, Step
from scheduler.domain.pressure import ONE_DAY, room_for
from scheduler.domain.tasks import STAFF_DEEDS, cancellations, due_tasks, reassign_at, reassignments
from scheduler.domain.turns import Turn, turn_of, turns_of
from scheduler.domain.words import Deed, Verdict

REPORTED_MAX = 50
_INSTANT = timedelta(microseconds=1)


def decide(customer: Customer, policy: Rulebook, calendar: Calendars, now: datetime) -> Decision:
    """Decide for one customer at ``now`` (UTC): pure, and nothing else ever creates a reminder.

    Called when an event touched the customer and when its wake-up is due; called again at its own
    ``next_wakeup`` it shows the plan ahead. Deciding twice at one instant does nothing twice.
    """
    case = case_of(customer, policy, calendar, now)
    turns = turns_of(case)
    outcome = find_message(turns, slot=case.moments.at(now), room=room_for(case), case=case)
    actions = [*cancellations(turns, case=case), *reassignments(case=case)] if customer.contacts else []
    actions += _quality_tasks(outcome, case=case)
    actions += due_tasks(turns, case=case)
    if outcome.action is not None:
        actions.append(outcome.action)
    after = carry_out(customer, actions, case=case)
    reasons = tuple(_reasons(turns, actions, outcome, case=case))
    return Decision(
        actions=tuple(actions),
        next_wakeup=_look_again(after, turns, outcome, actions=actions, case=case),
        reasons=reasons,
        customer=after,
        policy_name=case.policy.name,
        policy_version=case.policy.version,
    )


def _quality_tasks(outcome: Outcome, *, case: Case) -> list[Action]:
    if case.moments.at(case.now) is None and case.task_moments.at(case.now) is None:
        return []
    faults = unreported(case)
    if outcome.unreachable and (fault := no_channel(case)).mark not in case.customer.reported:
        faults.append(fault)
    return [quality_task(fault, case=case) for fault in faults]


def carry_out(customer: Customer, actions: Iterable[Action], *, case: Case) -> Customer:
    """Return the state once ``actions`` are commanded: contacts pending, settled invoices dropped."""
    actions = tuple(actions)
    if not actions and all(invoice.status == "OPEN" for invoice in customer.invoices):
        return customer
    contacts = {contact.contact_id: contact for contact in customer.contacts}
    reported = customer.reported
    for action in actions:
        if action.task_id in contacts:
            task = contacts[action.task_id]
            contacts[action.task_id] = task._replace(
                cancelled=task.cancelled or action.deed is Deed.CANCEL,
                reassigned=task.reassigned or action.deed is Deed.REASSIGN,
            )
        elif action.step is not None:
            contacts[action.contact_id] = _contact(action, action.step, case=case)
        if action.mark:
            reported = (*reported, action.mark)[-REPORTED_MAX:]
    invoices = tuple([invoice for invoice in customer.invoices if invoice.status == "OPEN"])
    open_ids = {invoice.invoice_id for invoice in invoices}
    return customer._replace(
        contacts=_remembered(contacts.values(), open_ids, case=case),
        reported=reported,
        resends=_unanswered(customer.resends, actions, open_ids=open_ids),
        invoices=invoices,
    )


def _remembered(contacts: Iterable[Contact], open_ids: set[str], *, case: Case) -> tuple[Contact, ...]:
    """Drop what no rule looks at any more, so that the state stays bounded."""
    horizon = case.today - case.policy.contact.messages_max_days * ONE_DAY
    return tuple(
        [
            contact
            for contact in contacts
            if contact.day >= horizon or contact.is_open_task or not open_ids.isdisjoint(contact.invoice_ids)
        ]
    )


def _unanswered(
    resends: tuple[Resend, ...], actions: Iterable[Action], *, open_ids: set[str]
) -> tuple[Resend, ...]:
    """Keep the questions for an invoice once more that are not answered now and still have an open invoice."""
    if not resends:
        return resends
    resent = {i for a in actions if a.step is not None and a.step.name == RESEND_STEP for i in a.own}
    return tuple(
        asked
        for asked in resends
        if resent.isdisjoint(asked.invoice_ids) and not open_ids.isdisjoint(asked.invoice_ids)
    )


def _contact(action: Action, step: Step, *, case: Case) -> Contact:
    return Contact(
        action.contact_id,
        action.deed,
        step.name,
        step.rank,
        step.manner,
        action.channel,
        action.tier,
        action.at,
        case.today,
        action.own,
    )


def _reasons(
    turns: list[Turn], actions: list[Action], outcome: Outcome, *, case: Case
) -> Iterable[InvoiceReasons]:
    """Say for every invoice what is done now, or what it waits for."""
    acted: dict[str, Action] = {}
    for action in actions:
        if action.step is not None:
            for invoice_id in action.own:
                acted.setdefault(invoice_id, action)
    for turn in turns:
        invoice_id = turn.invoice.invoice_id
        if (mine := acted.get(invoice_id)) is not None:
            name = mine.step.name if mine.step else ""
            did = Reason("act." + mine.deed, (name, mine.channel, case.tier))
            yield InvoiceReasons(
                invoice_id, Verdict.ACT, (did, *dict.fromkeys((*turn.reasons, *mine.reasons[-1:])))
            )
        elif turn.due is not None:
            held = outcome.held.get(invoice_id) or Reason("wait.moment", (turn.due.step.name,))
            yield InvoiceReasons(invoice_id, Verdict.WAIT, (held, *turn.reasons))
        else:
            yield InvoiceReasons(invoice_id, turn.verdict, turn.reasons)


def _look_again(
    after: Customer, turns: list[Turn], outcome: Outcome, *, actions: list[Action], case: Case
) -> datetime | None:
    """Return the first instant after now at which time alone may change the decision.

    What a message of this very moment holds back is looked at again tomorrow: ``outcome`` knows that already.
    """
    if actions:
        case = case.after(after)
        turns = _turns_after(turns, actions, case=case)
    # Most turns wait for a day alone, and many for the same one.
    days = {turn.next_day for turn in turns if turn.due is None and turn.not_before is None}
    first = case.moments.first
    found: list[datetime | None] = [_of(first(after=case.now, day=day)) for day in set(outcome.wake_days)]
    for day in days:
        if day is not None:
            found += _day_wakes(day, case=case)
    for turn in turns:
        if turn.due is not None or turn.not_before is not None:
            found += _turn_wakes(turn, case=case)
    found += [_task_wakes(contact, case=case) for contact in after.contacts if contact.deed is Deed.CALL]
    if unreported(case):
        found.append(_of(case.task_moments.first(after=case.now)))
    return min([at for at in found if at is not None], default=None)


def _day_wakes(day: date, *, case: Case) -> list[datetime | None]:
    """List the first moments from ``day`` on."""
    found = [_of(case.moments.first(after=case.now, day=day))]
    if case.task_moments is not case.moments:
        found.append(_of(case.task_moments.first(after=case.now, day=day)))
    return found


def _turns_after(turns: list[Turn], actions: list[Action], *, case: Case) -> list[Turn]:
    """Judge anew the invoices that were acted upon; for the others nothing changed."""
    touched = {invoice_id for action in actions for invoice_id in action.own}
    kept = case.by_invoice
    return [
        turn_of(turn.invoice, case=case) if turn.invoice.invoice_id in touched else turn
        for turn in turns
        if turn.invoice.invoice_id in kept
    ]


def _turn_wakes(turn: Turn, *, case: Case) -> list[datetime | None]:
    """List the instants at which time alone changes this invoice's turn."""
    found: list[datetime | None] = []
    if turn.due is not None and turn.due.deed in STAFF_DEEDS:
        found.append(_of(case.task_moments.first(after=case.now)))
    if turn.not_before is not None:
        after = max(case.now, turn.not_before - _INSTANT)
        found += [_of(case.moments.first(after=after)), _of(case.task_moments.first(after=after))]
    if turn.next_day is not None:
        found += _day_wakes(turn.next_day, case=case)
    return found


def _task_wakes(contact: Contact, *, case: Case) -> datetime | None:
    at = reassign_at(contact, case=case)
    return at if at is not None and at > case.now else None


def _of(slot: Slot | None) -> datetime | None:
    return slot.opens_at if slot else None
