"""`make soak`: a steady load for SOAK_MINUTES (15); for half of it every service is restarted in turn, again and again.

The reading API is replaced by a second one while it is asked, as a rolling update does; the others are stopped and
started. In the other half nothing is restarted, so that a process lives long enough to show what it keeps. One JSON line
per figure; exit status 1 when one is broken: memory or descriptors that grow, a connection left behind, lag that does
not come back to zero after a restart, answers slower than the reading API's floor.
"""

import asyncio
import contextlib
import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg
import uvloop

from bench.figure import Figure, percentile
from bench.live import CREDITOR, Live, internal_token, prepared, sink, stack_for_load
from bench.p7 import Load
from bench.p12 import answers_of
from bench.portfolio import fill
from bench.soak_lives import WARM_S, Replica, connections_to, look_on, stop_all
from bench.stream import Intake
from bench.table import GOALS
from chassis.kafka.registry import registry
from sandbox.stack import options
from sandbox.stack.addresses import SERVICES, free_ports
from sandbox.stack.console import outlive_readers, run
from sandbox.stack.stack import Stack

CUSTOMERS = 30_000
EVENTS_PER_S = 200
READS_PER_S = 100
CYCLES = 3
"""How often each service is restarted."""
LAG_S_MAX = 30
RESTARTS_SHARE = 0.5
"""Of the soak's time; the rest is undisturbed."""
SETTLING_SHARE = 1 / 3
"""Of the undisturbed time, in which caches and pools still fill; the memory's line is looked at after it."""
GROWN_MB_MAX = 15
LEANING_MB_MAX = 5
"""In the five minutes that are looked at: 60 MB an hour."""
GROWN_DESCRIPTORS_MAX = 8
GROWN_CONNECTIONS_MAX = 4
_LET_GO_S = 5


@dataclass(slots=True)
class Found:
    """What the soak has seen."""

    lags_s: list[float] = field(default_factory=list)
    answers_ms: list[float] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)
    """At the end of each stage, to PostgreSQL and Kafka together."""
    left_behind: int = 0
    sent: int = 0
    settled_s: float = math.inf
    """From this instant (monotonic) on the memory is held to a straight line."""


async def main() -> int:
    """Soak, print, and tell whether anything is broken."""
    for name in [name for name in os.environ if name.startswith("VELVET_")]:
        del os.environ[name]
    try:
        minutes = options.minutes(os.environ, "SOAK_MINUTES", default=15)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    found = Found()
    async with stack_for_load() as stack, sink() as smtp_url:
        replicas = _replicas(stack, await prepared(stack, smtp_url=smtp_url))
        try:
            await _soak(stack, replicas, found, seconds=60 * minutes)
        finally:
            await stop_all(replicas)
        await asyncio.sleep(_LET_GO_S)
        found.left_behind = await _connections(stack)
    broken = False
    for figure, limit in figures(found, replicas, minutes=minutes):
        print(figure.line(), flush=True)
        if figure.ours > limit:
            broken = True
            print(
                f"BROKEN: {figure.figure} is {figure.ours:.1f} {figure.unit}, at most {limit}",
                file=sys.stderr,
            )
    return int(broken)


def _replicas(stack: Stack, environments: Mapping[str, Mapping[str, str]]) -> list[Replica]:
    """Return the four services, each with all roles, and two readers of which one runs at a time."""
    found = [Replica(service, "all", environments[service], stack.urls[service]) for service in SERVICES]
    for port in free_ports(2):
        own = {"VELVET_INVOICES_HTTP_PORT": str(port), "VELVET_INSTANCE_ID": f"reader-{port}"}
        reader = Replica("invoices", "api", {**environments["invoices"], **own}, f"http://127.0.0.1:{port}")
        found.append(reader)
    return found


async def _soak(stack: Stack, replicas: Sequence[Replica], found: Found, *, seconds: float) -> None:
    *services, reader, spare = replicas
    for replica in (*services, reader):
        await replica.start()
    pids = {replica.service: replica.lives[-1].pid for replica in services}
    view = Live(stack, pids, stack.token(CREDITOR), internal_token(stack))
    await fill(view, customers=CUSTOMERS)
    load = Load(view, customers=CUSTOMERS, per_s=EVENTS_PER_S, every=0)
    looking = asyncio.create_task(look_on(replicas))
    loading = asyncio.create_task(load.run(seconds))
    began = time.monotonic()
    try:
        stage_s = RESTARTS_SHARE * seconds / (CYCLES * (len(services) + 1))
        for _ in range(CYCLES):
            for replica in services:
                await _restart(view, reader, found, seconds=stage_s, restarted=replica)
            await _replace(view, reader, found, seconds=stage_s, successor=spare)
            reader, spare = spare, reader
        # A soak of less than a minute has nothing left after the restarts.
        left_s = max(0.0, began + seconds - time.monotonic())
        found.settled_s = time.monotonic() + SETTLING_SHARE * left_s
        found.answers_ms += await _read(view, reader, seconds=left_s)
        found.connections.append(await _connections(view.stack))
        await loading
        found.sent = load.sent
    finally:
        for task in (looking, loading):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _restart(view: Live, reader: Replica, found: Found, *, seconds: float, restarted: Replica) -> None:
    """Stop and start one service while the reader is asked; note how long it needs to catch up."""
    reading = asyncio.create_task(_read(view, reader, seconds=seconds))
    await restarted.stop()
    await restarted.start()
    found.lags_s.append(await _lag_s(view.stack, restarted.service))
    print(f"soak: {restarted.name} restarted, caught up after {found.lags_s[-1]:.1f} s", file=sys.stderr)
    found.answers_ms += await reading
    found.connections.append(await _connections(view.stack))


