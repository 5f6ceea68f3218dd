"""Tests that a peer's figure is kept for a day, on the machine on which it was measured, and no longer."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench import kept
from bench.kept import Peer

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def peer(folder: Path, *, at: datetime = NOON) -> Peer:
    return Peer("pgqueuer", folder=folder, now=lambda: at)


async def measured(folder: Path, *values: float) -> Peer:
    one, left = peer(folder), list(values)

    async def once() -> float:
        return left.pop(0)

    for _ in values:
        await one.measure(once)
    return one


async def test_the_median_is_kept_for_the_next_run_of_the_same_day(tmp_path: Path) -> None:
    assert (await measured(tmp_path, 300.0, 100.0, 200.0)).value() == 200.0
    again = peer(tmp_path, at=NOON + timedelta(hours=23))

    async def never() -> float:
        raise AssertionError("it was measured although a figure is kept")

    await again.measure(never)
    assert (again.is_kept, again.is_measured, again.value()) == (True, False, 200.0)


async def test_a_kept_figure_is_said_to_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (await measured(tmp_path, 100.0)).value()
    assert capsys.readouterr().err == ""
    assert peer(tmp_path).value() == 100.0
    assert f"kept one, less than a day old: {tmp_path / 'pgqueuer.json'}" in capsys.readouterr().err


async def test_what_was_measured_counts_also_where_it_cannot_be_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    in_the_way = tmp_path / "bench"
    in_the_way.write_text("a file where the folder should be", encoding="utf-8")
    assert (await measured(in_the_way, 100.0)).value() == 100.0
    assert "could not be kept" in capsys.readouterr().err


async def test_after_a_day_it_is_measured_anew(tmp_path: Path) -> None:
    (await measured(tmp_path, 100.0)).value()
    assert not peer(tmp_path, at=NOON + timedelta(days=1)).is_kept
    assert not peer(tmp_path, at=NOON - timedelta(minutes=1)).is_kept


async def test_another_machine_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (await measured(tmp_path, 100.0)).value()
    monkeypatch.setattr(kept, "fingerprint", lambda: "another")
    assert not peer(tmp_path).is_kept


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"machine": "x", "at": "no date", "value": 1}'])
def test_what_cannot_be_read_is_measured_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "pgqueuer.json").write_text(text, encoding="utf-8")
    assert not peer(tmp_path).is_kept


async def test_what_is_kept_says_on_which_machine_and_when(tmp_path: Path) -> None:
    (await measured(tmp_path, 100.0)).value()
    found = json.loads((tmp_path / "pgqueuer.json").read_text(encoding="utf-8"))
    assert found == {"machine": kept.fingerprint(), "at": NOON.isoformat(), "value": 100.0}
