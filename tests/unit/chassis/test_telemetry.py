"""Logs let nothing personal out, and the trace goes on from message to message."""

import json
import logging

import pytest
import structlog
from opentelemetry import trace

from chassis.telemetry import logs, tracing
from chassis.telemetry.logs import log

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> object:
    """Gives what was logged, as objects."""
    handlers = logging.getLogger().handlers[:]
    logs.configure(service="toy", role="api")

    def read() -> list[dict[str, object]]:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    yield read
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.getLogger().handlers[:] = handlers


def test_only_fields_on_the_allow_list_get_out(lines: object) -> None:
    log("x").info("taken_in", topic="t", email="jan@example.org", customer_name="Jan")
    (line,) = lines()  # type: ignore[operator]
    assert line["event"] == "taken_in"
    assert (line["service"], line["role"], line["topic"]) == ("toy", "api", "t")
    assert line["fields_dropped"] == ["customer_name", "email"]
    assert "Jan" not in json.dumps(line)


def test_an_exception_is_told_without_its_message(lines: object) -> None:
    try:
        int("jan@example.org")
    except ValueError as error:
        log("x").error("failed", exc_info=error)
    (line,) = lines()  # type: ignore[operator]
    assert line["error"] == "ValueError"
    assert "jan@example.org" not in json.dumps(line)
    assert any("test_telemetry" in frame for frame in line["frames"])


def test_what_libraries_log_comes_out_without_its_arguments(lines: object) -> None:
    logging.getLogger("some.library").warning("row %s is wrong", "jan@example.org")
    (line,) = lines()  # type: ignore[operator]
    assert (line["logger"], line["template"]) == ("some.library", "row %s is wrong")
    assert "jan@example.org" not in json.dumps(line)


def test_one_cause_is_passed_on_and_several_are_not_mixed() -> None:
    with tracing.batch_span("process", traceparents=[("a", PARENT), ("b", PARENT), ("c", "")]):
        assert tracing.current_traceparent() == PARENT
    other = PARENT.replace("0af7", "0af8")
    with tracing.batch_span("process", traceparents=[("a", PARENT), ("b", other)]):
        assert tracing.current_traceparent() == ""
        assert tracing.causes() == {"a": PARENT, "b": other}, "each key's trace goes on by itself"
    assert not trace.get_current_span().get_span_context().is_valid


@pytest.mark.parametrize(
    "text",
    ["", "x", "00-0-0-0", "00-" + "0" * 32 + "-" + "0" * 16 + "-00", "ff" + PARENT[2:], "zz" + PARENT[2:]],
)
def test_what_is_no_traceparent_is_ignored(text: str) -> None:
    assert tracing.parse(text) is None
