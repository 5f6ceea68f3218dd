"""Looking ahead says what then happens when no new fact comes in."""

import pytest

from scheduler.domain.ahead import look_ahead
from scheduler.domain.customer import Customer, Invoice, Window
from tests.unit.scheduler.builders import CALENDARS, RULES, Life, customer, invoice, local

START = local("2026-03-02", "07:30")
CAUGHT_UP = (
    invoice("I-1", due="2026-02-03"),
    invoice("I-2", due="2026-02-26"),
    invoice("I-3", due="2026-03-20"),
)


def planned(who: Customer) -> list[tuple[str, str]]:
    return [
        (f"{at:%Y-%m-%d %H:%M}", action.step.name)
        for at, decision in look_ahead(who, RULES, CALENDARS, now=START)
        for action in decision.actions
        if action.step is not None
    ]


@pytest.mark.parametrize("tier", ["GOLD", "SILVER", "BRONZE"])
@pytest.mark.parametrize("invoices", [CAUGHT_UP, CAUGHT_UP[:1]])
@pytest.mark.parametrize("is_consumer", [False, True])
def test_the_plan_is_what_happens_when_nobody_does_the_calls(
    tier: str, invoices: tuple[Invoice, ...], *, is_consumer: bool
) -> None:
    window = Window(from_minute=360, to_minute=480, weekdays=frozenset({1, 5}))
    who = customer(*invoices, tier=tier, is_consumer=is_consumer, window=window)
    life = Life(who, start=START).until(local("2026-07-01"))
    happened = [(f"{a.at:%Y-%m-%d %H:%M}", a.step.name) for a in life.done if a.step is not None]
    assert planned(who) == happened
