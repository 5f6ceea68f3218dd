"""Looks ahead: calls `decide` at its own next wake-up, as if every contact were accepted and nothing were paid."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from scheduler.domain.customer import Contact, Customer
from scheduler.domain.decide import decide
from scheduler.domain.decision import Decision
from scheduler.domain.policy import Calendars, Rulebook
from scheduler.domain.words import Deed

LOOKS_MAX: Final = 400


def accepted(customer: Customer, *, at: datetime) -> Customer:
    """Return the state as if every pending contact had been accepted (a call made) at once."""
    if all(contact.outcome != "PENDING" for contact in customer.contacts):
        return customer
    return replace(
        customer,
        contacts=tuple(_accept(c, at=at) if c.outcome == "PENDING" else c for c in customer.contacts),
    )


def _accept(contact: Contact, *, at: datetime) -> Contact:
    outcome = "DONE" if contact.deed is Deed.CALL else "ACCEPTED"
    return replace(contact, outcome=outcome, outcome_at=at)


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
