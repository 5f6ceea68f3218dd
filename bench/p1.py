"""P1, P2: invoice events through the invoices service, Kafka to Kafka, against the raw upsert and FastStream's no-op."""

import asyncio
import time
from collections.abc import Iterator, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.figure import Figure, median
from bench.kept import Peer
from bench.limits import raw_upsert_rows_per_s
from bench.processes import live_environment, output_of, running
from bench.stream import Event, produce
from sandbox.stack.addresses import free_ports
from sandbox.stack.stack import Choice, Stack

EVENTS = 60_000
PEER_EVENTS = 20_000
"""What FastStream is given of them: its rate does not depend on how many there are."""
INVOICES_PER_CUSTOMER = 3
REPETITIONS = 3
CONSUMERS = 2
"""The limit has two connections, so ours has two consumers: as many as the cores carry."""
WARM_UP_SHARE = 0.1
TIMEOUT_S = 120
IN, OUT = "erp.invoice-issued.v1", "invoices.invoice-changed.v1"
_OURS = "invoices: Kafka in, upsert + outbox + offset in one durable transaction, Kafka out"


async def measure(wanted: frozenset[str]) -> list[Figure]:
    """Alternate the limit, the peer and ours; every repetition has a fresh stack, so keys are new and the table empty."""
    ours, limit, peer = [], [], Peer("faststream_messages_per_s")
    for _ in range(REPETITIONS):
        async with Stack.fresh(Choice(services=("invoices",), inbox=False)) as stack:
            if "P1" in wanted:
                limit.append(await raw_upsert_rows_per_s(stack.databases["invoices"].owner_url))
            await stack.stop_one("invoices")
            await produce(stack.bootstrap, IN, events())
            if "P2" in wanted:
                await peer.measure(lambda: _faststream_per_s(stack.bootstrap))
            ours.append(await consumers_per_s(stack, consumers=CONSUMERS))
    figures = []
    if "P1" in wanted:
        what = f"{_OURS}; {CONSUMERS} consumers; events/s over raw two-connection upsert rows/s"
        figures.append(Figure("P1", what, median(ours), "1/s", EVENTS, limit=median(limit)))
    if "P2" in wanted:
        what = f"{_OURS}; {CONSUMERS} consumers; events/s over FastStream's messages/s with a handler that does nothing"
        figures.append(Figure("P2", what, median(ours), "1/s", EVENTS, limit=peer.value()))
    return figures


async def _faststream_per_s(bootstrap: str) -> float:
    return float(
        await output_of("bench.peer_faststream", bootstrap, IN, str(min(EVENTS, PEER_EVENTS)), word="rate")
    )


async def consumers_per_s(stack: Stack, *, consumers: int) -> float:
    """Return how many of the events on the topic a second go through so many consumers."""
    commands = [(["invoices", "consume"], _environment(stack, port)) for port in free_ports(consumers)]
    async with running(commands):
        return await _rate_of(stack.bootstrap)


def _environment(stack: Stack, port: int) -> Mapping[str, str]:
    # Two replicas on one host are told apart by name.
    return live_environment(stack, "invoices") | {
        "VELVET_INVOICES_HTTP_PORT": str(port),
        "VELVET_INSTANCE_ID": f"bench-{port}",
    }


def events() -> Iterator[Event]:
    """Yield invoices issued, three to a customer."""
    for number in range(EVENTS):
        customer = f"C-{number // INVOICES_PER_CUSTOMER:07d}"
        value = (
            f'{{"creditor_id":"bench","invoice_id":"INV-{number:08d}","customer_id":"{customer}","issued_on":"2026-03-02","due_on":"2026-04-01",'
            f'"amount":{{"currency":"EUR","amount":"{100 + number % 900}.25"}},"payment_reference":"RF{number:08d}"}}'
        )
        yield Event(f"bench:{customer}", value, str(number), "2026-03-02T08:00:00Z")


async def _rate_of(bootstrap: str) -> float:
    """Follow the end of the outgoing topic from the first tenth to the last event."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    partitions = [
        TopicPartition(OUT, number)
        for number in sorted(consumer.partitions_for_topic(OUT) or await _partitions(consumer))
    ]
    deadline = time.perf_counter() + TIMEOUT_S
    start: tuple[float, int] | None = None
    try:
        while time.perf_counter() < deadline:
            done = sum((await consumer.end_offsets(partitions)).values())
            if start is None and done >= EVENTS * WARM_UP_SHARE:
                start = (time.perf_counter(), done)
            if start is not None and done >= EVENTS:
                return float((done - start[1]) / (time.perf_counter() - start[0]))
            await asyncio.sleep(0.02)
    finally:
        await consumer.stop()
    raise TimeoutError(f"P1: {EVENTS} events were not through after {TIMEOUT_S} s")


async def _partitions(consumer: AIOKafkaConsumer) -> set[int]:
    consumer.subscribe([OUT])
    await consumer.getmany(timeout_ms=1000)
    return set(consumer.partitions_for_topic(OUT) or ())
