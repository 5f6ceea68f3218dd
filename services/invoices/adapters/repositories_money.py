"""Payments, credits, reversals, write-offs and agreements in PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import TextClause, text

from chassis.db.connection import Connection, Row
from invoices.adapters.stored import read_agreement, read_money, read_shares, written, written_or_null
from invoices.domain.agreement import AgreementState
from invoices.domain.facts import MoneyKind
from invoices.domain.matching import money_keys
from invoices.domain.records import AgreementRecord, BrokenDay, MoneyKey, MoneyRecord, MoneyState

MONEY_COLUMNS: Final = (
    "m.kind, m.fact_id, m.versions::text AS versions, m.counted, m.assigned::text AS assigned,"
    " m.in_effect, m.unapplied, m.owner_id"
)
# Each look-up names the creditor and an array of keys: the planner takes the index whatever it knows of the
# table. A join with unnest() may read the whole table as long as there are no statistics.
_MONEY = text(
    f"SELECT {MONEY_COLUMNS} FROM money_facts m WHERE m.creditor_id = :creditor_id AND m.kind = :kind"
    " AND m.fact_id = ANY(CAST(:ids AS text[])) ORDER BY m.fact_id FOR UPDATE"
)
_NAMED = text(
    "SELECT DISTINCT kind, fact_id FROM money_names"
    " WHERE creditor_id = :creditor_id AND key = ANY(CAST(:keys AS text[]))"
)
_WITH_MONEY = text(
    "SELECT DISTINCT key FROM money_names"
    " WHERE creditor_id = :creditor_id AND key = ANY(CAST(:keys AS text[]))"
)
_SAVE_MONEY = text(
    "INSERT INTO money_facts (creditor_id, kind, fact_id, versions, counted, assigned, in_effect, unapplied,"
    " owner_id, currency, received_on, last_on)"
    " SELECT u.creditor_id, u.kind, u.fact_id, CAST(u.versions AS jsonb), u.counted, CAST(u.assigned AS jsonb),"
    " u.in_effect, u.unapplied, u.owner_id, u.currency, u.received_on, u.last_on"
    " FROM unnest(CAST(:creditors AS text[]), CAST(:kinds AS text[]), CAST(:ids AS text[]),"
    " CAST(:versions AS text[]), CAST(:counted AS smallint[]), CAST(:assigned AS text[]),"
    " CAST(:in_effect AS boolean[]), CAST(:unapplied AS numeric[]), CAST(:owners AS text[]),"
    " CAST(:currencies AS text[]), CAST(:received AS date[]), CAST(:last AS date[]))"
    " AS u (creditor_id, kind, fact_id, versions, counted, assigned, in_effect, unapplied, owner_id, currency,"
    " received_on, last_on)"
    " ON CONFLICT (creditor_id, kind, fact_id) DO UPDATE SET versions = excluded.versions,"
    " counted = excluded.counted, assigned = excluded.assigned, in_effect = excluded.in_effect,"
    " unapplied = excluded.unapplied, owner_id = excluded.owner_id, currency = excluded.currency,"
    " received_on = excluded.received_on, last_on = excluded.last_on"
)
_ADD_NAMES = text(
    "INSERT INTO money_names (creditor_id, key, kind, fact_id)"
    " SELECT * FROM unnest(CAST(:creditors AS text[]), CAST(:keys AS text[]), CAST(:kinds AS text[]),"
    " CAST(:ids AS text[])) ON CONFLICT DO NOTHING"
)
_AGREEMENTS = text(
    "SELECT kind, body::text AS body, state, broken_on FROM agreements"
    " WHERE creditor_id = :creditor_id AND customer_id = ANY(CAST(:ids AS text[]))"
)
_WITH_AGREEMENTS = text(
    "SELECT DISTINCT customer_id AS key FROM agreements"
    " WHERE creditor_id = :creditor_id AND customer_id = ANY(CAST(:keys AS text[]))"
)
_SAVE_AGREEMENT = text(
    "INSERT INTO agreements (creditor_id, agreement_id, customer_id, kind, invoice_ids, body, state, broken_on)"
    " SELECT u.creditor_id, u.agreement_id, u.customer_id, u.kind,"
    " ARRAY(SELECT jsonb_array_elements_text(CAST(u.body AS jsonb) -> 'invoice_ids')),"
    " CAST(u.body AS jsonb), u.state, u.broken_on"
    " FROM unnest(CAST(:creditors AS text[]), CAST(:ids AS text[]), CAST(:customers AS text[]),"
    " CAST(:kinds AS text[]), CAST(:bodies AS text[]), CAST(:states AS text[]), CAST(:broken AS date[]))"
    " AS u (creditor_id, agreement_id, customer_id, kind, body, state, broken_on)"
    " ON CONFLICT (creditor_id, agreement_id) DO UPDATE SET body = excluded.body, state = excluded.state,"
    " broken_on = excluded.broken_on"
)
_BROKEN_BY_SOURCE = text(
    "SELECT customer_id, source_id, broken_on FROM broken_days"
    " WHERE creditor_id = :creditor_id AND source_id = ANY(CAST(:ids AS text[]))"
)
_FORGET_BROKEN = text(
    "DELETE FROM broken_days WHERE creditor_id = :creditor_id AND source_id = ANY(CAST(:ids AS text[]))"
)
_ADD_BROKEN = text(
    "INSERT INTO broken_days (creditor_id, source_id, customer_id, broken_on)"
    " SELECT :creditor_id, * FROM unnest(CAST(:ids AS text[]), CAST(:customers AS text[]), CAST(:days AS date[]))"
)
_BROKEN_OF_CUSTOMERS = text(
    "SELECT customer_id, source_id, broken_on FROM broken_days"
    " WHERE creditor_id = :creditor_id AND customer_id = ANY(CAST(:ids AS text[]))"
)


class MoneyRows:
    """The part of the book that holds money facts, agreements and broken days."""

    connection: Connection

    async def keys_with_money(self, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those (creditor, key) that some money fact names."""
        return await self._present(_WITH_MONEY, keys)

    async def money(self, creditor_id: str, *, keys: Iterable[MoneyKey]) -> dict[MoneyKey, MoneyRecord]:
        """Return the money facts that exist, their rows locked."""
        ids_by_kind: dict[MoneyKind, list[str]] = {}
        for kind, fact_id in sorted(keys):
            ids_by_kind.setdefault(kind, []).append(fact_id)
        found: dict[MoneyKey, MoneyRecord] = {}
        for kind, ids in ids_by_kind.items():
            values = {"creditor_id": creditor_id, "kind": kind.value, "ids": ids}
            rows = await self.connection.execute(_MONEY, values)
            found.update((record.key, record) for record in map(read_money_record, rows))
        return found

    async def money_naming(self, creditor_id: str, *, keys: Iterable[str]) -> dict[MoneyKey, MoneyRecord]:
        """Return the money facts that name one of these keys, their rows locked."""
        rows = await self.connection.execute(_NAMED, {"creditor_id": creditor_id, "keys": list(keys)})
        return await self.money(creditor_id, keys=[(MoneyKind(row.kind), row.fact_id) for row in rows])

    async def save_money(self, records: Sequence[MoneyRecord]) -> None:
        """Insert or replace money facts with the keys that they name."""
        states = [record.state for record in records if record.state is not None]
        facts = [state.fact for state in states]
        await self.connection.execute(
            _SAVE_MONEY,
            {
                "creditors": [fact.creditor_id for fact in facts],
                "kinds": [fact.kind.value for fact in facts],
                "ids": [fact.fact_id for fact in facts],
                "versions": [written(record.versions) for record in records],
                "counted": [_counted(record, state) for record, state in zip(records, states, strict=True)],
                "assigned": [written_or_null(record.assigned) for record in records],
                "in_effect": [state.in_effect for state in states],
                "unapplied": [state.unapplied for state in states],
                "owners": [state.owner_id for state in states],
                "currencies": [fact.currency for fact in facts],
                "received": [fact.on for fact in facts],
                "last": [max(version.on for version in record.versions) for record in records],
            },
        )
        await self._save_names(records)

    async def _save_names(self, records: Sequence[MoneyRecord]) -> None:
        names = sorted(
            {
                (version.creditor_id, key, version.kind.value, version.fact_id)
                for record in records
                for version in record.versions
                for key in money_keys(version, assigned=record.assigned)
            }
        )
        if names:
            creditors, keys, kinds, ids = (list(column) for column in zip(*names, strict=True))
            await self.connection.execute(
                _ADD_NAMES, {"creditors": creditors, "keys": keys, "kinds": kinds, "ids": ids}
            )

    async def agreements(
        self, creditor_id: str, *, customer_ids: Iterable[str]
    ) -> dict[str, AgreementRecord]:
        """Return everything that was ever agreed with the customers, or contested by them."""
        rows = await self.connection.execute(
            _AGREEMENTS, {"creditor_id": creditor_id, "ids": list(customer_ids)}
        )
        records = [
            AgreementRecord(
                agreement=read_agreement(row.kind, row.body),
                state=AgreementState(row.state),
                broken_on=row.broken_on,
            )
            for row in rows
        ]
        return {record.agreement.agreement_id: record for record in records}

    async def customers_with_agreements(self, customers: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those (creditor, customer) for whom anything was ever agreed or contested."""
        return await self._present(_WITH_AGREEMENTS, customers)

    async def _present(self, query: TextClause, pairs: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        by_creditor: dict[str, list[str]] = {}
        for creditor_id, key in pairs:
            by_creditor.setdefault(creditor_id, []).append(key)
        found: set[tuple[str, str]] = set()
        for creditor_id, keys in by_creditor.items():
            rows = await self.connection.execute(query, {"creditor_id": creditor_id, "keys": keys})
            found.update((creditor_id, key) for key in rows.scalars())
        return found

    async def save_agreements(self, records: Sequence[AgreementRecord]) -> None:
        """Insert or replace agreements."""
        agreements = [record.agreement for record in records]
        await self.connection.execute(
            _SAVE_AGREEMENT,
            {
                "creditors": [agreement.creditor_id for agreement in agreements],
                "ids": [agreement.agreement_id for agreement in agreements],
                "customers": [agreement.customer_id for agreement in agreements],
                "kinds": [agreement.kind.value for agreement in agreements],
                "bodies": [written(agreement) for agreement in agreements],
                "states": [record.state.value for record in records],
                "broken": [record.broken_on for record in records],
            },
        )

    async def save_broken(
        self, creditor_id: str, *, sources: Sequence[str], days: Sequence[BrokenDay]
    ) -> set[str]:
        """Replace the broken days that come from these sources; returns the customers touched."""
        rows = await self.connection.execute(
            _BROKEN_BY_SOURCE, {"creditor_id": creditor_id, "ids": list(sources)}
        )
        before = {BrokenDay(row.customer_id, row.source_id, row.broken_on) for row in rows}
        changed = before ^ set(days)
        if not changed:
            return set()
        await self.connection.execute(_FORGET_BROKEN, {"creditor_id": creditor_id, "ids": list(sources)})
        if days:
            await self.connection.execute(
                _ADD_BROKEN,
                {
                    "creditor_id": creditor_id,
                    "ids": [day.source_id for day in days],
                    "customers": [day.customer_id for day in days],
                    "days": [day.on for day in days],
                },
            )
        return {day.customer_id for day in changed}

    async def broken_days(self, creditor_id: str, *, customer_ids: Iterable[str]) -> list[BrokenDay]:
        """Return the customers' broken days."""
        rows = await self.connection.execute(
            _BROKEN_OF_CUSTOMERS, {"creditor_id": creditor_id, "ids": list(customer_ids)}
        )
        return sorted(BrokenDay(row.customer_id, row.source_id, row.broken_on) for row in rows)


def read_money_record(row: Row) -> MoneyRecord:
    """Return the money fact that a whole row holds."""
    versions = read_money(MoneyKind(row.kind), row.versions)
    state = MoneyState(
        fact=versions[row.counted], in_effect=row.in_effect, unapplied=row.unapplied, owner_id=row.owner_id
    )
    return MoneyRecord(versions=versions, assigned=read_shares(row.assigned), state=state)


def _counted(record: MoneyRecord, state: MoneyState) -> int:
    return next(i for i, version in enumerate(record.versions) if version.stamp == state.fact.stamp)
