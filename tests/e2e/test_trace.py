"""One reminder is one trace: of four processes by what they log, and of four services that share a memory."""

import asyncio
import importlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from typing_extensions import override

from bench.live import wait_ready
from chassis.process import Process
from chassis.settings import load
from chassis.telemetry.tracing import text_of
from sandbox.ledger.facts import Creditor, encode
from sandbox.ledger.messages import Messages
from sandbox.replay.client import SandboxClient
from sandbox.stack.addresses import SERVICES
from sandbox.stack.stack import Stack
from tests.support.replaying import JANSEN, instant

SERVICE: ContextVar[str] = ContextVar("service", default="")


@dataclass(frozen=True, slots=True)
class Span:
    """What the question is about: who did what, below what."""

    service: str
    name: str
    place: str
    parent: str


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[Stack]:
    async with Stack.fresh(settings={"VELVET_TRACE_EXPORTER": "log"}) as stack:
        yield stack


async def test_one_reminder_is_one_trace_over_four_processes(stack: Stack) -> None:
    erp_trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await one_reminder(stack, creditor_id="four-processes", erp_trace=erp_trace, month=6)
    is_one_trace(logged(stack), erp_trace=erp_trace)


async def test_one_reminder_is_one_trace_in_the_memory_of_four_services(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    erp_trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    memory, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(_Signed())
    provider.add_span_processor(SimpleSpanProcessor(memory))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    async with in_this_process(stack):
        await one_reminder(stack, creditor_id="one-memory", erp_trace=erp_trace, month=9)
    is_one_trace(map(_remembered, memory.get_finished_spans()), erp_trace=erp_trace)


async def one_reminder(stack: Stack, *, creditor_id: str, erp_trace: str, month: int) -> None:
    """Send an invoice of the first of this month of 2026, with the ERP's trace, and let its first mail go out.

    The stack's clock only goes forward: the months of two tests follow each other as the tests do.
    """
    invoice = Messages(Creditor(creditor_id=creditor_id)).invoice_issued(
        {
            "invoice_id": "T-2",
            "customer_id": "C-2",
            "issued_on": date(2026, month, 1),
            "due_on": date(2026, month + 1, 1),
            "amount": Decimal("100.00"),
            "currency": "EUR",
        },
        customer=JANSEN,
    )
    key, value, headers = encode(invoice)
    async with SandboxClient(stack.urls, token=stack.token(creditor_id)) as client:
        await client.advance(instant(f"2026-{month:02d}-01T05:00:00+02:00"))
        async with AIOKafkaProducer(bootstrap_servers=stack.bootstrap) as producer:
            traced = [*headers, ("traceparent", erp_trace.encode())]
            await producer.send_and_wait(invoice.topic, value, key=key, headers=traced)
        await client.advance(instant(f"2026-{month:02d}-10T18:00:00+02:00"))
        contacts = await client.items("notifier", "/v1/contacts", params={"invoice_id": "T-2"})
    assert len(contacts) == 1


def is_one_trace(spans: Iterable[Span], *, erp_trace: str) -> None:
    """Follow the reminder from the ERP's event to the provider call and back to the gate; fails where it breaks off."""
    found = [span for span in spans if span.place.split("-")[1] == erp_trace.split("-")[1]]
    taken_in = below(found, "invoices", "process", parent=erp_trace)
    below(found, "classifier", "process", parent=taken_in)
    decided = below(found, "scheduler", "decide", parent=taken_in)
    below(found, "notifier", "process", parent=decided)
    below(found, "notifier", "call the provider", parent=decided)
    gate = below(found, "notifier", "ask the gate", parent=decided)
    below(found, "invoices", "http", parent=gate)


def below(spans: Iterable[Span], service: str, name: str, *, parent: str) -> str:
    """Return where a service's span of this name and parent stands in the trace; fails without it."""
    places = [
        span.place for span in spans if (span.service, span.name, span.parent) == (service, name, parent)
    ]
    assert places, f"{service} has no {name!r} below {parent} among {spans}"
    return places[0]


def logged(stack: Stack) -> Iterable[Span]:
    """Yield the spans that the four processes have logged."""
    for service in SERVICES:
        for line in stack.layout.log(service).read_text(encoding="utf-8").splitlines():
            if '"span_ended"' in line:
                told: Mapping[str, Any] = json.loads(line)
                yield Span(service, told["name"], told["span"], told["parent"])


class _Signed(SpanProcessor):
    """Writes down in whose name a span was opened: in one process the resource cannot say it."""

    @override
    def on_start(self, span: Any, parent_context: object = None) -> None:
        span.set_attribute("service.name", SERVICE.get())


def _remembered(span: ReadableSpan) -> Span:
    service = str((span.attributes or {})["service.name"])
    return Span(service, span.name, text_of(span.context), text_of(span.parent))


@asynccontextmanager
async def in_this_process(stack: Stack) -> AsyncIterator[None]:
    """Run the four services in this event loop instead of in processes of their own."""
    async with AsyncExitStack() as until_the_end:
        for service in SERVICES:
            await stack.stop_one(service)
            await until_the_end.enter_async_context(_one_in_this_process(stack, service))
        await wait_ready([stack.urls[service] for service in SERVICES])
        yield


@asynccontextmanager
async def _one_in_this_process(stack: Stack, service: str) -> AsyncIterator[None]:
    bootstrap = importlib.import_module(f"{service}.bootstrap")
    settings = load(
        importlib.import_module(f"{service}.settings").Settings,
        service=service,
        environ=stack.environment(service),
    )
    async with bootstrap.built(settings) as built:
        name = SERVICE.set(service)
        running = asyncio.create_task(Process(built, role="all").run())
        SERVICE.reset(name)
        try:
            yield
        finally:
            built.stopping.set()
            assert await running == 0
