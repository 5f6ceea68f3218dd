"""P13: `make up` on a prepared machine, until every /readyz is green."""

import os
import time

from bench.figure import Figure, median
from sandbox.stack.stack import Stack

REPETITIONS = 3


async def measure(wanted: frozenset[str]) -> list[Figure]:
    """Start the whole stack from nothing (fresh databases, fresh topics) and stop it again.

    `make up` runs the source, so this figure alone is not of the release.
    """
    del wanted  # there is one figure here
    released = os.environ.pop("PYTHONPATH", None)
    try:
        return [await _started()]
    finally:
        if released is not None:
            os.environ["PYTHONPATH"] = released


async def _started() -> Figure:
    seconds = []
    for _ in range(REPETITIONS):
        stack = Stack.fresh()
        started = time.perf_counter()
        async with stack:
            seconds.append(time.perf_counter() - started)
    what = "make up on a prepared machine, until every /readyz is green"
    return Figure("P13", what, median(seconds), "s", REPETITIONS)
