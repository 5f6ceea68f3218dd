"""P13: `make up` on a prepared machine, until every /readyz is green."""

import time

from bench.figure import Figure, median
from sandbox.stack.stack import Stack

REPETITIONS = 3


async def measure(wanted: frozenset[str]) -> list[Figure]:
    """Start the whole stack from nothing (fresh databases, fresh topics) and stop it again."""
    del wanted  # there is one figure here
    seconds = []
    for _ in range(REPETITIONS):
        # `make up` runs the source, so this figure alone is not of the release.
        stack = Stack.fresh(settings={"PYTHONPATH": ""})
        started = time.perf_counter()
        async with stack:
            seconds.append(time.perf_counter() - started)
    return [
        Figure(
            "P13",
            "make up on a prepared machine, until every /readyz is green",
            median(seconds),
            "s",
            REPETITIONS,
        )
    ]
