"""Invoices and their movements in PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import text

from chassis.db.connection import Connection, Row
from invoices.adapters.stored import read_invoices, read_stops, written_invoices, written_or_null
from invoices.domain.allocation import Movement, MovementKind
from invoices.domain.facts import InvoiceFact
from invoices.domain.matching import number_key, reference_key
from invoices.domain.records import InvoiceRecord, InvoiceState
from invoices.domain.settlement import Settlement, Status
from invoices.domain.versions import Stamp

# Column, its array type, and where its value comes from; the order is that of the bound arrays.
_FACT_COLUMNS: Final = (
    ("creditor_id", "text"),
    ("invoice_id", "text"),
    ("customer_id", "text"),
    ("issued_on", "date"),
    ("due_given", "date"),
    ("currency", "text"),
    ("amount", "numeric"),
    ("payment_reference", "text"),
    ("order_reference", "text"),
    ("document_url", "text"),
    ("mandate_id", "text"),
    ("ce_time", "timestamptz"),
    ("ce_id", "text"),
    ("ce_source", "text"),
    ("reference_key", "text"),
    ("number_key", "text"),
    ("in_effect", "boolean"),
    ("due_on", "date"),
    ("version", "bigint"),
)
_STATE_COLUMNS: Final = (
    ("others", "text"),
    ("known_from", "timestamptz"),
    ("open", "numeric"),
    ("paid", "numeric"),
    ("credited", "numeric"),
    ("written_off", "numeric"),
    ("status", "text"),
    ("settled_on", "date"),
    ("written_off_on", "date"),
    ("reversed_on", "date"),
    ("stops", "text"),
    ("no_evidence", "text"),
)
_JSON: Final = frozenset({"others", "stops"})


def _arrays(columns: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns)


def _names(columns: Sequence[tuple[str, str]]) -> str:
    return ", ".join(name for name, _ in columns)


# The hot path, creditor by creditor: what follows from a plain new invoice is computed in the statement, and
# as few arrays as possible are sent, because the driver looks at every element.
_PLAIN_COLUMNS: Final = tuple(
    column for column in _FACT_COLUMNS if column[0] not in ("creditor_id", "version")
)
_ADD = text(
    f"INSERT INTO invoices (creditor_id, version, {_names(_PLAIN_COLUMNS)}, known_from, open, status, settled_on)"
    f" SELECT :creditor_id, CASE WHEN in_effect THEN 1 ELSE 0 END, {_names(_PLAIN_COLUMNS)}, ce_time, amount,"
    " CASE WHEN amount = 0 THEN 'PAID' ELSE 'OPEN' END, CASE WHEN amount = 0 THEN issued_on END"
    f" FROM unnest({_arrays(_PLAIN_COLUMNS)}) AS u ({_names(_PLAIN_COLUMNS)})"
    " ON CONFLICT DO NOTHING RETURNING invoice_id"
)
_ALL_COLUMNS: Final = (*_FACT_COLUMNS, *_STATE_COLUMNS)
_VALUES: Final = ", ".join(
    f"CAST(u.{name} AS jsonb)" if name in _JSON else f"u.{name}" for name, _ in _ALL_COLUMNS
)
# The present instant by the clock that rules: the sandbox's where it has a row, the server's otherwise.
_PRESENT: Final = "coalesce((SELECT now FROM sandbox_clock), clock_timestamp())"
_SAVE = text(
    f"INSERT INTO invoices ({_names(_ALL_COLUMNS)}, settled_known_at)"
    f" SELECT {_VALUES}, CASE WHEN u.status <> 'OPEN' THEN {_PRESENT} END"
    f" FROM unnest({_arrays(_ALL_COLUMNS)}) AS u ({_names(_ALL_COLUMNS)})"
    " ON CONFLICT (creditor_id, invoice_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name, _ in _ALL_COLUMNS[2:])
    # Since when it has been known that nothing is open; forgotten when something is again.
    + ", settled_known_at = CASE WHEN excluded.status <> 'OPEN'"
    " THEN coalesce(invoices.settled_known_at, excluded.settled_known_at) END"
)
READ_COLUMNS: Final = ", ".join(
    f"{name}::text AS {name}" if name in _JSON else name for name, _ in _ALL_COLUMNS
)
_SELECT: Final = f"SELECT {READ_COLUMNS} FROM invoices WHERE creditor_id = :creditor_id"
# Rows are locked in key order: another batch may add to the same customer at the same time.
_LOCKED: Final = " ORDER BY invoice_id FOR UPDATE"
_BY_ID = text(f"{_SELECT} AND invoice_id = ANY(CAST(:ids AS text[])){_LOCKED}")
# Each branch takes its own index; the array of ids then takes the primary key, and the rows are locked.
_BY_KEY = text(
    f"{_SELECT} AND invoice_id = ANY(ARRAY("
    "SELECT invoice_id FROM invoices WHERE creditor_id = :creditor_id AND invoice_id = ANY(CAST(:ids AS text[]))"
    " UNION ALL"
    " SELECT invoice_id FROM invoices WHERE creditor_id = :creditor_id AND number_key = ANY(CAST(:ids AS text[]))"
    " UNION ALL"
    " SELECT invoice_id FROM invoices WHERE creditor_id = :creditor_id"
    f" AND reference_key = ANY(CAST(:references AS text[])))){_LOCKED}"
)
_OPEN_OF_CUSTOMERS = text(
    "SELECT invoice_id FROM invoices WHERE creditor_id = :creditor_id"
    " AND customer_id = ANY(CAST(:ids AS text[])) AND in_effect AND open > 0 ORDER BY invoice_id"
)
_BY_TERM = text(
    "SELECT invoice_id FROM invoices WHERE creditor_id = :creditor_id"
    " AND (due_given IS NULL OR others IS NOT NULL) ORDER BY invoice_id"
)
_MOVEMENTS = text(
    "SELECT invoice_id, kind, source_id, moved_on, amount FROM movements"
    " WHERE creditor_id = :creditor_id AND invoice_id = ANY(CAST(:ids AS text[]))"
    " ORDER BY invoice_id, position"
)
_FORGET_MOVEMENTS = text(
    "DELETE FROM movements WHERE creditor_id = :creditor_id AND invoice_id = ANY(CAST(:ids AS text[]))"
)
_ADD_MOVEMENTS = text(
    "INSERT INTO movements (creditor_id, invoice_id, position, kind, source_id, moved_on, amount)"
    " SELECT :creditor_id, * FROM unnest(CAST(:ids AS text[]), CAST(:positions AS integer[]),"
    " CAST(:kinds AS text[]), CAST(:sources AS text[]), CAST(:days AS date[]), CAST(:amounts AS numeric[]))"
)


class InvoiceRows:
    """The part of the book that holds invoices."""

    connection: Connection

    async def add_invoices(self, records: Sequence[InvoiceRecord]) -> set[tuple[str, str]]:
        """Insert plain new invoices; returns those that did not exist yet."""
        by_creditor: dict[str, list[InvoiceRecord]] = {}
        for record in records:
            by_creditor.setdefault(record.newest.creditor_id, []).append(record)
        added: set[tuple[str, str]] = set()
        for creditor_id, mine in by_creditor.items():
            arrays = {**_fact_arrays(mine), "creditor_id": creditor_id}
            del arrays["version"]
            rows = await self.connection.execute(_ADD, arrays)
            added.update((creditor_id, invoice_id) for invoice_id in rows.scalars())
        return added

    async def save_invoices(self, records: Sequence[InvoiceRecord]) -> None:
        """Insert or replace judged invoices."""
        await self.connection.execute(_SAVE, {**_fact_arrays(records), **_state_arrays(records)})

    async def invoices(self, creditor_id: str, *, invoice_ids: Iterable[str]) -> dict[str, InvoiceRecord]:
        """Return the invoices that exist, their rows locked."""
        rows = await self.connection.execute(_BY_ID, {"creditor_id": creditor_id, "ids": list(invoice_ids)})
        return {row.invoice_id: read_record(row) for row in rows}

    async def invoices_named(self, creditor_id: str, *, keys: Iterable[str]) -> dict[str, InvoiceRecord]:
        """Return the invoices with one of these keys, their rows locked.

        A number that is already in its normal form is the id itself, so it needs no index of its own.
        """
        by_kind: dict[str, list[str]] = {"N": [], "R": [], "P": []}
        for key in keys:
            by_kind[key[0]].append(key[2:])
        if not (by_kind["N"] or by_kind["R"]):
            return {}
        values = {"creditor_id": creditor_id, "ids": by_kind["N"], "references": by_kind["R"]}
        rows = await self.connection.execute(_BY_KEY, values)
        return {row.invoice_id: read_record(row) for row in rows}

    async def open_invoice_ids(self, creditor_id: str, *, customer_ids: Iterable[str]) -> list[str]:
        """Return the ids of the customers' invoices in effect with something open."""
        rows = await self.connection.execute(
            _OPEN_OF_CUSTOMERS, {"creditor_id": creditor_id, "ids": list(customer_ids)}
        )
        return list(rows.scalars())

    async def invoice_ids_by_term(self, creditor_id: str) -> list[str]:
        """Return the ids of all invoices whose due date may follow from the payment term."""
        return list((await self.connection.execute(_BY_TERM, {"creditor_id": creditor_id})).scalars())

    async def movements(
        self, creditor_id: str, *, invoice_ids: Iterable[str]
    ) -> dict[str, tuple[Movement, ...]]:
        """Return the stored movements of the invoices that have any."""
        rows = await self.connection.execute(
            _MOVEMENTS, {"creditor_id": creditor_id, "ids": list(invoice_ids)}
        )
        found = [
            Movement(row.invoice_id, MovementKind(row.kind), row.source_id, row.moved_on, row.amount)
            for row in rows
        ]
        return {key: tuple(mine) for key, mine in groupby(found, key=lambda movement: movement.invoice_id)}

    async def save_movements(
        self, creditor_id: str, *, movements: Mapping[str, Sequence[Movement]], stale: Sequence[str]
    ) -> None:
        """Keep the movements of these invoices; ``stale`` are those that had others, which go."""
        if stale:
            values = {"creditor_id": creditor_id, "ids": list(stale)}
            await self.connection.execute(_FORGET_MOVEMENTS, values)
        rows = [(position, m) for key in sorted(movements) for position, m in enumerate(movements[key])]
        if not rows:
            return
        await self.connection.execute(
            _ADD_MOVEMENTS,
            {
                "creditor_id": creditor_id,
                "ids": [m.invoice_id for _, m in rows],
                "positions": [position for position, _ in rows],
                "kinds": [m.kind.value for _, m in rows],
                "sources": [m.source_id for _, m in rows],
                "days": [m.on for _, m in rows],
                "amounts": [m.amount for _, m in rows],
            },
        )


