"""The harness's own eyes in the databases: triggers that note claims, settlements and offsets that go back."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg

from chaos.oracle import Call
from sandbox.stack.addresses import SERVICES
from sandbox.stack.stack import Stack

_NOTE = (
    "CREATE SCHEMA chaos;"
    "CREATE TABLE chaos.rewinds (topic text, partition int, old bigint, new bigint, at timestamptz);"
    "CREATE FUNCTION chaos.note_offset() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
    " INSERT INTO chaos.rewinds VALUES (new.topic, new.partition, old.next_offset, new.next_offset, clock_timestamp());"
    " RETURN NULL; END $$;"
    "CREATE TRIGGER chaos_offsets AFTER UPDATE ON consumer_offsets FOR EACH ROW"
    " WHEN (new.next_offset <= old.next_offset) EXECUTE FUNCTION chaos.note_offset();"
)
_NOTE_STEPS = (
    "CREATE TABLE chaos.steps (id bigserial, contact_id text, state text, at timestamptz);"
    "CREATE INDEX ON chaos.steps (contact_id, id);"
    "CREATE FUNCTION chaos.note_step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
    " INSERT INTO chaos.steps (contact_id, state, at) VALUES (new.contact_id, new.state, clock_timestamp());"
    " RETURN NULL; END $$;"
    "CREATE TRIGGER chaos_steps AFTER INSERT OR UPDATE OF state ON contacts FOR EACH ROW"
    " WHEN (new.action = 'SEND') EXECUTE FUNCTION chaos.note_step();"
)
_NOTE_OPENS = (
    "CREATE TABLE chaos.opens (id bigserial, creditor_id text, invoice_id text, open numeric, tx xid);"
    "CREATE INDEX ON chaos.opens (creditor_id, invoice_id, id);"
    "CREATE FUNCTION chaos.note_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
    " INSERT INTO chaos.opens (creditor_id, invoice_id, open, tx)"
    " VALUES (new.creditor_id, new.invoice_id, new.open, pg_current_xact_id()::xid);"
    " RETURN NULL; END $$;"
    "CREATE TRIGGER chaos_opens AFTER INSERT OR UPDATE OF open ON invoices FOR EACH ROW"
    " EXECUTE FUNCTION chaos.note_open();"
)
_CLAIMS = (
    "SELECT c.contact_id, c.creditor_id, c.invoice_ids, (SELECT max(s.at) FROM chaos.steps s"
    "  WHERE s.contact_id = c.contact_id AND s.state = 'CLAIMED' AND s.at <= u.at) AS claimed_at"
    " FROM unnest($1::text[], $2::timestamptz[]) AS u(contact_id, at) JOIN contacts c ON c.contact_id = u.contact_id"
)
# One invoice's rows follow each other under its lock, so their order is the order of the commits.
_SETTLED = (
    "SELECT u.contact_id, u.invoice_id FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])"
    " AS u(contact_id, creditor_id, invoice_id, claimed_at) WHERE (SELECT o.open FROM chaos.opens o"
    "  WHERE o.creditor_id = u.creditor_id AND o.invoice_id = u.invoice_id"
    "  AND pg_xact_commit_timestamp(o.tx) < u.claimed_at ORDER BY o.id DESC LIMIT 1) <= 0"
)


@dataclass(frozen=True, slots=True)
class Rewind:
    """An offset that went back, or stood still in an update: somebody took records in twice."""

    service: str
    topic: str
    partition: int
    old: int
    new: int


@dataclass(slots=True)
class Witness:
    """Reads the four databases as their superuser, on connections that no fault touches."""

    stack: Stack
    _connections: dict[str, Any] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def install(self) -> None:
        """Put the triggers in."""
        for service in SERVICES:
            await self.execute(service, _NOTE)
        await self.execute("notifier", _NOTE_STEPS)
        await self.execute("invoices", _NOTE_OPENS)

    async def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            await connection.close()
        self._connections.clear()

    async def execute(self, service: str, script: str) -> None:
        """Run a script in one database."""
        async with self._alone(service):
            await (await self._connected(service)).execute(script)

    async def rows(self, service: str, query: str, *values: object) -> Sequence[Mapping[str, Any]]:
        """Return the rows of a query; raises what asyncpg or the network raises while the server is down."""
        async with self._alone(service):
            connection = await self._connected(service)
            found: Sequence[Mapping[str, Any]] = await connection.fetch(query, *values)
        return found

    def _alone(self, service: str) -> asyncio.Lock:
        """Return the lock of a service's connection: guard and striker look at the same time."""
        return self._locks.setdefault(service, asyncio.Lock())

    async def offsets(self, service: str) -> dict[str, dict[int, int]]:
        """Return how far a service has come: topic, partition, next offset."""
        found: dict[str, dict[int, int]] = {}
        for row in await self.rows(service, "SELECT topic, partition, next_offset FROM consumer_offsets"):
            found.setdefault(row["topic"], {})[row["partition"]] = row["next_offset"]
        return found

    async def rewinds(self) -> list[Rewind]:
        """Return every offset that did not rise."""
        return [
            Rewind(service, row["topic"], row["partition"], row["old"], row["new"])
            for service in SERVICES
            for row in await self.rows(service, "SELECT topic, partition, old, new FROM chaos.rewinds")
        ]

    async def after_payment(self, calls: Sequence[Call]) -> list[tuple[str, str]]:
        """Return (contact, invoice) of the calls about an invoice that was settled before the claim."""
        keys = [call.action_key for call in calls]
        times = [datetime.fromtimestamp(call.at_s, UTC) for call in calls]
        claimed = [
            (row["contact_id"], row["creditor_id"], invoice_id, row["claimed_at"])
            for row in await self.rows("notifier", _CLAIMS, keys, times)
            if row["claimed_at"] is not None
            for invoice_id in row["invoice_ids"]
        ]
        columns = [list(column) for column in zip(*claimed, strict=True)] or [[], [], [], []]
        return [
            (row["contact_id"], row["invoice_id"]) for row in await self.rows("invoices", _SETTLED, *columns)
        ]

    async def _connected(self, service: str) -> Any:
        known = self._connections.get(service)
        if known is None or known.is_closed():
            known = await asyncpg.connect(self.stack.postgres.url(service), timeout=5, command_timeout=20)
            self._connections[service] = known
        return known
