"""What the API reads from PostgreSQL, without locks."""

from datetime import date, datetime

from sqlalchemy import text

from chassis.db.connection import Connection
from scheduler.adapters.state_codec import read_contacts, read_customer, read_reasons
from scheduler.domain.customer import Customer
from scheduler.usecases.ports import CustomerKey, FiledInvoice, InvoiceKey, Saying

SAYINGS_MAX = 40

_INVOICE = text(
    "SELECT f.customer_id, f.version, f.status, f.settled_on, f.history, c.state FROM invoice_files f"
    " JOIN customers c ON c.creditor_id = f.creditor_id AND c.customer_id = f.customer_id"
    " WHERE f.creditor_id = :creditor_id AND f.invoice_id = :invoice_id"
)
_SAYINGS = text(
    "SELECT day, at, policy_name, policy_version, reasons FROM decision_log"
    " WHERE creditor_id = :creditor_id AND customer_id = :customer_id AND day <= :until"
    " ORDER BY position DESC LIMIT :limit"
)
# A wake-up of '-infinity' (at once) comes first and is shown as it is due: now.
# "At once" is -infinity in the table and the epoch outside: an instant that no clock of ours ever shows.
_UPCOMING = text(
    "SELECT CASE WHEN isfinite(next_wakeup_at) THEN next_wakeup_at ELSE 'epoch' END AS wake_at, customer_id, state"
    " FROM customers WHERE creditor_id = :creditor_id AND next_wakeup_at IS NOT NULL"
    " ORDER BY next_wakeup_at, customer_id LIMIT :limit"
)
_UPCOMING_AFTER = text(
    "SELECT CASE WHEN isfinite(next_wakeup_at) THEN next_wakeup_at ELSE 'epoch' END AS wake_at, customer_id, state"
    " FROM customers WHERE creditor_id = :creditor_id AND next_wakeup_at IS NOT NULL"
    " AND (next_wakeup_at, customer_id)"
    " > (coalesce(nullif(CAST(:after_at AS timestamptz), 'epoch'), '-infinity'), CAST(:after_id AS text))"
    " ORDER BY next_wakeup_at, customer_id LIMIT :limit"
)
_PORTFOLIO = text(
    "SELECT state FROM customers WHERE creditor_id = :creditor_id AND customer_id > :after"
    " ORDER BY customer_id LIMIT :limit"
)
_SHADOW = text(
    "SELECT command_id, command FROM shadow_commands WHERE creditor_id = :creditor_id"
    " AND (at, command_id) > (coalesce(CAST(:after_at AS timestamptz), '-infinity'), CAST(:after_id AS text))"
    " ORDER BY at, command_id LIMIT :limit"
)


class PostgresReadings:
    """Port ``Readings`` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def customer_of_invoice(self, key: InvoiceKey) -> tuple[FiledInvoice, Customer] | None:
        """Return the invoice's file and its customer's state."""
        creditor_id, invoice_id = key
        rows = await self._connection.execute(
            _INVOICE, {"creditor_id": creditor_id, "invoice_id": invoice_id}
        )
        row = rows.one_or_none()
        if row is None:
            return None
        filed = FiledInvoice(
            creditor_id=creditor_id,
            invoice_id=invoice_id,
            customer_id=row.customer_id,
            version=row.version,
            status=row.status,
            settled_on=row.settled_on,
            history=read_contacts(row.history),
        )
        return filed, read_customer(row.state)

    async def sayings(self, key: CustomerKey, invoice_id: str, *, until: date) -> list[Saying]:
        """Return the latest sayings about the invoice, latest first."""
        rows = await self._connection.execute(
            _SAYINGS, {"creditor_id": key[0], "customer_id": key[1], "until": until, "limit": SAYINGS_MAX}
        )
        return [
            Saying(row.day, row.at, said, row.policy_name, row.policy_version)
            for row in rows
            for said in read_reasons(row.reasons)
            if said.invoice_id == invoice_id
        ]

    async def upcoming(
        self, creditor_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> list[tuple[datetime, Customer]]:
        """Return customers by next wake-up, then customer_id."""
        if after is None:
            rows = await self._connection.execute(_UPCOMING, {"creditor_id": creditor_id, "limit": limit})
        else:
            values = {"creditor_id": creditor_id, "after_at": after[0], "after_id": after[1], "limit": limit}
            rows = await self._connection.execute(_UPCOMING_AFTER, values)
        return [(row.wake_at, read_customer(row.state)) for row in rows]

    async def portfolio(self, creditor_id: str, *, after: str, limit: int) -> list[Customer]:
        """Return customers by customer_id."""
        rows = await self._connection.execute(
            _PORTFOLIO, {"creditor_id": creditor_id, "after": after, "limit": limit}
        )
        return [read_customer(row.state) for row in rows]

    async def shadow_commands(
        self, creditor_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> list[dict[str, object]]:
        """Return the commands that shadow kept back, oldest first."""
        at, command_id = after or (None, "")
        values = {"creditor_id": creditor_id, "after_at": at, "after_id": command_id, "limit": limit}
        return [
            {**row.command, "shadow_id": row.command_id}
            for row in await self._connection.execute(_SHADOW, values)
        ]
