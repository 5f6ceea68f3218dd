"""Builds the classifier: settings, ledger, use cases, doors. The only place where anything is built."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from chassis.calendars import target_calendar
from chassis.parts import Parts, connected
from chassis.service import Restoring, Service
from chassis.settings import load
from classifier.adapters.readings import PostgresReader
from classifier.adapters.repositories import PostgresLedger
from classifier.adapters.restating import STATES, restate
from classifier.domain.lateness import BankDays
from classifier.entrypoints.consumer import TOPICS, Consumer
from classifier.entrypoints.http_customers import customers_router
from classifier.entrypoints.http_profiles import profiles_router
from classifier.entrypoints.http_tiers import Door, tiers_router
from classifier.entrypoints.ticks import Ticks
from classifier.settings import Settings


@asynccontextmanager
async def build(role: str) -> AsyncIterator[Service]:
    """Build the service for one role, from the environment."""
    del role  # every role has the same parts
    settings = load(Settings, service="classifier")
    async with built(settings) as service:
        yield service


@asynccontextmanager
async def built(settings: Settings) -> AsyncIterator[Service]:
    """Build the service from settings."""
    async with connected(settings) as parts:
        yield _service(settings, parts)


def _service(settings: Settings, parts: Parts) -> Service:
    bank_days = BankDays(target_calendar())
    door = Door(parts.database, PostgresLedger, PostgresReader, parts.clock)
    consumer = Consumer(ledger_of=PostgresLedger, clock=parts.clock, bank_days=bank_days)
    ticks = Ticks(ledger_of=PostgresLedger, customers_max=settings.classifier_customers_max)
    return Service(
        name="classifier",
        settings=settings,
        database=parts.database,
        clock=parts.clock,
        progress=parts.progress,
        routers=[customers_router(door), tiers_router(door), profiles_router(door, bank_days=bank_days)],
        consumes=TOPICS,
        handle=consumer.handle,
        check=consumer.check,
        on_time=ticks.on_time,
        next_change_at=ticks.next_change_at,
        restoring=Restoring(states=STATES, restate=partial(restate, clock=parts.clock)),
    )
