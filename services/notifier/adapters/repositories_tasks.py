"""Tasks in PostgreSQL: rows of the same table as the messages, since a call is a contact too."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import text

from chassis.db.connection import Connection
from notifier.adapters.repositories_contacts import json_list
from notifier.adapters.rows import COLUMNS, command_text, read_task
from notifier.domain.contact import TaskContact
from notifier.usecases.ports import Key

_CHANNEL_OF_CALL: Final = "CALL"

_ADD = text(
    "INSERT INTO contacts (creditor_id, contact_id, customer_id, action, channel, invoice_ids, decided_at,"
    " command, version, state, at, not_before, text, task_state, assignee)"
    " SELECT u.creditor_id, u.contact_id, u.customer_id, u.action, u.channel,"
    " ARRAY(SELECT jsonb_array_elements_text(u.invoice_ids::jsonb)), u.at, u.command::jsonb, 1, 'ACCEPTED', u.at,"
    " u.at, u.script, 'OPEN', u.assignee"
    " FROM unnest(CAST(:creditor_id AS text[]), CAST(:contact_id AS text[]), CAST(:customer_id AS text[]),"
    " CAST(:action AS text[]), CAST(:channel AS text[]), CAST(:invoice_ids AS text[]), CAST(:at AS timestamptz[]),"
    " CAST(:command AS text[]), CAST(:script AS text[]), CAST(:assignee AS text[]))"
    " AS u(creditor_id, contact_id, customer_id, action, channel, invoice_ids, at, command, script, assignee)"
    " ON CONFLICT DO NOTHING RETURNING creditor_id, contact_id"
)

_LOCK = text(
    f"SELECT {COLUMNS} FROM contacts c"
    " JOIN unnest(CAST(:creditors AS text[]), CAST(:ids AS text[])) AS k(creditor_id, contact_id)"
    " USING (creditor_id, contact_id)"
    " WHERE c.task_state <> '' ORDER BY c.creditor_id, c.contact_id FOR UPDATE OF c"
)

_SAVE = text(
    "UPDATE contacts c SET version = u.version, state = u.state, why = u.why, task_state = u.task_state,"
    " assignee = u.assignee"
    " FROM unnest(CAST(:creditor_id AS text[]), CAST(:contact_id AS text[]), CAST(:version AS bigint[]),"
    " CAST(:state AS text[]), CAST(:why AS text[]), CAST(:task_state AS text[]), CAST(:assignee AS text[]))"
    " AS u(creditor_id, contact_id, version, state, why, task_state, assignee)"
    " WHERE c.creditor_id = u.creditor_id AND c.contact_id = u.contact_id"
)


class PostgresTasks:
    """The tasks, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, tasks: Sequence[TaskContact]) -> set[Key]:
        """Keep new tasks; returns the keys of those that were not there yet."""
        commands = [task.command for task in tasks]
        values = {
            "creditor_id": [command.creditor_id for command in commands],
            "contact_id": [command.command_id for command in commands],
            "customer_id": [command.customer_id for command in commands],
            "action": [command.action for command in commands],
            "channel": [_CHANNEL_OF_CALL if c.action == _CHANNEL_OF_CALL else "" for c in commands],
            "invoice_ids": [json_list(command.invoice_ids) for command in commands],
            "at": [command.at for command in commands],
            "command": [command_text(command) for command in commands],
            "script": [task.task.script for task in tasks],
            "assignee": [task.task.assignee for task in tasks],
        }
        added = await self._connection.execute(_ADD, values)
        return {(row[0], row[1]) for row in added}

    async def lock(self, keys: Collection[Key]) -> list[TaskContact]:
        """Read and lock by (creditor, task), in key order."""
        ordered = sorted(keys)
        values = {"creditors": [key[0] for key in ordered], "ids": [key[1] for key in ordered]}
        rows = await self._connection.execute(_LOCK, values)
        return [read_task(row) for row in rows]

    async def save(self, tasks: Sequence[TaskContact]) -> None:
        """Write tasks that this transaction has locked."""
        values = {
            "creditor_id": [task.key[0] for task in tasks],
            "contact_id": [task.key[1] for task in tasks],
            "version": [task.version for task in tasks],
            "state": [task.outcome for task in tasks],
            "why": [task.why for task in tasks],
            "task_state": [task.task.state.value for task in tasks],
            "assignee": [task.task.assignee for task in tasks],
        }
        await self._connection.execute(_SAVE, values)
