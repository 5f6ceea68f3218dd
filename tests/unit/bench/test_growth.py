"""Tests what the growth counts: a server's processor time with its children, and a column for each cost."""

import subprocess
import sys
from pathlib import Path

from bench.figure import Figure
from bench.growth_page import Point, write_table
from bench.processes import cpu_s, family_cpu_s

_SERVER = """
import subprocess, sys, time

busy = "import time\\nwhile time.process_time() < 0.5: pass\\n"
subprocess.run([sys.executable, "-c", busy], check=True)
living = subprocess.Popen([sys.executable, "-c", busy + "print('done', flush=True)\\nimport sys; sys.stdin.read()"])
sys.stdin.read()
living.kill()
living.wait()
"""
_POINT = Point(
    1000, event_us={"invoices": 112.4, "PostgreSQL": 61.2}, memory_mb={"invoices": 142.0}, decision_us=230.0, decisions=9
)  # fmt: skip


def test_a_server_has_used_what_its_ended_and_its_living_children_have_used() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline() == "done\n"
        alone_s, together_s = cpu_s(server.pid), family_cpu_s(server.pid)
        server.stdin.close()
    assert together_s >= alone_s + 0.9


def test_the_database_has_a_cost_an_event_and_no_memory(tmp_path: Path) -> None:
    page = tmp_path / "growth.md"
    write_table([_POINT], Figure("growth-replicas", "two", 150.0, "1/s", 9, limit=100.0), page=page)
    written = page.read_text(encoding="utf-8")
    assert (
        "| customers | event, invoices (µs) | event, PostgreSQL (µs) | decision (µs) | invoices (MB) |"
        in written
    )
    assert "| 1,000 | 112 | 61 | 230 | 142 |" in written
    names = [figure.figure for figure in _POINT.figures(events=20_000)]
    assert names == [
        "growth-event-invoices",
        "growth-event-postgresql",
        "growth-memory-invoices",
        "growth-decision",
    ]
