"""After everything has been read again: of what waits in the outbox only what nobody has heard goes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

import msgspec
from sqlalchemy import text

from chassis.db.outbox import RawMessage, unpacked
from chassis.db.unit_of_work import Unit
from chassis.kafka.codec import Codec, Record
from chassis.kafka.messages import Incoming
from chassis.kernel.errors import Poison
from chassis.restore import journal
from chassis.service import Service

_TAKE_ALL = text("DELETE FROM outbox RETURNING position, topic, key, headers, value, partition")

Thing = tuple[str, str, str]
"""Topic, key and subject: what a full state is about."""
Origin = tuple[bytes, bytes, bytes]
"""Where a dead letter came from: topic, partition, offset."""


@dataclass(slots=True)
class _Waiting:
    """A message of the outbox, shaped like a record so that the codec can read it."""

    message: RawMessage
    topic: str = field(init=False)
    key: bytes | None = field(init=False)
    value: bytes | None = field(init=False)
    headers: Sequence[tuple[str, bytes]] = field(init=False)
    partition: int = 0
    offset: int = 0

    def __post_init__(self) -> None:
        self.topic, self.key = self.message.topic, self.message.key
        self.value, self.headers = self.message.value, self.message.headers


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
    kept: list[_Waiting] = []
    fresh: dict[Thing, msgspec.Struct] = {}
    for one in await _take_all(unit):
        if one.topic in service.restoring.states:
            incoming = codec.decode(one)
            _keep_highest(fresh, _thing(incoming), incoming.body)
        elif not _was_told(one, service, told=told):
            kept.append(one)
    if service.restoring.restate is not None:
        states = {t: b for t, b in told.states.items() if t[0] in service.restoring.states}
        await service.restoring.restate(unit, list(states.values()), list(fresh.values()))
        await unit.flush()
        restated = await _take_all(unit)
        kept += [one for one in restated if not _says_nothing_new(codec.decode(one), told.states)]
    unit.publish_raw(*[one.message for one in kept])
    return len(kept)


def _was_told(one: _Waiting, service: Service, *, told: Told) -> bool:
    if one.topic == journal.topic_of(service.name):
        # Its rows describe what the journal itself has just brought back.
        return True
    origin = _origin(one.headers)
    if origin is not None:
        return origin in told.parked
    ce_id = dict(one.headers).get("ce_id", b"").decode()
    return (one.topic, ce_id) in told.ids


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


async def _take_all(unit: Unit) -> list[_Waiting]:
    """Remove everything that waits, and return it in its order."""
    rows = sorted(await unit.connection.execute(_TAKE_ALL), key=itemgetter(0))
    return [_Waiting(message) for _, *row in rows for message in unpacked(*row)]
