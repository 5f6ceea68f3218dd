"""What the environment asks of a command is a number that can be meant, or a sentence that names the setting."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.stack import options

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("environ", [{}, {"SOAK_MINUTES": ""}, {"SOAK_MINUTES": "  "}])
def test_what_is_not_said_is_the_default(environ: Mapping[str, str]) -> None:
    assert options.minutes(environ, "SOAK_MINUTES", default=15) == 15
    assert options.number(environ, "SOAK_MINUTES", int, default=3) == 3


def test_half_a_minute_is_a_length() -> None:
    assert options.minutes({"SOAK_MINUTES": " 0.5 "}, "SOAK_MINUTES", default=15) == 0.5


@pytest.mark.parametrize("given", ["0", "0.0", "  "])
def test_no_minutes_at_all_can_be_asked_for_where_that_is_the_default(given: str) -> None:
    assert options.minutes({"FUZZ_MINUTES": given}, "FUZZ_MINUTES", default=0) == 0


@pytest.mark.parametrize("given", ["long", "1,5", "0", "-1", "inf", "nan"])
def test_what_is_no_length_names_the_setting(given: str) -> None:
    with pytest.raises(ValueError, match=r"^SOAK_MINUTES: ") as refused:
        options.minutes({"SOAK_MINUTES": given}, "SOAK_MINUTES", default=15)
    assert given in str(refused.value)


@pytest.mark.parametrize(
    ("command", "name", "given"),
    [
        (["-m", "bench.soak"], "SOAK_MINUTES", "long"),
        (["-m", "chaos"], "CHAOS_SEED", "1.5"),
        (["-m", "pytest", "-q", "tests/fuzz/test_webhooks.py"], "FUZZ_MINUTES", "-1"),
        (["-m", "pytest", "-q", "tests/fuzz/test_webhooks.py"], "FUZZ_SEED", "x"),
    ],
)
def test_a_command_ends_at_once_with_the_sentence(command: list[str], name: str, given: str) -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), name: given}
    ended = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    told = ended.stdout + ended.stderr
    assert ended.returncode == 2, told
    assert f"{name}: " in told
    assert "Traceback" not in told
