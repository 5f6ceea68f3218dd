"""W3C trace context through HTTP and Kafka, with or without an exporter."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

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
        """Write the spans' names and durations."""
        for span in spans:
            took_ns = (span.end_time or 0) - (span.start_time or 0)
            log(__name__).info("span_ended", name=span.name, duration_ms=round(took_ns / 1e6, 3))
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
    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
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


@contextmanager
def batch_span(name: str, *, traceparents: Iterable[str]) -> Iterator[None]:
    """Open the span of a batch: the one cause is its parent, several causes are links."""
    contexts = [found for found in map(parse, {value for value in traceparents if value}) if found]
    if len(contexts) == 1:
        with span(name, parent=contexts[0], kind=SpanKind.CONSUMER):
            yield
        return
    links = [Link(found) for found in contexts]
    with trace.get_tracer("velvet").start_as_current_span(name, links=links, kind=SpanKind.CONSUMER):
        yield
