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

REPLAY_S_MAX = 1200.0
STATES: Mapping[str, str] = {
    # Disputes and promises have no topic, so what follows from them alone is not compared: the money is.
    "invoices": "SELECT invoice_id AS name, customer_id, amount, open, paid, credited, written_off, status, settled_on"
    " FROM invoices WHERE creditor_id = $1",
    # What each customer was from which day on, and why: whatever the order in which facts and clock came.
    "classifier": "SELECT customer_id AS name, array_agg(changed_on ORDER BY changed_on) AS days,"
    " array_agg(encode(decision, 'hex') ORDER BY changed_on) AS decisions"
    " FROM tier_changes WHERE creditor_id = $1 GROUP BY customer_id",
}
"""What a replay must bring about once more, by the service that holds it."""
_OFFSETS = "SELECT topic, partition, next_offset FROM consumer_offsets"


async def differences(
    stage: Stage, witness: Witness, service: str, *, creditor_id: str, ends: Mapping[str, list[int]]
) -> list[str]:
    """Replay the log up to ``ends`` and return the invoices or customers that differ; the service itself must not run."""
    server, again_name = stage.stack.postgres, f"{service}_again"
    database = await create_database(server, service, name=again_name)
    port = free_ports(1)[0]
    environment = stage.stack.environment("nobody") | {
        f"VELVET_{service.upper()}_DATABASE_URL": database.url,
        f"VELVET_{service.upper()}_MIGRATION_DATABASE_URL": database.owner_url,
        f"VELVET_{service.upper()}_HTTP_PORT": str(port),
        "VELVET_INSTANCE_ID": "again",
    }
    layout = stage.stack.layout
    await run_module(f"{service}-again-migrate", [service, "migrate"], layout=layout, environment=environment)
    program = Forked(
        f"{service}-again",
        layout,
        [service, "consume"],
        f"http://{HOST}:{port}",
        environment,
        nursery=stage.nurseries[service],
    )
    connection = await asyncpg.connect(server.url(again_name))
    try:
        await program.start()
        if not await _through(connection, service, ends):
            return [f"the replay was not through after {REPLAY_S_MAX:.0f} s"]
        again = {row["name"]: dict(row) for row in await connection.fetch(STATES[service], creditor_id)}
    finally:
        await program.stop()
        await connection.close()
    known = {row["name"]: dict(row) for row in await witness.rows(service, STATES[service], creditor_id)}
    return [
        f"{name}: {_told(known.get(name))} and, replayed, {_told(again.get(name))}"
        for name in sorted(known.keys() | again.keys())
        if known.get(name) != again.get(name)
    ]


def _told(row: Mapping[str, Any] | None) -> str:
    return (
        "nothing"
        if row is None
        else ", ".join(f"{key} {value}" for key, value in row.items() if key != "name")
    )


async def _through(connection: Any, service: str, ends: Mapping[str, list[int]]) -> bool:
    """Wait until the replay has taken everything in."""
    deadline = time.monotonic() + REPLAY_S_MAX
    while time.monotonic() < deadline:
        offsets: dict[str, dict[int, int]] = {}
        for row in await connection.fetch(_OFFSETS):
            offsets.setdefault(row["topic"], {})[row["partition"]] = row["next_offset"]
        if reached(offsets, ends, topics=registry().consumed_by(service)):
            return True
        await asyncio.sleep(0.5)
    return False
