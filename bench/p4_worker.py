"""One scheduler process of P4: decides batch by batch as the tick role does, with its relay, at a given time."""

import asyncio
import sys

import uvloop
from sqlalchemy import text

from bench.customers import NOW
from chassis.db.relay import Relay
from chassis.health import Health
from chassis.kafka.producer import Publisher
from chassis.runtime import ease_garbage_collection
from chassis.service import Service
from scheduler.bootstrap import build

_LEFT = text("SELECT count(*) FROM outbox")


async def work() -> None:
    """Say "ready", wait for a line, decide until nothing is due and the outbox is empty, say "done"."""
    async with build("tick") as service:
        publisher = Publisher(service.settings)
        relay = Relay(
            service.database,
            sender=publisher,
            health=Health(service="scheduler"),
            service="scheduler",
            limit=service.settings.relay_records_max,
        )
        relaying = asyncio.create_task(relay.run(service.stopping))
        async with service.database.unit() as unit:
            await service.next_change_at(unit)
        await service.progress.warm()
        ease_garbage_collection()
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        decided = await _decide(service)
        while await _left(service):  # noqa: ASYNC110 - another process may hold the rows
            await asyncio.sleep(0.005)
        print(f"done {decided}", flush=True)
        service.stopping.set()
        await relaying
        await publisher.stop()


async def _decide(service: Service) -> int:
    decided = 0
    while True:
        async with service.database.unit() as unit:
            count = await service.on_time(unit, NOW)
        decided += count
        if count == 0:
            return decided


async def _left(service: Service) -> int:
    async with service.database.engine.connect() as connection:
        return int((await connection.execute(_LEFT)).scalar_one())


if __name__ == "__main__":
    uvloop.run(work())
