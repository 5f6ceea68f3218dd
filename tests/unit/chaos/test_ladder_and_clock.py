"""The guard sees a step down, and the driver a clock that lets itself be turned back."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, cast

import pytest

from chaos.invariants import BLIND_S_MAX, Guard
from chaos.ledger_log import Rung
from chaos.oracle import Call
from chaos.witness import Witness
from chaos.workload import Driver, Played
from sandbox.replay.client import SandboxError

NOW = datetime(2025, 3, 3, 8, tzinfo=UTC)


def step(rank: int, *, name: str = "reminder", invoice_id: str = "1") -> Rung:
    return Rung((f"acme/{invoice_id}",), name, rank)


def broken(*rungs: Rung) -> list[str]:
    guard = Guard(cast("Any", None), cast("Any", None))
    guard.calls = [Call(n, 0.0, "EMAIL", str(n), "") for n in range(len(rungs))]
    guard.climb({str(n): rung for n, rung in enumerate(rungs)})
    return [detail for _, detail in guard.breaches]


def test_a_ladder_that_is_climbed_is_in_order() -> None:
    assert broken(step(-3), step(1), step(14), step(1, invoice_id="2")) == []


def test_a_step_below_an_earlier_one_is_a_breach() -> None:
    assert broken(step(14), step(1)) == ["reminder of acme/1: 1 after 14"]


def test_a_copy_that_was_asked_for_is_no_step() -> None:
    assert broken(step(14), step(-40_000, name="resend"), step(30)) == []


@pytest.mark.parametrize(("error", "is_broken"), [(ConnectionError(), False), (TypeError("None"), True)])
async def test_a_guard_that_cannot_see_says_so_unless_a_server_is_down(
    error: Exception, *, is_broken: bool
) -> None:
    guard = Guard(cast("Any", None), cast("Any", None))

    async def check() -> None:
        raise error

    await guard.look(check)
    assert bool(guard.breaches) is is_broken


@pytest.mark.parametrize(("sees_at_s", "is_broken"), [(None, True), (BLIND_S_MAX / 2, False)])
async def test_a_guard_that_sees_nothing_for_a_minute_on_end_says_so(
    monkeypatch: pytest.MonkeyPatch, sees_at_s: float | None, *, is_broken: bool
) -> None:
    times_s = iter((0.0, BLIND_S_MAX / 2, BLIND_S_MAX / 2, BLIND_S_MAX + 1, BLIND_S_MAX + 1))
    now_s, stopping = next(times_s), asyncio.Event()
    guard = Guard(cast("Any", None), cast("Any", None), clock=lambda: now_s)

    async def tick() -> None:
        nonlocal now_s
        now_s = next(times_s, now_s)
        if now_s > BLIND_S_MAX:
            stopping.set()
        if now_s != sees_at_s:
            raise TimeoutError

    monkeypatch.setattr(Guard, "tick", lambda _: tick())
    monkeypatch.setattr("chaos.invariants.EVERY_S", 0.0)
    await guard.watch(stopping)
    assert bool(guard.breaches) is is_broken


class Connection:
    """A connection that does one thing at a time, as asyncpg's does."""

    busy = False

    def is_closed(self) -> bool:
        return False

    async def fetch(self, *_: object) -> list[Any]:
        assert not self.busy, "another operation is in progress"
        self.busy = True
        await asyncio.sleep(0)
        self.busy = False
        return []


async def test_guard_and_striker_may_look_at_the_same_time() -> None:
    witness = Witness(cast("Any", None), {"notifier": Connection()})
    await asyncio.gather(*(witness.rows("notifier", "SELECT 1") for _ in range(3)))


class Clock:
    """A scheduler whose clock refuses to go back, or does as it is told."""

    def __init__(self, *, refuses: bool) -> None:
        self.now, self.refuses = NOW, refuses

    async def advance(self, now: datetime) -> dict[str, Any]:
        if self.refuses:
            raise SandboxError("PUT /v1/clock answered 409: the clock stands later")
        self.now = now
        return {"now": now.isoformat()}

    async def get(self, *_: str) -> dict[str, Any]:
        return {"now": self.now.isoformat()}


@pytest.mark.parametrize(("refuses", "refusals", "faults"), [(True, 1, 0), (False, 0, 2)])
async def test_a_clock_that_goes_back_is_noted(*, refuses: bool, refusals: int, faults: int) -> None:
    played = Played(now=NOW)
    clock = cast("Any", Clock(refuses=refuses))
    driver = Driver(cast("Any", None), clock, "", Random(1), played=played)
    await driver._turn_back(NOW - timedelta(hours=1))
    assert (played.refusals, len(played.went_back)) == (refusals, faults)
