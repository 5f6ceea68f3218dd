"""The one message of the day: all invoices at the highest level reached, by a channel that can carry it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from scheduler.domain.case import Case
from scheduler.domain.channels import Choice, choose
from scheduler.domain.decision import Action, Reason
from scheduler.domain.moments import Slot
from scheduler.domain.policy import ISSUED_RANK, RESEND_STEP, Step
from scheduler.domain.pressure import ONE_DAY, Room
from scheduler.domain.tasks import command_id
from scheduler.domain.turns import Turn
from scheduler.domain.words import Anchor, Channel, Deed, Manner, Tone, Verdict

RESEND = Step(
    name=RESEND_STEP,
    anchor=Anchor.DUE,
    day=0,
    rank=4 * ISSUED_RANK,
    deed=Deed.SEND,
    manner=Manner.FRIENDLY,
    channels=(Channel.EMAIL, Channel.LETTER),
    tone=Tone.WARM,
    template="resend",
)


class Batch(NamedTuple):
    """The invoices that one message would carry out the same step for."""

    step: Step
    turns: list[Turn]
    reasons: tuple[Reason, ...]
    own: tuple[str, ...]
    """The invoices whose own step it is."""


@dataclass(slots=True)
class Outcome:
    """What came of looking for a message: the message, or what holds each batch back."""

    action: Action | None = None
    held: dict[str, Reason] = field(default_factory=dict)
    """By invoice: why its step does not go now although it is due."""
    wake_days: list[date] = field(default_factory=list)
    """Days on which there is room again."""
    unreachable: bool = False
    """No channel at all could carry a step that is due."""


def batches_of(turns: list[Turn], *, case: Case) -> list[Batch]:
    """List what is to be sent: formal steps first, then what is to be sent again, then by height."""
    groups: dict[str, list[Turn]] = {}
    for turn in turns:
        if turn.due is not None and turn.due.deed is Deed.SEND:
            groups.setdefault(turn.due.step.name, []).append(turn)
    found = [_batch(group[0].due.step, group, group[0].reasons) for group in groups.values() if group[0].due]
    again = _resend_batch(turns, case=case) if case.customer.resends else None
    if again is not None:
        found.append(again)
    if len(found) > 1:
        found.sort(key=lambda batch: (-_precedence(batch.step), -batch.step.rank, batch.step.name))
    return found


def _batch(step: Step, turns: list[Turn], reasons: tuple[Reason, ...]) -> Batch:
    return Batch(step, turns, reasons, tuple([turn.invoice.invoice_id for turn in turns]))


def _precedence(step: Step) -> int:
    if step.is_formal:
        return 2
    return 1 if step.name == RESEND_STEP else 0


def _resend_batch(turns: list[Turn], *, case: Case) -> Batch | None:
    asked = {invoice_id for resend in case.customer.resends for invoice_id in resend.invoice_ids}
    open_turns = [
        turn
        for turn in turns
        if turn.invoice.invoice_id in asked
        and turn.verdict is not Verdict.STOP
        and all(contact.step != RESEND_STEP for contact in case.by_invoice[turn.invoice.invoice_id])
    ]
    return _batch(RESEND, open_turns, (Reason("resend"),)) if open_turns else None


def find_message(turns: list[Turn], *, slot: Slot | None, room: Room, case: Case) -> Outcome:
    """Find the message that may go at ``slot``; say of every other batch what holds it back."""
    outcome = Outcome()
    for batch in batches_of(turns, case=case):
        formal = batch.step.is_formal
        day = room.day_for(is_formal=formal)
        if outcome.action is not None:
            tomorrow = case.today + ONE_DAY
            _hold(batch, outcome, Reason("wait.one-a-day", (tomorrow.isoformat(),)), tomorrow)
        elif day > case.today:
            _hold(batch, outcome, room.reason(is_formal=formal, case=case), day)
        elif slot is None:
            # The next moment does not help a customer whom no channel reaches: that is the reason, at any hour.
            why = "wait.moment" if _choice(batch, turns, case=case) else "wait.no-channel"
            _hold(batch, outcome, Reason(why, (batch.step.name,)), day)
        else:
            _try(batch, turns, outcome, slot=slot, case=case)
    return outcome


def _try(batch: Batch, turns: list[Turn], outcome: Outcome, *, slot: Slot, case: Case) -> None:
    choice = _choice(batch, turns, case=case)
    if choice is None:
        outcome.unreachable = True
        _hold(batch, outcome, Reason("wait.no-channel", (batch.step.name,)), None)
        return
    action = _write(batch, _mentioned(batch, turns), choice, slot=slot, case=case)
    # The same command again on the same day was refused or failed: the next moment is another day's.
    if any(contact.contact_id == action.contact_id for contact in case.customer.contacts):
        _hold(batch, outcome, Reason("wait.tried-today", (batch.step.name,)), case.today + ONE_DAY)
        return
    outcome.action = action


def _choice(batch: Batch, turns: list[Turn], *, case: Case) -> Choice | None:
    total = sum([turn.invoice.open for turn in (*batch.turns, *_mentioned(batch, turns))], Decimal(0))
    return choose(batch.step, total=total, case=case)


def _write(batch: Batch, mentioned: list[Turn], choice: Choice, *, slot: Slot, case: Case) -> Action:
    step, own = batch.step, batch.own
    for_consumer = bool(step.consumer_template) and case.customer.is_consumer
    return Action(
        deed=Deed.SEND,
        contact_id=command_id(case, step=step.name, deed=Deed.SEND, channel=choice.channel, invoices=own),
        at=case.now,
        not_after=slot.closes_at,
        tier=case.tier,
        step=step,
        channel=choice.channel,
        tone=step.tone if step.is_formal else case.customer.tone or step.tone,
        language=case.language,
        template=step.consumer_template if for_consumer else step.template,
        fourteen_day_letter=for_consumer,
        own=own,
        mentioned=tuple([turn.invoice.invoice_id for turn in mentioned]),
        reasons=(*batch.reasons, choice.reason),
    )


def _hold(batch: Batch, outcome: Outcome, reason: Reason, day: date | None) -> None:
    for turn in batch.turns:
        outcome.held.setdefault(turn.invoice.invoice_id, reason)
    if day is not None:
        outcome.wake_days.append(day)


def _mentioned(batch: Batch, turns: list[Turn]) -> list[Turn]:
    """List the other invoices that the text may name; a formal message names only its own (section 2)."""
    if batch.step.is_formal or batch.step.name == RESEND_STEP:
        return []
    return [
        turn
        for turn in turns
        if turn.mentionable and turn.verdict is not Verdict.STOP and turn.invoice.invoice_id not in batch.own
    ]
