"""The toy as a process: killed at the worst instants, stopped politely, asked how it is."""

import asyncio
import json

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from sandbox.stack.addresses import free_ports
from tests.support.toy import thing
from tests.support.toy_stage import Record, Stage, ToyProcess, eventually, start_toy


async def _counted(stage: Stage, count: int) -> bool:
    ((total,),) = await stage.rows("SELECT count(*) FROM things")
    return int(total) >= count


async def _counted_or_dead(stage: Stage, toy: ToyProcess) -> bool:
    return toy.process.returncode is not None or await _counted(stage, 1)


@pytest.mark.parametrize("fault", ["before_commit:3", "after_commit:2", "before_outbox_delete:2"])
async def test_a_process_killed_at_the_worst_instant_loses_nothing_and_repeats_nothing(
    stage: Stage, fault: str
) -> None:
    killed = await start_toy(stage, fault=fault)
    await stage.produce(Record(thing(0), key="c:o0"))
    # A fault may be armed for the first batch already, so look for the sign of life in both places.
    await eventually(lambda: _counted_or_dead(stage, killed))
    for start in range(1, 100, 11):
        await stage.produce(*[Record(thing(n), key=f"c:o{n % 7}") for n in range(start, start + 11)])
        await asyncio.sleep(0.2)
    assert await asyncio.wait_for(killed.process.wait(), 20) == -9
    again = await start_toy(stage)
    try:
        await eventually(lambda: _counted(stage, 100))
        found = await stage.read("counts", count=100)
    finally:
        assert await again.stop() == 0
    assert await stage.rows("SELECT DISTINCT times FROM things") == [(1,)]
    seen: dict[str, list[int]] = {}
    for record in found:
        body = json.loads(record.value)
        seen.setdefault(body["customer_id"], []).append(body["version"])
    # A message may be sent twice (the crash before the delete), but never out of order for the first time.
    for versions in seen.values():
        assert list(dict.fromkeys(versions)) == list(range(1, max(versions) + 1))


async def test_probes_say_what_is_so_and_sigterm_ends_the_process_cleanly(stage: Stage) -> None:
    (port,) = free_ports(1)
    toy = await start_toy(stage, role="all", port=port)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def ready() -> bool:
                try:
                    return (await client.get("/readyz")).status_code == 200
                except httpx.HTTPError:
                    return False

            await eventually(ready)
            assert (await client.get("/healthz")).json() == {"alive": True, "stuck": []}
            await stage.produce(Record(thing(1)))
            await eventually(lambda: _counted(stage, 1))
            metrics = (await client.get("/metrics")).text
            assert f'velvet_records_total{{outcome="handled",service="{stage.name}"' in metrics
            refused = await client.post("/internal/settle", json={})
            assert refused.status_code == 401
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.headers["www-authenticate"] == "Bearer"
    finally:
        assert await toy.stop() == 0


async def test_a_process_refuses_a_schema_older_than_its_code(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    await _as_owner(stage, "DELETE FROM alembic_version")
    toy = await start_toy(stage)
    assert await asyncio.wait_for(toy.process.wait(), 20) == 3
    assert "run the migrate role" in capfd.readouterr().err


async def _as_owner(stage: Stage, sql: str) -> None:
    url = SecretStr(stage.database.owner_url)
    async with stage.service(database_url=url) as service, service.database.engine.begin() as connection:
        await connection.execute(text(sql))
