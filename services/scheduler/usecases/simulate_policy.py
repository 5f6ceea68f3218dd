"""Tries a policy on today's portfolio: what it would do in the coming days, beside what holds now."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from scheduler.domain.ahead import look_ahead
from scheduler.domain.customer import Customer
from scheduler.domain.policy import Policy, Rulebook
from scheduler.usecases.ports import Desk

PAGE_CUSTOMERS = 500


@dataclass(frozen=True, slots=True)
class Simulated:
    """How often each step would be carried out, by channel, under the present and the tried policy."""

    customers: int
    present: Counter[tuple[str, str]]
    tried: Counter[tuple[str, str]]


async def simulate_policy(creditor_id: str, tried: Policy, *, days: int, desk: Desk) -> Simulated:
    """Run every customer ahead twice, as if nothing were paid; nothing is stored or sent."""
    result = Simulated(0, Counter(), Counter())
    book = (await desk.rules.rulebooks([creditor_id]))[creditor_id]
    other = _with(book, tried)
    after, seen = "", 0
    while page := await desk.readings.portfolio(creditor_id, after=after, limit=PAGE_CUSTOMERS):
        for customer in page:
            result.present.update(_steps(customer, book, days=days, desk=desk))
            result.tried.update(_steps(customer, other, days=days, desk=desk))
        after, seen = page[-1].customer_id, seen + len(page)
    return replace(result, customers=seen)


def _with(book: Rulebook, tried: Policy) -> Rulebook:
    if tried.name == "gold":
        return replace(book, gold=tried)
    return replace(book, silver=tried) if tried.name == "silver" else replace(book, bronze=tried)


def _steps(customer: Customer, book: Rulebook, *, days: int, desk: Desk) -> Iterator[tuple[str, str]]:
    now = desk.present(customer, book)
    for _, decision in look_ahead(customer, book, desk.calendars, now=now, until=now + timedelta(days=days)):
        for action in decision.actions:
            if action.step is not None:
                yield action.step.name, str(action.channel or action.deed)
