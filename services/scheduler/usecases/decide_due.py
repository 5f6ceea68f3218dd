"""Decides for the customers whose wake-up is due: the only place from which commands come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.domain.case import cached_zone
from scheduler.domain.customer import Customer
from scheduler.domain.decide import decide
from scheduler.domain.decision import Decision
from scheduler.domain.policy import Calendars, Rulebook
from scheduler.domain.words import Outreach
from scheduler.usecases.ports import Awake, Commands, Customers, Decided, Rules
from scheduler.usecases.reasons_mark import mark_of

BATCH_CUSTOMERS_MAX = 500
_SHADOW_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Count:
    """What one batch did."""

    customers: int
    commands: int


async def decide_due(
    now: datetime, *, customers: Customers, rules: Rules, commands: Commands, calendars: Calendars
) -> Count:
    """Decide a bounded batch of customers whose wake-up is at or before ``now``; 0 customers: nothing left."""
    awake = await customers.claim_due(now, limit=BATCH_CUSTOMERS_MAX)
    if not awake:
        return Count(0, 0)
    books = await rules.rulebooks(sorted({item.customer.creditor_id for item in awake}))
    awake.sort(key=lambda item: (item.customer.creditor_id, item.customer.customer_id))
    decided: list[Decided] = []
    sent = 0
    for item in awake:
        book = books[item.customer.creditor_id]
        result, decision = _decide_one(item, book, calendars=calendars, now=now)
        decided.append(result)
        if decision is None or not decision.actions:
            continue
        if book.creditor.outreach is Outreach.SHADOW:
            await commands.report_shadow(item.customer, decision, rules=book)
        else:
            sent += commands.publish(item.customer, decision, rules=book)
    await customers.save_decided(decided)
    return Count(len(awake), sent)


def _decide_one(
    item: Awake, book: Rulebook, *, calendars: Calendars, now: datetime
) -> tuple[Decided, Decision | None]:
    customer = item.customer
    key = (customer.creditor_id, customer.customer_id)
    day = now.astimezone(cached_zone("", book.creditor.timezone)).date()
    if book.creditor.outreach is Outreach.OFF:
        return Decided(key, None, None, item.said, None, now, day), None
    decision = decide(customer, book, calendars, now)
    said = mark_of(decision)
    state: Customer | None = decision.customer
    wake = decision.next_wakeup
    if book.creditor.outreach is Outreach.SHADOW and decision.actions:
        # In shadow nothing is carried out: the ladder stays where it is, and the same question comes tomorrow.
        state, wake = None, now + _SHADOW_AGAIN
    if state is customer:
        state = None
    logged = decision if said != item.said else None
    return Decided(key, state, wake, said, logged, now, day), decision


def commands_in(counts: Sequence[Count]) -> int:
    """Add up the commands of several batches."""
    return sum(count.commands for count in counts)
