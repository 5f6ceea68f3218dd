"""The fourteen-day letter's term: the vectors of law.md 1.4."""

from datetime import date

import pytest

from scheduler.domain.legal_term import deemed_delivery, next_step_from
from tests.unit.scheduler.builders import CALENDARS, Life, customer, local


@pytest.mark.parametrize(
    ("posted", "delivered"),
    [
        ("2026-06-04", "2026-06-06"),
        ("2026-06-05", "2026-06-09"),
        ("2026-06-06", "2026-06-10"),
        ("2026-06-08", "2026-06-10"),
        ("2026-12-21", "2026-12-23"),
        ("2026-12-23", "2026-12-29"),
    ],
)
def test_a_letter_counts_as_delivered_on_the_second_day_that_counts(posted: str, delivered: str) -> None:
    found = deemed_delivery(date.fromisoformat(posted), calendar=CALENDARS.contact)
    assert found == date.fromisoformat(delivered)


@pytest.mark.parametrize(
    ("posted", "free_from"),
    [
        (
            "2026-06-04",
            "2026-06-25",
        ),  # the term ends on Saturday 20 June, extended to 22; posting + 21 is later
        ("2026-06-05", "2026-06-26"),
        ("2026-12-21", "2027-01-11"),
        ("2026-12-23", "2027-01-13"),
    ],
)
def test_no_harder_step_follows_within_the_term_or_three_weeks(posted: str, free_from: str) -> None:
    found = next_step_from(date.fromisoformat(posted), calendar=CALENDARS.contact)
    assert found == date.fromisoformat(free_from)


def test_a_consumer_gets_the_fourteen_day_letter_and_the_hand_over_waits_for_its_term() -> None:
    story = Life(customer(is_consumer=True), start=local("2026-03-02", "00:00")).until(local("2026-07-01"))
    letter = next(action for action in story.done if action.step and action.step.name == "final-notice")
    assert (letter.template, letter.fourteen_day_letter) == ("fourteen-day-letter", True)
    assert story.log()[-1] == ("2026-05-22 09:00", "hand-over", "HANDOVER")
