"""Tests that a benchmark which is stopped from outside first puts away what it has started."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.stack.layout import REPOSITORY

_PROGRAM = """
import asyncio, signal, sys, types

# Whoever runs the tests in the background of a script has SIGINT ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
from bench.__main__ import main
from bench.asked import asked

async def measure(names):
    try:
        async with asked("sleeper") as sleeper:
            await sleeper.expect("asleep")
            print("measuring", flush=True)
            await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0)
        print("put away", flush=True)

sys.modules["bench.p3"] = types.SimpleNamespace(measure=measure)
sys.argv = ["bench", "ONLY=P3"]
sys.exit(main())
"""


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_benchmark_stopped_from_outside_puts_away_what_it_has_started(
    signal_: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "sleeper.py").write_text("import time; print('asleep', flush=True); time.sleep(60)")
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "measuring\n"
        # As a terminal does it: to the whole group.
        os.killpg(run.pid, signal_)
        out, said = run.communicate(timeout=20)
    assert (run.returncode, out) == (130, "put away\n")
    assert "Traceback" not in said
