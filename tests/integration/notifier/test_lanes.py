"""Two batches at once in one process: each message once, in order, and neither lane takes the other's for left behind."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from notifier.entrypoints.ticks import Lane
from notifier.usecases.send_due import BATCH_MESSAGES_MIN
from tests.integration.notifier.events import creditor_changed, customer_changed, reminder_due
from tests.integration.notifier.stage import Stage, sending

CUSTOMERS = 150
_HELD = (
    "SELECT owner, state, count(*) AS messages FROM contacts WHERE owner <> '' GROUP BY 1, 2 ORDER BY 1, 2"
)


def _lane(stage: Stage, number: int) -> Lane:
    lane: Lane = stage.service.background[number].func.__self__._lane  # type: ignore[attr-defined]
    return lane


async def _many_commands(stage: Stage, *, each: int = 1) -> None:
    names = [f"C-{n}" for n in range(CUSTOMERS)]
    bodies: list[Any] = [creditor_changed(), *(customer_changed(name) for name in names)]
    bodies += [
        reminder_due(f"{name}.{n}", customer_id=name, at=f"2026-04-06T06:0{n}:00Z", template="due-day")
        for n in reversed(range(each))
        for name in names
    ]
    await stage.take_in(*bodies)


async def test_two_batches_go_at_once_and_each_message_goes_once(idle_stage: Stage) -> None:
    stage = idle_stage
    stage.gate.takes_s = 0.05
    await _many_commands(stage)
    async with sending(stage):
        await stage.settle()
    assert stage.gate.at_once_max == 2
    assert sorted(sent.to for sent in stage.inbox_messages()) == sorted(
        f"c-{n}@klant.example" for n in range(CUSTOMERS)
    )
    assert await stage.rows(_HELD) == []


async def test_one_batch_of_work_wakes_no_second_lane(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.take_in(customer_changed(), reminder_due())
    async with sending(stage):
        await stage.settle()
    assert (stage.gate.at_once_max, len(stage.inbox_messages())) == (1, 1)


async def test_messages_of_one_customer_go_in_order_whichever_lane_takes_them(idle_stage: Stage) -> None:
    stage = idle_stage
    stage.gate.takes_s = 0.02
    await _many_commands(stage, each=3)
    async with sending(stage):
        await stage.settle()
    of_customer: dict[str, list[str]] = {}
    for sent in stage.inbox_messages():
        of_customer.setdefault(sent.to, []).append(sent.provider_message_id.partition("@")[0][-2:])
    assert len(of_customer) == CUSTOMERS
    assert set(map(tuple, of_customer.values())) == {(".0", ".1", ".2")}


@pytest.mark.parametrize("state", ["CLAIMED", "CALLING"])
async def test_a_lane_leaves_alone_what_the_other_one_holds(idle_stage: Stage, state: str) -> None:
    stage = idle_stage
    first, second = _lane(stage, 0), _lane(stage, 1)
    await stage.take_in(customer_changed(), reminder_due())
    now = stage.service.clock.now()
    assert now is not None
    async with first._send_due.works() as work:
        await work.contacts.claim_due(now, owner=first._send_due.owner, limit=1)
    await stage.execute(f"UPDATE contacts SET state = '{state}'")
    before = await stage.rows(_HELD)
    await second.recover()
    assert await stage.rows(_HELD) == before
    await first.recover()
    assert await stage.rows(_HELD) == []


async def test_both_lanes_see_their_messages_through_before_they_end(idle_stage: Stage) -> None:
    stage = idle_stage
    stage.gate.takes_s = 0.05
    await _many_commands(stage)
    async with sending(stage), asyncio.timeout(5):
        while stage.gate.at_once_max < 2:
            await asyncio.sleep(0.001)
        # Both have asked the gate: here the process is told to stop.
    states = await stage.rows("SELECT state, count(*) AS messages FROM contacts GROUP BY 1")
    counts = {row["state"]: row["messages"] for row in states}
    assert set(counts) <= {"PENDING", "ACCEPTED"}
    assert counts["ACCEPTED"] == len(stage.inbox_messages()) >= 2 * BATCH_MESSAGES_MIN


async def test_of_each_customer_the_first_is_claimed_however_many_more_are_due(idle_stage: Stage) -> None:
    stage = idle_stage
    many = [reminder_due(f"a-{n}", customer_id="C-1", at=f"2026-04-06T06:0{n}:00Z") for n in range(5)]
    await stage.take_in(*reversed(many), reminder_due("b", customer_id="C-2", at="2026-04-06T06:30:00Z"))
    now = stage.service.clock.now()
    assert now is not None
    works = _lane(stage, 0)._send_due.works
    async with works() as work:
        claimed = await work.contacts.claim_due(now, owner="one", limit=2)
    assert [contact.command.command_id for contact in claimed] == ["a-0", "b"]
    async with works() as work:
        assert await work.contacts.claim_due(now, owner="two", limit=2) == []


async def test_a_channel_that_refuses_both_lanes_at_once_is_paused_once(idle_stage: Stage) -> None:
    stage = idle_stage
    await _many_commands(stage)
    now = stage.service.clock.now()
    assert now is not None
    works = _lane(stage, 0)._send_due.works

    async def pause(minutes: int) -> None:
        async with works() as work:
            until = now + timedelta(minutes=minutes)
            await work.contacts.put_off_channel("EMAIL", now=now, until=until)
            await asyncio.sleep(0.05)

    await asyncio.gather(pause(5), pause(9))
    rows = await stage.rows("SELECT not_before, count(*) AS messages FROM contacts GROUP BY 1")
    (paused,) = rows
    assert paused["messages"] == CUSTOMERS
    assert paused["not_before"] in {now + timedelta(minutes=5), now + timedelta(minutes=9)}
    async with works() as work:
        assert await work.contacts.claim_due(now, owner="one", limit=1) == []
