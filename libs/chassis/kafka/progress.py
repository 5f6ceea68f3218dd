"""How far a service has come: what it has taken in, and whether everything it said is out."""

import asyncio
from collections.abc import Mapping, Sequence

from chassis.db import offsets
from chassis.db.notice import wait
from chassis.db.unit_of_work import Database
from chassis.kafka.ends import Ends
from chassis.kafka.registry import Registry

_POLL_S = 0.02
"""How often the rows are read when another process does the work; in this process a bell rings."""


class Progress:
    """Compares the offset rows with the broker's end offsets."""

    def __init__(self, database: Database, *, ends: Ends, registry: Registry, service: str) -> None:
        self._database = database
        self._ends = ends
        self.consumes = registry.consumed_by(service)
        self.payment_topics = tuple(name for name in registry.payment_topics() if name in self.consumes)
        self._publishes = registry.published_by(service)

    async def ends_of(self, topics: Sequence[str]) -> dict[str, list[int]]:
        """Return the broker's present end offsets; raises Transient."""
        return await self._ends.of(topics)

    async def own_ends(self) -> dict[str, list[int]]:
        """Return the end offsets of what this service publishes."""
        return await self._ends.of(self._publishes)

    async def reached(self, ends: Mapping[str, Sequence[int]], *, timeout_s: float) -> bool:
        """Wait until everything before ``ends`` is taken in; False when that takes longer."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    rung = self._database.committed.listen()
                    async with self._database.reading() as unit:
                        rows = await offsets.all_offsets(unit.connection)
                    if offsets.reached(rows, ends, topics=self.consumes):
                        return True
                    await wait(rung, timeout_s=_POLL_S)
        except TimeoutError:
            return False

    async def caught_up(self, topics: Sequence[str], *, timeout_s: float) -> bool:
        """Read the end offsets now, and wait until everything before them is taken in."""
        return await self.reached(await self._ends.of(topics), timeout_s=timeout_s)

    async def close(self) -> None:
        """Close the connection to the broker."""
        await self._ends.close()
