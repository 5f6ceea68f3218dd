"""The outbox: messages committed with the state that they tell of, numbered so that one key keeps its order.

What a transaction tells in numbers is packed: one row for up to a hundred messages of a shard, in their order.
"""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

import msgspec
from sqlalchemy import text

from chassis.db.connection import Connection
from chassis.kafka.partitions import SHARDS, shard_of

_PACKED_MIN = 16
"""Fewer messages of a shard have a row each, which a person can read in the table."""
_PACK_MESSAGES_MAX = 100
_PACK_BYTES_MAX = 128_000
_TAKEN_BYTES_MAX = 1_000_000
"""Of one shard in one turn, give or take a row: a backlog must not fill the relay's memory."""

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
    " (SELECT shard, position, sum(octet_length(value)) OVER"
    " (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before FROM"
    " (SELECT shard, position, value FROM outbox WHERE outbox.shard = s.shard ORDER BY position LIMIT :limit"
    " FOR UPDATE) AS locked) AS o WHERE coalesce(o.bytes_before, 0) < :bytes) AS oldest"
    " WHERE outbox.shard = oldest.shard AND outbox.position = oldest.position"
    " RETURNING outbox.position, outbox.shard, topic, key, headers, value, partition"
)
_SHARDS_WAITING = text(
    "SELECT s AS shard, o.position FROM generate_series(0, :last) AS s CROSS JOIN LATERAL"
    " (SELECT position FROM outbox WHERE outbox.shard = s ORDER BY position LIMIT 1) AS o"
)


class RawMessage(msgspec.Struct, frozen=True, array_like=True):
    """A message as Kafka takes it; packed by the places of its fields, so a new one goes last and has a default."""

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


class Taken(NamedTuple):
    """What was taken out of the outbox to be sent."""

    messages: list[RawMessage]
    """In their order per shard."""
    more: set[int]
    """The shards in which more may be waiting."""


_PACK = msgspec.msgpack.Encoder()
_HEADERS = msgspec.msgpack.Decoder(list[tuple[str, bytes]])
_MESSAGES = msgspec.msgpack.Decoder(list[RawMessage])
# No headers and no topic: a process of the release before stops at such a row instead of sending it.
_PACKED = ("", b"")


async def insert(connection: Connection, messages: Sequence[RawMessage]) -> frozenset[int]:
    """Write the messages in their order, in one statement; returns the shards that now have rows."""
    by_shard: dict[int, list[RawMessage]] = {}
    for message in messages:
        by_shard.setdefault(message.shard, []).append(message)
    rows = [row for shard, mine in by_shard.items() for row in _rows(shard, mine)]
    names = ("shards", "topics", "keys", "headers", "bodies", "partitions")
    columns = [list(column) for column in zip(*rows, strict=True)]
    await connection.execute(_INSERT, dict(zip(names, columns, strict=True)))
    return frozenset(by_shard)


def _rows(
    shard: int, messages: Sequence[RawMessage]
) -> Iterator[tuple[int, str, bytes | None, bytes, bytes | None, int | None]]:
    """Yield the rows of the messages of one shard, in the order of their columns in the statement."""
    packs = _packs(messages) if len(messages) >= _PACKED_MIN else [[message] for message in messages]
    for pack in packs:
        if len(pack) > 1:
            topic, headers = _PACKED
            yield shard, topic, None, headers, _PACK.encode(pack), None
        else:
            (one,) = pack
            yield shard, one.topic, one.key, _PACK.encode(one.headers), one.value, one.partition


def _packs(messages: Sequence[RawMessage]) -> Iterator[list[RawMessage]]:
    """Yield runs of the messages that are neither too many nor too large for one row."""
    pack: list[RawMessage] = []
    bytes_in_pack = 0
    for message in messages:
        size = len(message.value or b"")
        if len(pack) == _PACK_MESSAGES_MAX or (pack and bytes_in_pack + size > _PACK_BYTES_MAX):
            yield pack
            pack, bytes_in_pack = [], 0
        pack.append(message)
        bytes_in_pack += size
    yield pack


async def take(connection: Connection, shards: Sequence[int], *, limit: int) -> Taken:
    """Remove the oldest rows of each shard, at most ``limit`` of each, and return their messages in their order.

    They are gone when the caller's transaction commits, which it does when Kafka has acknowledged them;
    until then every other relay of these shards waits.
    """
    values = {"shards": sorted(shards), "limit": limit, "bytes": _TAKEN_BYTES_MAX}
    rows = sorted(await connection.execute(_TAKE, values), key=itemgetter(0))
    messages: list[RawMessage] = []
    count: dict[int, int] = {}
    size: dict[int, int] = {}
    for _, shard, *row in rows:
        messages += unpacked(*row)
        count[shard] = count.get(shard, 0) + 1
        size[shard] = size.get(shard, 0) + len(row[3] or b"")
    more = {shard for shard in count if count[shard] >= limit or size[shard] >= _TAKEN_BYTES_MAX}
    return Taken(messages, more)


def unpacked(
    topic: str, key: bytes | None, headers: bytes, value: bytes | None, partition: int | None
) -> list[RawMessage]:
    """Return the messages of a row, of which older releases wrote one for each."""
    if (topic, headers) == _PACKED and value is not None:
        return _MESSAGES.decode(value)
    return [RawMessage(topic, key, value, _HEADERS.decode(headers), partition)]


async def shards_waiting(connection: Connection) -> dict[int, int]:
    """Return the oldest position of each shard that has rows: the sweep after a crash looks at all of them."""
    return {
        int(row.shard): int(row.position)
        for row in await connection.execute(_SHARDS_WAITING, {"last": SHARDS - 1})
    }
