"""Segments of an SMS, sums per currency, and outcomes of calls."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.kernel.errors import Conflict, Rejected
from notifier.domain.call_outcome import CallOutcome, Promise, check_outcome
from notifier.domain.message import plain_gsm, sms_segments
from notifier.domain.task import Task, TaskState
from notifier.domain.totals import totals_open
from tests.unit.notifier.builders import NOON, an_invoice


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ë" * 70, 1),
        ("ë" * 71, 2),
        ("", 1),
    ],
)
def test_segments_follow_the_gsm_alphabet(text: str, segments: int) -> None:
    assert sms_segments(text) == segments


def test_typographic_characters_do_not_double_the_price() -> None:
    assert plain_gsm("‘€\u00a05’ – ja…") == "'€ 5' - ja..."
    assert plain_gsm("België") == "België"


@given(
    st.lists(
        st.tuples(st.sampled_from(["EUR", "USD", "GBP"]), st.decimals("0.01", "9999", places=2)), max_size=8
    )
)
def test_totals_never_mix_currencies(items: list[tuple[str, Decimal]]) -> None:
    lines = [an_invoice(currency=currency, open=amount) for currency, amount in items]
    totals = {total.currency: total.amount for total in totals_open(lines)}
    assert list(totals) == sorted({currency for currency, _ in items})
    for currency, amount in totals.items():
        assert amount == sum((a for c, a in items if c == currency), Decimal(0))


TODAY = date(2026, 4, 6)


@pytest.mark.parametrize(
    "outcome",
    [
        CallOutcome("MAYBE"),
        CallOutcome("PROMISED"),
        CallOutcome("PROMISED", promise=Promise(date(2026, 4, 5))),
        CallOutcome("PROMISED", promise=Promise(TODAY, ("other",))),
        CallOutcome("PROMISED", promise=Promise(TODAY, amount=Decimal(0))),
        CallOutcome("PAID", promise=Promise(TODAY)),
    ],
)
def test_an_outcome_that_makes_no_sense_is_refused(outcome: CallOutcome) -> None:
    with pytest.raises(Rejected):
        check_outcome(outcome, task_invoice_ids=("2026-0001",), today=TODAY)


def test_a_promise_for_today_about_the_tasks_own_invoice_is_fine() -> None:
    outcome = CallOutcome("PROMISED", promise=Promise(TODAY, ("2026-0001",), Decimal("10.00")))
    check_outcome(outcome, task_invoice_ids=("2026-0001",), today=TODAY)


def test_a_closed_task_stays_as_it_is() -> None:
    task = Task("t", "CALL", "C-1", ("i",), "call", NOON, "sanne", "why", "waarom", "script")
    done = task.finish()
    assert done.state is TaskState.DONE
    assert done.cancel() == done.reassign("x") == done
    with pytest.raises(Conflict):
        done.finish()
