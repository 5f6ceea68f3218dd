"""The one place where the scheduler is built: settings, repositories, use cases, doors."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from chassis.calendars import dutch_contact_calendar, target_calendar
from chassis.db.clock import SandboxClock
from chassis.db.scope import every_creditor
from chassis.db.unit_of_work import Unit
from chassis.http.client import ServiceClient
from chassis.http.tokens import ServiceToken
from chassis.kafka.messages import Outgoing
from chassis.kafka.producer import Publisher
from chassis.kafka.registry import registry
from chassis.parts import Parts, connected, open_codec
from chassis.service import Restoring, Service
from chassis.settings import load
from chassis.telemetry.tracing import current_traceparent
from scheduler.adapters.metrics import BATCH_SECONDS, DECISIONS_TOTAL, FACTS_TOTAL
from scheduler.adapters.repositories_customers import PostgresCustomers
from scheduler.adapters.repositories_readings import PostgresReadings
from scheduler.adapters.repositories_rules import PostgresRules
from scheduler.adapters.sandbox_clock import Flow, OwnSandbox, OwnSettler, RemoteSettler, next_wakeup
from scheduler.adapters.watching import OldestUndecided
from scheduler.adapters.wire import WireCommands
from scheduler.domain.policy import Calendars, Creditor, Policy
from scheduler.domain.words import Outreach
from scheduler.entrypoints.consumer import TOPICS, Intake
from scheduler.entrypoints.http import Counter, clock_routes, invoice_routes, outreach_routes, policy_routes
from scheduler.entrypoints.own_words import read_commands
from scheduler.entrypoints.ticks import on_time
from scheduler.settings import Settings
from scheduler.usecases.advance_clock import Advanced, Stage, advance_clock
from scheduler.usecases.decide_due import Count, Wave, decide_due
from scheduler.usecases.ports import Desk
from scheduler.usecases.remember_commands import remember_commands
from scheduler.usecases.take_in_facts import Told, take_in_facts


@dataclass(slots=True)
class Workshop:
    """The use cases on the parts of one process."""

    parts: Parts
    settings: Settings
    calendars: Calendars
    policies: dict[tuple[str, str, int], Policy] = field(default_factory=dict)

    def rules(self, unit: Unit) -> PostgresRules:
        """Return the rules as seen in this transaction."""
        return PostgresRules(
            unit.connection, default_outreach=Outreach(self.settings.outreach), cache=self.policies
        )

    async def take_in(self, unit: Unit, facts: Sequence[Told], creditors: Sequence[Creditor]) -> None:
        """Fold a poll into the states."""
        await take_in_facts(
            facts, creditors, customers=PostgresCustomers(unit.connection), rules=self.rules(unit)
        )
        FACTS_TOTAL.inc(len(facts) + len(creditors))

    async def decide(self, unit: Unit, now: datetime | Wave) -> Count:
        """Decide one batch."""
        with BATCH_SECONDS.time():
            count = await decide_due(
                now,
                customers=PostgresCustomers(unit.connection),
                rules=self.rules(unit),
                commands=WireCommands(unit),
                calendars=self.calendars,
            )
        DECISIONS_TOTAL.inc(count.customers)
        return count

    async def decided(self, unit: Unit, now: datetime) -> int:
        """Decide one batch; returns how many customers."""
        return (await self.decide(unit, now)).customers

    async def remember(self, unit: Unit, words: Sequence[msgspec.Struct]) -> None:
        """Take in what this service commanded after the backup that its database comes from."""
        await remember_commands(read_commands(words), customers=PostgresCustomers(unit.connection))

    async def next_change_at(self, unit: Unit) -> datetime | None:
        """Return when a customer has to be looked at again; in the sandbox the clock's call sees to that."""
        if self.settings.sandbox:
            return None
        at, now = await next_wakeup(unit), self.parts.clock.now()
        return max(at, now) if at is not None and now is not None else at

    @asynccontextmanager
    async def counter(self, creditor_id: str) -> AsyncIterator[Counter]:
        """Open a transaction for one request."""
        if isinstance(self.parts.clock, SandboxClock):
            await self.parts.clock.load(self.parts.database)
        async with self.parts.database.unit(creditor_id=creditor_id) as unit:
            readings = PostgresReadings(unit.connection)
            desk = Desk(readings, self.rules(unit), self.calendars, self.parts.clock.now())
            yield Counter(desk, PostgresCustomers(unit.connection), readings.shadow_commands)

    async def clock(self) -> datetime | None:
        """Return what time it is."""
        if isinstance(self.parts.clock, SandboxClock):
            await self.parts.clock.load(self.parts.database)
        return self.parts.clock.now()


