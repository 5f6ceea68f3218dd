"""P4: due customers decided, their commands committed and acknowledged by Kafka, against pgqueuer's no-op jobs."""

import asyncio
import contextlib
import os
import sys
import time

from bench.customers import fill
from bench.figure import Figure, median
from bench.peers import pgqueuer_jobs_per_s
from bench.processes import live_environment
from sandbox.stack.stack import Choice, Stack

CUSTOMERS = 10_000
REPETITIONS = 3
PROCESSES = os.cpu_count() or 1


async def measure() -> list[Figure]:
    """Alternate the peer and ours on one server."""
    ours, peer = [], []
    async with Stack.fresh(Choice(services=("scheduler",), inbox=False)) as stack:
        await stack.stop_one("scheduler")
        for _ in range(REPETITIONS):
            peer.append(await pgqueuer_jobs_per_s(stack.databases["notifier"].owner_url))
            ours.append(await _customers_per_s(stack))
    what = f"scheduler: due customers (three open invoices each, one step due) decided, commands committed and acknowledged by Kafka; {PROCESSES} processes; customers/s over pgqueuer no-op jobs/s"
    return [Figure("P4", what, median(ours), "1/s", CUSTOMERS, limit=median(peer))]


async def _customers_per_s(stack: Stack) -> float:
    await fill(stack.databases["scheduler"].owner_url, customers=CUSTOMERS, wakeup_at=None)
    environment = live_environment(stack, "scheduler")
    workers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.p4_worker",
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(PROCESSES)
    ]
    try:
        for worker in workers:
            await _expect(worker, "ready")
        started = time.perf_counter()
        for worker in workers:
            if worker.stdin is not None:
                worker.stdin.write(b"go\n")
        decided = sum([int(await _expect(worker, "done")) for worker in workers])
        elapsed_s = time.perf_counter() - started
    finally:
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                worker.terminate()
            await worker.wait()
    if decided != CUSTOMERS:
        raise RuntimeError(f"P4: {decided} of {CUSTOMERS} customers were decided")
    return CUSTOMERS / elapsed_s


async def _expect(worker: asyncio.subprocess.Process, word: str) -> str:
    """Read the worker's lines up to the one that begins with ``word``; return the rest of that line."""
    if worker.stdout is None:
        raise RuntimeError("P4: the worker has no output")
    async for line in worker.stdout:
        text = line.decode().strip()
        if text.startswith(word):
            return text.removeprefix(word).strip()
    raise RuntimeError(f"P4: a worker ended before it said {word!r}")
