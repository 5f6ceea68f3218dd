"""Looks ahead: calls `decide` at its own next wake-up, as if every contact were accepted and nothing else came in."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from scheduler.domain.customer import Contact, Customer
from scheduler.domain.decide import decide
from scheduler.domain.decision import Decision
from scheduler.domain.policy import Calendars, Rulebook

LOOKS_MAX: Final = 400


def accepted(customer: Customer, *, at: datetime) -> Customer:
    """Return the state as if every pending contact had been accepted at once, and cancelled tasks were off the list.

    A task that was made stays open: that somebody did it would be a new fact.
    """
    if not any(_moves(contact) for contact in customer.contacts):
        return customer
    return customer._replace(contacts=tuple(_follow(c, at=at) if _moves(c) else c for c in customer.contacts))


def _moves(contact: Contact) -> bool:
    return contact.outcome == "PENDING" or (contact.cancelled and contact.is_open_task)


def _follow(contact: Contact, *, at: datetime) -> Contact:
    return contact._replace(outcome="SUPPRESSED" if contact.cancelled else "ACCEPTED", outcome_at=at)


def look_ahead(
    customer: Customer, rules: Rulebook, calendars: Calendars, *, now: datetime, until: datetime | None = None
) -> Iterator[tuple[datetime, Decision]]:
    """Yield each decision from ``now`` on, with its instant, until nothing more comes of itself."""
    at: datetime | None = now
    for _ in range(LOOKS_MAX):
        if at is None or (until is not None and at > until):
            return
        decision = decide(customer, rules, calendars, at)
        yield at, decision
        customer = accepted(decision.customer, at=at)
        if decision.actions:
            # Accepting may itself free or finish something: the same question once more, as in real life.
            decision = decide(customer, rules, calendars, at)
            customer = accepted(decision.customer, at=at)
        at = decision.next_wakeup
