"""Decides for the customers whose wake-up is due: the only place from which commands come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from scheduler.domain.customer import Customer
from scheduler.domain.decide import decide
from scheduler.domain.decision import Decision
from scheduler.domain.lane import cached_zone
from scheduler.domain.policy import Calendars, Rulebook
from scheduler.domain.words import Outreach
from scheduler.usecases.ports import Awake, Commands, CustomerKey, Customers, Decided, Rules
from scheduler.usecases.reasons_mark import mark_of

BATCH_CUSTOMERS_MAX = 500
_SHADOW_AGAIN = timedelta(days=1)


@dataclass(slots=True)
class Wave:
    """A stretch of the sandbox's time in which only the customers themselves have anything to do.

    Each customer decides at its own instants, in their order; one that has acted waits until its
    contacts have come to their outcome, so it is not looked at again within the wave.
    """

    begun: datetime
    until: datetime
    acted: set[CustomerKey] = field(default_factory=set)

    def instant_of(self, item: Awake) -> datetime:
        """Return when this customer decides: as it asked, but not before the wave or its last decision."""
        return max(self.begun, item.wakeup_at or self.begun, item.decided_at or self.begun)


@dataclass(frozen=True, slots=True)
class Count:
    """What one batch did."""

    customers: int
    commands: int
    is_last: bool = False
    """In a wave: nobody is left who decides before its end."""


async def decide_due(
    now: datetime | Wave, *, customers: Customers, rules: Rules, commands: Commands, calendars: Calendars
) -> Count:
    """Decide a bounded batch of customers whose wake-up is at or before ``now``; 0 customers: nothing left.

    With the wall clock everybody decides at ``now``; in a wave of the sandbox each at its own instant.
    """
    awake = await _claim(now, customers)
    if not awake:
        return Count(0, 0)
    books = await rules.rulebooks(sorted({item.customer.creditor_id for item in awake}))
    awake.sort(key=lambda item: (item.customer.creditor_id, item.customer.customer_id))
    decided: list[Decided] = []
    sent = 0
    for item in awake:
        book = books[item.customer.creditor_id]
        instant = now.instant_of(item) if isinstance(now, Wave) else now
        result, decision = _decide_one(item, book, calendars=calendars, now=instant)
        decided.append(result)
        if decision is None or not decision.actions:
            continue
        if isinstance(now, Wave) and book.creditor.outreach is Outreach.ON:
            now.acted.add(result.key)
        if book.creditor.outreach is Outreach.SHADOW:
            await commands.report_shadow(item.customer, decision, rules=book)
        else:
            sent += commands.publish(item.customer, decision, rules=book)
    await customers.save_decided(decided)
    return Count(len(awake), sent, is_last=isinstance(now, Wave) and _ends_with(decided, wave=now))


def _ends_with(decided: Sequence[Decided], *, wave: Wave) -> bool:
    """Say whether a wave is over with this batch: not a full one, and nobody in it decides once more."""
    return len(decided) < BATCH_CUSTOMERS_MAX and all(
        result.key in wave.acted or result.next_wakeup is None or result.next_wakeup > wave.until
        for result in decided
    )


async def _claim(now: datetime | Wave, customers: Customers) -> list[Awake]:
    if isinstance(now, Wave):
        return await customers.claim_unless(now.until, acted=now.acted, limit=BATCH_CUSTOMERS_MAX)
    return await customers.claim_due(now, limit=BATCH_CUSTOMERS_MAX)


def _decide_one(
    item: Awake, book: Rulebook, *, calendars: Calendars, now: datetime
) -> tuple[Decided, Decision | None]:
    customer = item.customer
    key = (customer.creditor_id, customer.customer_id)
    day = _day(now, book.creditor.timezone)
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


@lru_cache(maxsize=1024)
def _day(now: datetime, timezone: str) -> date:
    return now.astimezone(cached_zone("", timezone)).date()


def commands_in(counts: Sequence[Count]) -> int:
    """Add up the commands of several batches."""
    return sum(count.commands for count in counts)
