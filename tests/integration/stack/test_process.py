"""A process is stopped only when it is really ours."""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from sandbox.stack import Stack
from sandbox.stack.layout import Layout
from sandbox.stack.parts import Program
from sandbox.stack.problem import StackProblem
from sandbox.stack.process import Launch, Process, identity_of

SLEEPER = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


@pytest.fixture
def layout(home: Path) -> Layout:
    layout = Layout(home)
    layout.create()
    return layout


async def test_a_stale_pid_file_never_stops_the_process_that_has_the_number_now(layout: Layout) -> None:
    victim = Process("victim", layout)
    victim.start(Launch(SLEEPER, dict(os.environ)))
    identity = victim.identity
    assert identity is not None
    stale = {"pid": identity.pid, "started": "12345", "boot": identity.boot}
    layout.pid_file("stack").write_text(json.dumps(stale))
    ours = Process("stack", layout)
    assert not ours.running
    await ours.stop()
    assert victim.running
    await victim.stop()
    assert identity_of(identity.pid) is None


async def test_a_pid_file_of_another_boot_or_of_nonsense_counts_as_none(layout: Layout) -> None:
    me = identity_of(os.getpid())
    assert me is not None
    layout.pid_file("stack").write_text(json.dumps({"pid": me.pid, "started": me.started, "boot": "another"}))
    assert not Process("stack", layout).running
    layout.pid_file("stack").write_text("not json")
    assert not Process("stack", layout).running


async def test_a_second_program_stops_what_the_first_started(layout: Layout) -> None:
    first = Process("stack", layout)
    first.start(Launch(SLEEPER, dict(os.environ)))
    second = Process("stack", layout)
    assert second.identity == first.identity
    await second.stop()
    assert not first.running
    assert not layout.pid_file("stack").exists()


async def test_a_process_deaf_to_the_polite_signal_is_killed_after_the_bound(layout: Layout) -> None:
    deaf = Process("stack", layout)
    deaf.start(Launch(STUBBORN, dict(os.environ)))
    while "deaf" not in deaf.last_words():
        assert deaf.running
    await deaf.stop(within_s=0.2)
    assert deaf.exit_code == -signal.SIGKILL


async def test_a_program_that_is_not_there_is_one_sentence(layout: Layout) -> None:
    with pytest.raises(StackProblem, match=r"^stack cannot be started: [^\n]+\.$"):
        Process("stack", layout).start(Launch(["/does/not/exist"], {}))


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGTERM])
async def test_what_was_killed_a_moment_ago_is_really_started_again(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, signal_: signal.Signals
) -> None:
    # The system ends a process some time after the signal: here that time is long enough to be seen.
    send = os.kill

    def send_late(pid: int, number: int) -> None:
        threading.Timer(0.3, send, (pid, number)).start()

    first = Process("invoices", layout)
    first.start(Launch(SLEEPER, dict(os.environ)))
    before = first.identity
    lasting = Stack.persistent(environ={"VELVET_HOME": str(layout.home)})
    part = Program("invoices", layout, ["http.server", "0", "--bind", "127.0.0.1"], "http://127.0.0.1:0")
    lasting.recast(part)
    monkeypatch.setattr(Program, "ready", AsyncMock())
    monkeypatch.setattr(os, "kill", send_late)
    lasting.kill("invoices", signal_)
    await lasting.start_one("invoices")
    monkeypatch.undo()
    assert before is not None
    assert identity_of(before.pid) is None
    after = part.process.identity
    assert after is not None
    assert after != before
    await part.stop()


async def test_what_was_only_frozen_is_not_waited_for(layout: Layout) -> None:
    frozen = Process("stack", layout)
    frozen.start(Launch(SLEEPER, dict(os.environ)))
    before = frozen.identity
    for signal_ in (signal.SIGSTOP, signal.SIGCONT):
        frozen.kill(signal_)
        await frozen.settled()
        assert frozen.identity == before
    await frozen.stop()
