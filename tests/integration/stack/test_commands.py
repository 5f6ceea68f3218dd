"""The commands as a user types them."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from sandbox.stack.layout import REPOSITORY


def _make(home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "VELVET_HOME": str(home),
        **variables,
    }
    return subprocess.run(
        ["make", *words], cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False
    )


def _sentences(text: str) -> list[str]:
    """What a command says, without make's own remark about its exit code."""
    return [line for line in text.splitlines() if not line.startswith("make")]


def test_the_help_lists_every_target_in_one_line_each(home: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    listed = re.findall(r"^  ([a-z0-9-]+) +\S", _make(home, "help").stdout, re.MULTILINE)
    assert sorted(listed) == sorted(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))
    contract = {
        "run",
        "test",
        "setup",
        "up",
        "down",
        "reset",
        "check",
        "bench",
        "chaos",
        "token",
        "redrive",
        "help",
    }
    assert contract <= set(listed)


def test_make_token_prints_a_token_that_verifies_and_nothing_else(home: Path) -> None:
    answer = _make(home, "token", "CREDITOR=acme-nl")
    assert answer.returncode == 0
    (line,) = answer.stdout.splitlines()
    public = KeySet.import_key_set(json.loads((home / "keys" / "jwks.json").read_text()))
    assert jwt.decode(line, public, algorithms=["ES256"]).claims["creditor_id"] == "acme-nl"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["token"], "Say whose token it shall be: make token CREDITOR=acme-nl."),
        (["redrive"], "Say which dead letters: make redrive TOPIC=invoices.dead-letter.v1."),
        (["redrive", "TOPIC=invoices.dead-letter.v1"], "Velvet is not up: start it with `make up`."),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_a_failure(
    home: Path, words: list[str], sentence: str
) -> None:
    answer = _make(home, *words)
    assert answer.returncode != 0
    assert answer.stdout == ""
    assert _sentences(answer.stderr) == [sentence]


def test_a_value_from_the_command_line_is_never_run_as_a_command(home: Path, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    answer = _make(home, "token", f"CREDITOR=a'; touch {trap}; echo \"$(touch {trap})")
    assert answer.returncode == 0
    assert not trap.exists()


def test_down_and_reset_of_nothing_are_no_failure(home: Path) -> None:
    assert _make(home, "down").stdout == "Velvet is not up.\n"
    assert _make(home, "reset").stdout == "Velvet is down and its state is gone.\n"
    assert {path.name for path in home.iterdir()} == {"lock"}
