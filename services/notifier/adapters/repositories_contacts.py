"""Messages in PostgreSQL: set-based, locked in key order, fenced by a token."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import text

from chassis.db.connection import Connection
from notifier.adapters.kept import EVENTS, MESSAGES, Keep, KeptEvent, keep_nothing, kept_messages
from notifier.adapters.rows import COLUMNS, command_text, message_columns, read_message
from notifier.domain.command import Command
from notifier.domain.contact import ContactEvent, MessageContact
from notifier.usecases.ports import Key

LEASE_S: Final = 60
"""Longer than any provider call takes (smtp.py, http_outcomes.py): a slow call must never look like a dead one."""
CANDIDATES_PER_CLAIM: Final = 4
"""Messages read for each one that may be claimed."""
_SENDING: Final = "('CLAIMED', 'CALLING')"
# A message never put off is due at its decision: in the sandbox customers' decisions run ahead of the clock's
# row, each customer in its own order of time.
DUE: Final = "(not_before <= :now OR not_before = decided_at)"
_KEYS: Final = "unnest(CAST(:creditors AS text[]), CAST(:ids AS text[]))"

_ADD = text(
    "INSERT INTO contacts (creditor_id, contact_id, customer_id, action, channel, invoice_ids, decided_at,"
    " command, version, state, at, not_before)"
    " SELECT u.creditor_id, u.contact_id, u.customer_id, 'SEND', u.channel,"
    " ARRAY(SELECT jsonb_array_elements_text(u.invoice_ids::jsonb)), u.at, u.command::jsonb, 0, 'PENDING', u.at, u.at"
    " FROM unnest(CAST(:creditor_id AS text[]), CAST(:contact_id AS text[]), CAST(:customer_id AS text[]),"
    " CAST(:channel AS text[]), CAST(:invoice_ids AS text[]), CAST(:at AS timestamptz[]), CAST(:command AS text[]))"
    " AS u(creditor_id, contact_id, customer_id, channel, invoice_ids, at, command)"
    " ON CONFLICT DO NOTHING"
)

# Of each customer the first that is due, and none while another one of theirs is being sent: two processes
# pick the same row, and the second one skips it because it is locked. Whoever goes before a candidate of the same
# customer stands before it in the order of the candidates; some more than are wanted are looked at, for customers
# to whom several messages are due. NOT IN, because PostgreSQL then reads what is being sent once, whatever it
# believes about the sizes of the two (neither column is ever NULL).
_CLAIM = text(
    "WITH candidates AS MATERIALIZED (SELECT p.creditor_id, p.customer_id, p.contact_id, p.decided_at"
    "  FROM contacts p WHERE p.state = 'PENDING' AND (p.not_before <= :now OR p.not_before = p.decided_at)"
    "   AND (p.creditor_id, p.customer_id) NOT IN (SELECT s.creditor_id, s.customer_id FROM contacts s"
    f"   WHERE s.state IN {_SENDING})"
    '  ORDER BY p.decided_at, p.creditor_id COLLATE "C", p.contact_id COLLATE "C"'
    f"  LIMIT {CANDIDATES_PER_CLAIM} * CAST(:limit AS bigint)),"
    " first AS (SELECT DISTINCT ON (creditor_id, customer_id) creditor_id, contact_id, decided_at FROM candidates"
    '  ORDER BY creditor_id, customer_id, decided_at, contact_id COLLATE "C"),'
    " picked AS (SELECT creditor_id, contact_id FROM first ORDER BY decided_at, creditor_id, contact_id LIMIT :limit),"
    " locked AS (SELECT k.creditor_id, k.contact_id FROM contacts k JOIN picked USING (creditor_id, contact_id)"
    "  WHERE k.state = 'PENDING' AND (k.not_before <= :now OR k.not_before = k.decided_at) ORDER BY k.creditor_id, k.contact_id FOR UPDATE OF k SKIP LOCKED)"
    " UPDATE contacts c SET state = 'CLAIMED', token = c.token + 1, owner = :owner,"
    f" lease_until = clock_timestamp() + interval '{LEASE_S} s'"
    " FROM locked l WHERE c.creditor_id = l.creditor_id AND c.contact_id = l.contact_id"
    f" RETURNING {COLUMNS}"
)

_LOCK = text(
    f"SELECT {COLUMNS} FROM contacts c JOIN {_KEYS} AS k(creditor_id, contact_id) USING (creditor_id, contact_id)"
    " WHERE c.action = 'SEND' ORDER BY c.creditor_id, c.contact_id FOR UPDATE OF c"
)

_HEARD_OF = text(
    f"SELECT {COLUMNS} FROM contacts c WHERE c.action = 'SEND' AND"
    " (c.contact_id = :contact_id OR (c.provider_message_id = :provider_message_id AND c.provider_message_id <> ''))"
    # Our own id is the better witness: a vendor's id may not be known yet.
    " ORDER BY (c.contact_id = :contact_id) DESC, c.creditor_id, c.contact_id LIMIT 1 FOR UPDATE OF c"
)

_ABANDONED = text(
    f"SELECT {COLUMNS} FROM contacts c WHERE c.state IN {_SENDING}"
    " AND (c.owner = :owner OR (:owner = '' AND c.lease_until < clock_timestamp()))"
    " ORDER BY c.creditor_id, c.contact_id FOR UPDATE OF c SKIP LOCKED"
)

_LAST_TO = text(
    f"SELECT DISTINCT ON (c.creditor_id, c.customer_id) {COLUMNS} FROM contacts c"
    " WHERE lower(c.recipient) = lower(:address) AND c.recipient <> '' AND c.channel = :channel AND c.action = 'SEND'"
    " ORDER BY c.creditor_id, c.customer_id, c.decided_at DESC, c.contact_id DESC"
)

_SAVE = text(
    "UPDATE contacts c SET version = u.version, state = u.state, at = u.at, not_before = u.not_before,"
    " attempts = u.attempts, why = u.why, token = u.token, provider = u.provider, recipient = u.recipient,"
    " recipient_name = u.recipient_name, subject = u.subject, text = u.text,"
    " provider_message_id = u.provider_message_id, status = u.status,"
    f" owner = CASE WHEN u.state IN {_SENDING} THEN c.owner ELSE '' END,"
    f" lease_until = CASE WHEN u.state IN {_SENDING} THEN clock_timestamp() + interval '{LEASE_S} s' END,"
    " called_at = CASE WHEN u.state = 'CALLING' THEN clock_timestamp() ELSE c.called_at END"
    " FROM unnest(CAST(:creditor_id AS text[]), CAST(:contact_id AS text[]), CAST(:version AS bigint[]),"
    " CAST(:state AS text[]), CAST(:at AS timestamptz[]), CAST(:not_before AS timestamptz[]),"
    " CAST(:attempts AS integer[]), CAST(:why AS text[]), CAST(:token AS bigint[]), CAST(:provider AS text[]),"
    " CAST(:recipient AS text[]), CAST(:recipient_name AS text[]), CAST(:subject AS text[]), CAST(:text AS text[]),"
    " CAST(:provider_message_id AS text[]), CAST(:status AS text[]))"
    " AS u(creditor_id, contact_id, version, state, at, not_before, attempts, why, token, provider, recipient,"
    " recipient_name, subject, text, provider_message_id, status)"
    " WHERE c.creditor_id = u.creditor_id AND c.contact_id = u.contact_id"
)

# Locked in key order, as everywhere: both lanes may be refused at once, and a word about one of these comes in.
_PUT_OFF = text(
    "WITH waiting AS (SELECT creditor_id, contact_id FROM contacts"
    "  WHERE state = 'PENDING' AND channel = :channel AND action = 'SEND' AND not_before <= :now"
    "  ORDER BY creditor_id, contact_id FOR UPDATE)"
    " UPDATE contacts c SET not_before = least(:until, (c.command->>'not_after')::timestamptz)"
    " FROM waiting w WHERE c.creditor_id = w.creditor_id AND c.contact_id = w.contact_id"
)

_ADD_EVENTS = text(
    "INSERT INTO contact_events (creditor_id, contact_id, kind, detail, at)"
    " SELECT creditor_id, contact_id, kind, detail, at FROM unnest(CAST(:creditor_id AS text[]),"
    " CAST(:contact_id AS text[]), CAST(:kind AS text[]), CAST(:detail AS text[]), CAST(:at AS timestamptz[]))"
    " WITH ORDINALITY AS u(creditor_id, contact_id, kind, detail, at, place) ORDER BY place"
    " ON CONFLICT DO NOTHING RETURNING creditor_id, contact_id"
)


class PostgresContacts:
    """The messages, within one transaction."""

    def __init__(self, connection: Connection, *, keep: Keep = keep_nothing) -> None:
        self._connection = connection
        self._keep = keep

    async def add(self, commands: Sequence[Command]) -> None:
        """Keep new messages as pending; one that is there already stays as it is."""
        await self._connection.execute(_ADD, _command_columns(commands))

    async def claim_due(self, now: datetime, *, owner: str, limit: int) -> list[MessageContact]:
        """Claim what is due, in order of decision."""
        values = {"now": now, "owner": owner, "limit": limit}
        claimed = await self._read(_CLAIM, values)
        return sorted(claimed, key=lambda c: (c.command.at, c.key))

    async def lock(self, keys: Collection[Key]) -> list[MessageContact]:
        """Read and lock by (creditor, contact), in key order."""
        ordered = sorted(keys)
        values = {"creditors": [key[0] for key in ordered], "ids": [key[1] for key in ordered]}
        return await self._read(_LOCK, values) if ordered else []

    async def lock_heard_of(self, *, contact_id: str, provider_message_id: str) -> MessageContact | None:
        """Read and lock the message that a call-back speaks of."""
        values = {"contact_id": contact_id, "provider_message_id": provider_message_id}
        found = await self._read(_HEARD_OF, values)
        return found[0] if found else None

    async def lock_abandoned(self, *, owner: str | None) -> list[MessageContact]:
        """Read and lock what ``owner`` held, or whatever's lease ran out."""
        return await self._read(_ABANDONED, {"owner": owner or ""})

    async def last_to(self, *, channel: str, address: str) -> list[MessageContact]:
        """Return the last message to an address, per creditor and customer."""
        return await self._read(_LAST_TO, {"channel": channel, "address": address})

    async def save(self, contacts: Sequence[MessageContact]) -> None:
        """Write messages that this transaction has locked or claimed."""
        if contacts:
            await self._connection.execute(_SAVE, message_columns(contacts))
            self._keep(MESSAGES, kept_messages(contacts))

    async def put_off_channel(self, channel: str, *, now: datetime, until: datetime) -> None:
        """Let what is due on a channel wait until ``until``, or its own end."""
        await self._connection.execute(_PUT_OFF, {"channel": channel, "now": now, "until": until})

    async def add_events(self, events: Sequence[tuple[Key, ContactEvent]]) -> list[Key]:
        """Keep what came back, once per kind and detail; returns the keys of what was new."""
        if not events:
            return []
        values = {
            "creditor_id": [key[0] for key, _ in events],
            "contact_id": [key[1] for key, _ in events],
            "kind": [event.kind for _, event in events],
            "detail": [event.detail for _, event in events],
            "at": [event.at for _, event in events],
        }
        added = await self._connection.execute(_ADD_EVENTS, values)
        self._keep(EVENTS, [KeptEvent(*key, event.kind, event.detail, event.at) for key, event in events])
        return [(row[0], row[1]) for row in added]

    async def _read(self, statement: Any, values: dict[str, Any]) -> list[MessageContact]:
        rows = await self._connection.execute(statement, values)
        return [read_message(row) for row in rows]


def _command_columns(commands: Sequence[Command]) -> dict[str, list[Any]]:
    return {
        "creditor_id": [command.creditor_id for command in commands],
        "contact_id": [command.command_id for command in commands],
        "customer_id": [command.customer_id for command in commands],
        "channel": [command.channel for command in commands],
        "invoice_ids": [json_list(command.invoice_ids) for command in commands],
        "at": [command.at for command in commands],
        "command": [command_text(command) for command in commands],
    }


def json_list(items: Sequence[str]) -> str:
    """Write a list of texts as JSON: an array of arrays cannot be unnested row by row."""
    return msgspec.json.encode(list(items)).decode()