def read_record(row: Row) -> InvoiceRecord:
    """Return the invoice that a whole row holds."""
    fact = InvoiceFact(
        creditor_id=row.creditor_id,
        invoice_id=row.invoice_id,
        customer_id=row.customer_id,
        issued_on=row.issued_on,
        due_on=row.due_given,
        currency=row.currency,
        amount=row.amount,
        payment_reference=row.payment_reference,
        order_reference=row.order_reference,
        document_url=row.document_url,
        mandate_id=row.mandate_id,
        stamp=Stamp(row.ce_time, row.ce_id, row.ce_source),
    )
    state = InvoiceState(
        fact=fact,
        in_effect=row.in_effect,
        due_on=row.due_on,
        settlement=Settlement(
            open=row.open,
            paid=row.paid,
            credited=row.credited,
            written_off=row.written_off,
            status=Status(row.status),
            settled_on=row.settled_on,
            written_off_on=row.written_off_on,
            reversed_on=row.reversed_on,
        ),
        known_from=row.known_from,
        stops=read_stops(row.stops),
        no_evidence=row.no_evidence,
    )
    versions = sorted((fact, *read_invoices(row.others)), key=lambda version: version.stamp, reverse=True)
    return InvoiceRecord(
        versions=tuple(versions), known_from=row.known_from, state=state, version=row.version
    )


