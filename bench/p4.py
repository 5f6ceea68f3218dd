"""P4: due customers decided, their commands committed and acknowledged by Kafka, against pgqueuer's no-op jobs."""

import contextlib
import os
import time

from bench.asked import asked
from bench.customers import Portfolio, fill
from bench.figure import Figure, median
from bench.kept import Peer
from bench.peers import pgqueuer_jobs_per_s
from bench.processes import live_environment
from sandbox.stack.stack import Stack

CUSTOMERS = 10_000
REPETITIONS = 3
PROCESSES = os.cpu_count() or 1


async def measure(stack: Stack) -> Figure:
    """Alternate the peer and ours on one server; the stack's scheduler does not run."""
    ours, peer = [], Peer("pgqueuer_jobs_per_s")
    for _ in range(REPETITIONS):
        await peer.measure(lambda: pgqueuer_jobs_per_s(stack.databases["notifier"].owner_url))
        ours.append(await customers_per_s(stack, Portfolio(CUSTOMERS)))
    what = f"scheduler: due customers (three open invoices each, one step due) decided, commands committed and acknowledged by Kafka; {PROCESSES} processes; customers/s over pgqueuer no-op jobs/s"
    return Figure("P4", what, median(ours), "1/s", CUSTOMERS, limit=peer.value())


async def customers_per_s(stack: Stack, portfolio: Portfolio) -> float:
    """Fill the tables, decide everything that is due with a scheduler process per core; returns customers per second."""
    await fill(stack.postgres.url("scheduler"), portfolio)
    environment = live_environment(stack, "scheduler")
    async with contextlib.AsyncExitStack() as closing:
        workers = [
            await closing.enter_async_context(asked("bench.p4_worker", environment=environment))
            for _ in range(PROCESSES)
        ]
        for worker in workers:
            await worker.expect("ready")
        started = time.perf_counter()
        for worker in workers:
            worker.say("go")
        decided = sum([int(await worker.expect("done")) for worker in workers])
        elapsed_s = time.perf_counter() - started
    if decided != portfolio.customers:
        raise RuntimeError(f"P4: {decided} of {portfolio.customers} customers were decided")
    return portfolio.customers / elapsed_s
