"""Judge customers anew: the master that counts, usable details, holds in force and broken promises."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from invoices.domain.agreement import Agreement
from invoices.domain.contact_details import usable
from invoices.domain.creditor import CreditorRecord
from invoices.domain.customer import CustomerRecord, CustomerState, counting_master, master_day
from invoices.domain.events import CustomerChanged
from invoices.domain.moment import Moment
from invoices.domain.records import AgendaItem, AgendaKind, BrokenDay
from invoices.domain.stop import customer_stops
from invoices.usecases.ports import Book


async def rejudge_customers(
    book: Book,
    *,
    creditor: CreditorRecord,
    customer_ids: Sequence[str],
    moment: Moment,
    changed: Mapping[str, CustomerRecord] | None = None,
) -> list[CustomerChanged]:
    """Judge these customers and save what changed; returns what the world is to be told, by customer.

    ``changed`` are records as read, with versions that are not stored yet. A customer of whom nothing is
    known but its id is not spoken of.
    """
    dirty = changed or {}
    wanted = sorted({*customer_ids, *dirty})
    if not wanted:
        return []
    unread = [customer_id for customer_id in wanted if customer_id not in dirty]
    read = await book.customers(creditor.creditor_id, customer_ids=unread) if unread else {}
    records = {**read, **dirty}
    agreements = await book.agreements(creditor.creditor_id, customer_ids=wanted)
    by_customer: dict[str, list[Agreement]] = {}
    for agreement in (record.agreement for _, record in sorted(agreements.items())):
        by_customer.setdefault(agreement.customer_id, []).append(agreement)
    broken = await book.broken_days(creditor.creditor_id, customer_ids=wanted)
    to_save: list[CustomerRecord] = []
    events: list[CustomerChanged] = []
    for customer_id in wanted:
        if customer_id not in records:
            continue
        record = records[customer_id]
        state = _judged(record, creditor, moment, by_customer.get(customer_id, []), broken)
        if state != record.published and (record.version or _says_anything(state)):
            record = replace(record, published=state, version=record.version + 1)
            events.append(CustomerChanged(state, record.version))
        if record is not records[customer_id] or customer_id in dirty:
            to_save.append(record)
    if to_save:
        await book.save_customers(to_save)
    await _note_days_ahead(book, creditor, moment, to_save)
    return events


def _judged(
    record: CustomerRecord,
    creditor: CreditorRecord,
    moment: Moment,
    agreements: Sequence[Agreement],
    broken: Sequence[BrokenDay],
) -> CustomerState:
    today = creditor.today(moment.now)
    zone = creditor.settings(moment.now).zone
    master = counting_master(record.versions, today=today, zone=zone)
    clean, problems = usable(master) if master is not None else (None, ())
    return CustomerState(
        creditor_id=record.creditor_id,
        customer_id=record.customer_id,
        known_from=record.known_from,
        master=clean,
        problems=problems,
        broken_on=tuple(sorted(day.on for day in broken if day.customer_id == record.customer_id)),
        stops=customer_stops(agreements, today=today),
    )


def _says_anything(state: CustomerState) -> bool:
    return state.master is not None or bool(state.stops or state.broken_on)


async def _note_days_ahead(
    book: Book, creditor: CreditorRecord, moment: Moment, records: Sequence[CustomerRecord]
) -> None:
    today = creditor.today(moment.now)
    if today is None:
        return
    zone = creditor.settings(moment.now).zone
    items = {
        AgendaItem(day, AgendaKind.CUSTOMER, record.customer_id)
        for record in records
        for day in (master_day(version, zone=zone) for version in record.versions)
        if day > today
    }
    if items:
        await book.add_agenda(creditor.creditor_id, items=sorted(items))
