"""The scheduler as a process of its own, its neighbours played: the clock's call sees everything through."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from chassis.kafka import topics as topic_tool
from sandbox.stack.addresses import free_ports
from sandbox.stack.layout import Layout
from sandbox.stack.tokens import ISSUER, Claims, sandbox_keys, sign
from tests.integration.scheduler.desk import customer_changed, invoice_changed
from tests.integration.scheduler.neighbours import Neighbours, neighbours
from tests.support.servers import Databases

KEY = "acme-nl:C-1"


@dataclass
class Running:
    """The process, its API, and its neighbours."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient
    others: Neighbours
    environ: dict[str, str]

    async def restart(self) -> None:
        """Kill it as a crash would, and start it again."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        self.process = await _start(self.environ)
        await _ready(self.http)

    async def clock(self, now: str) -> httpx.Response:
        return await self.http.put("/v1/clock", json={"now": now}, timeout=60)


async def _start(environ: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "scheduler", "all", env=environ)


async def _ready(http: httpx.AsyncClient) -> None:
    for _ in range(400):
        try:
            if (await http.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.05)
    raise AssertionError("it never became ready")


@pytest.fixture
async def running(databases: Databases, bootstrap: str, tmp_path: Path) -> AsyncIterator[Running]:
    """A scheduler on the run's Kafka; the topics' own names, so only one at a time."""
    await topic_tool.create(bootstrap)
    keys = sandbox_keys(Layout(tmp_path))
    (port,) = free_ports(1)
    async with databases.fresh("scheduler") as own, neighbours(bootstrap) as others:
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VELVET_")},
            "PYTHONPATH": os.pathsep.join(sys.path),
            "VELVET_SANDBOX": "true",
            "VELVET_SCHEDULER_DATABASE_URL": own.url,
            "VELVET_SCHEDULER_HTTP_PORT": str(port),
            "VELVET_KAFKA_BOOTSTRAP": bootstrap,
            "VELVET_AUTH_ISSUER": ISSUER,
            "VELVET_AUTH_JWKS_FILE": str(keys.jwks_file),
            "VELVET_AUTH_SIGNING_KEY_FILE": str(keys.signing_key_file),
            "VELVET_INSTANCE_ID": "none",
            "VELVET_LOG_LEVEL": "warning",
            **{
                f"VELVET_{name.upper()}_URL": f"{others.url}/{name}"
                for name in ("invoices", "classifier", "notifier", "inbox")
            },
        }
        token = sign(Claims("acme-nl"), signing_key_file=keys.signing_key_file)
        async with _client(port, token) as http:
            running = Running(await _start(environ), http, others, environ)
            try:
                await _ready(http)
                yield running
            finally:
                running.process.terminate()
                await running.process.wait()


@asynccontextmanager
async def _client(port: int, token: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        yield client


async def _tell(running: Running) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    await running.others.publish("invoices.customer-changed.v1", customer_changed(), key=KEY, at=at)
    await running.others.publish("invoices.invoice-changed.v1", invoice_changed(), key=KEY, at=at)


async def test_the_clock_sees_everything_through_and_survives_a_crash(running: Running) -> None:
    assert (await running.http.get("/v1/clock")).json() == {"now": None}
    assert (await running.http.get("/v1/invoices/I-1/plan")).status_code == 404
    first = (await running.clock("2026-03-02T12:00:00Z")).json()
    assert first == {"now": "2026-03-02T12:00:00Z", "commands": 0, "outcomes": 0}
    await _tell(running)
    done = (await running.clock("2026-03-31T12:00:00+02:00")).json()
    assert (done["commands"], done["outcomes"]) == (2, 2)
    assert [command.step for command in running.others.commands] == ["arrival-check", "upcoming-reminder"]
    assert [command.at for command in running.others.commands] == [
        "2026-03-05T08:00:00Z",
        "2026-03-30T07:00:00Z",
    ]
    for automatic, has_steps in (("OFF", False), ("ON", True)):
        assert (await running.http.put("/v1/outreach", json={"automatic": automatic})).status_code == 200
        ahead = (await running.http.get("/v1/invoices/I-1/plan")).json()["items"]
        upcoming = (await running.http.get("/v1/upcoming")).json()["items"]
        assert (bool(ahead), bool(upcoming)) == (has_steps, has_steps), automatic
        then = (await running.http.get("/v1/invoices/I-1/explanation", params={"on": "2026-04-07"})).json()
        assert then["decision"] == ("ACT" if has_steps else "WAIT"), then
        goes = [sentence for sentence in then["reasons"] if "by e-mail" in sentence]
        assert bool(goes) == has_steps, then
    assert (await running.clock("2026-03-30T12:00:00+02:00")).status_code == 409
    assert (await running.clock("2028-03-30T12:00:00+02:00")).status_code == 422
    assert (await running.clock("tomorrow")).status_code == 422
    assert (await running.clock("2026-04-30T12:00:00")).status_code == 422

    cut_off = asyncio.create_task(running.clock("2026-06-01T00:00:00Z"))
    await asyncio.sleep(0.15)
    await running.restart()
    with pytest.raises(httpx.TransportError):
        await cut_off
    assert (await running.clock("2026-06-01T00:00:00Z")).status_code == 200
    steps = [command.step for command in running.others.commands if command.action != "REASSIGN"]
    assert steps == [
        "arrival-check",
        "upcoming-reminder",
        "due-today",
        "first-reminder",
        "reminder",
        "overdue-call",
        "final-notice",
        "hand-over",
    ]
    plan = (await running.http.get("/v1/invoices/I-1/plan")).json()
    assert plan == {"invoice_id": "I-1", "items": []}
    why = (await running.http.get("/v1/invoices/I-1/explanation", params={"on": "2026-04-07"})).json()
    assert (why["decision"], why["policy"]) == ("ACT", {"name": "bronze", "version": 1})
    assert why["reasons"][0] == "The friendly reminder goes by e-mail (bronze)."
    assert why["reasons_nl"][0] == "De vriendelijke herinnering gaat per e-mail (brons)."

    began = time.monotonic()
    for day in range(2, 12):
        assert (await running.clock(f"2026-06-{day:02}T00:00:00Z")).status_code == 200
    print(f"an empty day costs {(time.monotonic() - began) * 100:.0f} ms")  # noqa: T201 - for the reader of -s


async def test_policies_are_edited_with_their_etag(running: Running) -> None:
    answer = await running.http.get("/v1/policies/silver")
    tag, policy = answer.headers["etag"], answer.json()
    assert (policy["name"], policy["version"], len(policy["steps"])) == ("silver", 1, 6)
    assert (await running.http.put("/v1/policies/silver", json=policy)).status_code == 428
    policy["steps"][0]["channels"] = ["PIGEON"]
    refused = await running.http.put("/v1/policies/silver", json=policy, headers={"If-Match": tag})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/steps/0/channels")
    policy["steps"][0]["channels"] = ["SMS", "EMAIL"]
    made = await running.http.put("/v1/policies/silver", json=policy, headers={"If-Match": tag})
    assert (made.status_code, made.json()["version"], made.headers["etag"]) == (200, 2, '"2"')
    stale = await running.http.put("/v1/policies/silver", json=policy, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert (await running.http.get("/v1/policies/platinum")).status_code == 404
    assert (await running.http.get("/v1/outreach")).json() == {"automatic": "ON"}
    assert (await running.http.put("/v1/outreach", json={"automatic": "MAYBE"})).status_code == 422
    assert (await running.http.put("/v1/outreach", json={"automatic": "SHADOW"})).status_code == 200
    assert (await running.http.get("/v1/outreach/shadow")).json() == {"items": [], "next_cursor": None}
    assert (await running.http.get("/v1/upcoming", params={"limit": 1})).json()["next_cursor"] is None
