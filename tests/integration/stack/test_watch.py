"""Work on a stack ends with one sentence when the stack can no longer carry it, and never waits for ever."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from aiokafka import AIOKafkaProducer

from sandbox.replay import stream
from sandbox.stack import watch
from sandbox.stack.problem import StackProblem
from sandbox.stack.stack import Choice, Stack
from sandbox.stack.watch import while_it_stands


@pytest.fixture
async def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
    monkeypatch.setenv("VELVET_HOME", str(tmp_path))
    async with Stack.fresh(Choice(services=(), inbox=False, kafka=False)) as started:
        yield started


async def _for_ever() -> int:
    await asyncio.Event().wait()
    return 0


async def _seven() -> int:
    await asyncio.sleep(0)
    return 7


async def _failing() -> int:
    raise ConnectionError("nobody listens")


async def test_work_on_a_stack_that_stands_ends_as_it_would_without_a_guard(stack: Stack) -> None:
    assert await while_it_stands(stack, _seven()) == 7
    with pytest.raises(ConnectionError, match="nobody listens"):
        await while_it_stands(stack, _failing())


async def test_a_part_that_dies_ends_work_that_would_wait_for_it_for_ever(stack: Stack) -> None:
    asyncio.get_running_loop().call_later(0.1, stack.kill, "postgres")
    async with asyncio.timeout(10):
        with pytest.raises(StackProblem, match=r"^postgres has stopped"):
            await while_it_stands(stack, _for_ever())


async def test_a_disk_that_fills_up_on_the_way_is_named_instead_of_what_failed_first(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4096))
    for work in (_for_ever(), _failing()):
        with pytest.raises(StackProblem, match=r"^The disk is full where "):
            await while_it_stands(stack, work)
    assert watch.what_is_wrong(stack).endswith("make room, or set VELVET_HOME.")


async def test_a_producer_whose_broker_is_gone_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LET_GO_S_MAX", 0.05)
    async with asyncio.timeout(5):
        await stream.let_go(cast("AIOKafkaProducer", SimpleNamespace(stop=_for_ever)))
