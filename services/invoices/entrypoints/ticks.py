"""From the passing of time to the use case: the clock of the sandbox, or the tick outside it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chassis.db.unit_of_work import Unit
from chassis.kernel.calendar import DayCalendar
from chassis.kernel.clock import Clock
from invoices.domain.moment import Moment
from invoices.usecases.pass_time import next_change_at, pass_time
from invoices.usecases.ports import Book


@dataclass(frozen=True, slots=True)
class Ticks:
    """What the runtime calls when time has passed."""

    open_book: Callable[[Unit], Book]
    clock: Clock
    calendar: DayCalendar

    async def on_time(self, unit: Unit, now: datetime) -> int:
        """Bring about a bounded batch of what is due by ``now``; returns how much, 0: nothing is left."""
        moment = Moment(now=now, told_at=now, calendar=self.calendar)
        return await pass_time(self.open_book(unit), moment=moment)

    async def next_change_at(self, unit: Unit) -> datetime | None:
        """Return the earliest instant at which ``on_time`` has work."""
        return await next_change_at(self.open_book(unit), now=self.clock.now())
