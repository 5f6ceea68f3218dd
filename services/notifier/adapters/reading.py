"""What people read: the timeline, the worklist, consent, and what is still under way."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from chassis.db.connection import Connection
from chassis.db.scope import every_creditor
from chassis.db.unit_of_work import Database
from notifier.adapters.repositories_contacts import DUE
from notifier.adapters.rows import COLUMNS, read_command, read_task
from notifier.domain.consent import Consent
from notifier.domain.contact import ContactEvent, TaskContact
from notifier.usecases.ports import ContactFilter, ContactView, Key, TaskFilter

_AFTER = "(CAST(:after_at AS timestamptz) IS NULL OR (c.decided_at, c.contact_id) > (:after_at, :after_id))"
_CONTACTS = (
    f"SELECT {COLUMNS} FROM contacts c WHERE c.creditor_id = :creditor_id AND c.action IN ('SEND', 'CALL')"
    " AND (:customer_id = '' OR c.customer_id = :customer_id)"
    f" AND {_AFTER}{{}} ORDER BY c.decided_at, c.contact_id LIMIT :limit"
)
_ALL_CONTACTS = text(_CONTACTS.format(""))
_THESE_CONTACTS = text(_CONTACTS.format(" AND c.contact_id = ANY(CAST(:ids AS text[]))"))
_OF_INVOICE = text(
    "SELECT contact_id FROM contacts WHERE creditor_id = :creditor_id"
    " AND invoice_ids @> ARRAY[CAST(:invoice_id AS text)]"
)
_EVENTS = text(
    "SELECT contact_id, kind, at, detail FROM contact_events WHERE creditor_id = :creditor_id"
    " AND contact_id = ANY(CAST(:ids AS text[])) ORDER BY at, position"
)
_TASKS = text(
    f"SELECT {COLUMNS} FROM contacts c WHERE c.creditor_id = :creditor_id AND c.task_state <> ''"
    " AND (:state = '' OR c.task_state = :state) AND (:assignee = '' OR c.assignee = :assignee)"
    " AND (:customer_id = '' OR c.customer_id = :customer_id) AND (:kind = '' OR c.action = :kind)"
    f" AND {_AFTER} ORDER BY c.decided_at, c.contact_id LIMIT :limit"
)
_CONSENTS = text(
    "SELECT channel, allowed, source, at FROM consents WHERE creditor_id = :creditor_id"
    " AND customer_id = :customer_id ORDER BY channel"
)
_UNDER_WAY = text(
    f"SELECT (SELECT count(*) FROM contacts WHERE state = 'PENDING' AND {DUE})"
    " + (SELECT count(*) FROM contacts WHERE state IN ('CLAIMED', 'CALLING'))"
)
_NEXT = text(f"SELECT min(not_before) FROM contacts WHERE state = 'PENDING' AND NOT {DUE}")
_IS_DUE = text(f"SELECT EXISTS (SELECT 1 FROM contacts WHERE state = 'PENDING' AND {DUE})")

_AMBIGUOUS = text("SELECT count(*) FROM contacts WHERE state = 'AMBIGUOUS' AND at >= :since")


async def ambiguous_since(connection: Connection, since: datetime) -> int:
    """Count the messages called since then of which nobody knows whether they went out."""
    return int((await connection.execute(_AMBIGUOUS, {"since": since})).scalar_one())


async def under_way(connection: Connection, *, now: datetime) -> int:
    """Count what is due or being sent; delivery statuses are the sandbox inbox's to wait for (`GET /idle`)."""
    return int((await connection.execute(_UNDER_WAY, {"now": now})).scalar_one())


async def next_attempt_at(connection: Connection, *, now: datetime) -> datetime | None:
    """Return the earliest later instant at which a message is tried again or lapses."""
    found: datetime | None = (await connection.execute(_NEXT, {"now": now})).scalar_one()
    return found


class PostgresReader:
    """Reads in short transactions of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_due(self, now: datetime) -> bool:
        """Say whether a message waits to be sent; rings no bell."""
        async with self._database.engine.connect() as connection:
            return bool((await connection.execute(_IS_DUE, {"now": now})).scalar_one())

    async def contacts(self, wanted: ContactFilter) -> list[ContactView]:
        """Return one page of the timeline, oldest decision first."""
        values = {
            "creditor_id": wanted.creditor_id,
            "customer_id": wanted.customer_id,
            **_page(wanted.after, limit=wanted.limit),
        }
        statement = _ALL_CONTACTS
        if wanted.invoice_id:
            statement = _THESE_CONTACTS
            values["ids"] = await self._of_invoice(wanted.creditor_id, wanted.invoice_id)
        async with self._database.engine.connect() as connection:
            rows = await connection.execute(statement, values)
            ids = [row["contact_id"] for row in rows]
            events = await connection.execute(_EVENTS, {"creditor_id": wanted.creditor_id, "ids": ids})
            by_contact: dict[str, list[ContactEvent]] = {}
            for row in events:
                event = ContactEvent(row["kind"], row["at"], row["detail"])
                by_contact.setdefault(row["contact_id"], []).append(event)
        return [_view(row, events=by_contact.get(row["contact_id"], ())) for row in rows]

    async def _of_invoice(self, creditor_id: str, invoice_id: str) -> list[str]:
        """Find ids by the index on arrays, which a role under row-level security cannot use; ids only."""
        with every_creditor():
            async with self._database.engine.connect() as connection:
                values = {"creditor_id": creditor_id, "invoice_id": invoice_id}
                return list((await connection.execute(_OF_INVOICE, values)).scalars())

    async def tasks(self, wanted: TaskFilter) -> list[TaskContact]:
        """Return one page of the worklist, oldest first."""
        values = {
            "creditor_id": wanted.creditor_id,
            "state": wanted.state,
            "assignee": wanted.assignee,
            "customer_id": wanted.customer_id,
            "kind": wanted.kind,
            **_page(wanted.after, limit=wanted.limit),
        }
        async with self._database.engine.connect() as connection:
            return [read_task(row) for row in (await connection.execute(_TASKS, values))]

    async def consents(self, key: Key) -> Mapping[str, Consent]:
        """Return the recorded yes or no per channel."""
        values = {"creditor_id": key[0], "customer_id": key[1]}
        async with self._database.engine.connect() as connection:
            rows = await connection.execute(_CONSENTS, values)
            return {row["channel"]: Consent(row["allowed"], row["source"], row["at"]) for row in rows}


def _page(after: tuple[datetime, str] | None, *, limit: int) -> dict[str, Any]:
    return {
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else "",
        "limit": limit,
    }


def _view(row: Any, *, events: Sequence[ContactEvent]) -> ContactView:
    command = read_command(row)
    state = "PENDING" if row["state"] in {"PENDING", "CLAIMED", "CALLING"} else row["state"]
    return ContactView(
        command=command,
        at=row["at"],
        outcome=state,
        why=row["why"] if state in {"FAILED", "SUPPRESSED", "AMBIGUOUS"} else "",
        subject=row["subject"],
        text=row["text"],
        provider_message_id=row["provider_message_id"],
        recipient=row["recipient"],
        provider=row["provider"],
        attempts=row["attempts"],
        events=tuple(events),
    )
