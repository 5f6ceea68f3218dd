"""How far a service has come: what it has taken in, and whether everything it said is out."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis.db import offsets
from chassis.db.notice import wait
from chassis.db.offsets import Place
from chassis.db.unit_of_work import Database
from chassis.kafka.ends import Ends
from chassis.kafka.registry import Registry
from chassis.shared import Shared

_POLL_S = 0.02
"""How often the rows are read when another process does the work; in this process a bell rings."""
_POLL_HERE_S = 0.25
"""How often they are read when this process does: it knows where it stands, unless its work went to another."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """How far a service's topics went when its outbox was empty and this was the newest number."""

    numbered: int
    ends: Mapping[str, Sequence[int]]


class Progress:
    """Compares the offset rows with the broker's end offsets."""

    def __init__(self, database: Database, *, ends: Ends, registry: Registry, service: str) -> None:
        self._database = database
        self._ends = ends
        self.consumes = registry.consumed_by(service)
        self.payment_topics = tuple(name for name in registry.payment_topics() if name in self.consumes)
        self._publishes = tuple(
            name for name in registry.published_by(service) if not registry[name].is_clock
        )
        self._spoken = _Spoken(numbered=-1, ends={})
        self._offsets = Shared(self._read_offsets)
        self._here: Mapping[Place, int] = {}

    def is_taken_in_here(self, positions: Mapping[Place, int]) -> None:
        """Name the places that this process takes in, each with the next offset: all before it is committed."""
        self._here = positions

    async def ends_of(self, topics: Sequence[str]) -> dict[str, list[int]]:
        """Return the broker's present end offsets; raises Transient."""
        return await self._ends.of(topics)

    async def warm(self) -> None:
        """Connect, so that the first question need not wait for it; raises Transient."""
        await self._ends.of(self._publishes)

    def knows(self, numbered: int) -> bool:
        """Say whether Kafka need not be asked while this is the outbox's newest number."""
        return self._spoken.numbered == numbered

    async def own_ends(self, *, numbered: int, is_certain: bool) -> Mapping[str, Sequence[int]]:
        """Return the end offsets of what this service publishes through its outbox; raises Transient.

        ``numbered``: the outbox's newest number, read before the outbox was seen empty. While it stays what
        it was, nothing was published, by any process, and Kafka is not asked again. ``is_certain``: no
        transaction was under way that might hold an older number.
        """
        if self.knows(numbered):
            return self._spoken.ends
        ends = await self._ends.of(self._publishes)
        if is_certain:
            self._spoken = _Spoken(numbered=numbered, ends=ends)
        return ends

    async def reached(self, ends: Mapping[str, Sequence[int]], *, timeout_s: float) -> bool:
        """Wait until everything before ``ends`` is taken in; False when that takes longer."""
        goals = {
            Place(topic, partition): end
            for topic, topic_ends in ends.items()
            if topic in self.consumes
            for partition, end in enumerate(topic_ends)
            if end
        }
        is_stale = False
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    rung = self._database.committed.listen()
                    here = self._here
                    if all(here.get(place, 0) >= end for place, end in goals.items()):
                        return True
                    is_mine = here.keys() >= goals.keys()
                    # Under load many wait at once, and each commit wakes them all: one reading serves them.
                    if (is_stale or not is_mine) and offsets.reached(
                        await self._offsets.answer(), ends, topics=self.consumes
                    ):
                        return True
                    is_stale = not await wait(rung, timeout_s=_POLL_HERE_S if is_mine else _POLL_S)
        except TimeoutError:
            return False

    async def _read_offsets(self) -> Mapping[str, Mapping[int, int]]:
        async with self._database.reading() as unit:
            return await offsets.all_offsets(unit.connection)

    async def caught_up(self, topics: Sequence[str], *, timeout_s: float) -> bool:
        """Read the end offsets now, and wait until everything before them is taken in."""
        return await self.reached(await self._ends.of(topics), timeout_s=timeout_s)

    async def close(self) -> None:
        """Close the connection to the broker."""
        await self._ends.close()
