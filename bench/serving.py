"""P12, P7 and P11: the four services outside the sandbox on a million open invoices, each under its load."""

import os

from bench import p7, p12
from bench.figure import Figure
from bench.live import live, sink, stack_for_load
from bench.memory import Watch
from bench.portfolio import INVOICES_PER_CUSTOMER, fill

CUSTOMERS = 333_334
LONG_INVOICES = 10_000_000
SHORT_LOAD_S = 60


async def measure(wanted: frozenset[str]) -> list[Figure]:
    """Fill once, then measure what is wanted; with BENCH_LONG=1 the memory also at ten million invoices."""
    found = []
    watch = Watch()
    async with stack_for_load() as stack, sink() as smtp_url, live(stack, smtp_url=smtp_url) as services:
        await fill(services, customers=CUSTOMERS)
        if "P12" in wanted:
            found.append(await p12.measure(services, customers=CUSTOMERS))
        if wanted & {"P7", "P11"}:
            seconds = p7.STEADY_S if "P7" in wanted else SHORT_LOAD_S
            async with watch.over(services.pids):
                figure = await p7.measure(services, customers=CUSTOMERS, seconds=seconds)
            found += [figure] if "P7" in wanted else []
    if "P11" in wanted:
        found.append(watch.figure(invoices=CUSTOMERS * INVOICES_PER_CUSTOMER))
        if os.environ.get("BENCH_LONG") == "1":
            found += [await _memory(invoices) for invoices in (100_000, LONG_INVOICES)]
    return found


async def _memory(invoices: int) -> Figure:
    """Measure the memory under load with another number of invoices, on a stack of its own."""
    watch, customers = Watch(), invoices // INVOICES_PER_CUSTOMER
    async with stack_for_load() as stack, sink() as smtp_url, live(stack, smtp_url=smtp_url) as services:
        await fill(services, customers=customers)
        async with watch.over(services.pids):
            await p7.measure(services, customers=customers, seconds=SHORT_LOAD_S)
    return watch.figure(invoices=invoices)
