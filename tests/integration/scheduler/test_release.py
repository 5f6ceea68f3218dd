"""What an image holds, built as its Dockerfile builds it: the decision compiled, and the same to the letter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.release import release
from sandbox.stack.layout import REPOSITORY
from sandbox.stack.problem import StackProblem

_AS_WRITTEN = {"__init__", "customer", "decision", "facts", "policy", "policy_reading", "words"}
_TEST_S_MAX = 240


@pytest.fixture(scope="module")
def unpacked() -> Path:
    """Return the folder of the release of this working copy."""
    return release()


def ran(*arguments: str, code: Path | None) -> str:
    """Run `python …` on the release in ``code``, or on the source; returns what it printed."""
    folders = [code] if code else [REPOSITORY / "services", REPOSITORY / "libs"]
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TEST_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_decision_is_compiled_and_what_msgspec_reads_is_not(unpacked: Path) -> None:
    domain = unpacked / "scheduler" / "domain"
    compiled = {path.name.partition(".")[0] for path in domain.glob("*.so")}
    assert {path.stem for path in domain.glob("*.py")} - compiled == _AS_WRITTEN
    others = {path.relative_to(unpacked).parts[0] for path in unpacked.rglob("*.so")}
    assert {name for name in others if "__mypyc" not in name} == {"scheduler"}


def test_it_decides_the_same_to_the_letter(unpacked: Path) -> None:
    came_from, told = ran("-m", "tests.support.told_stories", code=unpacked).splitlines()
    assert came_from.startswith(str(unpacked))
    assert came_from.endswith(".so")
    source, told_as_written = ran("-m", "tests.support.told_stories", code=None).splitlines()
    assert source == str(REPOSITORY / "services" / "scheduler" / "domain" / "decide.py")
    assert told == told_as_written
    assert int(told.partition(" ")[0]) > 1000


_ON_THE_RELEASE = """
import sys
import pytest
import scheduler.domain.decide
assert scheduler.domain.decide.__file__.startswith(sys.argv[1]), scheduler.domain.decide.__file__
# The repository's own setting of pytest would put the source first.
options = ("-q", "-o", "pythonpath=.", "-o", "addopts=--import-mode=importlib", "-p", "no:cacheprovider")
sys.exit(pytest.main([*options, "tests/unit/scheduler"]))
"""


def test_the_schedulers_own_tests_hold_on_it(unpacked: Path) -> None:
    said = ran("-c", _ON_THE_RELEASE, str(unpacked), code=unpacked)
    assert " passed" in said.splitlines()[-1]


def test_a_release_that_cannot_be_built_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CC", "/nonexistent")
    monkeypatch.setattr("deploy.release.FOLDER", tmp_path)
    with pytest.raises(StackProblem, match="/nonexistent"):
        release()
