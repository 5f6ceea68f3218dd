"""The default ladders of requirements.md section 2, day by day."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from scheduler.domain.customer import Profile, Stop
from scheduler.domain.words import Verdict
from tests.unit.scheduler.builders import (
    Life,
    ask,
    customer,
    invoice,
    local,
    pays_on_day,
    tiers,
)

START = local("2026-03-02", "00:00")
END = local("2026-08-01")


def life(*, tier: str, **changes: object) -> list[tuple[str, str, str]]:
    return Life(customer(tier=tier, **changes), start=START).until(END).log()


def test_the_bronze_ladder_begins_when_the_invoice_is_sent_and_ends_with_a_person() -> None:
    assert life(tier="BRONZE") == [
        ("2026-03-05 09:00", "arrival-check", "EMAIL"),
        ("2026-03-30 09:00", "upcoming-reminder", "EMAIL"),  # -3 is Sunday 29 March
        ("2026-04-01 09:00", "due-today", "SMS"),
        ("2026-04-02 09:00", "first-reminder", "EMAIL"),
        ("2026-04-07 09:00", "reminder", "EMAIL"),  # +5 is Easter Monday
        ("2026-04-15 09:00", "overdue-call", "CALL"),
        ("2026-05-01 09:00", "final-notice", "LETTER"),
        ("2026-05-18 09:00", "hand-over", "HANDOVER"),  # +45 is Saturday
    ]


def test_the_silver_ladder_without_history_reminds_on_day_five() -> None:
    assert life(tier="SILVER") == [
        ("2026-03-30 09:00", "upcoming-reminder", "EMAIL"),
        ("2026-04-01 09:00", "due-today", "SMS"),
        ("2026-04-07 09:00", "reminder", "EMAIL"),
        ("2026-04-15 09:00", "overdue-call", "CALL"),
        ("2026-05-01 09:00", "formal-notice", "EMAIL"),
        ("2026-05-04 09:00", "formal-notice-letter", "LETTER"),  # +32 is Sunday
    ]


def test_gold_gets_calls_and_a_decision_and_never_a_message() -> None:
    assert life(tier="GOLD", profile=pays_on_day(3)) == [
        ("2026-04-07 09:00", "friendly-call", "CALL"),
        ("2026-04-10 09:00", "REASSIGN", "REASSIGN"),
        ("2026-04-21 09:00", "second-call", "CALL"),
        ("2026-04-24 09:00", "REASSIGN", "REASSIGN"),
        ("2026-05-01 09:00", "decision", "DECISION"),
    ]


@pytest.mark.parametrize(("amount", "called"), [("9999.99", False), ("10000.00", True)])
def test_an_important_gold_invoice_gets_a_courtesy_call_three_days_after_issue(
    amount: str, *, called: bool
) -> None:
    big = invoice(amount=Decimal(amount), open=Decimal(amount))
    log = Life(customer(big, tier="GOLD"), start=START).until(local("2026-03-31")).log()
    assert (("2026-03-05 09:00", "arrival-call", "CALL") in log) is called


def test_a_gold_call_that_is_made_in_time_stays_with_its_assignee() -> None:
    log = Life(customer(tier="GOLD"), start=START, calls_done=True).until(local("2026-04-20")).log()
    assert [step for _, step, _ in log] == ["friendly-call"]


def test_day_zero_is_the_next_bank_day_but_minus_three_counts_from_the_due_date_as_written() -> None:
    saturday = invoice(due="2026-06-13")
    log = Life(customer(saturday), start=local("2026-05-20")).until(local("2026-06-17")).log()
    assert log[-3:] == [
        ("2026-06-10 09:00", "upcoming-reminder", "EMAIL"),
        ("2026-06-15 09:00", "due-today", "SMS"),
        ("2026-06-16 09:00", "first-reminder", "EMAIL"),
    ]


def test_the_fifth_of_may_and_ascension_day_are_passed_over() -> None:
    log = (
        Life(customer(invoice(due="2026-05-05")), start=local("2026-04-20")).until(local("2026-05-16")).log()
    )
    assert ("2026-05-06 09:00", "first-reminder", "EMAIL") in log
    assert not [at for at, _, _ in log if at.startswith(("2026-05-05", "2026-05-14"))]


@pytest.mark.parametrize(("late", "shift"), [(2.4, 2), (2.5, 3), (3.0, 3), (12.0, 7), (None, 0)])
def test_structural_lateness_moves_the_fixed_friendly_steps_after_the_due_date_only(
    late: float | None, shift: int
) -> None:
    due = invoice(due="2026-06-01")
    profile = Profile(version=1, structural_days_late=late)
    log = Life(customer(due, profile=profile), start=local("2026-05-01")).until(END).log()
    days = {step: at[:10] for at, step, _ in log}
    assert days["due-today"] == "2026-06-01"
    moved = {0: "2026-06-02", 2: "2026-06-04", 3: "2026-06-05", 7: "2026-06-09"}
    assert days["first-reminder"] == moved[shift]
    assert days["final-notice"] == "2026-07-01"


def test_after_an_outage_the_one_right_step_goes_and_the_lower_ones_are_merged() -> None:
    late = Life(customer(), start=local("2026-04-22", "12:00")).until(local("2026-04-30"))
    assert late.log() == [("2026-04-23 09:00", "overdue-call", "CALL")]


def test_a_change_of_tier_leaves_only_the_higher_steps() -> None:
    story = Life(customer(tier="BRONZE"), start=START).until(local("2026-04-03"))
    story.change(tiers=tiers(("BRONZE", "2026-01-01"), ("SILVER", "2026-04-03"))).until(local("2026-06-01"))
    assert [step for _, step, _ in story.log()][4:] == [
        "reminder",
        "overdue-call",
        "formal-notice",
        "formal-notice-letter",
    ]


def test_steps_due_before_the_invoice_was_known_are_skipped() -> None:
    imported = invoice(known_from=local("2026-04-10", "12:00"))
    log = Life(customer(imported), start=local("2026-04-10", "12:00")).until(local("2026-04-30")).log()
    assert log == [("2026-04-15 09:00", "overdue-call", "CALL")]


def test_a_step_of_the_very_day_counts_when_the_invoice_is_known_before_its_minute() -> None:
    early = ask(customer(invoice(known_from=local("2026-04-01", "08:59"))), local("2026-04-01"))
    late = ask(customer(invoice(known_from=local("2026-04-01", "09:01"))), local("2026-04-01", "09:02"))
    assert [action.step.name for action in early.actions if action.step] == ["due-today"]
    assert late.actions == ()


@pytest.mark.parametrize(
    ("kind", "until"), [("DISPUTED", None), ("PROMISED", "2026-04-20"), ("HELD", "2026-04-20")]
)
def test_a_stopped_invoice_stands_still_and_then_gets_the_one_right_step(
    kind: str, until: str | None
) -> None:
    stop = Stop(kind, until=date.fromisoformat(until) if until else None)
    story = Life(customer(invoice(stops=(stop,))), start=local("2026-04-01", "00:00")).until(
        local("2026-04-30")
    )
    expected = [("2026-04-20 09:00", "overdue-call", "CALL")] if until else []
    assert story.log() == expected
    assert ask(story.who, local("2026-04-02")).reasons[0].verdict is Verdict.STOP


def test_an_invoice_dated_ahead_is_as_if_it_were_not_there() -> None:
    decision = ask(customer(invoice(in_effect=False)), local("2026-04-02"))
    assert (decision.actions, decision.next_wakeup) == ((), None)


def test_a_credit_note_invoice_is_never_reminded() -> None:
    decision = ask(customer(invoice(amount=Decimal(-5), open=Decimal(-5))), local("2026-04-02"))
    assert (decision.actions, decision.next_wakeup) == ((), None)


def test_an_invoice_that_fell_due_under_gold_never_gets_an_automatic_formal_step() -> None:
    spans = tiers(("GOLD", "2026-01-01"), ("BRONZE", "2026-04-10"))
    story = Life(customer(profile=pays_on_day(3)), start=START)
    story.who = story.who._replace(tiers=spans[:1])
    story.until(local("2026-04-10", "00:00")).change(tiers=spans).until(END)
    steps = [step for _, step, _ in story.log()]
    assert "decision" in steps
    assert "final-notice" not in steps


def test_an_invoice_that_falls_due_after_the_fall_of_tier_gets_the_new_ladder_whole() -> None:
    spans = tiers(("GOLD", "2026-01-01"), ("BRONZE", "2026-03-20"))
    story = Life(customer(tiers=spans), start=START).until(END)
    assert [step for _, step, _ in story.log()][-2:] == ["final-notice", "hand-over"]


def test_a_promotion_to_gold_after_a_reminder_goes_on_with_the_higher_calls() -> None:
    story = Life(customer(tier="SILVER"), start=START).until(local("2026-04-08"))
    story.change(tiers=tiers(("SILVER", "2026-01-01"), ("GOLD", "2026-04-08"))).until(END)
    assert [step for _, step, _ in story.log()][3:] == ["second-call", "REASSIGN", "decision"]


def test_nothing_is_planned_for_a_customer_who_owes_nothing() -> None:
    settled = customer(invoice(status="PAID", open=Decimal(0)))
    decision = ask(settled, datetime(2026, 4, 2, 7, tzinfo=UTC))
    assert (decision.actions, decision.next_wakeup, decision.customer.invoices) == ((), None, ())
