"""Fills the scheduler's tables with customers of three open invoices each, by COPY."""

from datetime import UTC, date, datetime
from decimal import Decimal

import asyncpg

from scheduler.adapters.state_codec import write_customer
from scheduler.domain.customer import Customer, Detail, Invoice

CREDITOR = "bench"
NOW = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
"""Tuesday 09:00 in Amsterdam: the moment of every customer."""
KNOWN_FROM = datetime(2026, 2, 2, 8, 0, tzinfo=UTC)
INVOICES_PER_CUSTOMER = 3


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


def customer(number: int) -> Customer:
    """A bronze customer: one invoice was due yesterday (its reminder is due now), two are due in a month."""
    first = number * INVOICES_PER_CUSTOMER
    dues = (date(2026, 3, 2), date(2026, 4, 1), date(2026, 4, 1))
    invoices = tuple(_invoice(first + n, due) for n, due in enumerate(dues))
    return Customer(
        CREDITOR,
        f"C-{number:07d}",
        language="nl",
        details=(Detail("REMINDER", "EMAIL", "m"),),
        invoices=invoices,
    )


async def fill(url: str, *, customers: int, wakeup_at: datetime | None) -> None:
    """Replace the table's content; ``wakeup_at`` None: due at once."""
    connection = await asyncpg.connect(url)
    await connection.execute("TRUNCATE customers, decision_log, outbox")
    await connection.execute(
        "INSERT INTO creditors VALUES ($1, 1, 'Europe/Amsterdam', 'nl', 10000, 500, 'ON') ON CONFLICT DO NOTHING",
        CREDITOR,
    )
    wakeup = "-infinity" if wakeup_at is None else wakeup_at
    rows = ((c.creditor_id, c.customer_id, write_customer(c)) for c in map(customer, range(customers)))
    await connection.copy_records_to_table(
        "customers", records=rows, columns=["creditor_id", "customer_id", "state"]
    )
    if isinstance(wakeup, str):
        await connection.execute("UPDATE customers SET next_wakeup_at = '-infinity'")
    else:
        await connection.execute("UPDATE customers SET next_wakeup_at = $1", wakeup)
    await connection.execute("VACUUM ANALYZE customers")
    await connection.close()
