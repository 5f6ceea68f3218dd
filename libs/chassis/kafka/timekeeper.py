"""Follows the sandbox's clock: stores the time, then brings everything up to it, in the consumer's own loop."""

from datetime import datetime

import msgspec

from chassis.db.clock import SandboxClock
from chassis.kafka.batch import Batches, Item
from chassis.kafka.codec import read_instant
from chassis.kernel.errors import Poison
from chassis.service import Service
from chassis.telemetry.metrics import ON_TIME_TOTAL


class Timekeeper:
    """Handles clock messages; every step may be repeated after a crash, the offset moves last."""

    def __init__(self, service: Service, *, batches: Batches) -> None:
        self._service = service
        self._batches = batches

    @property
    def follows(self) -> bool:
        """Outside the sandbox clock messages are passed over: the wall clock rules."""
        return isinstance(self._service.clock, SandboxClock)

    async def advance(self, item: Item) -> None:
        """Store the message's time, call ``on_time`` until nothing is left; the last transaction moves the offset."""
        clock = self._service.clock
        if isinstance(clock, SandboxClock) and item.incoming is not None:
            try:
                told = read_instant(_now_of(item.incoming.body), field="now")
            except Poison as error:
                item.poison = error
            else:
                await self._follow(item, clock=clock, told=told)
                return
        await self._batches.take([item])

    async def _follow(self, item: Item, *, clock: SandboxClock, told: datetime) -> None:
        total = 0
        while True:
            async with self._service.database.unit() as unit:
                stored = await clock.store(unit, told)
                # What asks for the time while it acts must be told the new one; a rollback is tried again.
                clock.set(stored)
                count = await self._service.on_time(unit, stored)
                if count == 0:
                    await self._batches.move(unit, item)
            total += count
            if count == 0:
                break
        self._batches.moved(item)
        if total:
            ON_TIME_TOTAL.labels(self._service.name).inc(total)


async def bring_up_to_date(service: Service) -> int:
    """Call ``on_time`` with the clock's time until nothing is left, each batch its own transaction."""
    total = 0
    while (now := service.clock.now()) is not None:
        async with service.database.unit() as unit:
            count = await service.on_time(unit, now)
        total += count
        if count == 0:
            break
    if total:
        ON_TIME_TOTAL.labels(service.name).inc(total)
    return total


def _now_of(body: msgspec.Struct) -> str:
    return str(getattr(body, "now", ""))
