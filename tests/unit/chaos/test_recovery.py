"""Tests what counts as a blow from which nobody recovered, and what is the broker's own fault."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typing_extensions import override

from chaos import strikes
from chaos.plan import Blow, Strike
from chaos.stage import Stage
from chaos.strikes import Mark, Striker
from chaos.witness import Witness


@dataclass(slots=True)
class _Stage:
    """A stack whose broker is found at fault after so many looks."""

    faults: list[bool] = field(default_factory=list)
    stack: Any = field(default_factory=lambda: SimpleNamespace(addresses=SimpleNamespace(bootstrap="-:1")))

    async def mend_broker(self) -> bool:
        return bool(self.faults) and self.faults.pop(0)

    def keep_logs(self, number: int) -> Path:
        return Path(f"kept-{number}")


class _Struck(Striker):
    """Strikes nothing, and looks whether all is well as often as it was told."""

    well: bool = False
    mends: bool = False

    @override
    async def _broker(self, strike: Strike) -> None:
        pass

    @override
    async def _postgres(self, strike: Strike) -> None:
        pass

    @override
    async def _mark(self) -> Mark:
        return Mark({}, {})

    @override
    async def _lacking(self, mark: Mark) -> str:
        stage = cast("_Stage", self.stage)
        return "" if self.well or (self.mends and not stage.faults) else "notifier is behind"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strikes, "RECOVERY_S_MAX", 0.2)
    monkeypatch.setattr(strikes, "BROKEN_AFTER_S", -1.0)
    monkeypatch.setattr(strikes, "_POLL_S", 0.01)


def _strike(number: int, blow: Blow) -> Strike:
    return Strike(number, blow, pause_s=0)


async def test_what_does_not_recover_in_time_is_told_with_what_was_lacking() -> None:
    told: list[str] = []
    striker = _Struck(cast("Stage", _Stage()), cast("Witness", None), told.append)
    await striker.strike(_strike(1, Blow.POSTGRES))
    striker.well = True
    await striker.strike(_strike(2, Blow.POSTGRES))
    assert len(told) == 1
    assert "notifier is behind" in told[0]
    assert "kept-1" in told[0]
    assert striker.toll.unrecovered == [str(_strike(1, Blow.POSTGRES))]


async def test_a_fault_of_the_broker_found_late_excuses_what_fell_to_it_and_nothing_before() -> None:
    stage = _Stage()
    striker = _Struck(cast("Stage", stage), cast("Witness", None), lambda _: None)
    await striker.strike(_strike(1, Blow.POSTGRES))
    await striker.strike(_strike(2, Blow.BROKER))
    stage.faults, striker.mends = [False, True], True
    await striker.strike(_strike(3, Blow.POSTGRES))
    assert striker.toll.unrecovered == [str(_strike(1, Blow.POSTGRES))]
