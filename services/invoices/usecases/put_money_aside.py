"""Put money aside that is dated ahead: until its day it can meet nothing, so nothing need be read."""

from dataclasses import replace
from datetime import date

from invoices.domain.allocation import ZERO
from invoices.domain.facts import CreditNote, Payment
from invoices.domain.records import AgendaItem, AgendaKind, MoneyRecord, MoneyState
from invoices.usecases.gather_case import Seeds
from invoices.usecases.ports import Book


async def put_money_aside(book: Book, seeds: Seeds, *, creditor_id: str, today: date | None) -> None:
    """Keep new money that is dated after ``today`` for its day, and take it out of the seeds."""
    if today is None:
        return
    ahead: list[MoneyRecord] = []
    for key, record in sorted(seeds.changed_money.items()):
        fact = record.versions[0]
        if record.state is None and len(record.versions) == 1 and fact.on > today:
            owner_id = fact.customer_id if isinstance(fact, Payment | CreditNote) else ""
            state = MoneyState(fact=fact, in_effect=False, unapplied=ZERO, owner_id=owner_id)
            ahead.append(replace(record, state=state))
            del seeds.changed_money[key]
    if ahead:
        await book.save_money(ahead)
        items = {AgendaItem(one.versions[0].on, AgendaKind(one.key[0]), one.key[1]) for one in ahead}
        await book.add_agenda(creditor_id, items=sorted(items))
