"""An hour of chaos on a quick machine: the ledger lasts as long as the blows, and the oracle forgets nothing."""

import asyncio
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from chaos.oracle import LoggedMailbox
from chaos.workload import JUMP_DAYS_MAX, Driver, Played
from sandbox.inbox import messages
from sandbox.inbox.messages import Channel, Draft


async def test_a_day_that_was_quick_waits_for_its_time_and_a_slow_one_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    now = [1000.0]

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    monkeypatch.setattr("chaos.workload.time.monotonic", lambda: now[0])
    monkeypatch.setattr(asyncio, "sleep", sleep)
    driver = Driver(cast("Any", None), cast("Any", None), "", Random(1), played=Played(days=40), day_s_min=5)
    await driver._keep_pace()
    assert slept == [], "the first weeks go by as fast as they can"
    driver.warm.set()
    await driver._keep_pace()
    for days, took_s in ((1, 2.0), (3, 4.0), (1, 9.0), (1, 5.0)):
        driver.played.days += days
        now[0] += took_s
        await driver._keep_pace()
    assert slept == [0, 3.0, 11.0, 0, 0]
    driver.played.days += 1000
    await driver._keep_pace()
    assert slept[-1] == JUMP_DAYS_MAX * 5


def test_the_oracle_forgets_nothing_that_the_inbox_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MESSAGES_KEPT_MAX", 3)
    monkeypatch.setattr(messages, "BYTES_KEPT_MAX", 10)
    oracle = LoggedMailbox(tmp_path / "calls.sqlite")
    for number in range(5):
        oracle.keep(
            Draft(
                channel=Channel.CALL, to="1", provider_message_id=f"t{number}", text="twenty characters or so"
            )
        )
    page = oracle.page(channel=None, to=None, after=0, limit=500)
    assert [message.draft.provider_message_id for message in page.items] == ["t0", "t1", "t2", "t3", "t4"]
