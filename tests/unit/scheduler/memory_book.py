"""The scheduler's ports in memory: held against the real ones by tests/ports/test_scheduler_customers.py."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from chassis.kernel.errors import Conflict
from scheduler.adapters.default_policies import default_policies, default_policy_data
from scheduler.domain.customer import Customer
from scheduler.domain.decision import Action, Decision
from scheduler.domain.policy import Creditor, Policy, Rulebook
from scheduler.domain.policy_reading import read_policy
from scheduler.domain.words import Outreach
from scheduler.usecases.ports import (
    Awake,
    CustomerKey,
    Decided,
    FiledInvoice,
    InvoiceKey,
    PolicyRecord,
    Saying,
)

AT_ONCE = datetime.min.replace(tzinfo=UTC)


class MemoryCustomers:
    """Ports ``Customers`` and ``Readings``."""

    def __init__(self) -> None:
        self.states: dict[CustomerKey, Customer] = {}
        self.wakeups: dict[CustomerKey, datetime | None] = {}
        self.said: dict[CustomerKey, bytes] = {}
        self.decided: dict[CustomerKey, datetime] = {}
        self.files: dict[InvoiceKey, FiledInvoice] = {}
        self.log: list[tuple[CustomerKey, Decided]] = []

    async def lock(self, keys: Sequence[CustomerKey]) -> dict[CustomerKey, Customer]:
        return {key: self.states.setdefault(key, Customer(*key)) for key in sorted(keys)}

    async def file(self, keys: Sequence[InvoiceKey]) -> dict[InvoiceKey, FiledInvoice]:
        return {key: self.files[key] for key in keys if key in self.files}

    async def save_taken_in(self, customers: Sequence[Customer], *, filed: Sequence[FiledInvoice]) -> None:
        for customer in customers:
            key = (customer.creditor_id, customer.customer_id)
            self.states[key], self.wakeups[key] = customer, AT_ONCE
        self.files.update({(item.creditor_id, item.invoice_id): item for item in filed})

    async def claim_due(self, now: datetime, *, limit: int) -> list[Awake]:
        due = sorted((at, key) for key, at in self.wakeups.items() if at is not None and at <= now)
        return [Awake(self.states[key], self.said.get(key, b"")) for _, key in due[:limit]]

    async def claim_unless(self, now: datetime, *, acted: Collection[CustomerKey], limit: int) -> list[Awake]:
        due = sorted((at, key) for key, at in self.wakeups.items() if at is not None and at <= now)
        return [
            Awake(
                self.states[key],
                self.said.get(key, b""),
                None if at == AT_ONCE else at,
                self.decided.get(key),
            )
            for at, key in due
            if key not in acted
        ][:limit]

    async def save_decided(self, decided: Sequence[Decided]) -> None:
        for item in decided:
            self.states[item.key] = item.customer or self.states[item.key]
            self.wakeups[item.key], self.said[item.key] = item.next_wakeup, item.said
            self.decided[item.key] = item.at
            if item.logged is not None:
                self.log.append((item.key, item))

    async def wake_all(self, creditor_id: str) -> None:
        for key in self.states:
            if key[0] == creditor_id:
                self.wakeups[key] = AT_ONCE

    async def customer_of_invoice(self, key: InvoiceKey) -> tuple[FiledInvoice, Customer] | None:
        filed = self.files.get(key)
        return (filed, self.states[key[0], filed.customer_id]) if filed else None

    async def sayings(self, key: CustomerKey, invoice_id: str, *, until: date) -> list[Saying]:
        return [
            Saying(item.day, item.at, said, item.logged.policy_name, item.logged.policy_version)
            for whose, item in reversed(self.log)
            if whose == key and item.day <= until and item.logged
            for said in item.logged.reasons
            if said.invoice_id == invoice_id
        ]

    async def upcoming(
        self, creditor_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> list[tuple[datetime, Customer]]:
        rows = sorted(
            (at, key[1]) for key, at in self.wakeups.items() if key[0] == creditor_id and at is not None
        )
        return [(at, self.states[creditor_id, c]) for at, c in rows if after is None or (at, c) > after][
            :limit
        ]

    async def portfolio(self, creditor_id: str, *, after: str, limit: int) -> list[Customer]:
        names = sorted(key[1] for key in self.states if key[0] == creditor_id and key[1] > after)
        return [self.states[creditor_id, name] for name in names[:limit]]


class MemoryRules:
    """Port ``Rules``."""

    def __init__(self, *, outreach: Outreach = Outreach.ON) -> None:
        self.creditors: dict[str, Creditor] = {}
        self.default = outreach
        self.records: dict[tuple[str, str, int], PolicyRecord] = {
            ("*", name, 1): PolicyRecord(name, 1, data, "Velvet", None)
            for name, data in default_policy_data().items()
        }

    async def rulebooks(self, creditor_ids: Sequence[str]) -> dict[str, Rulebook]:
        found: dict[str, Rulebook] = {}
        for creditor_id in creditor_ids:
            ladders = {}
            for name in default_policies():
                record = await self.policy(creditor_id, name)
                assert record is not None
                ladders[name] = self.compiled(record)
            creditor = self.creditors.get(creditor_id) or Creditor(creditor_id, outreach=self.default)
            found[creditor_id] = Rulebook(creditor=creditor, **ladders)
        return found

    async def take_creditors(self, creditors: Sequence[Creditor]) -> list[str]:
        changed = []
        for creditor in creditors:
            known = self.creditors.get(creditor.creditor_id)
            if known is None or known.version < creditor.version:
                outreach = known.outreach if known else self.default
                self.creditors[creditor.creditor_id] = replace(creditor, outreach=outreach)
                changed.append(creditor.creditor_id)
        return sorted(set(changed))

    async def set_outreach(self, creditor_id: str, outreach: Outreach) -> None:
        known = self.creditors.get(creditor_id) or Creditor(creditor_id)
        self.creditors[creditor_id] = replace(known, outreach=outreach)

    async def policy(self, creditor_id: str, name: str, *, version: int | None = None) -> PolicyRecord | None:
        found = [
            (key[2], record)
            for key, record in self.records.items()
            if key[0] in {creditor_id, "*"} and key[1] == name and version in {None, key[2]}
        ]
        return max(found, key=lambda pair: pair[0])[1] if found else None

    async def add_policy(self, creditor_id: str, record: PolicyRecord) -> None:
        key = (creditor_id, record.name, record.version)
        if key in self.records:
            raise Conflict("it exists")
        self.records[key] = record

    def compiled(self, record: PolicyRecord) -> Policy:
        return read_policy(record.data, name=record.name, version=record.version)


class MemoryCommands:
    """Port ``Commands``."""

    def __init__(self) -> None:
        self.sent: list[Action] = []
        self.shadowed: list[Action] = []

    def publish(self, customer: Customer, decision: Decision, *, rules: Rulebook) -> int:
        del customer, rules
        self.sent += decision.actions
        return len(decision.actions)

    async def report_shadow(self, customer: Customer, decision: Decision, *, rules: Rulebook) -> int:
        del customer, rules
        self.shadowed += decision.actions
        return len(decision.actions)
