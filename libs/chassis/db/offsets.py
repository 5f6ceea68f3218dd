"""The consumer's own offsets, committed with the state: the one truth about what has been taken in."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import text

from chassis.db.connection import Connection
from chassis.kernel.errors import Fenced

_CREATE = text(
    "INSERT INTO consumer_offsets (topic, partition, next_offset)"
    " SELECT t, p, 0 FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS integer[])) AS u (t, p)"
    " ON CONFLICT DO NOTHING"
)
_READ = text(
    "SELECT c.topic, c.partition, c.next_offset FROM consumer_offsets c"
    " JOIN unnest(CAST(:topics AS text[]), CAST(:partitions AS integer[])) AS u (t, p)"
    " ON c.topic = u.t AND c.partition = u.p"
)
_ADVANCE = text(
    "UPDATE consumer_offsets c SET next_offset = u.new_offset"
    " FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS integer[]),"
    " CAST(:olds AS bigint[]), CAST(:news AS bigint[])) AS u (t, p, old_offset, new_offset)"
    " WHERE c.topic = u.t AND c.partition = u.p AND c.next_offset = u.old_offset RETURNING 1"
)
_ALL = text("SELECT topic, partition, next_offset FROM consumer_offsets ORDER BY topic, partition")


class Place(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


class Move(NamedTuple):
    """An offset that goes from the value this process last saw to a later one."""

    place: Place
    old: int
    new: int


async def begin(connection: Connection, places: Sequence[Place]) -> dict[Place, int]:
    """Return where to read on in each partition; a partition never seen starts at 0."""
    values = {"topics": [p.topic for p in places], "partitions": [p.partition for p in places]}
    await connection.execute(_CREATE, values)
    return {
        Place(row.topic, row.partition): row.next_offset for row in await connection.execute(_READ, values)
    }


async def advance(connection: Connection, moves: Sequence[Move]) -> None:
    """Move the offsets on, in one statement; raises Fenced when another process has moved one of them."""
    ordered = sorted(moves, key=lambda move: move.place)
    done = await connection.execute(
        _ADVANCE,
        {
            "topics": [move.place.topic for move in ordered],
            "partitions": [move.place.partition for move in ordered],
            "olds": [move.old for move in ordered],
            "news": [move.new for move in ordered],
        },
    )
    if len(done) != len(ordered):
        raise Fenced("another process has moved these offsets: what was done here is rolled back")


async def all_offsets(connection: Connection) -> dict[str, dict[int, int]]:
    """Return the next offset of every partition ever taken in, by topic."""
    found: dict[str, dict[int, int]] = {}
    for row in await connection.execute(_ALL):
        found.setdefault(row.topic, {})[row.partition] = row.next_offset
    return found


def reached(
    offsets: Mapping[str, Mapping[int, int]], ends: Mapping[str, Sequence[int]], *, topics: frozenset[str]
) -> bool:
    """Say whether the offsets have come to the end offsets of these topics; other topics are ignored."""
    return all(
        offsets.get(topic, {}).get(partition, 0) >= end
        for topic, topic_ends in ends.items()
        if topic in topics
        for partition, end in enumerate(topic_ends)
    )
