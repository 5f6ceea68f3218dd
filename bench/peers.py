"""What peers do: pgqueuer's no-op jobs, with the batch size at which it is fastest here."""

import asyncio
import time
from typing import Any

import asyncpg
from pgqueuer import AsyncpgDriver, Job, PgQueuer
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode

JOBS = 20_000
BATCH_JOBS = 500
CONNECTIONS = 2


async def pgqueuer_jobs_per_s(url: str) -> float:
    """Run no-op jobs that are due now until the queue is empty, over two connections."""
    connection = await asyncpg.connect(url)
    queries = Queries(AsyncpgDriver(connection))
    if not await queries.schema_is_installed():
        await queries.install()
    await queries.clear_queue()
    await queries.enqueue(["noop"] * JOBS, [None] * JOBS, [0] * JOBS)
    started = time.perf_counter()
    await asyncio.gather(*(_drain(url) for _ in range(CONNECTIONS)))
    elapsed_s = time.perf_counter() - started
    await connection.close()
    return JOBS / elapsed_s


async def _drain(url: str) -> None:
    connection = await asyncpg.connect(url)
    queuer = PgQueuer(AsyncpgDriver(connection))

    async def noop(job: Job) -> None:
        """Do nothing."""

    # The peer is not installed where the types are checked, so its decorator is called by hand.
    register: Any = queuer.entrypoint("noop")
    register(noop)

    await queuer.run(batch_size=BATCH_JOBS, mode=QueueExecutionMode.drain)
    await connection.close()
