"""After everything has been read again: of what waits in the outbox only what nobody has heard goes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import text

from chassis.db.unit_of_work import Unit
from chassis.kafka.codec import Codec, Record
from chassis.kafka.messages import Incoming
from chassis.kernel.errors import Poison
from chassis.restore import journal
from chassis.service import Service

_ALL = text("SELECT shard, position, topic, key, headers, value FROM outbox ORDER BY position")
_DELETE = text(
    "DELETE FROM outbox USING unnest(CAST(:shards AS smallint[]), CAST(:positions AS bigint[])) AS u (s, p)"
    " WHERE outbox.shard = u.s AND outbox.position = u.p"
)
_HEADERS = msgspec.msgpack.Decoder(list[tuple[str, bytes]])

Thing = tuple[str, str, str]
"""Topic, key and subject: what a full state is about."""
Origin = tuple[bytes, bytes, bytes]
"""Where a dead letter came from: topic, partition, offset."""


@dataclass(slots=True)
class _Row:
    """A message of the outbox, shaped like a record so that the codec can read it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Any
    place: tuple[int, int]
    partition: int = 0
    offset: int = 0


@dataclass(slots=True)
class Told:
    """What the service said after the backup."""

    bodies: list[msgspec.Struct] = field(default_factory=list)
    """In order per key."""
    ids: set[tuple[str, str]] = field(default_factory=set)
    """(topic, ce_id)."""
    states: dict[Thing, msgspec.Struct] = field(default_factory=dict)
    """The highest version of each."""
    parked: set[Origin] = field(default_factory=set)

    def note(self, record: Record, *, codec: Codec) -> None:
        """Note one message of the service's own topics."""
        origin = _origin(record.headers)
        if origin is not None:
            self.parked.add(origin)
            return
        try:
            incoming = codec.decode(record)
        except Poison:
            return
        self.bodies.append(incoming.body)
        self.ids.add((record.topic, incoming.envelope.id))
        _keep_highest(self.states, _thing(incoming), incoming.body)


async def settle_outbox(unit: Unit, service: Service, *, told: Told, codec: Codec) -> int:
    """Drop from the outbox what was told, let the service restate what holds now; returns how many are left.

    A state is told once, with a version above all that were ever told of it, and only if it differs from
    the last of them. Everything else is told unless its id was told.
    """
    rows = await _rows(unit)
    drop: list[_Row] = []
    fresh: dict[Thing, msgspec.Struct] = {}
    for row in rows:
        if row.topic in service.restoring.states:
            incoming = codec.decode(row)
            _keep_highest(fresh, _thing(incoming), incoming.body)
            drop.append(row)
        elif _was_told(row, service, told=told):
            drop.append(row)
    await _delete(unit, drop)
    if service.restoring.restate is not None:
        states = {t: b for t, b in told.states.items() if t[0] in service.restoring.states}
        await service.restoring.restate(unit, list(states.values()), list(fresh.values()))
        await unit.flush()
        known = {row.place for row in rows}
        new = [row for row in await _rows(unit) if row.place not in known]
        same = [row for row in new if _says_nothing_new(codec.decode(row), told.states)]
        await _delete(unit, same)
        return len(rows) - len(drop) + len(new) - len(same)
    return len(rows) - len(drop)


def _was_told(row: _Row, service: Service, *, told: Told) -> bool:
    if row.topic == journal.topic_of(service.name):
        # Its rows describe what the journal itself has just brought back.
        return True
    origin = _origin(row.headers)
    if origin is not None:
        return origin in told.parked
    ce_id = dict(row.headers).get("ce_id", b"").decode()
    return (row.topic, ce_id) in told.ids


def _says_nothing_new(incoming: Incoming, states: Mapping[Thing, msgspec.Struct]) -> bool:
    last = states.get(_thing(incoming))
    return last is not None and _bare(last) == _bare(incoming.body)


def _bare(body: msgspec.Struct) -> dict[str, object]:
    """Return the fields without the version."""
    return {name: value for name, value in msgspec.structs.asdict(body).items() if name != "version"}


def _keep_highest(states: dict[Thing, msgspec.Struct], thing: Thing, body: msgspec.Struct) -> None:
    known = states.get(thing)
    if known is None or version_of(known) <= version_of(body):
        states[thing] = body


def version_of(body: msgspec.Struct) -> int:
    """Return the version of a state."""
    return int(getattr(body, "version", 0))


def _thing(incoming: Incoming) -> Thing:
    return incoming.envelope.type, incoming.key, incoming.envelope.subject


def _origin(headers: Sequence[tuple[str, bytes]]) -> Origin | None:
    found = dict(headers)
    if "origin-topic" not in found:
        return None
    return found["origin-topic"], found["origin-partition"], found["origin-offset"]


async def _rows(unit: Unit) -> list[_Row]:
    return [
        _Row(
            topic=row.topic,
            key=row.key,
            value=row.value,
            headers=_HEADERS.decode(row.headers),
            place=(row.shard, row.position),
        )
        for row in await unit.connection.execute(_ALL)
    ]


async def _delete(unit: Unit, rows: Sequence[_Row]) -> None:
    if rows:
        values = {"shards": [row.place[0] for row in rows], "positions": [row.place[1] for row in rows]}
        await unit.connection.execute(_DELETE, values)
