"""Time's door: what time alone changes, and when that is next."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from chassis.db.unit_of_work import Unit
from classifier.usecases.bring_up_to import bring_up_to
from classifier.usecases.ports import Ledger


class TimedLedger(Ledger, Protocol):
    """A ledger that knows when time alone changes something."""

    async def next_change_at(self) -> datetime | None:
        """Return the earliest such instant."""
        ...


class Ticks:
    """Brings customers up to the time."""

    def __init__(self, *, ledger_of: Callable[[Unit], TimedLedger], customers_max: int) -> None:
        self._ledger_of = ledger_of
        self._customers_max = customers_max

    async def on_time(self, unit: Unit, now: datetime) -> int:
        """Do a bounded part of what is due; return how much, 0 when nothing is left."""
        return await bring_up_to(self._ledger_of(unit), now, limit=self._customers_max)

    async def next_change_at(self, unit: Unit) -> datetime | None:
        """Return the earliest instant at which ``on_time`` has work."""
        return await self._ledger_of(unit).next_change_at()
