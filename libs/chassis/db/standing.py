"""How a service stands, in one statement: what it has taken in, whether anything waits to be sent, what time it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from chassis.db.connection import Connection
from chassis.db.offsets import reached

# One snapshot: outbox rows are committed with the offsets of what they follow from.
_STANDING = text(
    "SELECT o.topics, o.partitions, o.offsets, EXISTS (SELECT 1 FROM outbox) AS is_waiting,"
    " (SELECT now FROM sandbox_clock WHERE id = 1) AS now,"
    " (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM outbox_position_seq) AS numbered FROM"
    " (SELECT coalesce(array_agg(topic), '{}') AS topics, coalesce(array_agg(partition), '{}') AS partitions,"
    " coalesce(array_agg(next_offset), '{}') AS offsets FROM consumer_offsets) AS o"
)

_WRITERS = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'outbox'::regclass AND mode = 'RowExclusiveLock'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One look at a service's own database."""

    offsets: Mapping[str, Mapping[int, int]]
    """The next offset of every partition ever taken in, by topic."""
    is_waiting: bool
    """Whether a committed message has not been sent yet."""
    now: datetime | None
    """The sandbox's time, where there is one."""
    numbered: int
    """The number of the newest message, of transactions under way too: while it stays, nobody writes one."""

    def has_reached(self, ends: Mapping[str, Sequence[int]], *, topics: frozenset[str]) -> bool:
        """Say whether everything before these end offsets is in; other topics are ignored."""
        return reached(self.offsets, ends, topics=topics)

    @property
    def handled(self) -> int:
        """All records ever taken in."""
        return sum(sum(partitions.values()) for partitions in self.offsets.values())


async def standing(connection: Connection) -> Standing:
    """Look at offsets, outbox and clock in one snapshot."""
    row = (await connection.execute(_STANDING)).one()
    offsets: dict[str, dict[int, int]] = {}
    for topic, partition, offset in zip(row.topics, row.partitions, row.offsets, strict=True):
        offsets.setdefault(topic, {})[partition] = offset
    return Standing(
        offsets=offsets,
        is_waiting=row.is_waiting,
        now=row.now,
        numbered=row.numbered,
    )


async def is_written_to(connection: Connection) -> bool:
    """Say whether a transaction is under way that has written to the outbox, or is about to."""
    return bool((await connection.execute(_WRITERS)).scalar_one())
