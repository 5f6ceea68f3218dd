"""Answer which tier a customer has, why, and how it came to it."""

from dataclasses import dataclass
from datetime import datetime

from chassis.kernel.errors import NotFound
from classifier.domain.behaviour import Progress, refold
from classifier.domain.creditor import Creditor
from classifier.domain.customer import CurrentTier, Customer, Key, computed_tier, start_of, tier_now
from classifier.domain.evidence import Fact, Kind, Outcome, facts_of
from classifier.domain.habits import Habits
from classifier.domain.history import Entry, computed_history, tier_history
from classifier.domain.pin import Pin
from classifier.usecases.ports import Ledger, Outlook, Reader


@dataclass(frozen=True, slots=True)
class TierAnswer:
    """A customer's tier as people see it."""

    customer: Customer
    now: CurrentTier
    computed: CurrentTier
    habits: Habits
    open_overdue_days: int
    open_invoices: int
    pin: Pin | None
    """The manual tier that holds."""
    history: list[Entry]


async def read_tier(ledger: Ledger, reader: Reader, key: Key, *, now: datetime | None) -> TierAnswer:
    """Return the tier as of ``now``, or of the latest fact while there is no time; raises NotFound."""
    customer, creditor = await known_customer(ledger, reader, key)
    today = creditor.today(now) or max(creditor.latest_on, customer.behaviour.last_on, customer.first_on)
    progress = await _progress(ledger, customer, today=today)
    changes = (
        (await ledger.histories([key])).get(key, [])
        if progress is None
        else [made for made in progress.changes.values() if made is not None]
    )
    habits, standing = customer.behaviour.now() if progress is None else (progress.habits, progress.standing)
    outlook = (await ledger.outlooks([key])).get(key, Outlook())
    zone = creditor.zone
    computed = computed_tier(customer.first_on, habits, standing, zone=zone)
    instant = now or start_of(today + 1, zone=zone)
    return TierAnswer(
        customer=customer,
        now=tier_now(computed, customer.pin, today=today, zone=zone),
        computed=computed,
        habits=habits,
        open_overdue_days=max(today - outlook.owed_since, 0) if outlook.owed_since else 0,
        open_invoices=outlook.open_invoices,
        pin=customer.pin if customer.pin and customer.pin.holds(on=today) else None,
        history=tier_history(
            computed_history(customer.first_on, changes, zone=zone),
            await ledger.pins(key),
            now=instant,
            zone=zone,
        ),
    )


async def known_customer(ledger: Ledger, reader: Reader, key: Key) -> tuple[Customer, Creditor]:
    """Return a customer of whom something is in effect; raises NotFound."""
    customer = await reader.customer(key)
    if customer is None or not customer.first_on:
        raise NotFound("no customer with this id")
    creditors: dict[str, Creditor] = await ledger.creditors([key[0]])
    return customer, creditors[key[0]]


async def _progress(ledger: Ledger, customer: Customer, *, today: int) -> Progress | None:
    """Fold up to ``today`` what time alone has added and nobody has taken in yet; None when that is nothing."""
    if not 0 < customer.next_fact_on <= today:
        return None
    rows = (await ledger.invoices_of([customer.key])).get(customer.key, [])
    facts = [fact for row in rows if row.outcome is not Outcome.ABSENT for fact in facts_of(row, until=today)]
    return refold([*facts, *(Fact(on, Kind.BROKEN, 1) for on in customer.broken_on)])
