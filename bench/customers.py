"""Fills the scheduler's tables with customers of a few open invoices each, by COPY."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import asyncpg

from scheduler.adapters.state_codec import write_customer
from scheduler.domain.customer import Customer, Detail, Invoice

CREDITOR = "bench"
NOW = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
"""Tuesday 09:00 in Amsterdam: the moment of every customer."""
DUE = NOW - timedelta(minutes=1)
KNOWN_FROM = datetime(2026, 2, 2, 8, 0, tzinfo=UTC)
THREE_OPEN = (date(2026, 3, 2), date(2026, 4, 1), date(2026, 4, 1))
"""One invoice was due yesterday (its reminder is due now), two are due in a month."""
ONE_OVERDUE = (date(2026, 3, 2),)


def _invoice(number: int, due_on: date) -> Invoice:
    return Invoice(
        invoice_id=f"INV-{number:08d}",
        version=1,
        currency="EUR",
        amount=Decimal("100.25"),
        open=Decimal("100.25"),
        issued_on=date(2026, 2, 2),
        due_on=due_on,
        payable_on=due_on,
        known_from=KNOWN_FROM,
    )


def customer(number: int, *, dues: tuple[date, ...] = THREE_OPEN) -> Customer:
    """Return a bronze customer with an open invoice per due date."""
    first = number * len(dues)
    invoices = tuple(_invoice(first + n, due) for n, due in enumerate(dues))
    return Customer(
        CREDITOR,
        f"C-{number:07d}",
        language="nl",
        details=(Detail("REMINDER", "EMAIL", "m"),),
        invoices=invoices,
    )


@dataclass(frozen=True, slots=True)
class Portfolio:
    """How many customers, with which invoices, and when each wakes up: one after the other, ``every`` apart."""

    customers: int
    dues: tuple[date, ...] = THREE_OPEN
    wakeup_at: datetime = DUE
    every: timedelta = timedelta(0)

    def rows(self) -> Iterator[tuple[str, str, bytes, datetime]]:
        """Yield the rows of the table."""
        for number in range(self.customers):
            one = customer(number, dues=self.dues)
            yield (
                one.creditor_id,
                one.customer_id,
                write_customer(one),
                self.wakeup_at + number * self.every,
            )


async def fill(url: str, portfolio: Portfolio) -> None:
    """Replace the tables' content; the creditor's outreach is on."""
    connection = await asyncpg.connect(url)
    await connection.execute("TRUNCATE customers, decision_log, outbox")
    await connection.execute(
        "INSERT INTO creditors VALUES ($1, 1, 'Europe/Amsterdam', 'nl', 10000, 500, 'ON') ON CONFLICT DO NOTHING",
        CREDITOR,
    )
    columns = ["creditor_id", "customer_id", "state", "next_wakeup_at"]
    await connection.copy_records_to_table("customers", records=portfolio.rows(), columns=columns)
    await connection.execute("VACUUM ANALYZE customers")
    await connection.close()
