"""Prepare one message at the instant of sending: what is open now, who gets it, in which words."""

from dataclasses import dataclass, replace
from datetime import datetime

from chassis.kernel.errors import Rejected
from chassis.telemetry.logs import log
from notifier.domain.command import Command, InvoiceLine
from notifier.domain.consent import is_allowed
from notifier.domain.message import Message
from notifier.domain.parties import Party, choose_recipient
from notifier.usecases.ports import GateAnswer, Renderer


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is not sent, and the channel that has no usable address for it."""

    why: str
    failed_channel: str = ""


def as_it_stands(command: Command, *, answer: GateAnswer) -> Command | Refusal:
    """Fill in what is open now.

    One own invoice that may not be asked for stops the whole command; others that may not are left
    out of the text.
    """
    lines: list[InvoiceLine] = []
    for line in command.invoices:
        standing = answer.standings.get((command.creditor_id, line.invoice_id))
        blocked = "UNKNOWN" if standing is None else standing.blocked
        if not blocked and standing is not None and standing.open <= 0:
            blocked = "PAID"
        if blocked and line.own_step:
            return Refusal(blocked)
        if not blocked and standing is not None:
            lines.append(line if line.open == standing.open else replace(line, open=standing.open))
    as_decided = tuple(lines) == command.invoices
    return command if as_decided else replace(command, invoices=tuple(lines))


def prepare_message(asked: Command, *, party: Party, now: datetime, renderer: Renderer) -> Message | Refusal:
    """Choose the recipient, ask for consent, and write the words; or say why it may not go."""
    recipient = choose_recipient(
        party.customer, channel=asked.channel, purpose=asked.purpose, unusable=party.unusable
    )
    if recipient is None:
        return Refusal("NO_ADDRESS", failed_channel=asked.channel)
    if not is_allowed(
        asked.channel,
        recorded=party.consents,
        opted_in=recipient.opted_in,
        is_statutory=asked.is_fourteen_day_letter,
    ):
        return Refusal("OPTED_OUT")
    try:
        rendered = renderer.message(asked, party=party, now=now)
    except Rejected as error:
        log(__name__).error("template_fault", template=asked.template, exc_info=error)
        return Refusal("TEMPLATE")
    return Message(
        contact_id=asked.command_id,
        recipient=recipient,
        creditor=party.creditor,
        rendered=rendered,
        template=asked.template,
        language=asked.language,
        at=now,
        not_after=asked.not_after,
        customer_id=asked.customer_id,
        registered=asked.registered,
    )
