"""Creditors, customers and the agenda in PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import text

from chassis.db.connection import Connection, Row
from invoices.adapters.stored import (
    read_customer,
    read_masters,
    read_settings,
    read_settings_versions,
    written,
    written_or_null,
)
from invoices.domain.creditor import CreditorRecord
from invoices.domain.customer import CustomerRecord
from invoices.domain.records import AgendaItem, AgendaKind

# One lock per creditor, in key order. Batches that only add invoices and customers share it, so that
# replicas work beside each other; whatever allocates money or agrees something has the book to itself.
_LOCK = "SELECT pg_advisory_xact_lock{shared}(hashtextextended('creditor:' || c, 0)) FROM unnest(CAST(:ids AS text[])) AS u (c)"
_LOCK_ALONE = text(_LOCK.format(shared=""))
_LOCK_SHARED = text(_LOCK.format(shared="_shared"))

_CREDITOR_COLUMNS = (
    "c.creditor_id, c.versions::text AS versions, c.version, c.published::text AS published, c.judged_on,"
    " c.latest_on"
)
_CREDITORS = text(
    f"SELECT {_CREDITOR_COLUMNS} FROM creditors c WHERE creditor_id = ANY(CAST(:ids AS text[]))"
)
_OPEN_CREDITORS = text(
    "INSERT INTO creditors (creditor_id, judged_on, latest_on)"
    " SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:judged AS date[]), CAST(:latest AS date[]))"
    " ON CONFLICT DO NOTHING"
)
# Upserts rather than updates: ON CONFLICT always goes through the primary key.
_SAVE_CREDITORS = text(
    "INSERT INTO creditors (creditor_id, versions, version, published, judged_on, latest_on)"
    " SELECT u.creditor_id, CAST(u.versions AS jsonb), u.version, CAST(u.published AS jsonb), u.judged_on,"
    " u.latest_on FROM unnest(CAST(:ids AS text[]), CAST(:versions AS text[]), CAST(:numbers AS bigint[]),"
    " CAST(:published AS text[]), CAST(:judged AS date[]), CAST(:latest AS date[]))"
    " AS u (creditor_id, versions, version, published, judged_on, latest_on)"
    " ON CONFLICT (creditor_id) DO UPDATE SET versions = excluded.versions, version = excluded.version,"
    " published = excluded.published, judged_on = excluded.judged_on, latest_on = excluded.latest_on"
)
# The rows come in key order, and a conflicting row is locked even where nothing is updated.
_TOUCH = text(
    "INSERT INTO customers AS c (creditor_id, customer_id, known_from)"
    " SELECT * FROM unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:seen AS timestamptz[]))"
    " ON CONFLICT (creditor_id, customer_id) DO UPDATE SET known_from = excluded.known_from"
    " WHERE c.known_from > excluded.known_from"
    " RETURNING c.creditor_id, c.customer_id, c.version"
)
_CUSTOMERS = text(
    "SELECT customer_id, known_from, versions::text AS versions, version, published::text AS published"
    " FROM customers WHERE creditor_id = :creditor_id AND customer_id = ANY(CAST(:ids AS text[]))"
)
_SAVE_CUSTOMERS = text(
    "INSERT INTO customers (creditor_id, customer_id, known_from, versions, version, published)"
    " SELECT u.creditor_id, u.customer_id, u.known_from, CAST(u.versions AS jsonb), u.version,"
    " CAST(u.published AS jsonb)"
    " FROM unnest(CAST(:creditors AS text[]), CAST(:ids AS text[]), CAST(:known AS timestamptz[]),"
    " CAST(:versions AS text[]), CAST(:numbers AS bigint[]), CAST(:published AS text[]))"
    " AS u (creditor_id, customer_id, known_from, versions, version, published)"
    " ON CONFLICT (creditor_id, customer_id) DO UPDATE SET known_from = excluded.known_from,"
    " versions = excluded.versions, version = excluded.version, published = excluded.published"
)
_ADD_AGENDA = text(
    "INSERT INTO agenda (creditor_id, due_on, kind, key)"
    " SELECT :creditor_id, * FROM unnest(CAST(:days AS date[]), CAST(:kinds AS text[]), CAST(:keys AS text[]))"
    " ON CONFLICT DO NOTHING"
)
_TAKE_AGENDA = text(
    "DELETE FROM agenda WHERE ctid = ANY(ARRAY(SELECT ctid FROM agenda"
    " WHERE creditor_id = :creditor_id AND due_on <= :until ORDER BY due_on, kind, key LIMIT :limit))"
    " RETURNING due_on, kind, key"
)
# One look into the index per creditor, however long its agenda is.
_HEADS = text(
    f"SELECT {_CREDITOR_COLUMNS}, head.due_on FROM creditors c LEFT JOIN LATERAL"
    " (SELECT due_on FROM agenda a WHERE a.creditor_id = c.creditor_id ORDER BY due_on LIMIT 1) AS head ON true"
    " ORDER BY c.creditor_id"
)
_EVERYTHING = text(
    "INSERT INTO agenda (creditor_id, due_on, kind, key) SELECT :creditor_id, :day, kind, key FROM ("
    " SELECT 'INVOICE' AS kind, invoice_id AS key FROM invoices"
    "  WHERE creditor_id = :creditor_id AND (issued_on > :after OR others IS NOT NULL)"
    " UNION SELECT kind, fact_id FROM money_facts WHERE creditor_id = :creditor_id AND last_on > :after"
    " UNION SELECT 'CUSTOMER', customer_id FROM agreements WHERE creditor_id = :creditor_id"
    " UNION SELECT 'INVOICE', unnest(invoice_ids) FROM agreements WHERE creditor_id = :creditor_id"
    " UNION SELECT 'CUSTOMER', customer_id FROM customers"
    "  WHERE creditor_id = :creditor_id AND jsonb_array_length(versions) > 1"
    " UNION SELECT 'CREDITOR', '') AS found ON CONFLICT DO NOTHING"
)


class AccountRows:
    """The part of the book that holds creditors, customers and the agenda."""

    connection: Connection

    async def lock(self, creditor_ids: Sequence[str], *, exclusive: bool) -> None:
        """Keep others out of these creditors' books until the transaction ends."""
        await self.connection.execute(
            _LOCK_ALONE if exclusive else _LOCK_SHARED, {"ids": sorted(creditor_ids)}
        )

    async def creditors(self, creditor_ids: Sequence[str]) -> dict[str, CreditorRecord]:
        """Return the creditors that were seen before."""
        rows = await self.connection.execute(_CREDITORS, {"ids": list(creditor_ids)})
        return {row.creditor_id: _creditor(row) for row in rows}

    async def open_creditors(self, records: Sequence[CreditorRecord]) -> None:
        """Insert creditors seen for the first time."""
        await self.connection.execute(
            _OPEN_CREDITORS,
            {
                "ids": [record.creditor_id for record in records],
                "judged": [record.judged_on for record in records],
                "latest": [record.latest_on for record in records],
            },
        )

    async def save_creditors(self, records: Sequence[CreditorRecord]) -> None:
        """Replace creditors."""
        if not records:
            return
        await self.connection.execute(
            _SAVE_CREDITORS,
            {
                "ids": [record.creditor_id for record in records],
                "versions": [written(record.versions) for record in records],
                "numbers": [record.version for record in records],
                "published": [written_or_null(record.published) for record in records],
                "judged": [record.judged_on for record in records],
                "latest": [record.latest_on for record in records],
            },
        )

    async def touch_customers(self, seen: Mapping[tuple[str, str], datetime]) -> set[tuple[str, str]]:
        """Note that customers exist since an instant; returns published ones that are older than was known."""
        if not seen:
            return set()
        keys = sorted(seen)
        rows = await self.connection.execute(
            _TOUCH,
            {
                "creditors": [creditor for creditor, _ in keys],
                "customers": [customer for _, customer in keys],
                "seen": [seen[key] for key in keys],
            },
        )
        return {(row.creditor_id, row.customer_id) for row in rows if row.version}

    async def customers(self, creditor_id: str, *, customer_ids: Iterable[str]) -> dict[str, CustomerRecord]:
        """Return the customers that exist."""
        rows = await self.connection.execute(
            _CUSTOMERS, {"creditor_id": creditor_id, "ids": list(customer_ids)}
        )
        return {
            row.customer_id: CustomerRecord(
                creditor_id=creditor_id,
                customer_id=row.customer_id,
                known_from=row.known_from,
                versions=read_masters(row.versions),
                version=row.version,
                published=read_customer(row.published),
            )
            for row in rows
        }

    async def save_customers(self, records: Sequence[CustomerRecord]) -> None:
        """Replace customers."""
        await self.connection.execute(
            _SAVE_CUSTOMERS,
            {
                "creditors": [record.creditor_id for record in records],
                "ids": [record.customer_id for record in records],
                "known": [record.known_from for record in records],
                "versions": [written(record.versions) for record in records],
                "numbers": [record.version for record in records],
                "published": [written_or_null(record.published) for record in records],
            },
        )

    async def add_agenda(self, creditor_id: str, *, items: Iterable[AgendaItem]) -> None:
        """Note what is to be judged anew on a later day."""
        found = sorted(items)
        if not found:
            return
        await self.connection.execute(
            _ADD_AGENDA,
            {
                "creditor_id": creditor_id,
                "days": [item.on for item in found],
                "kinds": [item.kind.value for item in found],
                "keys": [item.key for item in found],
            },
        )

    async def take_agenda(self, creditor_id: str, *, until: date, limit: int) -> list[AgendaItem]:
        """Take the earliest items up to and including a day off the agenda."""
        rows = await self.connection.execute(
            _TAKE_AGENDA, {"creditor_id": creditor_id, "until": until, "limit": limit}
        )
        return sorted(AgendaItem(row.due_on, AgendaKind(row.kind), row.key) for row in rows)

    async def put_everything_on_agenda(self, creditor_id: str, *, after: date, on: date) -> None:
        """Put every fact dated after a day, and every agreement, on the agenda of a day."""
        await self.connection.execute(_EVERYTHING, {"creditor_id": creditor_id, "after": after, "day": on})

    async def agenda_heads(self) -> list[tuple[CreditorRecord, date | None]]:
        """Return every creditor with the first day of its agenda, ordered by id."""
        return [(_creditor(row), row.due_on) for row in await self.connection.execute(_HEADS)]


def _creditor(row: Row) -> CreditorRecord:
    return CreditorRecord(
        creditor_id=row.creditor_id,
        versions=read_settings_versions(row.versions),
        version=row.version,
        published=read_settings(row.published),
        judged_on=row.judged_on,
        latest_on=row.latest_on,
    )
