"""`make growth`: what an event and a decision cost from a thousand to a million customers, drawn and as a table.

Costs are CPU time of each service's process and of PostgreSQL, so that they hold on a busy machine too; beside them the
memory, and what a second consumer gives. Writes docs/growth.svg and docs/growth.md, and one JSON line per figure on standard output.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import asyncpg

from bench.customers import NOW, Portfolio, fill
from bench.figure import Figure
from bench.growth_page import Point, draw, write_table
from bench.live import Live, live, sink, wait_ready
from bench.p1 import EVENTS, IN, consumers_per_s
from bench.p1 import events as new_invoices
from bench.portfolio import ISSUED, issued_event
from bench.portfolio import fill as fill_services
from bench.processes import cpu_s, family_cpu_s, live_environment, resident_mb, running
from bench.stream import Event, Intake, produce
from sandbox.stack.console import outlive_readers, run
from sandbox.stack.stack import Choice, Stack

CUSTOMERS = (1_000, 10_000, 100_000, 1_000_000)
EVENTS_EACH = 20_000
DECISIONS_EACH = 10_000
SETTLE_S_MAX = 300

_WAKE = "UPDATE customers SET next_wakeup_at = $1 WHERE customer_id < $2"
_LEFT = "SELECT (SELECT count(*) FROM customers WHERE next_wakeup_at = $1) + (SELECT count(*) FROM outbox)"


async def main() -> int:
    """Measure, write both files, print."""
    points = [await _point(customers) for customers in CUSTOMERS]
    one, two = await _replicas()
    for point in points:
        for figure in point.figures(events=EVENTS_EACH):
            print(figure.line(), flush=True)
    what = f"invoices, two consumers on six partitions, {EVENTS} events, over one consumer"
    replicas = Figure("growth-replicas", what, two, "1/s", EVENTS, limit=one)
    print(replicas.line(), flush=True)
    draw(points)
    write_table(points, replicas)
    return 0


async def _point(customers: int) -> Point:
    print(f"growth: {customers} customers …", file=sys.stderr)
    async with Stack.fresh(Choice(inbox=False)) as stack, sink() as smtp_url:
        async with live(stack, smtp_url=smtp_url) as services:
            await fill_services(services, customers=customers)
            before = _cpu_s(services)
            await produce(stack.bootstrap, ISSUED, _events(customers))
            await _taken_in(stack)
            after = _cpu_s(services)
            memory_mb = {name: resident_mb(pid) for name, pid in services.pids.items()}
        decision_us = await _decision_us(stack, customers=customers)
    return Point(
        customers,
        event_us={name: 1e6 * (after[name] - before[name]) / EVENTS_EACH for name in after},
        memory_mb=memory_mb,
        decision_us=decision_us,
        decisions=min(customers, DECISIONS_EACH),
    )


def _cpu_s(services: Live) -> dict[str, float]:
    """Return the CPU seconds of each service so far, and of their PostgreSQL."""
    postgres = services.stack.postgres.process.identity
    if postgres is None:
        raise RuntimeError("the growth is measured on a PostgreSQL of its own")
    used = {name: cpu_s(pid) for name, pid in services.pids.items()}
    return used | {"PostgreSQL": family_cpu_s(postgres.pid)}


def _events(customers: int) -> Iterator[Event]:
    """Yield new invoices spread over all customers."""
    for number in range(EVENTS_EACH):
        payer = number * 100_003 % customers
        yield issued_event(payer, position=10 + number)._replace(id=f"growth-{number}")


async def _taken_in(stack: Stack) -> None:
    """Wait until the invoices are through invoices, classifier and scheduler, and all that follows is sent."""
    for service, topic in (
        ("invoices", ISSUED),
        ("classifier", "invoices.invoice-changed.v1"),
        ("scheduler", "invoices.invoice-changed.v1"),
    ):
        connection = await asyncpg.connect(stack.postgres.url(service))
        try:
            intake = Intake(connection, topics=[topic])
            await intake.until(EVENTS_EACH, timeout_s=SETTLE_S_MAX)
            await intake.until_sent(timeout_s=SETTLE_S_MAX)
        finally:
            await connection.close()


async def _decision_us(stack: Stack, *, customers: int) -> float:
    """Return the CPU microseconds of a scheduler process per decision, with so many customers in the table.

    The first ten thousand are due, one after the other; the rest sleeps.
    """
    due = min(customers, DECISIONS_EACH)
    url = stack.postgres.url("scheduler")
    await fill(url, Portfolio(customers, wakeup_at=NOW + timedelta(days=1), every=timedelta(microseconds=1)))
    connection = await asyncpg.connect(url)
    try:
        # A minute past the moment of every customer, whatever the hour is here.
        shift_s = NOW.timestamp() + 60 - time.time()
        environment = live_environment(stack, "scheduler") | {"BENCH_CLOCK_SHIFT_S": str(shift_s)}
        async with running([(["bench.shifted", "tick"], environment)]) as (pid,):
            await wait_ready([stack.urls["scheduler"]])
            before_s = cpu_s(pid)
            await connection.execute(_WAKE, NOW, f"C-{due:07d}")
            async with asyncio.timeout(SETTLE_S_MAX):
                while await connection.fetchval(_LEFT, NOW):  # noqa: ASYNC110 - another process decides
                    await asyncio.sleep(0.1)
            return 1e6 * (cpu_s(pid) - before_s) / due
    finally:
        await connection.close()


async def _replicas() -> tuple[float, float]:
    """Return events per second with one consumer and with two on the six partitions."""
    found = []
    for count in (1, 2):
        async with Stack.fresh(Choice(services=("invoices",), inbox=False)) as stack:
            await stack.stop_one("invoices")
            await produce(stack.bootstrap, IN, new_invoices())
            found.append(await consumers_per_s(stack, consumers=count))
    return found[0], found[1]


if __name__ == "__main__":
    outlive_readers()
    sys.exit(run(main()))
