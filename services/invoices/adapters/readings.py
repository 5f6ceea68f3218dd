"""What people and other systems ask about, read from PostgreSQL without locks."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import text

from chassis.db.unit_of_work import Unit
from invoices.adapters.repositories import SqlBook
from invoices.adapters.repositories_invoices import READ_COLUMNS, read_record
from invoices.adapters.repositories_money import MONEY_COLUMNS, read_money_record
from invoices.domain.agreement import AgreementKind
from invoices.domain.creditor import CreditorRecord
from invoices.domain.customer import CustomerRecord
from invoices.domain.facts import WriteOff
from invoices.domain.matching import id_key
from invoices.domain.position import AgedAmount, InvoiceFilter, Total
from invoices.domain.records import AgreementRecord, InvoiceRecord, InvoiceState, MoneyRecord

_TOTALS = text(
    "SELECT currency, sum(open) AS open, coalesce(sum(open) FILTER (WHERE due_on < :today), 0) AS overdue,"
    " min(due_on) FILTER (WHERE due_on < :today AND open > 0) AS oldest"
    " FROM invoices WHERE creditor_id = :creditor_id AND customer_id = :customer_id AND in_effect"
    " GROUP BY currency"
)
_UNAPPLIED_TOTALS = text(
    "SELECT currency, sum(unapplied) AS unapplied FROM money_facts"
    " WHERE creditor_id = :creditor_id AND owner_id = :customer_id AND unapplied > 0 AND in_effect"
    " GROUP BY currency"
)
_SELECT: Final = f"SELECT {READ_COLUMNS} FROM invoices WHERE creditor_id = :creditor_id"
_INVOICE = text(f"{_SELECT} AND invoice_id = :invoice_id AND in_effect")
_FILTERS: Final = " AND in_effect AND invoice_id > :after AND (:status = '' OR status = :status) ORDER BY invoice_id LIMIT :limit"
_INVOICES = text(_SELECT + _FILTERS)
_INVOICES_OF_CUSTOMER = text(f"{_SELECT} AND customer_id = :customer_id{_FILTERS}")
_GATE = text(f"{_SELECT} AND invoice_id = ANY(CAST(:ids AS text[]))")
# What was open at the end of a day is what is open now plus what moved later. Without movements after
# that day (every report of today) the second half finds nothing.
_AGING = text(
    "SELECT i.currency, :as_of - i.due_on AS days_overdue, sum(i.open + coalesce(later.amount, 0)) AS amount,"
    " count(*) AS number FROM invoices i LEFT JOIN"
    " (SELECT invoice_id, sum(amount) AS amount FROM movements"
    "  WHERE creditor_id = :creditor_id AND moved_on > :as_of GROUP BY invoice_id) AS later"
    " ON later.invoice_id = i.invoice_id"
    " WHERE i.creditor_id = :creditor_id AND i.in_effect AND i.issued_on <= :as_of"
    " AND i.open + coalesce(later.amount, 0) <> 0 GROUP BY i.currency, i.due_on ORDER BY i.currency, i.due_on"
)
_UNAPPLIED = text(
    f"SELECT {MONEY_COLUMNS} FROM money_facts m WHERE m.creditor_id = :creditor_id AND m.kind = 'PAYMENT'"
    " AND m.unapplied > 0 AND m.in_effect AND m.fact_id > :after ORDER BY m.fact_id LIMIT :limit"
)


class SqlReadings:
    """Implements invoices.usecases.ports.Readings."""

    def __init__(self, unit: Unit) -> None:
        self._book = SqlBook(unit)
        self._connection = unit.connection

    async def creditor(self, creditor_id: str) -> CreditorRecord | None:
        """Return a creditor that was seen before."""
        return (await self._book.creditors([creditor_id])).get(creditor_id)

    async def customer(self, creditor_id: str, *, customer_id: str) -> CustomerRecord | None:
        """Return a customer that some fact named."""
        return (await self._book.customers(creditor_id, customer_ids=[customer_id])).get(customer_id)

    async def totals(self, creditor_id: str, *, customer_id: str, today: date) -> list[Total]:
        """Return the sums over the customer's invoices in effect, by currency."""
        values = {"creditor_id": creditor_id, "customer_id": customer_id, "today": today}
        rows = await self._connection.execute(_TOTALS, values)
        return [Total(row.currency, row.open, row.overdue, row.oldest) for row in rows]

    async def unapplied_totals(self, creditor_id: str, *, customer_id: str) -> dict[str, Decimal]:
        """Return the customer's unapplied money in effect, by currency."""
        values = {"creditor_id": creditor_id, "customer_id": customer_id}
        rows = await self._connection.execute(_UNAPPLIED_TOTALS, values)
        return {row.currency: row.unapplied for row in rows}

    async def invoice(self, creditor_id: str, *, invoice_id: str) -> InvoiceRecord | None:
        """Return an invoice in effect."""
        values = {"creditor_id": creditor_id, "invoice_id": invoice_id}
        row = (await self._connection.execute(_INVOICE, values)).one_or_none()
        return None if row is None else read_record(row)

    async def invoices(self, creditor_id: str, *, wanted: InvoiceFilter) -> list[InvoiceRecord]:
        """Return invoices in effect, ordered by id."""
        values: dict[str, object] = {
            "creditor_id": creditor_id,
            "status": wanted.status,
            "after": wanted.after,
            "limit": wanted.limit,
        }
        if wanted.customer_id:
            values["customer_id"] = wanted.customer_id
        query = _INVOICES_OF_CUSTOMER if wanted.customer_id else _INVOICES
        return [read_record(row) for row in await self._connection.execute(query, values)]

    async def gate_states(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], InvoiceState]:
        """Return the states of (creditor, invoice) that exist."""
        ids_by_creditor: dict[str, list[str]] = {}
        for creditor_id, invoice_id in keys:
            ids_by_creditor.setdefault(creditor_id, []).append(invoice_id)
        found: dict[tuple[str, str], InvoiceState] = {}
        for creditor_id, ids in ids_by_creditor.items():
            rows = await self._connection.execute(_GATE, {"creditor_id": creditor_id, "ids": ids})
            states = [record.state for record in map(read_record, rows) if record.state is not None]
            found.update(((creditor_id, state.fact.invoice_id), state) for state in states)
        return found

    async def aging(self, creditor_id: str, *, as_of: date) -> list[AgedAmount]:
        """Return what was open at the end of a day, by currency and days overdue."""
        rows = await self._connection.execute(_AGING, {"creditor_id": creditor_id, "as_of": as_of})
        return [AgedAmount(row.currency, row.days_overdue, row.amount, row.number) for row in rows]

    async def unapplied(self, creditor_id: str, *, after: str, limit: int) -> list[MoneyRecord]:
        """Return payments in effect with unapplied money, ordered by id."""
        values = {"creditor_id": creditor_id, "after": after, "limit": limit}
        return [read_money_record(row) for row in await self._connection.execute(_UNAPPLIED, values)]

    async def agreements(
        self, creditor_id: str, *, customer_id: str, kind: AgreementKind
    ) -> list[AgreementRecord]:
        """Return the agreements of one kind with a customer, the oldest first."""
        found = await self._book.agreements(creditor_id, customer_ids=[customer_id])
        mine = [record for record in found.values() if record.agreement.kind is kind]
        return sorted(mine, key=lambda record: (record.agreement.made_at, record.agreement.agreement_id))

    async def write_offs(self, creditor_id: str, *, invoice_id: str) -> list[MoneyRecord]:
        """Return the write-offs of an invoice, the oldest first."""
        found = await self._book.money_naming(creditor_id, keys=[id_key(invoice_id)])
        mine = [
            (fact.on, fact.fact_id, record)
            for record in found.values()
            for fact in record.versions[:1]
            if isinstance(fact, WriteOff) and fact.invoice_id == invoice_id
        ]
        return [record for _, _, record in sorted(mine, key=lambda item: item[:2])]


def open_readings(unit: Unit) -> SqlReadings:
    """Return the readings of this transaction."""
    return SqlReadings(unit)