async def _sandbox(workshop: Workshop, closing: AsyncExitStack) -> OwnSandbox | None:
    """Build what moves the sandbox's clock; None outside the sandbox."""
    parts, settings = workshop.parts, workshop.settings
    if not isinstance(parts.clock, SandboxClock):
        return None
    token = ServiceToken(settings)

    async def client(url: str) -> ServiceClient:
        return await closing.enter_async_context(ServiceClient(url, token=token))

    async def remote(name: str, url: str) -> Stage:
        return Stage(name, RemoteSettler(await client(url)), registry().consumed_by(name))

    own = OwnSettler(parts.database, progress=parts.progress, clock=parts.clock)
    stages = (
        await remote("invoices", settings.invoices_url),
        await remote("classifier", settings.classifier_url),
        await remote("notifier", settings.notifier_url),
        Stage("scheduler", own, registry().consumed_by("scheduler")),
    )
    publisher = Publisher(settings)
    closing.push_async_callback(publisher.stop)
    codec = open_codec(settings, topics=registry())

    async def announce(told: Outgoing) -> None:
        await publisher.send([codec.encode(told, traceparent=current_traceparent())])

    flow = Flow(stages, await client(settings.inbox_url), announce)
    return OwnSandbox(
        parts.database, clock=parts.clock, progress=parts.progress, decide=workshop.decide, flow=flow
    )


@asynccontextmanager
async def build(role: str) -> AsyncIterator[Service]:
    """Yield the scheduler for one role, built from the environment."""
    del role  # Every role is built alike: nothing connects before it is used.
    settings = load(Settings, service="scheduler")
    async with built(settings) as service:
        yield service


@asynccontextmanager
async def built(settings: Settings) -> AsyncIterator[Service]:
    """Yield the scheduler, built from these settings; everything is closed afterwards."""
    calendars = Calendars(bank=target_calendar(), contact=dutch_contact_calendar())
    async with AsyncExitStack() as closing:
        parts = await closing.enter_async_context(connected(settings))
        workshop = Workshop(parts, settings, calendars)
        sandbox = await _sandbox(workshop, closing)

        async def advance(target: datetime) -> Advanced:
            assert sandbox is not None  # noqa: S101 - the route is there only with a sandbox
            with every_creditor():  # One clock for the whole sandbox: it decides for all.
                return await advance_clock(target, sandbox=sandbox)

        yield Service(
            name="scheduler",
            settings=settings,
            database=parts.database,
            clock=parts.clock,
            progress=parts.progress,
            routers=[
                policy_routes(workshop.counter),
                outreach_routes(workshop.counter),
                invoice_routes(workshop.counter),
                clock_routes(advance if sandbox else None, workshop.clock),
            ],
            consumes=TOPICS,
            handle=Intake(workshop.take_in, bank=calendars.bank).handle,
            on_time=on_time(workshop.decided, sandbox=settings.sandbox),
            next_change_at=workshop.next_change_at,
            # In the sandbox decisions wait for the clock's call: nobody is late there.
            measure=None if settings.sandbox else OldestUndecided(parts.clock.now).measure,
            restoring=Restoring(hear=workshop.remember),
        )
