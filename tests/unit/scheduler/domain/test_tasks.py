"""Tasks for one's own staff: made on business days, passed on, cancelled, never extended."""

from decimal import Decimal

import pytest

from scheduler.domain.customer import Stop, Window
from scheduler.domain.words import Deed
from tests.unit.scheduler.builders import Life, ask, customer, invoice, local, pays_on_day

GOLD_CALL = local("2026-04-07")  # +5 is Easter Monday


def test_a_task_is_made_at_nine_whatever_the_customers_window() -> None:
    who = customer(tier="GOLD", window=Window(18 * 60, 20 * 60))
    assert [action.deed for action in ask(who, GOLD_CALL).actions] == [Deed.CALL]


def test_a_step_that_comes_due_on_another_invoice_makes_a_task_of_its_own() -> None:
    who = customer(invoice("A", due="2026-06-01"), invoice("B", due="2026-06-03"))
    calls = [
        a for a in Life(who, start=local("2026-06-10")).until(local("2026-06-20")).done if a.deed is Deed.CALL
    ]
    assert [action.own for action in calls] == [("A",), ("B",)]


def test_invoices_that_reach_the_same_step_together_share_one_task() -> None:
    who = customer(invoice("A", due="2026-06-01"), invoice("B", due="2026-06-01"))
    (call,) = [
        a
        for a in Life(who, start=local("2026-06-15", "00:00")).until(local("2026-06-16")).done
        if a.deed is Deed.CALL
    ]
    assert call.own == ("A", "B")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "PAID", "open": Decimal(0)}, "PAID"),
        ({"status": "CREDITED", "open": Decimal(0)}, "CREDITED"),
        ({"stops": (Stop("DISPUTED"),)}, "DISPUTED"),
        ({"stops": (Stop("PROMISED"),)}, "PROMISED"),
    ],
)
def test_an_open_task_is_cancelled_once_when_nothing_is_left_to_ask(
    change: dict[str, object], why: str
) -> None:
    story = Life(customer(tier="GOLD"), start=local("2026-04-01", "00:00")).until(local("2026-04-08"))
    changed = story.who.invoices[0]._replace(**change)  # type: ignore[arg-type]
    story.change(invoices=(changed,))
    decision = ask(story.who, story.now)
    (cancel,) = decision.actions
    assert (cancel.deed, cancel.problem, cancel.task_id) == (Deed.CANCEL, why, story.done[0].contact_id)
    assert ask(decision.customer, story.now).actions == ()


def test_a_task_stays_while_one_of_its_invoices_is_still_to_be_asked_for() -> None:
    who = customer(invoice("A"), invoice("B"), tier="GOLD")
    story = Life(who, start=local("2026-04-01", "00:00")).until(local("2026-04-08"))
    paid = story.who.invoices[0]._replace(status="PAID", open=Decimal(0))
    story.change(invoices=(paid, story.who.invoices[1])).until(local("2026-04-08", "12:00"))
    assert [action.deed for action in story.done] == [Deed.CALL]
    story.change(invoices=(story.who.invoices[0]._replace(status="PAID", open=Decimal(0)),))
    assert [action.deed for action in story.until(local("2026-04-09")).done] == [Deed.CALL, Deed.CANCEL]


def test_a_cancelled_call_is_made_again_when_the_dispute_is_over() -> None:
    story = Life(customer(tier="GOLD"), start=local("2026-04-01", "00:00")).until(local("2026-04-08"))
    bare = story.who.invoices
    story.change(invoices=(bare[0]._replace(stops=(Stop("DISPUTED"),)),)).until(local("2026-04-13", "12:00"))
    story.change(invoices=bare).until(local("2026-04-14", "23:00"))
    assert [step for _, step, _ in story.log()] == ["friendly-call", "CANCEL", "friendly-call"]


def test_without_an_account_manager_a_call_stays_where_it_is() -> None:
    story = Life(customer(tier="GOLD", account_manager=""), start=local("2026-04-01", "00:00"))
    assert [step for _, step, _ in story.until(local("2026-04-15")).log()] == ["friendly-call"]


def test_three_business_days_pass_over_weekends_and_holidays() -> None:
    # Called on Thursday 23 April; Friday 24, (Monday 27 is King's day) Tuesday 28, Wednesday 29.
    due = invoice(due="2026-04-20")
    who = customer(due, tier="GOLD", profile=pays_on_day(2))
    log = Life(who, start=local("2026-04-10", "00:00")).until(local("2026-05-01")).log()
    assert log == [
        ("2026-04-23 09:00", "friendly-call", "CALL"),
        ("2026-04-29 09:00", "REASSIGN", "REASSIGN"),
    ]


def test_a_customer_who_wants_to_be_called_gets_calls_instead_of_messages() -> None:
    who = customer(preferred_channel="CALL")
    log = Life(who, start=local("2026-04-01", "00:00")).until(local("2026-04-08")).log()
    assert log == [
        ("2026-04-01 09:00", "due-today", "CALL"),
        ("2026-04-02 09:00", "first-reminder", "CALL"),
        ("2026-04-07 09:00", "reminder", "CALL"),
    ]


@pytest.mark.parametrize(
    ("tier", "before"),
    [
        ("BRONZE", {"arrival-check", "upcoming-reminder", "due-today"}),
        ("SILVER", {"upcoming-reminder", "due-today"}),
    ],
)
def test_a_call_instead_of_a_message_asks_why_it_is_unpaid_only_after_the_due_date(
    tier: str, before: set[str]
) -> None:
    who = customer(invoice(due="2026-06-01"), tier=tier, preferred_channel="CALL")
    calls = Life(who, start=local("2026-05-01", "00:00")).until(local("2026-06-11")).done
    scripts = {call.step.name: call.template for call in calls if call.step}
    assert {name for name, script in scripts.items() if script == "call-courtesy"} == before
    assert {script for name, script in scripts.items() if name not in before} == {"call-friendly"}


def test_a_call_on_the_due_date_that_had_to_wait_a_day_no_longer_says_that_nothing_is_late() -> None:
    # 27 April is King's day: banks work, nobody is called.
    who = customer(invoice(due="2026-04-27"), tier="SILVER", preferred_channel="CALL")
    (call,) = ask(who, local("2026-04-28")).actions
    assert call.step is not None
    assert (call.step.name, call.template) == ("due-today", "call-friendly")
