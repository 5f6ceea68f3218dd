"""P7: from a payment on Kafka to the gate's answer that its invoice is paid: no reminder can go out any more."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator

import httpx
from aiokafka import AIOKafkaProducer

from bench.figure import Figure, percentile
from bench.live import CREDITOR, Live
from bench.multiply import number_text
from bench.portfolio import INVOICES_PER_CUSTOMER, ISSUED, invoice_id, issued_event
from bench.stream import Event, headers

PER_S = 1000
STEADY_S = 180
EVERY = 40
"""Every so many events a payment is followed: 25 a second; 0: none."""
WARM_UP_S = 5
_PAID = "erp.payment-received.v1"
_PATIENCE_S = 120
"""Longer than any backlog of a run: slowness shows in the figure, and the memory (P11) is measured all the same."""
_IDLE_S_MAX = 2
"""Less than the server's five: a connection that it is closing must not be asked on."""
_LINGER_MS = 5
"""The default of Kafka's own producers since 4.0. A delay is counted from the acknowledgement, so this is not in it."""


async def measure(services: Live, *, customers: int, seconds: int) -> Figure:
    """Half of the events pay one of the invoices that are there, half issue new ones, at a steady rate."""
    load = Load(services, customers=customers, per_s=PER_S)
    delays_ms = await load.run(seconds)
    what = (
        f"payment acknowledged by Kafka → the gate answers PAID, p99 at {PER_S} events a second (half of them payments), steady for {seconds} s,"
        f" {3 * customers} open invoices, the four services running; p50 {percentile(delays_ms, 0.5):.0f} ms"
    )
    return Figure("P7", what, percentile(delays_ms, 0.99), "ms", len(delays_ms))


class Load:
    """A steady stream of invoices and payments, and questions to the gate about some of the payments."""

    def __init__(self, services: Live, *, customers: int, per_s: int, every: int = EVERY) -> None:
        self._services = services
        self._per_s = per_s
        self._every = every
        self._events = events(customers, first=0)
        self._delays_ms: list[float] = []
        self.sent = 0

    async def run(self, seconds: float) -> list[float]:
        """Send for so long; returns the milliseconds of the payments that were followed, warm-up left out."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._services.stack.bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=_LINGER_MS,
        )
        await producer.start()
        token = {"Authorization": f"Bearer {self._services.internal_token}"}
        async with (
            httpx.AsyncClient(
                base_url=self._services.url("invoices"),
                headers=token,
                timeout=_PATIENCE_S,
                limits=httpx.Limits(keepalive_expiry=_IDLE_S_MAX),
                trust_env=False,
            ) as gate,
            asyncio.TaskGroup() as following,
        ):
            begun = time.perf_counter()
            for number in range(int(self._per_s * seconds)):
                # The producer gathers for so long anyway: waking for each event would only cost the others their core.
                if (pause := begun + number / self._per_s - time.perf_counter()) > _LINGER_MS / 1000:
                    await asyncio.sleep(pause)
                topic, event, paid_id = next(self._events)
                acknowledged = await producer.send(
                    topic, event.value.encode(), key=event.key.encode(), headers=headers(event, topic)
                )
                self.sent += 1
                if topic == _PAID and self._every and number % self._every == 1:
                    counts = number >= WARM_UP_S * self._per_s
                    following.create_task(self._follow(gate, acknowledged, event, paid_id, counts=counts))
            late_s = time.perf_counter() - begun - seconds
            if late_s > 1:
                print(f"P7: the load fell {late_s:.1f} s behind its rate", file=sys.stderr)
        await producer.stop()
        return self._delays_ms

    async def _follow(
        self,
        gate: httpx.AsyncClient,
        acknowledged: "asyncio.Future[object]",
        event: Event,
        paid_id: str,
        *,
        counts: bool,
    ) -> None:
        """Ask the gate from the acknowledgement on until it says paid."""
        await acknowledged
        started, answer = time.perf_counter(), {}
        customer_id = event.key.partition(":")[2]
        asked = {"creditor_id": CREDITOR, "customer_id": customer_id, "invoice_id": paid_id}
        while True:
            # A connection that the server had just closed is no answer: the question is asked again.
            with contextlib.suppress(httpx.ReadError, httpx.RemoteProtocolError):
                reply = await gate.post("/internal/gate", json={"invoices": [asked]})
                answer = reply.raise_for_status().json()
                if answer["fresh"] and answer["invoices"][0]["blocked"] == "PAID":
                    break
            if time.perf_counter() - started > _PATIENCE_S:
                raise TimeoutError(f"the payment of {paid_id} was not in after {_PATIENCE_S} s: {answer}")
        if counts:
            self._delays_ms.append(1000 * (time.perf_counter() - started))


def events(customers: int, *, first: int) -> Iterator[tuple[str, Event, str]]:
    """Yield topic, event and invoice in turn: a new invoice, a payment; no invoice is paid twice."""
    number = first
    while True:
        # A prime number of steps spreads the payments over all customers before one comes round again.
        payer = number * 100_003 % customers
        issued = issued_event(payer, position=3 + number)
        yield ISSUED, issued._replace(id=f"load-{number}"), ""
        paid_id = invoice_id(payer, position=number // customers % INVOICES_PER_CUSTOMER)
        value = (
            f'{{"creditor_id":"{CREDITOR}","payment_id":"P{number}","received_on":"{issued.time[:10]}","customer_id":"C{number_text(payer)}",'
            f'"amount":{{"currency":"EUR","amount":"100.25"}},"allocations":[{{"invoice_id":"{paid_id}","amount":"100.25"}}]}}'
        )
        yield _PAID, Event(issued.key, value, f"paid-{number}", issued.time), paid_id
        number += 1
