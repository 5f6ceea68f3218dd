"""Builds the invoices service: the only place where anything is constructed."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from chassis.calendars import target_calendar
from chassis.db.unit_of_work import Unit
from chassis.kafka.messages import Incoming
from chassis.parts import connected
from chassis.service import Restoring, Service
from chassis.settings import load
from invoices.adapters.metrics import FACTS_TOTAL, GATE_ANSWERS_TOTAL
from invoices.adapters.reach import Reach
from invoices.adapters.readings import open_readings
from invoices.adapters.repositories import open_book
from invoices.adapters.restating import STATES, restate
from invoices.adapters.watching import count_sent_after_payment
from invoices.entrypoints.consumer import CONSUMES, Consumer
from invoices.entrypoints.desk import Desk
from invoices.entrypoints.http import open_items_router
from invoices.entrypoints.http_agreements import agreements_router
from invoices.entrypoints.http_creditor import creditor_router
from invoices.entrypoints.http_gate import gate_router
from invoices.entrypoints.ticks import Ticks
from invoices.settings import Settings

NAME = "invoices"


@asynccontextmanager
async def build(_role: str) -> AsyncIterator[Service]:
    """Yield the service for any role; nothing connects before it is used."""
    settings = load(Settings, service=NAME)
    async with built(settings) as service:
        yield service


@asynccontextmanager
async def built(settings: Settings) -> AsyncIterator[Service]:
    """Yield the service built from these settings."""
    calendar = target_calendar()
    async with connected(settings) as parts:
        reach = Reach(parts.database, progress=parts.progress, clock=parts.clock)
        consumer = Consumer(open_book=open_book, clock=parts.clock, calendar=calendar, note_marks=reach.note)
        ticks = Ticks(open_book=open_book, clock=parts.clock, calendar=calendar)
        desk = Desk(
            database=parts.database,
            open_book=open_book,
            open_readings=open_readings,
            clock=parts.clock,
            calendar=calendar,
            caught_up_to=reach.caught_up_to,
            is_fresh=lambda: reach.is_fresh(timeout_s=settings.gate_wait_s_max),
            count_answer=lambda answer: GATE_ANSWERS_TOTAL.labels(answer or "ALLOWED").inc(),
        )
        yield Service(
            name=NAME,
            settings=settings,
            database=parts.database,
            clock=parts.clock,
            progress=parts.progress,
            routers=(
                open_items_router(desk),
                agreements_router(desk),
                creditor_router(desk),
                gate_router(desk),
            ),
            consumes=CONSUMES,
            handle=_counted(consumer.handle),
            on_time=ticks.on_time,
            next_change_at=ticks.next_change_at,
            restoring=Restoring(states=STATES, restate=partial(restate, clock=parts.clock)),
        )


Handle = Callable[[Unit, Sequence[Incoming]], Awaitable[None]]


def _counted(handle: Handle) -> Handle:
    """Count messages by type once they are handled."""

    async def counted(unit: Unit, incoming: Sequence[Incoming]) -> None:
        await handle(unit, incoming)
        await count_sent_after_payment(unit, incoming)
        numbers: dict[str, int] = {}
        for record in incoming:
            message = type(record.body).__name__
            numbers[message] = numbers.get(message, 0) + 1
        for message, number in numbers.items():
            FACTS_TOTAL.labels(message).inc(number)

    return counted
