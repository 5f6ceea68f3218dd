"""Tests that the logs of a blow from which nobody recovered are kept, and that a full disk does not end the run."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chaos.stage import Stage
from sandbox.stack.layout import Layout


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    layout = Layout(tmp_path / "stack")
    layout.create()
    layout.log("notifier").write_text("it died here\n", encoding="utf-8")
    return Stage(cast("Any", SimpleNamespace(layout=layout)), {})


def test_the_logs_of_a_blow_replace_those_of_an_earlier_run(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VELVET_HOME", str(tmp_path / "home"))
    old = stage.keep_logs(7) / "scheduler.log"
    old.write_text("of an earlier run\n", encoding="utf-8")
    kept = stage.keep_logs(7)
    assert kept == tmp_path / "home" / "chaos" / "logs-after-blow-7"
    assert {path.name: path.read_text(encoding="utf-8") for path in kept.iterdir()} == {
        "notifier.log": "it died here\n"
    }


def test_logs_that_cannot_be_kept_do_not_end_the_run(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "home"
    in_the_way.write_text("a file where the folder should be", encoding="utf-8")
    monkeypatch.setenv("VELVET_HOME", str(in_the_way))
    assert not stage.keep_logs(7).exists()
