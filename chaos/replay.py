"""The event log once more, into an empty database: what comes out must be what the run left behind."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import asyncpg

from chaos.nursery import Forked
from chaos.proxy import HOST
from chaos.stage import Stage
from chaos.witness import Witness
from chassis.db.offsets import reached
from chassis.kafka.registry import registry
from sandbox.stack.addresses import free_ports
from sandbox.stack.databases import create_database
from sandbox.stack.parts import run_module

SERVICE, AGAIN = "invoices", "invoices_again"
REPLAY_S_MAX = 1200.0
_STATE = (
    "SELECT invoice_id, customer_id, amount, open, paid, credited, written_off, status, settled_on"
    " FROM invoices WHERE creditor_id = $1"
)
_OFFSETS = "SELECT topic, partition, next_offset FROM consumer_offsets"


async def differences(
    stage: Stage, witness: Witness, *, creditor_id: str, ends: Mapping[str, list[int]]
) -> list[str]:
    """Replay the log up to ``ends`` and return the invoices that differ; the service itself must not run.

    Disputes and promises have no topic, so what follows from them alone is not compared: the money is.
    """
    server = stage.stack.postgres
    database = await create_database(server, SERVICE, name=AGAIN)
    port = free_ports(1)[0]
    environment = stage.stack.environment("nobody") | {
        "VELVET_INVOICES_DATABASE_URL": database.url,
        "VELVET_INVOICES_MIGRATION_DATABASE_URL": database.owner_url,
        "VELVET_INVOICES_HTTP_PORT": str(port),
        "VELVET_INSTANCE_ID": "again",
    }
    layout = stage.stack.layout
    await run_module("invoices-again-migrate", [SERVICE, "migrate"], layout=layout, environment=environment)
    program = Forked(
        "invoices-again",
        layout,
        [SERVICE, "consume"],
        f"http://{HOST}:{port}",
        environment,
        nursery=stage.nurseries[SERVICE],
    )
    connection = await asyncpg.connect(server.url(AGAIN))
    try:
        await program.start()
        if not await _through(connection, ends):
            return [f"the replay was not through after {REPLAY_S_MAX:.0f} s"]
        again = {row["invoice_id"]: dict(row) for row in await connection.fetch(_STATE, creditor_id)}
    finally:
        await program.stop()
        await connection.close()
    known = {row["invoice_id"]: dict(row) for row in await witness.rows(SERVICE, _STATE, creditor_id)}
    return [name for name in sorted(known.keys() | again.keys()) if known.get(name) != again.get(name)]


async def _through(connection: Any, ends: Mapping[str, list[int]]) -> bool:
    """Wait until the replay has taken everything in."""
    deadline = time.monotonic() + REPLAY_S_MAX
    while time.monotonic() < deadline:
        offsets: dict[str, dict[int, int]] = {}
        for row in await connection.fetch(_OFFSETS):
            offsets.setdefault(row["topic"], {})[row["partition"]] = row["next_offset"]
        if reached(offsets, ends, topics=registry().consumed_by(SERVICE)):
            return True
        await asyncio.sleep(0.5)
    return False
