"""The response model makes debtors pay sooner for a good reminder, never later."""

from dataclasses import replace
from datetime import date
from statistics import mean

import pytest

from sandbox.generator import generate
from sandbox.generator.bankdays import is_bank_day
from sandbox.generator.personas import Persona
from sandbox.generator.response import Reminder, paid_on_after, response_share

REMINDER = Reminder(
    invoice_id="2025-00001", on=date(2025, 6, 2), channel="CALL", tone="WARM", hour_h=10, attempt=1
)
NATURAL = date(2025, 7, 15)


@pytest.fixture
def who() -> Persona:
    return replace(generate(0, customers=1).personas[0], tone="WARM", affinity={"CALL": 0.2})


def _mean_day(who: Persona, reminder: Reminder) -> float:
    days = [
        paid_on_after(who, replace(reminder, invoice_id=str(n)), natural_paid_on=NATURAL, seed=0).toordinal()
        for n in range(400)
    ]
    return mean(days)


def test_nobody_pays_later_for_being_reminded(who: Persona) -> None:
    for number in range(300):
        reminder = replace(REMINDER, invoice_id=str(number))
        paid_on = paid_on_after(who, reminder, natural_paid_on=NATURAL, seed=0)
        assert REMINDER.on < paid_on <= NATURAL
        assert is_bank_day(paid_on)
        soon = date(2025, 6, 3)
        assert paid_on_after(who, reminder, natural_paid_on=soon, seed=0) == soon


def test_the_liked_channel_tone_and_hour_work_better(who: Persona) -> None:
    best = response_share(who, REMINDER)
    assert best == pytest.approx(0.50 * 1.0 * 1.15 * 1.2)
    assert response_share(who, replace(REMINDER, tone="FORMAL")) < best
    assert response_share(who, replace(REMINDER, hour_h=19)) < best
    assert response_share(who, replace(REMINDER, channel="EMAIL")) < best
    assert response_share(who, replace(REMINDER, attempt=4)) < best
    assert response_share(who, replace(REMINDER, attempt=99)) > 0


def test_better_reminders_bring_the_money_sooner(who: Persona) -> None:
    assert (
        _mean_day(who, REMINDER)
        < _mean_day(who, replace(REMINDER, channel="EMAIL", attempt=5))
        < NATURAL.toordinal()
    )


def test_the_same_reminder_meets_the_same_luck(who: Persona) -> None:
    first = paid_on_after(who, REMINDER, natural_paid_on=NATURAL, seed=3)
    assert first == paid_on_after(who, REMINDER, natural_paid_on=NATURAL, seed=3)
