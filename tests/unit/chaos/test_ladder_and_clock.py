"""The guard sees a step down, and the driver a clock that lets itself be turned back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, cast

import pytest

from chaos.invariants import Guard
from chaos.oracle import Call
from chaos.witness import Rung
from chaos.workload import Driver, Played
from sandbox.replay.client import SandboxError

NOW = datetime(2025, 3, 3, 8, tzinfo=UTC)


class Eyes:
    """A witness that has seen these steps."""

    def __init__(self, *rungs: Rung) -> None:
        self.seen = list(rungs)

    async def rungs(self, _: Sequence[Call]) -> list[Rung]:
        return self.seen

    async def after_payment(self, _: Sequence[Call]) -> list[tuple[str, str]]:
        return []


def step(rank: int, *, name: str = "reminder", invoice_id: str = "1") -> Rung:
    return Rung("acme", (invoice_id,), name, rank)


async def broken(*rungs: Rung) -> list[str]:
    guard = Guard(cast("Any", None), cast("Any", Eyes(*rungs)))
    await guard._judge()
    return [detail for _, detail in guard.breaches]


async def test_a_ladder_that_is_climbed_is_in_order() -> None:
    assert await broken(step(-3), step(1), step(14), step(1, invoice_id="2")) == []


async def test_a_step_below_an_earlier_one_is_a_breach() -> None:
    assert await broken(step(14), step(1)) == ["reminder of 1: 1 after 14"]


async def test_a_copy_that_was_asked_for_is_no_step() -> None:
    assert await broken(step(14), step(-40_000, name="resend"), step(30)) == []


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
