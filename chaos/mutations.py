"""What each mutant takes out: one safeguard, replaced in the running code of a process of its own."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import text

from chassis.db import offsets, outbox
from chassis.db.offsets import Move
from chassis.db.outbox import RawMessage, Taken
from chassis.db.relay import Relay
from chassis.db.unit_of_work import Database, Unit
from chassis.kafka.batch import Batches
from chassis.kafka.dead_letter import DeadLetterLimit

_MOVE_ANYWAY = text(
    "UPDATE consumer_offsets c SET next_offset = u.new_offset"
    " FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS integer[]), CAST(:news AS bigint[]))"
    " AS u (t, p, new_offset) WHERE c.topic = u.t AND c.partition = u.p"
)


def without_claim() -> None:
    """Send what is due without marking it first: neither claimed, nor as being called."""
    contacts: Any = importlib.import_module("notifier.adapters.repositories_contacts")
    send_due: Any = importlib.import_module("notifier.usecases.send_due")
    columns = importlib.import_module("notifier.adapters.rows").COLUMNS
    due = text(
        f"SELECT {columns} FROM contacts c WHERE c.action = 'SEND' AND c.state = 'PENDING'"
        " AND (c.not_before <= :now OR c.not_before = c.decided_at) ORDER BY c.decided_at, c.contact_id LIMIT :limit"
    )
    save = contacts.PostgresContacts.save

    async def claim_due(self: Any, now: Any, *, owner: str, limit: int) -> list[Any]:
        del owner
        found = await self._read(due, {"now": now, "limit": limit})
        return [contact.moved(contact.delivery.claim()) for contact in found]

    async def save_the_ends(self: Any, moved: Sequence[Any]) -> None:
        await save(self, [contact for contact in moved if contact.delivery.state.value != "CALLING"])

    async def as_they_are(_: Any, work: Any, held: Sequence[Any]) -> list[Any]:
        del work
        return list(held)

    contacts.PostgresContacts.claim_due = claim_due
    contacts.PostgresContacts.save = save_the_ends
    send_due.SendDue._still_ours = as_they_are  # noqa: SLF001 - the mutant's very purpose


def without_fence() -> None:
    """Move the offsets whoever has moved them meanwhile."""

    async def advance(connection: Any, moves: Sequence[Move]) -> None:
        ordered = sorted(moves, key=lambda move: move.place)
        values = {
            "topics": [move.place.topic for move in ordered],
            "partitions": [move.place.partition for move in ordered],
            "news": [move.new for move in ordered],
        }
        await connection.execute(_MOVE_ANYWAY, values)

    offsets.advance = advance


def without_gate() -> None:
    """Believe that everything is still owed."""
    gate: Any = importlib.import_module("notifier.adapters.gate")
    ports: Any = importlib.import_module("notifier.usecases.ports")

    async def ask(_: Any, commands: Sequence[Any]) -> Any:
        standings = {
            (command.creditor_id, line.invoice_id): ports.Standing(open=Decimal(line.open), blocked="")
            for command in commands
            for line in command.invoices
        }
        return ports.GateAnswer(fresh=True, standings=standings)

    gate.InvoicesGate.ask = ask


def without_outbox() -> None:
    """Publish after the commit, outside of it."""
    senders: list[Any] = []
    init, unit = Relay.__init__, Database.unit
    waiting: dict[int, list[RawMessage]] = {}

    def keep_sender(self: Relay, database: Database, **options: Any) -> None:
        senders.append(options["sender"])
        init(self, database, **options)

    async def flush(self: Unit) -> frozenset[int]:
        waiting.setdefault(id(self), []).extend(self._messages)
        self._messages = []
        return frozenset()

    @asynccontextmanager
    async def then_send(self: Database, *, creditor_id: str | None = None) -> AsyncIterator[Unit]:
        async with unit(self, creditor_id=creditor_id) as opened:
            yield opened
        messages = waiting.pop(id(opened), [])
        if messages:
            await senders[0].send(messages)

    changed: Any = (Relay, Unit, Database)
    changed[0].__init__, changed[1].flush, changed[2].unit = keep_sender, flush, then_send


def without_order() -> None:
    """Send the youngest message first."""
    take = outbox.take

    async def youngest(connection: Any, shards: Sequence[int], *, limit: int) -> Taken:
        # A relay that is always at once never has two messages of one key in hand.
        await asyncio.sleep(0.5)
        messages, more = await take(connection, shards, limit=limit)
        return Taken(list(reversed(messages)), more)

    outbox.take = youngest


def without_offset_in_the_transaction() -> None:
    """Commit the offsets by themselves, before what was read takes effect."""
    engines: list[Any] = []
    advance, init = offsets.advance, Batches.__init__

    def keep_engine(self: Batches, service: Any, **options: Any) -> None:
        engines.append(service.database.engine)
        init(self, service, **options)

    async def apart(_: Any, moves: Sequence[Move]) -> None:
        async with engines[0].begin() as other:
            await advance(other, moves)

    changed: Any = (Batches, offsets)
    changed[0].__init__, changed[1].advance = keep_engine, apart


def without_dead_letter_limit() -> None:
    """Park whatever cannot be read, for ever."""

    def note(_: DeadLetterLimit, *, records: int, parked: int) -> bool:
        del records, parked
        return False

    changed: Any = DeadLetterLimit
    changed.note = note


MUTATE: Final[Mapping[str, Callable[[], None]]] = {
    "claim": without_claim,
    "fence": without_fence,
    "gate": without_gate,
    "outbox": without_outbox,
    "order": without_order,
    "offset": without_offset_in_the_transaction,
    "dead-letter-limit": without_dead_letter_limit,
}
