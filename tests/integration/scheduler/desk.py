"""Feeds messages to the scheduler's use cases and decides at chosen instants, without Kafka."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from chassis.calendars import dutch_contact_calendar, target_calendar
from chassis.db.unit_of_work import Database, Unit
from chassis.testing.builders import a_record
from chassis.testing.fakes import FakeEncoder
from contracts.classifier.v1 import TierChanged
from contracts.erp.v1 import Address, Money
from contracts.invoices.v1 import ContactState, CustomerChanged, InvoiceChanged
from contracts.notifier.v1 import ContactRecorded
from contracts.scheduler.v1 import ReminderDue
from scheduler.adapters.repositories_customers import PostgresCustomers
from scheduler.adapters.repositories_readings import PostgresReadings
from scheduler.adapters.repositories_rules import PostgresRules
from scheduler.adapters.wire import WireCommands
from scheduler.domain.policy import Calendars, Creditor, Policy
from scheduler.domain.words import Outreach
from scheduler.entrypoints.consumer import Intake
from scheduler.usecases.decide_due import Count, decide_due
from scheduler.usecases.ports import Desk
from scheduler.usecases.take_in_facts import Told, take_in_facts

CALENDARS = Calendars(bank=target_calendar(), contact=dutch_contact_calendar())


def invoice_changed(invoice_id: str = "I-1", **changes: Any) -> InvoiceChanged:
    told = InvoiceChanged(
        creditor_id="acme-nl",
        invoice_id=invoice_id,
        customer_id="C-1",
        version=1,
        issued_on="2026-03-02",
        due_on="2026-04-01",
        amount=Money(currency="EUR", amount="100.00"),
        open="100.00",
        status="OPEN",
        in_effect=True,
        known_from="2026-03-02T00:00:00Z",
    )
    return msgspec.structs.replace(told, **changes)


def customer_changed(**changes: Any) -> CustomerChanged:
    told = CustomerChanged(
        creditor_id="acme-nl",
        customer_id="C-1",
        version=1,
        kind="BUSINESS",
        language="nl",
        timezone="Europe/Amsterdam",
        contacts=[ContactState(purpose="REMINDER", email="a@b.example", mobile="+31612345678")],
        address=Address(street="Dam 1", postal_code="1012 JS", city="Amsterdam", country="NL"),
    )
    return msgspec.structs.replace(told, **changes)


def tier_changed(tier: str, **changes: Any) -> TierChanged:
    told = TierChanged(
        creditor_id="acme-nl", customer_id="C-1", new_tier=tier, at="2026-01-01T00:00:00Z", version=1
    )
    return msgspec.structs.replace(told, **changes)


def outcome(command: ReminderDue, result: str = "ACCEPTED", **changes: Any) -> ContactRecorded:
    told = ContactRecorded(
        creditor_id=command.creditor_id,
        customer_id=command.customer_id,
        contact_id=command.command_id,
        version=1,
        event="OUTCOME",
        at=command.at,
        channel=command.channel,
        outcome=result,
        invoice_ids=[invoice.invoice_id for invoice in command.invoices if invoice.own_step],
        step=command.step,
        action=command.action,
    )
    return msgspec.structs.replace(told, **changes)


class SchedulerOnPostgres:
    """The use cases, wired as bootstrap wires them."""

    def __init__(self, database: Database, encoder: FakeEncoder) -> None:
        self.database = database
        self._encoder = encoder
        self._policies: dict[tuple[str, str, int], Policy] = {}
        self.outreach = Outreach.ON

    def rules(self, unit: Unit) -> PostgresRules:
        return PostgresRules(unit.connection, default_outreach=self.outreach, cache=self._policies)

    async def told(self, *bodies: msgspec.Struct) -> None:
        """Take in one poll of these messages."""

        async def take_in(unit: Unit, facts: Sequence[Told], creditors: Sequence[Creditor]) -> None:
            await take_in_facts(
                facts, creditors, customers=PostgresCustomers(unit.connection), rules=self.rules(unit)
            )

        async with self.database.unit() as unit:
            await Intake(take_in, bank=CALENDARS.bank).handle(
                unit, [a_record(type(body).__name__, body=body) for body in bodies]
            )

    async def decide(self, now: datetime) -> Count:
        """Decide one batch."""
        async with self.database.unit() as unit:
            return await decide_due(
                now,
                customers=PostgresCustomers(unit.connection),
                rules=self.rules(unit),
                commands=WireCommands(unit),
                calendars=CALENDARS,
            )

    def desk(self, unit: Unit, now: datetime | None) -> Desk:
        return Desk(PostgresReadings(unit.connection), self.rules(unit), CALENDARS, now)

    @property
    def commands(self) -> list[ReminderDue]:
        """What was published so far."""
        return [o.body for o in self._encoder.published if isinstance(o.body, ReminderDue)]
