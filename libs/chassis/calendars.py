"""Builds the day calendars from the days that were written down; bootstrap hands them to the domains."""

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from chassis.kernel.calendar import DayCalendar

YEAR_MIN: Final = 1990
YEAR_MAX: Final = 2100
"""The first year that is not written down."""
DAYS_FOLDER: Final = Path(__file__).parent / "days"
"""From the ``holidays`` library by `make calendars`; to load it takes each process 13 MB and 0.4 s (ADR 0014)."""


@lru_cache(maxsize=1)
def target_calendar() -> DayCalendar:
    """TARGET bank days: not Saturday, Sunday, 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December."""
    return DayCalendar(holidays=_days("target.txt"))


@lru_cache(maxsize=1)
def dutch_contact_calendar() -> DayCalendar:
    """Days on which the Bki (art. 4.2) and the Algemene termijnenwet (art. 3) allow contact.

    Never on Sunday or a public holiday; Good Friday is equated, and 5 May counts every year. Saturday is left to
    the policy.
    """
    return DayCalendar(holidays=_days("dutch.txt"), weekdays_off=frozenset({6}))


def _days(name: str) -> frozenset[date]:
    """Read a file of lines like ``2026 01-01 04-03``."""
    lines = (DAYS_FOLDER / name).read_text(encoding="utf-8").splitlines()
    years = (line.split() for line in lines if not line.startswith("#"))
    return frozenset(date.fromisoformat(f"{year}-{day}") for year, *days in years for day in days)
