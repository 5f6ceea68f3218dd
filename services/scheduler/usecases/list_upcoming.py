"""Lists which customers come next: by their next action, as `decide` would take it."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from scheduler.domain.ahead import look_ahead
from scheduler.domain.customer import Customer
from scheduler.domain.decision import Action
from scheduler.domain.policy import Rulebook
from scheduler.domain.words import Outreach
from scheduler.usecases.ports import Desk

LOOKS_MAX = 6


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A customer and what comes next for them."""

    wake_at: datetime
    """Its place in the list: when the customer is looked at again, long ago for "at once"."""
    customer_id: str
    at: datetime
    actions: tuple[Action, ...]


async def list_upcoming(
    creditor_id: str, *, after: tuple[datetime, str] | None, limit: int, desk: Desk
) -> list[Upcoming]:
    """Return customers with a wake-up, the next one first; ``limit`` at most; none while outreach is off."""
    book = (await desk.rules.rulebooks([creditor_id]))[creditor_id]
    if book.creditor.outreach is Outreach.OFF:
        return []
    rows = await desk.readings.upcoming(creditor_id, after=after, limit=limit)
    return [_next(customer, book, wake_at=wake_at, desk=desk) for wake_at, customer in rows]


def _next(customer: Customer, book: Rulebook, *, wake_at: datetime, desk: Desk) -> Upcoming:
    now = max(wake_at, desk.present(customer, book))
    looks = islice(look_ahead(customer, book, desk.calendars, now=now), LOOKS_MAX)
    found = next(((at, decision.actions) for at, decision in looks if decision.actions), (now, ()))
    return Upcoming(wake_at, customer.customer_id, *found)
