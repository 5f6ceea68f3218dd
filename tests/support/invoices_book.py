"""The book of open items in memory: held to the same suite as the one in PostgreSQL (tests/ports)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from invoices.domain.agreement import Agreement
from invoices.domain.allocation import Movement
from invoices.domain.creditor import CreditorRecord
from invoices.domain.customer import CustomerRecord
from invoices.domain.events import CreditorChanged, CustomerChanged, Event, InvoiceChanged
from invoices.domain.facts import issued_day, money_day
from invoices.domain.matching import invoice_keys, money_keys
from invoices.domain.records import (
    AgendaItem,
    AgendaKind,
    AgreementRecord,
    BrokenDay,
    InvoiceRecord,
    MoneyKey,
    MoneyRecord,
)


class MemoryBook:
    """Implements invoices.usecases.ports.Book over dictionaries keyed by creditor first."""

    def __init__(self) -> None:
        self.creditor_rows: dict[str, CreditorRecord] = {}
        self.customer_rows: dict[tuple[str, str], CustomerRecord] = {}
        self.invoice_rows: dict[tuple[str, str], InvoiceRecord] = {}
        self.money_rows: dict[tuple[str, MoneyKey], MoneyRecord] = {}
        self.movement_rows: dict[tuple[str, str], tuple[Movement, ...]] = {}
        self.agreement_rows: dict[tuple[str, str], AgreementRecord] = {}
        self.broken_rows: set[tuple[str, BrokenDay]] = set()
        self.agenda_rows: set[tuple[str, AgendaItem]] = set()
        self.told: list[Event] = []
        self.locked_alone = False

    async def lock(self, creditor_ids: Sequence[str], *, exclusive: bool) -> None:
        assert list(creditor_ids) == sorted(creditor_ids)
        self.locked_alone = exclusive

    async def creditors(self, creditor_ids: Sequence[str]) -> dict[str, CreditorRecord]:
        return {key: self.creditor_rows[key] for key in creditor_ids if key in self.creditor_rows}

    async def open_creditors(self, records: Sequence[CreditorRecord]) -> None:
        for record in records:
            self.creditor_rows.setdefault(record.creditor_id, record)

    async def save_creditors(self, records: Sequence[CreditorRecord]) -> None:
        for record in records:
            assert record.creditor_id in self.creditor_rows
            self.creditor_rows[record.creditor_id] = record

    async def touch_customers(self, seen: Mapping[tuple[str, str], datetime]) -> set[tuple[str, str]]:
        aged = set()
        for key, at in seen.items():
            known = self.customer_rows.get(key)
            if known is None:
                record = CustomerRecord(creditor_id=key[0], customer_id=key[1], known_from=at)
                self.customer_rows[key] = record
            elif at < known.known_from:
                self.customer_rows[key] = replace(known, known_from=at)
                aged.add(key)
        return aged

    async def customers(self, creditor_id: str, *, customer_ids: Iterable[str]) -> dict[str, CustomerRecord]:
        rows = ((key, self.customer_rows.get((creditor_id, key))) for key in customer_ids)
        return {key: row for key, row in rows if row is not None}

    async def save_customers(self, records: Sequence[CustomerRecord]) -> None:
        for record in records:
            self.customer_rows[record.creditor_id, record.customer_id] = record

    async def add_invoices(self, records: Sequence[InvoiceRecord]) -> set[tuple[str, str]]:
        added = set()
        for record in records:
            key = (record.newest.creditor_id, record.newest.invoice_id)
            if key not in self.invoice_rows:
                self.invoice_rows[key] = record
                added.add(key)
        return added

    async def save_invoices(self, records: Sequence[InvoiceRecord]) -> None:
        for record in records:
            self.invoice_rows[record.newest.creditor_id, record.newest.invoice_id] = record

    async def invoices(self, creditor_id: str, *, invoice_ids: Iterable[str]) -> dict[str, InvoiceRecord]:
        rows = ((key, self.invoice_rows.get((creditor_id, key))) for key in invoice_ids)
        return {key: row for key, row in rows if row is not None}

    async def invoices_named(self, creditor_id: str, *, keys: Iterable[str]) -> dict[str, InvoiceRecord]:
        wanted = set(keys)
        return {
            invoice_id: record
            for (creditor, invoice_id), record in self.invoice_rows.items()
            if creditor == creditor_id
            and any(wanted.intersection(invoice_keys(version)) for version in record.versions)
        }

    async def open_invoice_ids(self, creditor_id: str, *, customer_ids: Iterable[str]) -> list[str]:
        wanted = set(customer_ids)
        return [
            invoice_id
            for (creditor, invoice_id), record in self.invoice_rows.items()
            if creditor == creditor_id and record.state is not None
            if record.newest.customer_id in wanted and record.state.in_effect
            if record.state.settlement.open > 0
        ]

    async def invoice_ids_by_term(self, creditor_id: str) -> list[str]:
        return [
            invoice_id
            for (creditor, invoice_id), record in self.invoice_rows.items()
            if creditor == creditor_id and any(version.due_on is None for version in record.versions)
        ]

    async def keys_with_money(self, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        named = {
            (creditor, key)
            for (creditor, _), record in self.money_rows.items()
            for version in record.versions
            for key in money_keys(version, assigned=record.assigned)
        }
        return named.intersection(keys)

    async def money(self, creditor_id: str, *, keys: Iterable[MoneyKey]) -> dict[MoneyKey, MoneyRecord]:
        rows = ((key, self.money_rows.get((creditor_id, key))) for key in keys)
        return {key: row for key, row in rows if row is not None}

    async def money_naming(self, creditor_id: str, *, keys: Iterable[str]) -> dict[MoneyKey, MoneyRecord]:
        wanted = set(keys)
        return {
            key: record
            for (creditor, key), record in self.money_rows.items()
            if creditor == creditor_id
            for version in record.versions
            if wanted.intersection(money_keys(version, assigned=record.assigned))
        }

    async def save_money(self, records: Sequence[MoneyRecord]) -> None:
        for record in records:
            self.money_rows[record.versions[0].creditor_id, record.key] = record

    async def movements(
        self, creditor_id: str, *, invoice_ids: Iterable[str]
    ) -> dict[str, tuple[Movement, ...]]:
        rows = ((key, self.movement_rows.get((creditor_id, key))) for key in invoice_ids)
        return {key: row for key, row in rows if row}

    async def save_movements(
        self, creditor_id: str, *, movements: Mapping[str, Sequence[Movement]], stale: Sequence[str]
    ) -> None:
        for key in movements:
            assert (key in stale) == bool(self.movement_rows.get((creditor_id, key)))
        for key, found in movements.items():
            self.movement_rows[creditor_id, key] = tuple(found)

    async def agreements(
        self, creditor_id: str, *, customer_ids: Iterable[str]
    ) -> dict[str, AgreementRecord]:
        wanted = set(customer_ids)
        return {
            key: record
            for (creditor, key), record in self.agreement_rows.items()
            if creditor == creditor_id and record.agreement.customer_id in wanted
        }

    async def customers_with_agreements(self, customers: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        found: set[Agreement] = {record.agreement for record in self.agreement_rows.values()}
        return {(agreement.creditor_id, agreement.customer_id) for agreement in found}.intersection(customers)

    async def save_agreements(self, records: Sequence[AgreementRecord]) -> None:
        for record in records:
            agreement = record.agreement
            self.agreement_rows[agreement.creditor_id, agreement.agreement_id] = record

    async def save_broken(
        self, creditor_id: str, *, sources: Sequence[str], days: Sequence[BrokenDay]
    ) -> set[str]:
        before = {row for row in self.broken_rows if row[0] == creditor_id and row[1].source_id in sources}
        after = {(creditor_id, day) for day in days}
        self.broken_rows = (self.broken_rows - before) | after
        return {day.customer_id for _, day in before ^ after}

    async def broken_days(self, creditor_id: str, *, customer_ids: Iterable[str]) -> list[BrokenDay]:
        wanted = set(customer_ids)
        return [
            day for creditor, day in self.broken_rows if creditor == creditor_id if day.customer_id in wanted
        ]

    async def add_agenda(self, creditor_id: str, *, items: Iterable[AgendaItem]) -> None:
        self.agenda_rows.update((creditor_id, item) for item in items)

    async def take_agenda(self, creditor_id: str, *, until: date, limit: int) -> list[AgendaItem]:
        due = sorted(
            item for creditor, item in self.agenda_rows if creditor == creditor_id and item.on <= until
        )
        self.agenda_rows -= {(creditor_id, item) for item in due[:limit]}
        return due[:limit]

    async def put_everything_on_agenda(self, creditor_id: str, *, after: date, on: date) -> None:
        found: list[tuple[AgendaKind, str]] = []
        for (creditor, key), invoice in self.invoice_rows.items():
            if creditor == creditor_id and any(issued_day(version) > after for version in invoice.versions):
                found.append((AgendaKind.INVOICE, key))
        for (creditor, (kind, fact_id)), money in self.money_rows.items():
            if creditor == creditor_id and any(money_day(version) > after for version in money.versions):
                found.append((AgendaKind(kind), fact_id))
        for (creditor, _), record in self.agreement_rows.items():
            if creditor == creditor_id:
                found.append((AgendaKind.CUSTOMER, record.agreement.customer_id))
                found += [(AgendaKind.INVOICE, invoice_id) for invoice_id in record.agreement.invoice_ids]
        for (creditor, customer_id), customer in self.customer_rows.items():
            if creditor == creditor_id and len(customer.versions) > 1:
                found.append((AgendaKind.CUSTOMER, customer_id))
        found.append((AgendaKind.CREDITOR, ""))
        self.agenda_rows.update((creditor_id, AgendaItem(on, kind, key)) for kind, key in found)

    async def agenda_heads(self) -> list[tuple[CreditorRecord, date | None]]:
        return [
            (record, min((item.on for creditor, item in self.agenda_rows if creditor == key), default=None))
            for key, record in sorted(self.creditor_rows.items())
        ]

    def publish(self, events: Sequence[Event], *, at: datetime) -> None:
        assert at.tzinfo is not None
        self.told.extend(events)

    def world(self) -> dict[str, object]:
        """Return what the world knows in the end: the last state told of everything, without versions."""
        known: dict[str, object] = {}
        for event in self.told:
            match event:
                case InvoiceChanged(state, _):
                    known[f"invoice {state.fact.creditor_id} {state.fact.invoice_id}"] = state
                case CustomerChanged(customer, _):
                    known[f"customer {customer.creditor_id} {customer.customer_id}"] = customer
                case CreditorChanged(settings, _):
                    known[f"creditor {settings.creditor_id}"] = settings
        return known
