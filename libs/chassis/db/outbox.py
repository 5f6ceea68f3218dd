"""The outbox: messages committed with the state that they tell of, numbered so that one key keeps its order."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import msgspec
from sqlalchemy import text

from chassis.db.connection import Connection
from chassis.kafka.partitions import SHARDS, shard_of

_position = attrgetter("position")
_PACK = msgspec.msgpack.Encoder()
_HEADERS = msgspec.msgpack.Decoder(list[tuple[str, bytes]])

_INSERT = text(
    "INSERT INTO outbox (shard, topic, key, headers, value, partition)"
    " SELECT * FROM unnest(CAST(:shards AS smallint[]), CAST(:topics AS text[]), CAST(:keys AS bytea[]),"
    " CAST(:headers AS bytea[]), CAST(:bodies AS bytea[]), CAST(:partitions AS integer[]))"
)
# A shard at a time through the primary key, so that a long backlog is never sorted as a whole. The oldest row
# is locked first: another relay of the same shard waits there, and finds what was sent meanwhile gone.
_TAKE = text(
    "DELETE FROM outbox USING (SELECT o.shard, o.position"
    " FROM unnest(CAST(:shards AS smallint[])) AS s (shard) CROSS JOIN LATERAL"
    " (SELECT shard, position FROM outbox WHERE outbox.shard = s.shard ORDER BY position LIMIT :limit"
    " FOR UPDATE) AS o) AS oldest"
    " WHERE outbox.shard = oldest.shard AND outbox.position = oldest.position"
    " RETURNING outbox.shard, outbox.position, topic, key, headers, value, partition"
)
_SHARDS_WAITING = text(
    "SELECT s AS shard, o.position FROM generate_series(0, :last) AS s CROSS JOIN LATERAL"
    " (SELECT position FROM outbox WHERE outbox.shard = s ORDER BY position LIMIT 1) AS o"
)


class RawMessage(msgspec.Struct, frozen=True):
    """A message as Kafka takes it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    partition: int | None = None
    """None: by the key, as every Kafka client does."""

    @property
    def shard(self) -> int:
        """The relay's unit of order: all messages of one key share it."""
        return shard_of(self.key)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message that waits to be sent."""

    shard: int
    position: int
    message: RawMessage


async def insert(connection: Connection, messages: Sequence[RawMessage]) -> frozenset[int]:
    """Write the messages in their order, in one statement; returns the shards that now have rows."""
    shards = [message.shard for message in messages]
    await connection.execute(
        _INSERT,
        {
            "shards": shards,
            "topics": [message.topic for message in messages],
            "keys": [message.key for message in messages],
            "headers": [_PACK.encode(message.headers) for message in messages],
            "bodies": [message.value for message in messages],
            "partitions": [message.partition for message in messages],
        },
    )
    return frozenset(shards)


async def take(connection: Connection, shards: Sequence[int], *, limit: int) -> list[OutboxRow]:
    """Remove the oldest rows of each shard, at most ``limit`` of each, and return them in their order.

    They are gone when the caller's transaction commits, which it does when Kafka has acknowledged them;
    until then every other relay of these shards waits.
    """
    found = await connection.execute(_TAKE, {"shards": sorted(shards), "limit": limit})
    rows = [
        OutboxRow(
            shard=row.shard,
            position=row.position,
            message=RawMessage(
                topic=row.topic,
                key=row.key,
                value=row.value,
                headers=_HEADERS.decode(row.headers),
                partition=row.partition,
            ),
        )
        for row in found
    ]
    rows.sort(key=_position)
    return rows


async def shards_waiting(connection: Connection) -> dict[int, int]:
    """Return the oldest position of each shard that has rows: the sweep after a crash looks at all of them."""
    return {
        int(row.shard): int(row.position)
        for row in await connection.execute(_SHARDS_WAITING, {"last": SHARDS - 1})
    }
