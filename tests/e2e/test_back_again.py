"""Older databases, each of another moment, beside the Kafka of today: nothing is lost and nothing is sent twice."""

import asyncio
import os
from asyncio.subprocess import PIPE, STDOUT
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.generator.book import Book, generate
from sandbox.replay.evidence import Evidence
from sandbox.replay.verdicts import Truth
from sandbox.stack.addresses import PORT_VARIABLES, SERVICES, free_ports
from sandbox.stack.backup import back_up, bring_back, folder_for, whole_backup
from sandbox.stack.layout import REPOSITORY
from sandbox.stack.stack import Stack
from tests.fuzz.broker import parked_by, put
from tests.fuzz.records import Wire
from tests.support.replaying import cast, essence, play

pytestmark = pytest.mark.timeout(600)
# Not in the order of the flow: the notifier's backup is the oldest, the scheduler's the youngest.
BACKED_UP = {"notifier": 8, "invoices": 12, "classifier": 16, "scheduler": 20}
SAID, LOST = 24, 30
"""By day of the replay: when people say what no event carries, and when the databases are lost."""


@pytest.fixture(scope="module")
def book() -> Book:
    return generate(0, customers=8, months=4)


@pytest.fixture(scope="module")
def truth(book: Book) -> Truth:
    return Truth.of_book(book)


@pytest.fixture(scope="module")
async def undisturbed(book: Book, truth: Truth) -> AsyncIterator[tuple[Evidence, dict[str, Any]]]:
    async with Stack.fresh() as stack:
        evidence = await play(stack, cast(book), truth=truth, interrupt=on_days(book, {SAID: told(stack)}))
        yield evidence, await agreed(stack)


async def test_four_databases_of_different_moments_come_back_and_nobody_notices(
    undisturbed: tuple[Evidence, dict[str, Any]], book: Book, truth: Truth
) -> None:
    expected, expected_agreed = undisturbed
    async with Stack.fresh() as stack:
        folder = folder_for(stack)

        def backed_up(service: str) -> Callable[[], Awaitable[None]]:
            return lambda: back_up(stack, folder, services=[service], say=print)

        async def lost_and_back() -> None:
            for service in SERVICES:
                stack.kill(service)
            await bring_back(stack, await whole_backup(stack, folder), say=print)
            for service in SERVICES:
                await stack.start_one(service)

        plan = {number: backed_up(service) for service, number in BACKED_UP.items()}
        plan |= {SAID: told(stack), LOST: lost_and_back}
        evidence = await play(stack, cast(book), truth=truth, interrupt=on_days(book, plan))
        found = await agreed(stack)
    assert not plan, "everything planned has happened"
    assert received(evidence) == received(expected), "nothing is sent twice, and nothing is missing"
    assert found == expected_agreed, "what people said comes back too"
    assert essence(evidence) == essence(expected)


async def test_backups_may_be_brought_back_twice_and_an_older_one_after_a_newer(
    undisturbed: tuple[Evidence, dict[str, Any]], book: Book, truth: Truth
) -> None:
    """A dead letter waits meanwhile: each restore reads its record again, and parks it no second time."""
    expected, expected_agreed = undisturbed
    async with Stack.fresh() as stack:
        older, newer = (stack.layout.home / name for name in ("older", "newer"))

        def kept_in(folder: Path) -> Callable[[], Awaitable[None]]:
            async def keep() -> None:
                folder.mkdir(mode=0o700)
                await back_up(stack, folder, say=print)

            return keep

        def lost_and_back(folder: Path, *, times: int) -> Callable[[], Awaitable[None]]:
            async def lose() -> None:
                for service in SERVICES:
                    stack.kill(service)
                for _ in range(times):
                    await bring_back(stack, await whole_backup(stack, folder), say=print)
                for service in SERVICES:
                    await stack.start_one(service)

            return lose

        async def poison() -> None:
            bad = Wire("erp.invoice-issued.v1", b"{", [("ce_id", b"bad")], b"acme-nl:K")
            await put(stack, [bad])

        plan = {8: kept_in(older), 12: poison, 16: kept_in(newer), SAID: told(stack)}
        plan |= {LOST: lost_and_back(newer, times=2), LOST + 3: lost_and_back(older, times=1)}
        evidence = await play(stack, cast(book), truth=truth, interrupt=on_days(book, plan))
        found = await agreed(stack)
        letters = await parked_by(stack, "invoices")
    assert not plan, "everything planned has happened"
    assert received(evidence) == received(expected), "nothing is sent twice, and nothing is missing"
    assert found == expected_agreed, "what people said comes back too"
    assert essence(evidence) == essence(expected)
    assert [letter.origin[0] for letter in letters] == ["erp.invoice-issued.v1"], "parked once"


