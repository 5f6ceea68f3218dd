"""W3C trace context through HTTP and Kafka, with or without an exporter."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from typing_extensions import override

from chassis.telemetry.logs import log

_LENGTHS = (2, 32, 16, 2)


class LogExporter(SpanExporter):
    """Writes each finished span as one log line, for those who have no collector."""

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write the spans' names, durations and places in their traces."""
        for span in spans:
            took_ns = (span.end_time or 0) - (span.start_time or 0)
            log(__name__).info(
                "span_ended",
                name=span.name,
                duration_ms=round(took_ns / 1e6, 3),
                span=text_of(span.context),
                parent=text_of(span.parent),
                links=[text_of(link.context) for link in span.links],
            )
        return SpanExportResult.SUCCESS


def configure(*, service: str, exporter: SpanExporter | None) -> None:
    """Record spans and hand them to ``exporter``; without one only the context travels."""
    if exporter is not None:
        provider = TracerProvider(resource=Resource.create({"service.name": service}))
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        trace.set_tracer_provider(provider)


def parse(traceparent: str) -> SpanContext | None:
    """Read a W3C ``traceparent``; None for anything that is not one."""
    parts = traceparent.strip().split("-")
    if tuple(map(len, parts)) != _LENGTHS or parts[0] == "ff":
        return None
    try:
        numbers = [int(part, 16) for part in parts]
    except ValueError:
        return None
    found = SpanContext(
        trace_id=numbers[1], span_id=numbers[2], is_remote=True, trace_flags=TraceFlags(numbers[3] & 1)
    )
    return found if found.is_valid else None


def current_traceparent() -> str:
    """Return the present context as a ``traceparent``, empty when there is none."""
    return text_of(trace.get_current_span().get_span_context())


def text_of(found: SpanContext | None) -> str:
    """Write a context as a ``traceparent``, empty when it is none."""
    if found is None or not found.is_valid:
        return ""
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"


def trace_id() -> str:
    """Return the present trace's id; a fresh one when there is none, so that a problem can be found again."""
    found = trace.get_current_span().get_span_context()
    return f"{found.trace_id:032x}" if found.is_valid else secrets.token_hex(16)


def fresh() -> SpanContext:
    """Return the context of a new trace, for a request that came without one."""
    return SpanContext(
        trace_id=int.from_bytes(secrets.token_bytes(16), "big") | 1,
        span_id=int.from_bytes(secrets.token_bytes(8), "big") | 1,
        is_remote=True,
    )


@contextmanager
def span(
    name: str, *, parent: SpanContext | None, kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[trace.Span]:
    """Open a span under ``parent``; without an exporter the parent's context itself is passed on."""
    context = trace.set_span_in_context(NonRecordingSpan(parent)) if parent else otel_context.get_current()
    with trace.get_tracer("velvet").start_as_current_span(name, context=context, kind=kind) as opened:
        yield opened


_CAUSES: ContextVar[Mapping[str, str]] = ContextVar("causes", default=MappingProxyType({}))


def causes() -> Mapping[str, str]:
    """Return, by record key, the ``traceparent`` that what is published now belongs to."""
    return _CAUSES.get()


@contextmanager
def caused_by(by_key: Mapping[str, str]) -> Iterator[None]:
    """Let what is published for a key go on with that key's trace, whatever else is in the same batch."""
    token = _CAUSES.set(by_key)
    try:
        yield
    finally:
        _CAUSES.reset(token)


@contextmanager
def batch_span(name: str, *, traceparents: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Open the span of a batch of (key, traceparent).

    One cause is its parent. Several causes are links of the batch's own span, and each key's trace goes on in a
    span of its own below its cause, linked to the batch: what follows from a record stays in the record's trace.
    """
    by_key = {key: value for key, value in traceparents if value}
    found = {value: context for value in set(by_key.values()) if (context := parse(value)) is not None}
    if len(found) == 1:
        with span(name, parent=next(iter(found.values())), kind=SpanKind.CONSUMER):
            yield
        return
    links = [Link(context) for context in found.values()]
    tracer = trace.get_tracer("velvet")
    with (
        tracer.start_as_current_span(name, links=links, kind=SpanKind.CONSUMER) as batch,
        ExitStack() as open_spans,
    ):
        below = {
            value: open_spans.enter_context(_below(name, context, batch=batch))
            for value, context in found.items()
        }
        open_spans.enter_context(
            caused_by({key: below[value] for key, value in by_key.items() if value in below})
        )
        yield


@contextmanager
def _below(name: str, cause: SpanContext, *, batch: trace.Span) -> Iterator[str]:
    """Open a span below ``cause`` beside the batch's, not as the current one; yields its ``traceparent``."""
    context = trace.set_span_in_context(NonRecordingSpan(cause))
    links = [Link(batch.get_span_context())] if batch.get_span_context().is_valid else []
    opened = trace.get_tracer("velvet").start_span(name, context=context, links=links, kind=SpanKind.CONSUMER)
    try:
        yield text_of(opened.get_span_context())
    finally:
        opened.end()


@contextmanager
def step(name: str, *, traceparents: Iterable[str], calls_out: bool = False) -> Iterator[str]:
    """Open the span of one piece of work that these traces led to; yields the ``traceparent`` it goes on with.

    One trace is its parent; of several the first is, and the others are links.
    """
    contexts = [found for found in map(parse, dict.fromkeys(traceparents)) if found is not None]
    kind = SpanKind.CLIENT if calls_out else SpanKind.INTERNAL
    if not contexts:
        yield ""
        return
    context = trace.set_span_in_context(NonRecordingSpan(contexts[0]))
    links = [Link(other) for other in contexts[1:]]
    with trace.get_tracer("velvet").start_as_current_span(
        name, context=context, links=links, kind=kind
    ) as opened:
        yield text_of(opened.get_span_context())
