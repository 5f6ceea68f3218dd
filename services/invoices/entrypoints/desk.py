"""What every route needs: the book, the readings, the clock and the caller."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Final

from fastapi import Security

from chassis.db.unit_of_work import Database, Unit
from chassis.http.auth import INTERNAL, Principal, authenticated
from chassis.kernel.calendar import DayCalendar
from chassis.kernel.clock import Clock
from chassis.kernel.errors import NotFound
from invoices.domain.creditor import CreditorRecord
from invoices.domain.moment import Moment
from invoices.usecases.open_account import Account, open_account
from invoices.usecases.ports import Book, Readings

Reader = Annotated[Principal, Security(authenticated, scopes=["invoices:read"])]
Writer = Annotated[Principal, Security(authenticated, scopes=["invoices:write"])]
Internal = Annotated[Principal, Security(authenticated, scopes=[INTERNAL])]

_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """Hands out the book, within one transaction, and the readings, both of the caller's creditor."""

    database: Database
    open_book: Callable[[Unit], Book]
    open_readings: Callable[[Unit], Readings]
    clock: Clock
    calendar: DayCalendar
    caught_up_to: Callable[[datetime | None], Awaitable[datetime]]
    is_fresh: Callable[[], Awaitable[bool]]
    count_answer: Callable[[str], None]

    def moment(self) -> Moment:
        """Return the present moment."""
        now = self.clock.now()
        return Moment(now=now, told_at=now or _NO_TIME, calendar=self.calendar)

    @asynccontextmanager
    async def book(self, caller: Principal) -> AsyncIterator[Book]:
        """Yield the caller's book within a transaction."""
        async with self.database.unit(creditor_id=caller.creditor_id) as unit:
            yield self.open_book(unit)

    @asynccontextmanager
    async def account(self, caller: Principal) -> AsyncIterator[Account]:
        """Yield the caller's account, locked for one change."""
        async with self.book(caller) as book:
            yield await open_account(book, caller.creditor_id, moment=self.moment())

    @asynccontextmanager
    async def readings(self, caller: Principal) -> AsyncIterator[Readings]:
        """Yield the readings of the caller's creditor."""
        async with self.database.reading(creditor_id=caller.creditor_id) as unit:
            yield self.open_readings(unit)

    async def day(self, readings: Readings, caller: Principal) -> date:
        """Return the day that answers are for; raises NotFound without a time and without a fact."""
        known = await readings.creditor(caller.creditor_id)
        creditor = known or CreditorRecord(creditor_id=caller.creditor_id)
        day = creditor.answer_day(self.clock.now())
        if day is None:
            raise NotFound("no fact of this creditor was taken in yet")
        return day
