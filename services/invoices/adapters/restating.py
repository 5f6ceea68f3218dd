"""On a restored database: lifts versions above all that were ever told, and tells what holds now."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from sqlalchemy import text

from chassis.db.unit_of_work import Unit
from chassis.kernel.clock import Clock
from contracts.invoices import v1 as messages
from invoices.adapters.repositories import open_book
from invoices.adapters.wire import CREDITOR_CHANGED, CUSTOMER_CHANGED, INVOICE_CHANGED
from invoices.domain.events import CreditorChanged, CustomerChanged, Event, InvoiceChanged
from invoices.usecases.ports import Book

STATES: Final = frozenset({INVOICE_CHANGED, CUSTOMER_CHANGED, CREDITOR_CHANGED})

_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_Floors = dict[tuple[str, str], int]
"""(creditor, business key) to the highest version told."""

_LIFT: Final = (
    "UPDATE {table} t SET version = greatest(t.version, u.version) + 1"
    " FROM unnest(CAST(:creditors AS text[]), CAST(:keys AS text[]), CAST(:versions AS bigint[]))"
    " AS u (creditor_id, key, version) WHERE t.creditor_id = u.creditor_id AND t.{key} = u.key"
)
_LIFT_INVOICES: Final = text(_LIFT.format(table="invoices", key="invoice_id"))
_LIFT_CUSTOMERS: Final = text(_LIFT.format(table="customers", key="customer_id"))
_LIFT_CREDITORS: Final = text(_LIFT.format(table="creditors", key="creditor_id"))


async def restate(
    unit: Unit, told: Sequence[msgspec.Struct], fresh: Sequence[msgspec.Struct], *, clock: Clock
) -> None:
    """Lift the versions of everything spoken of since the backup, and publish it as it stands."""
    invoices, customers, creditors = _floors((*told, *fresh))
    for lift, floors in (
        (_LIFT_INVOICES, invoices),
        (_LIFT_CUSTOMERS, customers),
        (_LIFT_CREDITORS, creditors),
    ):
        if floors:
            await unit.connection.execute(lift, _arrays(floors))
    book = open_book(unit)
    at = clock.now() or _NO_TIME
    for creditor_id in sorted({key[0] for key in (*invoices, *customers, *creditors)}):
        events = await _standing(book, creditor_id, _of(creditor_id, customers), _of(creditor_id, invoices))
        account = (await book.creditors([creditor_id])).get(creditor_id)
        if (creditor_id, creditor_id) in creditors and account is not None and account.published is not None:
            events.insert(0, CreditorChanged(account.published, account.version))
        book.publish(events, at=at)


async def _standing(
    book: Book, creditor_id: str, customer_ids: Sequence[str], invoice_ids: Sequence[str]
) -> list[Event]:
    events: list[Event] = []
    customers = await book.customers(creditor_id, customer_ids=customer_ids) if customer_ids else {}
    for _, record in sorted(customers.items()):
        if record.published is not None:
            events.append(CustomerChanged(record.published, record.version))
    invoices = await book.invoices(creditor_id, invoice_ids=invoice_ids) if invoice_ids else {}
    for _, invoice in sorted(invoices.items()):
        if invoice.state is not None:
            events.append(InvoiceChanged(invoice.state, invoice.version))
    return events


def _floors(bodies: Iterable[msgspec.Struct]) -> tuple[_Floors, _Floors, _Floors]:
    invoices: _Floors = {}
    customers: _Floors = {}
    creditors: _Floors = {}
    for body in bodies:
        match body:
            case messages.InvoiceChanged():
                _raise(invoices, (body.creditor_id, body.invoice_id), body.version)
            case messages.CustomerChanged():
                _raise(customers, (body.creditor_id, body.customer_id), body.version)
            case messages.CreditorChanged():
                _raise(creditors, (body.creditor_id, body.creditor_id), body.version)
            case _:
                pass
    return invoices, customers, creditors


def _raise(floors: _Floors, key: tuple[str, str], version: int) -> None:
    floors[key] = max(floors.get(key, 0), version)


def _of(creditor_id: str, floors: Mapping[tuple[str, str], int]) -> list[str]:
    return sorted(key for owner, key in floors if owner == creditor_id)


def _arrays(floors: _Floors) -> dict[str, list[object]]:
    keys = sorted(floors)
    return {
        "creditors": [key[0] for key in keys],
        "keys": [key[1] for key in keys],
        "versions": [floors[key] for key in keys],
    }
