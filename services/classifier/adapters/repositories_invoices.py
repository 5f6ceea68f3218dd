"""What each invoice says, and contacts, in PostgreSQL, one statement per table and batch."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import text

from chassis.db.connection import Connection
from classifier.adapters.days import as_date, to_date, to_day
from classifier.adapters.repositories_customers import columns
from classifier.domain.changes import ContactMade
from classifier.domain.customer import Key
from classifier.domain.evidence import Dispute, InvoiceFacts, Outcome
from classifier.usecases.ports import InvoiceKey, Outlook

FIELDS: Final = (
    "i.creditor_id, i.customer_id, i.invoice_id, i.version, i.outcome, i.issued_on, i.due_on,"
    " i.effective_due_on, i.settled_on, i.lateness, CAST(i.disputes AS text), i.next_fact_on"
)
_KEYS: Final = "unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]))"
_BY_ID: Final = text(
    f"SELECT {FIELDS} FROM invoices i"
    " JOIN unnest(CAST(:creditors AS text[]), CAST(:invoices AS text[])) AS u (creditor_id, invoice_id)"
    " USING (creditor_id, invoice_id)"
)
_DUE: Final = text(
    f"SELECT {FIELDS} FROM invoices i"
    " JOIN unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:days AS date[]))"
    " AS u (creditor_id, customer_id, until) USING (creditor_id, customer_id)"
    " WHERE i.next_fact_on <= u.until ORDER BY i.creditor_id, i.invoice_id"
)
_OF: Final = text(
    f"SELECT {FIELDS} FROM invoices i JOIN {_KEYS} AS u (creditor_id, customer_id)"
    " USING (creditor_id, customer_id) ORDER BY i.creditor_id, i.invoice_id"
)
_OUTLOOKS: Final = text(
    "SELECT i.creditor_id, i.customer_id, min(i.next_fact_on),"
    " min(i.effective_due_on) FILTER (WHERE i.owed), count(*) FILTER (WHERE i.outcome = 1)"
    f" FROM invoices i JOIN {_KEYS} AS u (creditor_id, customer_id) USING (creditor_id, customer_id)"
    " WHERE i.outcome = 1 OR i.next_fact_on IS NOT NULL GROUP BY i.creditor_id, i.customer_id"
)
_SAVE: Final = text(
    "INSERT INTO invoices (creditor_id, customer_id, invoice_id, version, outcome, issued_on, due_on,"
    " effective_due_on, settled_on, lateness, disputes, next_fact_on, owed)"
    f" SELECT u.creditor_id, u.customer_id, u.invoice_id, u.version, u.outcome, {as_date('u.issued_on')},"
    f" {as_date('u.due_on')}, {as_date('u.effective_due_on')}, {as_date('u.settled_on')}, u.lateness, u.disputes,"
    f" {as_date('u.next_fact_on')}, u.owed"
    " FROM unnest(CAST(:creditors AS text[]), CAST(:customers AS text[]), CAST(:invoices AS text[]),"
    " CAST(:versions AS bigint[]), CAST(:outcomes AS smallint[]), CAST(:issued_ons AS integer[]),"
    " CAST(:due_ons AS integer[]), CAST(:effective_due_ons AS integer[]), CAST(:settled_ons AS integer[]),"
    " CAST(:latenesses AS integer[]), CAST(:disputes AS jsonb[]), CAST(:next_fact_ons AS integer[]),"
    " CAST(:owed AS boolean[])) AS u (creditor_id, customer_id, invoice_id, version, outcome, issued_on, due_on,"
    " effective_due_on, settled_on, lateness, disputes, next_fact_on, owed)"
    " ON CONFLICT (creditor_id, invoice_id) DO UPDATE SET customer_id = excluded.customer_id,"
    " version = excluded.version, outcome = excluded.outcome, issued_on = excluded.issued_on,"
    " due_on = excluded.due_on, effective_due_on = excluded.effective_due_on,"
    " settled_on = excluded.settled_on, lateness = excluded.lateness, disputes = excluded.disputes,"
    " next_fact_on = excluded.next_fact_on, owed = excluded.owed"
)
_COLUMNS: Final = (
    "creditors customers invoices versions outcomes issued_ons due_ons effective_due_ons settled_ons latenesses"
    " disputes next_fact_ons owed"
).split()
_SAVE_CONTACTS: Final = text(
    "INSERT INTO contacts AS c (creditor_id, contact_id, customer_id, version, channel, at, invoice_ids)"
    " SELECT u.creditor_id, u.contact_id, u.customer_id, u.version, u.channel, u.at, CAST(u.invoices AS text[])"
    " FROM unnest(CAST(:creditors AS text[]), CAST(:contacts AS text[]), CAST(:customers AS text[]),"
    " CAST(:versions AS bigint[]), CAST(:channels AS text[]), CAST(:ats AS timestamptz[]),"
    " CAST(:invoices AS text[]))"
    " AS u (creditor_id, contact_id, customer_id, version, channel, at, invoices)"
    " ON CONFLICT (creditor_id, contact_id) DO UPDATE SET version = excluded.version,"
    " channel = excluded.channel, at = excluded.at WHERE c.version < excluded.version"
)
_DISPUTES: Final = msgspec.json.Decoder(tuple[Dispute, ...])


class InvoiceRows:
    """The part of the ledger that is about invoices and contacts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def invoices(self, keys: Sequence[InvoiceKey]) -> dict[InvoiceKey, InvoiceFacts]:
        """Return those known."""
        values = {"creditors": [key[0] for key in keys], "invoices": [key[1] for key in keys]}
        return {(row[0], row[2]): read_facts(row) for row in await self._connection.execute(_BY_ID, values)}

    async def invoices_due(self, until: Mapping[Key, int]) -> dict[Key, list[InvoiceFacts]]:
        """Return, per customer, the invoices whose next fact lies on or before a day."""
        keys = sorted(until)
        return await self._grouped(_DUE, {**columns(keys), "days": [to_date(until[key]) for key in keys]})

    async def invoices_of(self, keys: Sequence[Key]) -> dict[Key, list[InvoiceFacts]]:
        """Return all invoices of these customers."""
        return await self._grouped(_OF, columns(keys))

    async def _grouped(self, statement: Any, values: dict[str, Any]) -> dict[Key, list[InvoiceFacts]]:
        found: dict[Key, list[InvoiceFacts]] = {}
        for row in await self._connection.execute(statement, values):
            found.setdefault((row[0], row[1]), []).append(read_facts(row))
        return found

    async def save_invoices(
        self, invoices: Mapping[Key, Sequence[InvoiceFacts]], *, owed: set[InvoiceKey]
    ) -> None:
        """Insert or replace; ``owed``: those open and undisputed now."""
        rows = [
            _row(key, row, owed=(key[0], row.invoice_id) in owed)
            for key in sorted(invoices)
            for row in invoices[key]
        ]
        rows.sort(key=lambda row: (row[0], row[2]))
        if rows:
            values = dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
            await self._connection.execute(_SAVE, values)

    async def outlooks(self, keys: Sequence[Key]) -> dict[Key, Outlook]:
        """Return what is open; customers with nothing open are left out."""
        return {
            (row[0], row[1]): Outlook(to_day(row[2]), to_day(row[3]), row[4])
            for row in await self._connection.execute(_OUTLOOKS, columns(keys))
        }

    async def save_contacts(self, contacts: Sequence[ContactMade]) -> None:
        """Insert, or replace by a higher version."""
        latest: dict[tuple[str, str], ContactMade] = {}
        for made in contacts:
            key = (made.creditor_id, made.contact_id)
            if key not in latest or latest[key].version < made.version:
                latest[key] = made
        if not latest:
            return
        rows = [latest[key] for key in sorted(latest)]
        values = {
            "creditors": [row.creditor_id for row in rows],
            "contacts": [row.contact_id for row in rows],
            "customers": [row.customer_id for row in rows],
            "versions": [row.version for row in rows],
            "channels": [row.channel for row in rows],
            "ats": [row.at for row in rows],
            "invoices": [_text_array(row.invoice_ids) for row in rows],
        }
        await self._connection.execute(_SAVE_CONTACTS, values)


def read_facts(row: Sequence[Any]) -> InvoiceFacts:
    """Read one row of the fields above."""
    return InvoiceFacts(
        invoice_id=row[2],
        version=row[3],
        outcome=Outcome(row[4]),
        issued_on=to_day(row[5]),
        due_on=to_day(row[6]),
        effective_due_on=to_day(row[7]),
        settled_on=to_day(row[8]),
        lateness=row[9],
        disputes=_DISPUTES.decode(row[10]) if row[10] else (),
        next_fact_on=to_day(row[11]),
    )


def _row(key: Key, facts: InvoiceFacts, *, owed: bool) -> tuple[Any, ...]:
    return (
        *key,
        facts.invoice_id,
        facts.version,
        int(facts.outcome),
        facts.issued_on,
        facts.due_on,
        facts.effective_due_on,
        facts.settled_on,
        facts.lateness,
        msgspec.json.encode([list(dispute) for dispute in facts.disputes]).decode()
        if facts.disputes
        else None,
        facts.next_fact_on,
        owed,
    )


def _text_array(values: Sequence[str]) -> str:
    """Write a PostgreSQL array literal; every element is quoted, so any character may stand in it."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
