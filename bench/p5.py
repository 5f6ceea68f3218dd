"""P5: overdue invoices into reminder commands, against Tryton's dunning run."""

from bench.customers import ONE_OVERDUE, Portfolio
from bench.figure import Figure, median
from bench.p4 import PROCESSES, customers_per_s
from bench.tryton import tryton
from sandbox.stack.stack import Stack

LINES = 20_000
REPETITIONS = 3


async def measure(stack: Stack) -> Figure:
    """Alternate the peer and ours; every overdue invoice has a customer of its own, so every one makes a command."""
    ours = []
    async with tryton(stack) as peer:
        for _ in range(REPETITIONS):
            await peer.measure_dunnings()
            ours.append(await customers_per_s(stack, Portfolio(LINES, dues=ONE_OVERDUE)))
        limit = peer.dunnings.value()
    what = f"{LINES} overdue invoices → reminder commands acknowledged by Kafka, {PROCESSES} processes, invoices/s over Tryton's generate_dunnings on 2,000 lines, lines/s, on the same PostgreSQL"
    return Figure("P5", what, median(ours), "1/s", LINES, limit=limit)
