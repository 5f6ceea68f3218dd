"""P12: the question "may I ship?" at 500 a second, one process, a million invoices."""

import sys

from bench.asked import asked
from bench.figure import Figure, median, percentile
from bench.live import Live

PER_S = 500
SECONDS = 12
REPETITIONS = 3
WARM_UP_S = 3


async def measure(services: Live, *, customers: int) -> Figure:
    """Ask three times twelve seconds, from a process of its own; three seconds of warm-up before each do not count."""
    p99, p50 = [], []
    for _ in range(REPETITIONS):
        milliseconds = await answers_ms(
            services, customers=customers, seconds=WARM_UP_S + SECONDS, per_s=PER_S
        )
        counted = milliseconds[PER_S * WARM_UP_S :]
        p99.append(percentile(counted, 0.99))
        p50.append(percentile(counted, 0.5))
        print(f"P12: p50 {p50[-1]:.1f} ms, p99 {p99[-1]:.1f} ms", file=sys.stderr)
    what = f"GET position, p99 at {PER_S} requests a second (open loop, timed from the intended start), one process, {3 * customers} invoices; p50 {median(p50):.1f} ms"
    return Figure("P12", what, median(p99), "ms", PER_S * SECONDS)


async def answers_ms(services: Live, *, customers: int, seconds: int, per_s: int) -> list[float]:
    """Return how long each answer took, in milliseconds, in the order in which they came."""
    port = services.url("invoices").rpartition(":")[2]
    return await answers_of(port, services.token, customers=customers, seconds=seconds, per_s=per_s)


async def answers_of(port: str, token: str, *, customers: int, seconds: int, per_s: int) -> list[float]:
    """Ask the invoices API at a port for so long."""
    async with asked("bench.load_http", port, str(per_s), str(seconds), str(customers)) as loader:
        loader.say(token)
        return [float(text) for text in (await loader.expect("ms")).split()]