async def _replace(view: Live, reader: Replica, found: Found, *, seconds: float, successor: Replica) -> None:
    """Start a second reader while the first is asked, and end the first while the second is."""
    reading = asyncio.create_task(_read(view, reader, seconds=seconds / 2))
    await successor.start()
    found.answers_ms += await reading
    reading = asyncio.create_task(_read(view, successor, seconds=seconds / 2))
    await reader.stop()
    found.answers_ms += await reading
    print(f"soak: {reader.name} replaced by a second one", file=sys.stderr)
    found.connections.append(await _connections(view.stack))


async def _read(view: Live, reader: Replica, *, seconds: float) -> list[float]:
    """Ask one reader for so long; returns the milliseconds of the answers."""
    port = reader.url.rpartition(":")[2]
    return await answers_of(
        port, view.token, customers=CUSTOMERS, seconds=max(1, round(seconds)), per_s=READS_PER_S
    )


async def _lag_s(stack: Stack, service: str) -> float:
    """Return how long the service takes to come to where its topics end now."""
    began = time.monotonic()
    topics = sorted(registry().consumed_by(service))
    connection = await asyncpg.connect(stack.postgres.url(service))
    try:
        intake = Intake(connection, topics=topics)
        await intake.until_ends(stack.bootstrap, timeout_s=10 * LAG_S_MAX)
    finally:
        await connection.close()
    return time.monotonic() - began


async def _connections(stack: Stack) -> int:
    """Count the services' connections to PostgreSQL and everybody's to Kafka."""
    connection = await asyncpg.connect(stack.postgres.url("postgres"))
    try:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE usename ~ '_(app|api)$'"
        postgres = int(await connection.fetchval(asked))
    finally:
        await connection.close()
    return postgres + connections_to(int(stack.bootstrap.rpartition(":")[2]))


def figures(found: Found, replicas: Sequence[Replica], *, minutes: float) -> list[tuple[Figure, float]]:
    """Return each figure with the most that it may be."""
    lives = [(replica.name, life) for replica in replicas for life in replica.lives if life.looks]
    name, most = max(lives, key=lambda item: item[1].grown_mb, default=("nobody", None))
    lines = [(name, life.leaning_mb(since_s=found.settled_s)) for name, life in lives]
    leaning = [(name, mb) for name, mb in lines if mb is not None]
    steepest, leaning_mb = max(
        leaning, key=lambda item: item[1], default=("nobody was looked at often enough", 0.0)
    )
    stages = len(found.connections)
    first = max(found.connections[: stages // CYCLES], default=0)
    last = max(found.connections[-(stages // CYCLES) :], default=0)
    on = f"{minutes:g} minutes at {EVENTS_PER_S} events and {READS_PER_S} readings a second, every service restarted {CYCLES} times in the first half"
    settled_min = minutes * (1 - RESTARTS_SHARE) * (1 - SETTLING_SHARE)
    return [
        (Figure("soak-memory", f"most memory that a process added after its first {WARM_S} s of readiness, {name}; {on}", most.grown_mb if most else 0.0, "MB", len(lives)), GROWN_MB_MAX),
        (Figure("soak-leaning", f"most that the line through a process's memory rises in the last {settled_min:.1f} minutes, in which nothing is restarted, {steepest}", leaning_mb, "MB", len(leaning)), LEANING_MB_MAX),
        (Figure("soak-descriptors", f"most descriptors that a process added after its first {WARM_S} s of readiness", max((life.grown_descriptors for _, life in lives), default=0), "1", len(lives)), GROWN_DESCRIPTORS_MAX),
        (Figure("soak-connections", "connections to PostgreSQL and Kafka more in the last cycle than in the first", max(0, last - first), "1", stages), GROWN_CONNECTIONS_MAX),
        (Figure("soak-left-behind", "connections left when all services have ended", found.left_behind, "1", stages), 0),
        (Figure("soak-lag", "longest until a restarted service had taken in all that was there", max(found.lags_s, default=0.0), "s", len(found.lags_s)), LAG_S_MAX),
        (Figure("soak-p99", "GET position, p99 over the whole soak", percentile(found.answers_ms, 0.99), "ms", len(found.answers_ms)), GOALS["P12"].floor),
    ]  # fmt: skip


if __name__ == "__main__":
    outlive_readers()
    sys.exit(run(main(), loop_factory=uvloop.new_event_loop))
