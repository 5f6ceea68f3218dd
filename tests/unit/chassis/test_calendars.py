"""The days that were written down are those that the library knows, and what the law asks of them."""

import subprocess
import sys
from datetime import date

import pytest

from chassis.calendars import DAYS_FOLDER, dutch_contact_calendar, target_calendar
from chassis.testing.write_days import known


def test_every_file_is_what_the_installed_library_knows() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in DAYS_FOLDER.iterdir()} == known()


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 4, 3), False),  # Good Friday
        (date(2026, 4, 6), False),  # Easter Monday
        (date(2026, 5, 1), False),
        (date(2026, 5, 5), True),  # Liberation day is no bank holiday.
        (date(2026, 12, 25), False),
        (date(2026, 12, 28), True),
        (date(2026, 12, 27), False),  # Sunday
    ],
)
def test_bank_days_follow_the_target_calendar(day: date, *, is_open: bool) -> None:
    assert target_calendar().is_open(day) is is_open


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 4, 3), False),  # Good Friday is equated.
        (date(2025, 4, 26), False),  # King's day falls on a Sunday: the day before.
        (date(2026, 5, 5), False),  # Every year, not only each fifth.
        (date(2026, 5, 14), False),  # Ascension
        (date(2026, 5, 25), False),  # Whit Monday
        (date(2026, 5, 16), True),  # Saturday is left to the policy.
        (date(2026, 5, 17), False),  # Sunday
    ],
)
def test_contact_follows_the_dutch_holidays(day: date, *, is_open: bool) -> None:
    assert dutch_contact_calendar().is_open(day) is is_open


def test_a_service_starts_without_the_library() -> None:
    loads = "import sys, invoices.bootstrap, scheduler.bootstrap, classifier.bootstrap, notifier.bootstrap, chassis.calendars as c; c.target_calendar(); print('holidays' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
