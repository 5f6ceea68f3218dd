"""From the scheduler's own messages back to what they commanded: heard once, after a restore."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import msgspec

from contracts.scheduler.v1 import ReminderDue
from scheduler.domain.customer import Contact
from scheduler.domain.remembering import Commanded
from scheduler.domain.words import Deed, Manner, Tier
from scheduler.usecases.ports import CustomerKey


def read_commands(words: Sequence[msgspec.Struct]) -> list[tuple[CustomerKey, Commanded]]:
    """Return the commands among its own words, in their order."""
    return [
        ((word.creditor_id, word.customer_id), _commanded(word))
        for word in words
        if isinstance(word, ReminderDue)
    ]


def _commanded(word: ReminderDue) -> Commanded:
    deed = Deed(word.action)
    if deed in {Deed.CANCEL, Deed.REASSIGN}:
        return Commanded(deed, task_id=word.task_id)
    at = datetime.fromisoformat(word.at).astimezone(UTC)
    made = Contact(
        contact_id=word.command_id,
        deed=deed,
        step=word.step,
        rank=word.rank,
        manner=Manner(word.manner or Manner.FRIENDLY),
        channel=word.channel,
        tier=Tier(word.tier),
        made_at=at,
        day=date.fromisoformat(word.day) if word.day else at.date(),
        invoice_ids=tuple(line.invoice_id for line in word.invoices if line.own_step),
    )
    return Commanded(deed, contact=made, mark=word.mark)
