"""Ends the work on a stack with one sentence when a part of the stack dies or its disk is full."""

import asyncio
import contextlib
import shutil
from collections.abc import Coroutine
from typing import Any, TypeVar

from sandbox.stack.problem import StackProblem
from sandbox.stack.quarters import places
from sandbox.stack.stack import Stack

_LOOK_EVERY_S = 1.0
_FREE_BYTES_LOW = 16 * 1024 * 1024
"""With less than this left a server is about to stop, whatever it says first."""

T = TypeVar("T")


async def while_it_stands(stack: Stack, work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end; raise StackProblem as soon as the stack can no longer carry it.

    Whoever waits for a broker that is gone waits for ever, and what fails first is seldom the cause.
    """
    task = asyncio.ensure_future(work)
    guard = asyncio.ensure_future(_fall(stack))
    try:
        await asyncio.wait({task, guard}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise StackProblem(guard.result())
        if task.exception() is not None and (cause := what_is_wrong(stack)):
            raise StackProblem(cause) from task.exception()
        return task.result()
    finally:
        for each in (task, guard):
            each.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await each


async def _fall(stack: Stack) -> str:
    """Return what is wrong once something is."""
    while not (cause := what_is_wrong(stack)):  # noqa: ASYNC110 - it happens in another process.
        await asyncio.sleep(_LOOK_EVERY_S)
    return cause


def what_is_wrong(stack: Stack) -> str:
    """Return a sentence on a full disk, else on a part that has ended; '' when the stack stands."""
    for place in places(stack.layout.home):
        if shutil.disk_usage(place).free < _FREE_BYTES_LOW:
            return f"The disk is full where {place} lies: make room, or set VELVET_HOME."
    for name in stack.ended():
        words = stack.part(name).process.last_words()[:300].rstrip(".")
        said = f" and said last: {words}" if words else ""
        return f"{name} has stopped{said} (all of it in {stack.layout.log(name)})."
    return ""
