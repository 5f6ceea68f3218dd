"""The customers' states in PostgreSQL: one statement per table and batch, rows locked in key order."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import text

from chassis.db.connection import Connection
from scheduler.adapters.state_codec import (
    read_contacts,
    read_customer,
    write_contacts,
    write_customer,
    write_reasons,
)
from scheduler.domain.customer import Customer
from scheduler.usecases.ports import Awake, CustomerKey, Decided, FiledInvoice, InvoiceKey

_LOCK = text(
    "SELECT c.creditor_id, c.customer_id, c.state FROM customers c"
    " JOIN unnest(CAST(:creditors AS text[]), CAST(:customers AS text[])) AS u (creditor_id, customer_id)"
    " ON c.creditor_id = u.creditor_id AND c.customer_id = u.customer_id"
    " ORDER BY c.creditor_id, c.customer_id FOR UPDATE OF c"
)
_MAKE = text(
    "INSERT INTO customers (creditor_id, customer_id, state)"
    " SELECT * FROM unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:states AS bytea[]))"
    " ON CONFLICT DO NOTHING RETURNING creditor_id, customer_id"
)
_FILE = text(
    "SELECT f.* FROM invoice_files f"
    " JOIN unnest(CAST(:creditors AS text[]), CAST(:invoices AS text[])) AS u (creditor_id, invoice_id)"
    " ON f.creditor_id = u.creditor_id AND f.invoice_id = u.invoice_id"
)
_SAVE = text(
    "UPDATE customers c SET state = u.state, next_wakeup_at = '-infinity'"
    " FROM unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:states AS bytea[]))"
    " AS u (creditor_id, customer_id, state)"
    " WHERE c.creditor_id = u.creditor_id AND c.customer_id = u.customer_id"
)
_SAVE_FILES = text(
    "INSERT INTO invoice_files (creditor_id, invoice_id, customer_id, version, status, settled_on, history)"
    " SELECT * FROM unnest(CAST(:creditors AS text[]), CAST(:invoices AS text[]), CAST(:customers AS text[]),"
    " CAST(:versions AS bigint[]), CAST(:statuses AS text[]), CAST(:settled AS date[]), CAST(:histories AS bytea[]))"
    " ON CONFLICT (creditor_id, invoice_id) DO UPDATE SET customer_id = excluded.customer_id,"
    " version = excluded.version, status = excluded.status, settled_on = excluded.settled_on,"
    " history = excluded.history"
)
CLAIM = text(
    "SELECT state, said FROM customers WHERE next_wakeup_at <= :now"
    " ORDER BY next_wakeup_at, creditor_id, customer_id LIMIT :limit FOR UPDATE SKIP LOCKED"
)
_CLAIM_UNLESS = text(
    "SELECT state, said, decided_at, CASE WHEN isfinite(next_wakeup_at) THEN next_wakeup_at END AS wakeup_at"
    " FROM customers c WHERE next_wakeup_at <= :now AND NOT EXISTS (SELECT 1 FROM"
    " unnest(CAST(:creditors AS text[]), CAST(:customers AS text[])) AS u (creditor_id, customer_id)"
    " WHERE u.creditor_id = c.creditor_id AND u.customer_id = c.customer_id)"
    " ORDER BY next_wakeup_at, creditor_id, customer_id LIMIT :limit FOR UPDATE OF c SKIP LOCKED"
)
_DECIDED = text(
    "UPDATE customers c SET state = coalesce(u.state, c.state), next_wakeup_at = u.wakeup, said = u.said,"
    " decided_at = u.at"
    " FROM unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:states AS bytea[]),"
    " CAST(:wakeups AS timestamptz[]), CAST(:said AS bytea[]), CAST(:instants AS timestamptz[]))"
    " AS u (creditor_id, customer_id, state, wakeup, said, at)"
    " WHERE c.creditor_id = u.creditor_id AND c.customer_id = u.customer_id"
)
_LOG = text(
    "INSERT INTO decision_log (creditor_id, customer_id, day, at, policy_name, policy_version, reasons)"
    " SELECT * FROM unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:days AS date[]),"
    " CAST(:ats AS timestamptz[]), CAST(:names AS text[]), CAST(:versions AS bigint[]), CAST(:reasons AS bytea[]))"
)
_WAKE_ALL = text(
    "UPDATE customers c SET next_wakeup_at = '-infinity' FROM"
    " (SELECT creditor_id, customer_id FROM customers WHERE creditor_id = :creditor_id"
    " ORDER BY customer_id FOR UPDATE) AS mine"
    " WHERE c.creditor_id = mine.creditor_id AND c.customer_id = mine.customer_id"
)


class PostgresCustomers:
    """Port ``Customers`` on one connection, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lock(self, keys: Sequence[CustomerKey]) -> dict[CustomerKey, Customer]:
        """Lock the rows of ``keys`` in key order, making those that are missing."""
        found = await self._locked(keys)
        missing = [key for key in sorted(keys) if key not in found]
        if missing:
            made = [Customer(creditor_id, customer_id) for creditor_id, customer_id in missing]
            states = [write_customer(customer) for customer in made]
            rows = await self._connection.execute(_MAKE, {**_keys(missing), "states": states})
            mine = {(row.creditor_id, row.customer_id) for row in rows}
            found.update((key, customer) for key, customer in zip(missing, made, strict=True) if key in mine)
            # Somebody else made the rest in the meantime.
            others = [key for key in missing if key not in mine]
            if others:
                found.update(await self._locked(others))
        return found

    async def _locked(self, keys: Sequence[CustomerKey]) -> dict[CustomerKey, Customer]:
        rows = await self._connection.execute(_LOCK, _keys(sorted(keys)))
        return {(row.creditor_id, row.customer_id): read_customer(row.state) for row in rows}

    async def file(self, keys: Sequence[InvoiceKey]) -> dict[InvoiceKey, FiledInvoice]:
        """Return what is filed about these invoices."""
        if not keys:
            return {}
        rows = await self._connection.execute(
            _FILE, {"creditors": [key[0] for key in keys], "invoices": [key[1] for key in keys]}
        )
        return {
            (row.creditor_id, row.invoice_id): FiledInvoice(
                creditor_id=row.creditor_id,
                invoice_id=row.invoice_id,
                customer_id=row.customer_id,
                version=row.version,
                status=row.status,
                settled_on=row.settled_on,
                history=read_contacts(row.history),
            )
            for row in rows
        }

    async def save_taken_in(self, customers: Sequence[Customer], *, filed: Sequence[FiledInvoice]) -> None:
        """Write states and files; '-infinity' wakes these customers before all others."""
        if customers:
            keys = [(customer.creditor_id, customer.customer_id) for customer in customers]
            states = [write_customer(customer) for customer in customers]
            await self._connection.execute(_SAVE, {**_keys(keys), "states": states})
        if filed:
            await self._connection.execute(
                _SAVE_FILES,
                {
                    "creditors": [item.creditor_id for item in filed],
                    "invoices": [item.invoice_id for item in filed],
                    "customers": [item.customer_id for item in filed],
                    "versions": [item.version for item in filed],
                    "statuses": [item.status for item in filed],
                    "settled": [item.settled_on for item in filed],
                    "histories": [write_contacts(item.history) if item.history else None for item in filed],
                },
            )

    async def claim_due(self, now: datetime, *, limit: int) -> list[Awake]:
        """Claim the next due customers: one index probe when nothing is due."""
        rows = await self._connection.execute(CLAIM, {"now": now, "limit": limit})
        return [Awake(read_customer(row.state), row.said) for row in rows]

    async def claim_unless(self, now: datetime, *, acted: Collection[CustomerKey], limit: int) -> list[Awake]:
        """Claim the next due customers but those of ``acted``."""
        values = {"now": now, "limit": limit, **_keys(sorted(acted))}
        rows = await self._connection.execute(_CLAIM_UNLESS, values)
        return [Awake(read_customer(row.state), row.said, row.wakeup_at, row.decided_at) for row in rows]

    async def save_decided(self, decided: Sequence[Decided]) -> None:
        """Write states, wake-ups and what was said."""
        await self._connection.execute(
            _DECIDED,
            {
                **_keys([item.key for item in decided]),
                "states": [write_customer(item.customer) if item.customer else None for item in decided],
                "wakeups": [item.next_wakeup for item in decided],
                "said": [item.said for item in decided],
                "instants": [item.at for item in decided],
            },
        )
        logged = [(item, item.logged) for item in decided if item.logged is not None]
        if logged:
            await self._connection.execute(
                _LOG,
                {
                    **_keys([item.key for item, _ in logged]),
                    "days": [item.day for item, _ in logged],
                    "ats": [item.at for item, _ in logged],
                    "names": [decision.policy_name for _, decision in logged],
                    "versions": [decision.policy_version for _, decision in logged],
                    "reasons": [write_reasons(decision.reasons) for _, decision in logged],
                },
            )

    async def wake_all(self, creditor_id: str) -> None:
        """Wake every customer of the creditor, locking in key order as the consumer does."""
        await self._connection.execute(_WAKE_ALL, {"creditor_id": creditor_id})


def _keys(keys: Sequence[CustomerKey]) -> dict[str, list[str]]:
    return {"creditors": [key[0] for key in keys], "customers": [key[1] for key in keys]}
