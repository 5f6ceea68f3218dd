"""P8: from the instant at which a customer is due to its command acknowledged by Kafka, on the real tick role."""

import asyncio
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.customers import NOW, ONE_OVERDUE, Portfolio, fill
from bench.figure import Figure, percentile
from bench.processes import live_environment, running
from chassis.kafka.registry import registry
from sandbox.stack.addresses import free_ports
from sandbox.stack.stack import Stack

PER_S = 1000
STEADY_S = 180
AT_ONCE = 100_000
PROCESSES = os.cpu_count() or 1
TOPIC = "scheduler.reminder-due.v1"
_START_S = 8
"""How long the processes have to come up before the first customer is due."""
_PATIENCE_S = 120


async def steady(stack: Stack) -> Figure:
    """P8a: a customer falls due every millisecond for three minutes, one scheduler process."""
    seconds = await _delays_s(
        stack, customers=PER_S * STEADY_S, every=timedelta(seconds=1) / PER_S, processes=1
    )
    what = f"due instant → command acknowledged by Kafka, p99 at {PER_S} due a second, steady for {STEADY_S} s, one scheduler process; p50 {1000 * percentile(seconds, 0.5):.0f} ms"
    return Figure("P8a", what, 1000 * percentile(seconds, 0.99), "ms", len(seconds))


async def at_once(stack: Stack) -> Figure:
    """P8b: all customers fall due in the same second."""
    every = timedelta(seconds=1) / AT_ONCE
    seconds = await _delays_s(stack, customers=AT_ONCE, every=every, processes=PROCESSES)
    last_s = max(delay + number / AT_ONCE for number, delay in enumerate(seconds))
    what = f"{AT_ONCE} customers due in the same second, until the last command is acknowledged by Kafka; {PROCESSES} scheduler processes"
    return Figure("P8b", what, last_s, "s", AT_ONCE)


async def _delays_s(stack: Stack, *, customers: int, every: timedelta, processes: int) -> list[float]:
    """Return for every customer, in order, how long after its instant its command was readable on Kafka."""
    filled = Portfolio(customers, dues=ONE_OVERDUE, wakeup_at=NOW, every=every)
    await fill(stack.postgres.url("scheduler"), filled)
    begins_at = datetime.now(UTC) + timedelta(seconds=_START_S)
    shift_s = (NOW - begins_at).total_seconds()
    commands = [
        (
            ["bench.shifted", "tick"],
            live_environment(stack, "scheduler")
            | {"BENCH_CLOCK_SHIFT_S": str(shift_s), "VELVET_SCHEDULER_HTTP_PORT": str(port)},
        )
        for port in free_ports(processes)
    ]
    begins_s = time.monotonic() + (begins_at - datetime.now(UTC)).total_seconds()

    def due_s(number: int) -> float:
        return begins_s + number * every.total_seconds()

    reading = await _reading(stack.bootstrap)
    try:
        async with running(commands):
            patience_s = _START_S + customers * every.total_seconds() + _PATIENCE_S
            async with asyncio.timeout(patience_s):
                return await _follow(reading, customers=customers, due_s=due_s)
    finally:
        await reading.stop()


async def _reading(bootstrap: str) -> AIOKafkaConsumer:
    """Return a reader that stands at the end of every partition of the commands."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, fetch_max_wait_ms=50)
    await consumer.start()
    consumer.assign([TopicPartition(TOPIC, number) for number in range(registry()[TOPIC].partitions)])
    await consumer.seek_to_end()
    return consumer


async def _follow(reading: AIOKafkaConsumer, *, customers: int, due_s: Callable[[int], float]) -> list[float]:
    """Read until every customer has had its command."""
    found: dict[int, float] = {}
    while len(found) < customers:
        polled = await reading.getmany(timeout_ms=200, max_records=5000)
        now_s = time.monotonic()
        for records in polled.values():
            for record in records:
                number = int(record.key.rpartition(b"-")[2])
                found.setdefault(number, now_s - due_s(number))
    return [found[number] for number in range(customers)]
