"""P6: what a poll of the scheduler costs when nothing is due, with a million open invoices."""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta

import uvloop  # noqa: F401 - the loop that the services run on is part of what is measured

from bench.customers import NOW, THREE_OPEN, Portfolio, fill
from bench.figure import Figure, median
from bench.processes import live_environment
from sandbox.stack.stack import Stack
from scheduler.bootstrap import build

OPEN_INVOICES = 1_000_000
POLLS = 500


async def measure(stack: Stack) -> Figure:
    """Poll as the tick role does: one transaction that claims what is due, and finds nothing."""
    portfolio = Portfolio(OPEN_INVOICES // len(THREE_OPEN), wakeup_at=NOW + timedelta(days=1))
    await fill(stack.postgres.url("scheduler"), portfolio)
    milliseconds = await polls_ms(stack)
    what = f"scheduler: a poll when nothing is due, {OPEN_INVOICES} open invoices, median of {POLLS}"
    return Figure("P6", what, median(milliseconds), "ms", POLLS)


async def polls_ms(stack: Stack) -> list[float]:
    """Return what each poll took; raises RuntimeError when something was due after all."""
    found = []
    with _told(live_environment(stack, "scheduler")):
        async with build("tick") as service:
            for _ in range(POLLS):
                started = time.perf_counter()
                async with service.database.unit() as unit:
                    count = await service.on_time(unit, NOW)
                found.append(1000 * (time.perf_counter() - started))
                if count:
                    raise RuntimeError("P6: something was due")
    return found


@contextlib.contextmanager
def _told(environment: Mapping[str, str]) -> Iterator[None]:
    """Put the settings into the environment of this process, and take them out again."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
