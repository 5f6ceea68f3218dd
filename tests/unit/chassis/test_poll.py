"""A poll is all that has come; outside the sandbox few records are not asked for too often."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import TopicPartition

from chassis.kafka.poll import Poll
from chassis.settings import ServiceSettings

ONE, OTHER = TopicPartition("things", 0), TopicPartition("things", 1)


class Library:
    """A client of Kafka that has these answers, and knows when and how it was asked."""

    def __init__(
        self, *answers: dict[TopicPartition, list[int]], on_asked: Callable[[], None] = lambda: None
    ) -> None:
        self._answers = list(answers)
        self._on_asked = on_asked
        self.asked: list[tuple[int, int]] = []
        self.asked_at: list[float] = []

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[int]]:
        """Answer, or wait in vain."""
        self.asked.append((timeout_ms, max_records))
        self.asked_at.append(asyncio.get_running_loop().time())
        self._on_asked()
        if self._answers:
            return self._answers.pop(0)
        await asyncio.sleep(timeout_ms / 1000)
        return {}


def poll_of(**changes: Any) -> Poll:
    """Return what polls under these settings."""
    return Poll(ServiceSettings(service="toy", **{"sandbox": False, "batch_records_max": 10, **changes}))


async def test_what_lay_there_is_joined_by_what_is_there_by_now() -> None:
    library = Library({ONE: [1]}, {ONE: [2, 3], OTHER: [7]})
    assert await poll_of().records(library, timeout_ms=1000) == {ONE: [1, 2, 3], OTHER: [7]}
    assert [most for _, most in library.asked] == [10, 9]


async def test_a_full_batch_is_asked_for_once() -> None:
    library = Library({ONE: list(range(10))}, {ONE: [10]})
    assert await poll_of().records(library, timeout_ms=1000) == {ONE: list(range(10))}


async def test_what_was_fetched_before_partitions_were_set_anew_is_passed_over() -> None:
    def set_anew() -> None:
        if len(library.asked) == 2:
            poll.readings += 1

    poll = poll_of()
    library = Library({ONE: [1, 2]}, {ONE: [1, 2, 3]}, on_asked=set_anew)
    assert await poll.records(library, timeout_ms=1000) == {ONE: [1, 2, 3]}


async def test_after_few_records_the_next_are_asked_for_when_the_pace_is_over() -> None:
    library, poll = Library({ONE: [1]}, {}, {ONE: [2]}, {}), poll_of(batch_pace_ms=80)
    await poll.records(library, timeout_ms=1000)
    await poll.records(library, timeout_ms=1000)
    assert library.asked_at[2] - library.asked_at[1] >= 0.079


@pytest.mark.parametrize("changes", [{"sandbox": True}, {"batch_records_max": 4}])
async def test_neither_the_sandbox_nor_a_stream_of_much_is_held_up(changes: dict[str, Any]) -> None:
    poll = poll_of(batch_pace_ms=1000, **changes)
    async with asyncio.timeout(5):
        for number in range(20):
            assert await poll.records(Library({ONE: [number]}, {}), timeout_ms=1000) == {ONE: [number]}


async def test_who_is_told_to_stop_does_not_wait_for_the_pace() -> None:
    poll = poll_of(batch_pace_ms=1000)
    await poll.records(Library({ONE: [1]}, {}), timeout_ms=1000)
    asking = asyncio.create_task(poll.records(Library({ONE: [2]}), timeout_ms=1000))
    await asyncio.sleep(0)
    async with asyncio.timeout(0.9):
        poll.stop()
        assert await asking == {}
