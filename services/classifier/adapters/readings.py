"""What answers need beside the ledger, read from PostgreSQL."""

from typing import Final

from sqlalchemy import text

from chassis.db.unit_of_work import Unit
from classifier.adapters.days import to_date
from classifier.adapters.repositories_invoices import FIELDS, read_facts
from classifier.adapters.state_codec import decode_customer
from classifier.domain.customer import Customer, Key
from classifier.domain.evidence import InvoiceFacts, Outcome
from classifier.usecases.ports import ChannelCount, InvoiceKey, Listed, Listing

_CUSTOMER: Final = text(
    "SELECT state FROM customers WHERE creditor_id = :creditor AND customer_id = :customer"
)
_PREFERENCES: Final = text(
    "SELECT CAST(preferred AS text) FROM preferences WHERE creditor_id = :creditor AND customer_id = :customer"
)
# A contact counts as followed by a payment when one of its invoices was settled within five days of it.
_CHANNELS: Final = text(
    "SELECT c.channel, count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM invoices i"
    " WHERE i.creditor_id = c.creditor_id AND i.invoice_id = ANY (c.invoice_ids) AND i.outcome = 2"
    " AND i.settled_on BETWEEN CAST(c.at AS date) AND CAST(c.at AS date) + 5))"
    " FROM contacts c WHERE c.creditor_id = :creditor AND c.customer_id = :customer"
    " GROUP BY c.channel ORDER BY c.channel"
)
_OWNER: Final = text(
    f"SELECT {FIELDS} FROM invoices i WHERE i.creditor_id = :creditor AND i.invoice_id = :invoice"
)
_NEEDS_ATTENTION: Final = (
    "(too_long_overdue > 0 OR (tier = 'BRONZE' AND NOT unknown) OR fell_on > CAST(:fell_after AS date))"
)
_LIST: Final = text(
    f"SELECT customer_id, tier, unknown, too_long_overdue, fell_on, coalesce({_NEEDS_ATTENTION}, false)"
    " FROM customers WHERE creditor_id = :creditor AND customer_id > :after AND first_on IS NOT NULL"
    f" AND (NOT :attention OR {_NEEDS_ATTENTION}) ORDER BY customer_id LIMIT :limit"
)


class PostgresReader:
    """Implements usecases.ports.Reader on one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._connection = unit.connection

    async def customer(self, key: Key) -> Customer | None:
        """Return one customer, not locked."""
        values = {"creditor": key[0], "customer": key[1]}
        state = (await self._connection.execute(_CUSTOMER, values)).scalar_one_or_none()
        return None if state is None else decode_customer(state)

    async def preferences(self, key: Key) -> bytes:
        """Return what a customer prefers (JSON object)."""
        values = {"creditor": key[0], "customer": key[1]}
        found = (await self._connection.execute(_PREFERENCES, values)).scalar_one_or_none()
        return (found or "{}").encode()

    async def channels(self, key: Key) -> list[ChannelCount]:
        """Return how each channel has done, by channel."""
        values = {"creditor": key[0], "customer": key[1]}
        return [ChannelCount(*row) for row in await self._connection.execute(_CHANNELS, values)]

    async def owner_of(self, invoice: InvoiceKey) -> tuple[Key, InvoiceFacts] | None:
        """Return an invoice in effect with its customer."""
        values = {"creditor": invoice[0], "invoice": invoice[1]}
        row = (await self._connection.execute(_OWNER, values)).one_or_none()
        if row is None or row[4] == Outcome.ABSENT:
            return None
        return (row[0], row[1]), read_facts(row)

    async def customers(self, creditor_id: str, listing: Listing) -> list[Listed]:
        """Return customers by id."""
        values = {
            "creditor": creditor_id,
            "after": listing.after,
            "attention": listing.attention,
            "fell_after": to_date(listing.fell_after),
            "limit": listing.limit,
        }
        rows = await self._connection.execute(_LIST, values)
        return [
            Listed(
                customer_id=row[0],
                tier=row[1],
                unknown=row[2],
                too_long_overdue=row[3],
                fell_on=row[4].isoformat() if row[4] else "",
                attention=row[5],
            )
            for row in rows
        ]
