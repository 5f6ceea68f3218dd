"""Bring about what time alone changes: facts dated ahead, holds that end, promises that break."""

from dataclasses import replace
from datetime import date, datetime

from chassis.kernel.calendar import day_start
from invoices.domain.creditor import CreditorRecord
from invoices.domain.events import Event
from invoices.domain.facts import MoneyKind
from invoices.domain.moment import Moment
from invoices.domain.records import AgendaItem, AgendaKind
from invoices.usecases.gather_case import Seeds
from invoices.usecases.ports import Book
from invoices.usecases.rejudge_open_items import rejudge
from invoices.usecases.take_in_facts import apply_settings

ITEMS_MAX = 1000
"""Agenda items judged in one transaction."""


async def pass_time(book: Book, *, moment: Moment) -> int:
    """Do a bounded batch of what has become due by ``moment.now``; returns how much, 0: nothing is left.

    The first time that a creditor is judged by a clock, all its facts dated later go out of effect.
    """
    if moment.now is None:
        return 0
    for creditor, head in await book.agenda_heads():
        creditor_id = creditor.creditor_id
        today = creditor.today(moment.now)
        if today is None or (creditor.judged_on is not None and (head is None or head > today)):
            continue
        await book.lock([creditor_id], exclusive=True)
        locked = (await book.creditors([creditor_id]))[creditor_id]
        if locked.judged_on is None:
            await book.put_everything_on_agenda(creditor_id, after=today, on=today)
            await book.save_creditors([replace(locked, judged_on=today)])
            return 1
        items = await book.take_agenda(creditor_id, until=today, limit=ITEMS_MAX)
        if items:
            await _judge_items(book, items, creditor=locked, moment=moment)
            return len(items)
    return 0


async def next_change_at(book: Book, *, now: datetime | None) -> datetime | None:
    """Return the earliest instant at which ``pass_time`` has work; None: nothing is ahead, or no time yet."""
    if now is None:
        return None
    instants = [
        now if creditor.judged_on is None else _start_of(head, creditor, now)
        for creditor, head in await book.agenda_heads()
    ]
    return min((instant for instant in instants if instant is not None), default=None)


def _start_of(day: date | None, creditor: CreditorRecord, now: datetime) -> datetime | None:
    return None if day is None else day_start(day, zone=creditor.settings(now).zone)


async def _judge_items(
    book: Book, items: list[AgendaItem], *, creditor: CreditorRecord, moment: Moment
) -> None:
    seeds = Seeds()
    events: list[Event] = []
    for item in items:
        match item.kind:
            case AgendaKind.INVOICE:
                seeds.invoice_ids.add(item.key)
            case AgendaKind.CUSTOMER:
                seeds.customer_ids.add(item.key)
            case AgendaKind.CREDITOR:
                term_before = creditor.published.payment_term_days if creditor.published else None
                creditor, changes = await apply_settings(book, creditor, moment=moment)
                events += changes
                if creditor.settings(moment.now).payment_term_days != term_before:
                    seeds.invoice_ids.update(await book.invoice_ids_by_term(creditor.creditor_id))
            case AgendaKind.PAYMENT | AgendaKind.CREDIT_NOTE | AgendaKind.REVERSAL | AgendaKind.WRITE_OFF:
                seeds.money.add((MoneyKind(item.kind), item.key))
    # A new master record touches no invoice; a hold on the customer does.
    customers = [(creditor.creditor_id, customer_id) for customer_id in sorted(seeds.customer_ids)]
    if customers and (agreed := await book.customers_with_agreements(customers)):
        held = sorted(customer_id for _, customer_id in agreed)
        seeds.invoice_ids.update(await book.open_invoice_ids(creditor.creditor_id, customer_ids=held))
    events += await rejudge(book, creditor=creditor, seeds=seeds, moment=moment)
    book.publish(events, at=moment.told_at)
