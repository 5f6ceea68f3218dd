"""The loops of the ``tick`` role: time outside the sandbox, a service's own background work, the sandbox clock's echo."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from chassis.db.clock import SandboxClock
from chassis.db.engine import DATABASE_ERRORS
from chassis.db.notice import wait
from chassis.health import Health
from chassis.kafka.retry import Backoff
from chassis.kafka.timekeeper import bring_up_to_date
from chassis.service import Service
from chassis.telemetry.logs import error_name, log
from chassis.telemetry.metrics import LOOP_RESTARTS_TOTAL

_TICK_S_MAX = 1.0
_TICK_S_MIN = 0.02
_STUCK_S = 300.0
_CLOCK_ECHO_S = 0.1
_MEASURE_S = 10.0
_HEALTHY_AFTER_S = 60.0


async def tick(service: Service, *, health: Health) -> None:
    """Outside the sandbox: do what time alone brings, at most a second after it is due, at once after a commit."""
    while not service.stopping.is_set():
        health.beat("tick", within_s=_STUCK_S)
        rung = service.database.committed.listen()
        due = await _next_change_at(service)
        if _pause_s(due, now=service.clock.now()) == 0:
            await bring_up_to_date(service)
            due = await _next_change_at(service)
        # Its own commits ring the bell too; the short pause keeps it from spinning.
        await wait(service.stopping, timeout_s=_TICK_S_MIN)
        await wait(rung, timeout_s=_pause_s(due, now=service.clock.now()))
    health.rest("tick")


async def _next_change_at(service: Service) -> datetime | None:
    """Look, in one round trip: under load every commit asks, and time alone has seldom brought anything."""
    async with service.database.reading() as unit:
        return await service.next_change_at(unit)


def _pause_s(due: datetime | None, *, now: datetime | None) -> float:
    if due is None or now is None:
        return _TICK_S_MAX
    return min(_TICK_S_MAX, max(0.0, (due - now).total_seconds()))


async def measure(service: Service) -> None:
    """Set the service's gauges now and then; a look that fails is made again at the next turn."""
    while service.measure is not None and not service.stopping.is_set():
        with suppress(*DATABASE_ERRORS, OSError, TimeoutError):
            async with service.database.reading() as unit:
                await service.measure(unit)
        await wait(service.stopping, timeout_s=_MEASURE_S)


async def follow_clock(service: Service) -> None:
    """In the sandbox, in processes that do not consume the clock's topic: read the row again and again."""
    while isinstance(service.clock, SandboxClock) and not service.stopping.is_set():
        await service.clock.load(service.database)
        await wait(service.stopping, timeout_s=_CLOCK_ECHO_S)


async def kept_up(
    name: str, loop: Callable[[], Awaitable[None]], *, service: Service, health: Health
) -> None:
    """Run a loop; when it ends in an error, say so at /readyz and begin it again with backoff."""
    backoff = Backoff(limit_s=service.settings.retry_delay_s_max)
    failures = 0
    while not service.stopping.is_set():
        began = time.monotonic()
        try:
            await loop()
        except Exception as error:  # noqa: BLE001 - a loop must outlive whatever went wrong in one turn
            failures = 1 if time.monotonic() - began > _HEALTHY_AFTER_S else failures + 1
            delay_s = backoff.delay_s(failures)
            LOOP_RESTARTS_TOTAL.labels(service.name, name).inc()
            health.down(name, reason=f"it ended in an error and begins again ({error_name(error)})")
            log(__name__).error("loop_restarts", loop=name, delay_s=round(delay_s, 2), exc_info=error)
            await wait(service.stopping, timeout_s=delay_s)
            health.up(name)
        else:
            return
    await asyncio.sleep(0)
