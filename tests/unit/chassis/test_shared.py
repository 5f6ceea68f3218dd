"""Many askers, one question."""

import asyncio
from dataclasses import dataclass, field

import pytest

from chassis.shared import Shared


@dataclass
class Slow:
    """Answers with how often it was asked, when it is let."""

    asked: int = 0
    let: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self) -> int:
        self.asked += 1
        mine = self.asked
        await self.let.wait()
        if mine == 13:
            raise LookupError("thirteen")
        return mine


async def _started(asked: Slow, shared: Shared[int]) -> asyncio.Task[int]:
    task = asyncio.create_task(shared.answer())
    while not asked.asked:
        await asyncio.sleep(0)
    return task


async def test_whoever_comes_while_a_question_is_on_its_way_shares_the_next_one() -> None:
    asked = Slow()
    shared = Shared(asked)
    first = await _started(asked, shared)
    others = [asyncio.create_task(shared.answer()) for _ in range(20)]
    await asyncio.sleep(0)
    asked.let.set()
    assert await first == 1
    # None of them is told what was asked before it came, and all of them are served at once.
    assert await asyncio.gather(*others) == [2] * 20
    assert asked.asked == 2


async def test_one_that_gives_up_takes_nobody_with_it() -> None:
    asked = Slow()
    shared = Shared(asked)
    first = await _started(asked, shared)
    stays, leaves = asyncio.create_task(shared.answer()), asyncio.create_task(shared.answer())
    await asyncio.sleep(0)
    leaves.cancel()
    asked.let.set()
    assert [await first, await stays] == [1, 2]
    with pytest.raises(asyncio.CancelledError):
        await leaves


async def test_a_question_that_fails_fails_for_all_who_shared_it_and_the_next_is_asked_anew() -> None:
    asked = Slow(asked=12)
    asked.let.set()
    shared = Shared(asked)
    both = await asyncio.gather(shared.answer(), shared.answer(), return_exceptions=True)
    assert [str(error) for error in both] == ["thirteen"] * 2
    assert await shared.answer() == 14
