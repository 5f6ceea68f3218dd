"""One JSON line per event on standard output; only fields on the allow-list get out."""

import logging
import sys
import traceback
from types import TracebackType

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, WrappedLogger
from typing_extensions import override

ALLOWED = frozenset(
    "event level timestamp service role component logger template trace_id error error_field frames fields_dropped "
    "topic partition offset offset_from offset_to key_shard origin_topic origin_partition origin_offset "
    "records poisoned batch count pending total delay_s duration_ms attempt attempts limit reason_code "
    "creditor_id command_id contact_id task_id event_id policy_version version step tier channel outcome action "
    "state status method route port host revision head setting signal name loop sandbox now at next_change_at "
    "provider queue shard shards rows handled instance_id exit_code span parent links".split()
)
"""Names of the fields that may be logged: identifiers, counts and closed sets; a field of any other name is dropped."""


def allow_listed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop every field that is not on the allow-list, and say which ones by name."""
    dropped = sorted(name for name in event if name not in ALLOWED)
    for name in dropped:
        del event[name]
    if dropped:
        event["fields_dropped"] = dropped
    return event


def without_messages(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its class and its frames: its message may quote a person's data."""
    raised = event.pop("exc_info", None)
    error = sys.exc_info()[1] if raised is True else raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        event["error"] = error_name(error)
        event["frames"] = _frames(error.__traceback__)
    return event


def error_name(error: BaseException) -> str:
    """Return the class of the error with the classes behind it, e.g. ``DBAPIError<DeadlockDetectedError``."""
    names = [type(error).__name__]
    cause = error.__cause__ or getattr(error, "orig", None)
    while isinstance(cause, BaseException) and len(names) < 5:
        names.append(type(cause).__name__)
        cause = cause.__cause__
    return "<".join(names)


def _frames(tb: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in traceback.extract_tb(tb)[-12:]]


def _trace_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event


class _LibraryLines(logging.Handler):
    """Passes on what libraries log: the template without its arguments, which may hold anything."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Write one line for the record."""
        raised = record.exc_info[1] if record.exc_info else None
        fields: dict[str, object] = {"error": error_name(raised)} if raised else {}
        template = str(record.msg)[:200]
        log("chassis.library").log(
            min(record.levelno, logging.CRITICAL),
            "library_said",
            logger=record.name,
            template=template,
            **fields,
        )


def configure(*, service: str, role: str, level: str = "info") -> None:
    """Send this process's logs to standard output as JSON lines; called once, by the runtime."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace_id,
            without_messages,
            allow_listed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=service, role=role)
    logging.basicConfig(level=logging.WARNING, handlers=[_LibraryLines()], force=True)
    # Says at every rebalance that it rebalances; the consumer's own lines say what matters.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)


def log(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module; event names are static, everything else goes in fields."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(component=name)
    return logger
