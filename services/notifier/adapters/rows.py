"""Between rows and the domain's values: the command travels as JSON, what changes has columns."""

from collections.abc import Sequence
from typing import Any

import msgspec

from chassis.db.connection import Row
from notifier.domain.command import Command
from notifier.domain.contact import MessageContact, SentAs, TaskContact
from notifier.domain.delivery import Delivery, State, Status
from notifier.domain.parties import Recipient
from notifier.domain.task import Task, TaskState

_command_decoder = msgspec.json.Decoder(Command)
_encoder = msgspec.json.Encoder()

COLUMNS = (
    "c.creditor_id, c.contact_id, c.customer_id, c.action, c.channel, c.invoice_ids, c.decided_at,"
    " c.command::text AS command, c.version, c.state, c.at, c.not_before, c.attempts, c.why, c.token,"
    " c.provider, c.recipient, c.recipient_name, c.subject, c.text, c.provider_message_id, c.status,"
    " c.task_state, c.assignee,"
    " extract(epoch FROM clock_timestamp() - c.called_at)::float8 AS called_s_ago"
)


def command_text(command: Command) -> str:
    """Write a command as JSON."""
    return _encoder.encode(command).decode()


def read_command(row: Row) -> Command:
    """Read the command of a row."""
    return _command_decoder.decode(row["command"])


def read_message(row: Row) -> MessageContact:
    """Read a message and its delivery."""
    command = read_command(row)
    delivery = Delivery(
        contact_id=command.command_id,
        at=row["at"],
        not_before=row["not_before"],
        not_after=command.not_after,
        state=State(row["state"]),
        attempts=row["attempts"],
        token=row["token"],
        why=row["why"],
        provider_message_id=row["provider_message_id"],
        status=Status(row["status"]) if row["status"] else None,
    )
    recipient = Recipient(command.channel, row["recipient"], name=row["recipient_name"])
    sent = (
        SentAs(provider=row["provider"], recipient=recipient, subject=row["subject"], text=row["text"])
        if row["recipient"]
        else None
    )
    return MessageContact(
        command=command,
        delivery=delivery,
        version=row["version"],
        sent=sent,
        called_s_ago=row["called_s_ago"],
    )


def read_task(row: Row) -> TaskContact:
    """Read a task and what the outside sees of it."""
    command = read_command(row)
    task = Task(
        task_id=command.command_id,
        kind=command.action,
        customer_id=command.customer_id,
        invoice_ids=tuple(row["invoice_ids"]),
        step=command.step,
        due_at=command.at,
        assignee=row["assignee"],
        reason=command.reason,
        reason_nl=command.reason_nl,
        script=row["text"],
        state=TaskState(row["task_state"]),
    )
    return TaskContact(
        command=command, task=task, version=row["version"], outcome=row["state"], why=row["why"]
    )


def message_columns(contacts: Sequence[MessageContact]) -> dict[str, list[Any]]:
    """Spread messages into one array per column, for ``unnest``."""
    columns: dict[str, list[Any]] = {name: [] for name in _SAVED}
    for contact in contacts:
        delivery, sent = contact.delivery, contact.sent
        values = (
            *contact.key,
            contact.version,
            delivery.state.value,
            delivery.at,
            delivery.not_before,
            delivery.attempts,
            delivery.why,
            delivery.token,
            sent.provider if sent else "",
            sent.recipient.address if sent else "",
            sent.recipient.name if sent else "",
            sent.subject if sent else "",
            sent.text if sent else "",
            delivery.provider_message_id,
            delivery.status.value if delivery.status else "",
        )
        for name, value in zip(_SAVED, values, strict=True):
            columns[name].append(value)
    return columns


_SAVED = (
    "creditor_id contact_id version state at not_before attempts why token provider recipient"
    " recipient_name subject text provider_message_id status"
).split()
