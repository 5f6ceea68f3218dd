"""P6: what a poll of the scheduler costs when nothing is due, with a million open invoices."""

import os
import time
from datetime import timedelta

import uvloop  # noqa: F401 - the loop that the services run on is part of what is measured

from bench.customers import INVOICES_PER_CUSTOMER, NOW, fill
from bench.figure import Figure, median
from bench.processes import live_environment
from sandbox.stack.stack import Choice, Stack
from scheduler.bootstrap import build

OPEN_INVOICES = 1_000_000
POLLS = 500


async def measure() -> list[Figure]:
    """Poll as the tick role does: one transaction that claims what is due, and finds nothing."""
    async with Stack.fresh(Choice(services=("scheduler",), inbox=False)) as stack:
        await stack.stop_one("scheduler")
        await fill(
            stack.databases["scheduler"].owner_url,
            customers=OPEN_INVOICES // INVOICES_PER_CUSTOMER,
            wakeup_at=NOW + timedelta(days=1),
        )
        os.environ.update(live_environment(stack, "scheduler"))
        milliseconds = await _polls_ms()
    what = f"scheduler: a poll when nothing is due, {OPEN_INVOICES} open invoices, median of {POLLS}"
    return [Figure("P6", what, median(milliseconds), "ms", POLLS)]


async def _polls_ms() -> list[float]:
    found = []
    async with build("tick") as service:
        for _ in range(POLLS):
            started = time.perf_counter()
            async with service.database.unit() as unit:
                count = await service.on_time(unit, NOW)
            found.append(1000 * (time.perf_counter() - started))
            if count:
                raise RuntimeError("P6: something was due")
    return found
