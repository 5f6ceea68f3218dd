"""P4, P5, P6 and P8: what the scheduler does when time comes, on one stack whose tables are filled anew for each."""

from bench import p4, p5, p6, p8
from bench.figure import Figure
from sandbox.stack.stack import Choice, Stack


async def measure(wanted: frozenset[str]) -> list[Figure]:
    """Measure what is wanted, one after the other."""
    found = []
    async with Stack.fresh(Choice(services=("scheduler",), inbox=False)) as stack:
        await stack.stop_one("scheduler")
        for name, once in (
            ("P4", p4.measure),
            ("P5", p5.measure),
            ("P8b", p8.at_once),
            ("P8a", p8.steady),
            ("P6", p6.measure),
        ):
            if name in wanted:
                found.append(await once(stack))
    return found