async def test_make_backup_and_make_restore_bring_a_running_velvet_back(
    undisturbed: tuple[Evidence, dict[str, Any]], book: Book, truth: Truth, tmp_path: Path
) -> None:
    expected, expected_agreed = undisturbed
    velvet = Made(tmp_path / "velvet")
    before: list[dict[str, Any]] = []

    async def backed_up() -> None:
        await velvet.make("backup")

    async def lost_and_back() -> None:
        # The inbox of a stack that stops forgets: what it had received is taken down first.
        async with desk(velvet.stack) as call:
            before.extend(await items(call, f"{velvet.stack.urls['inbox']}/messages?limit=500"))
        (folder,) = (velvet.home / "backups").iterdir()
        assert "Velvet is up." in await velvet.make("restore", f"BACKUP={folder}")

    plan = {BACKED_UP["invoices"]: backed_up, SAID: told(velvet.stack), LOST: lost_and_back}
    try:
        await velvet.make("up")
        evidence = await play(velvet.stack, cast(book), truth=truth, interrupt=on_days(book, plan))
        found = await agreed(velvet.stack)
    finally:
        await velvet.make("reset")
    whole = replace(evidence, messages=[*before, *evidence.messages])
    assert not plan, "everything planned has happened"
    assert before, "something was sent before the loss"
    assert received(whole) == received(expected), "nothing is sent twice, and nothing is missing"
    assert found == expected_agreed, "what people said comes back too"
    assert essence(whole) == essence(expected)


class Made:
    """A lasting stack of its own home and ports, moved by make alone."""

    def __init__(self, home: Path) -> None:
        ports = zip(PORT_VARIABLES.values(), free_ports(len(PORT_VARIABLES)), strict=True)
        self.home = home
        self.environ = {
            name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "PYTHONPATH"}
        }
        self.environ |= {"VELVET_HOME": str(home), **{name: str(port) for name, port in ports}}

    @property
    def stack(self) -> Stack:
        """The same stack, to be asked for its addresses and tokens."""
        return Stack.persistent(environ=self.environ)

    async def make(self, *words: str) -> str:
        """Run a target and return what it says; whoever runs this test has set everything up."""
        process = await asyncio.create_subprocess_exec(
            "make", "-o", "setup", *words, cwd=REPOSITORY, env=self.environ, stdout=PIPE, stderr=STDOUT
        )
        said = (await process.communicate())[0].decode()
        assert process.returncode == 0, said
        return said


def on_days(book: Book, plan: dict[int, Callable[[], Awaitable[None]]]) -> Callable[[date], Awaitable[None]]:
    """Return what does each item of the plan once its day has come."""
    days = [day.day for day in cast(book).days]

    async def interrupt(day: date) -> None:
        for number in sorted(plan):
            if day >= days[number]:
                await plan.pop(number)()

    return interrupt


def told(stack: Stack) -> Callable[[], Awaitable[None]]:
    """Say by the APIs what no event carries: a dispute, a hold, a pinned tier, a consent."""

    async def say() -> None:
        async with desk(stack) as call:
            invoices = await items(call, f"{stack.urls['invoices']}/v1/invoices?status=OPEN&limit=500")
            first, last = invoices[0], invoices[-1]
            where = stack.urls["invoices"]
            body: dict[str, Any] = {"reason_code": "QUALITY", "note": "the blue one was ordered"}
            await done(call, "POST", f"{where}/v1/invoices/{first['invoice_id']}/disputes", body)
            body = {"until": "2025-12-31", "reason": "flood", "owner": "mo"}
            await done(call, "POST", f"{where}/v1/customers/{last['customer_id']}/holds", body)
            body = {"tier": "GOLD", "reason": "our oldest customer", "expires_on": "2026-12-31"}
            customer = f"/v1/customers/{invoices[len(invoices) // 2]['customer_id']}"
            await done(call, "PUT", f"{stack.urls['classifier']}{customer}/tier", body)
            said = {"allowed": False, "source": "by phone", "at": "2025-03-01T09:00:00Z"}
            await done(
                call, "PUT", f"{stack.urls['notifier']}{customer}/consent", {"channels": {"SMS": said}}
            )

    return say


async def agreed(stack: Stack) -> dict[str, Any]:
    """Read back everything that was said."""
    found: dict[str, Any] = {}
    async with desk(stack) as call:
        where = stack.urls["invoices"]
        for invoice in await items(call, f"{where}/v1/invoices?limit=500"):
            disputes = await items(call, f"{where}/v1/invoices/{invoice['invoice_id']}/disputes")
            customer = f"/v1/customers/{invoice['customer_id']}"
            if disputes:
                found[invoice["invoice_id"]] = disputes
            if customer not in found:
                tier = (await call.get(f"{stack.urls['classifier']}{customer}/tier")).json()
                consent = (await call.get(f"{stack.urls['notifier']}{customer}/consent")).json()
                held = await items(call, f"{where}{customer}/holds")
                found[customer] = (tier["pin"], consent, held)
    assert any(isinstance(value, list) for value in found.values()), "somebody disputed something"
    return found


def desk(stack: Stack) -> httpx.AsyncClient:
    return httpx.AsyncClient(headers={"Authorization": f"Bearer {stack.token('acme-nl')}"}, timeout=30)


async def items(call: httpx.AsyncClient, url: str) -> list[dict[str, Any]]:
    answer = await call.get(url)
    answer.raise_for_status()
    return list(answer.json()["items"])


async def done(call: httpx.AsyncClient, method: str, url: str, body: dict[str, Any]) -> None:
    answer = await call.request(method, url, json=body)
    assert answer.is_success, answer.text


def received(evidence: Evidence) -> Counter[tuple[str, ...]]:
    return Counter((m["channel"], m["to"], m["subject"], m["text"]) for m in evidence.messages)