def _states(records: Sequence[InvoiceRecord]) -> list[InvoiceState]:
    return [record.state for record in records if record.state is not None]


def _fact_arrays(records: Sequence[InvoiceRecord]) -> dict[str, Any]:
    states = _states(records)
    facts = [state.fact for state in states]
    stamps = [fact.stamp for fact in facts]
    # A fact's own fields come first, in the order of their columns; its stamp has three.
    columns = zip(*facts, strict=True)
    return {
        **{
            name: column
            for (name, _), column in zip(_FACT_COLUMNS, columns, strict=False)
            if name != "ce_time"
        },
        "ce_time": [stamp.time for stamp in stamps],
        "ce_id": [stamp.id for stamp in stamps],
        "ce_source": [stamp.source for stamp in stamps],
        "reference_key": [reference_key(fact.payment_reference) or None for fact in facts],
        "number_key": [_number_column(fact.invoice_id) for fact in facts],
        "in_effect": [state.in_effect for state in states],
        "due_on": [state.due_on for state in states],
        "version": [record.version for record in records],
    }


def _number_column(invoice_id: str) -> str | None:
    normal = number_key(invoice_id)
    return None if normal == invoice_id else normal


def _state_arrays(records: Sequence[InvoiceRecord]) -> dict[str, list[Any]]:
    states = _states(records)
    settlements = [state.settlement for state in states]
    return {
        "others": [
            written_invoices([v for v in record.versions if v.stamp != state.fact.stamp])
            for record, state in zip(records, states, strict=True)
        ],
        "known_from": [record.known_from for record in records],
        "open": [settlement.open for settlement in settlements],
        "paid": [settlement.paid for settlement in settlements],
        "credited": [settlement.credited for settlement in settlements],
        "written_off": [settlement.written_off for settlement in settlements],
        "status": [settlement.status.value for settlement in settlements],
        "settled_on": [settlement.settled_on for settlement in settlements],
        "written_off_on": [settlement.written_off_on for settlement in settlements],
        "reversed_on": [settlement.reversed_on for settlement in settlements],
        "stops": [written_or_null(state.stops) for state in states],
        "no_evidence": [state.no_evidence for state in states],
    }
