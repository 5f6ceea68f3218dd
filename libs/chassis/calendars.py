"""Builds the day calendars from the ``holidays`` library; bootstrap hands them to the domains."""

from datetime import date
from functools import lru_cache

import holidays

from chassis.kernel.calendar import DayCalendar

YEAR_MIN = 1990
YEAR_MAX = 2100


@lru_cache(maxsize=1)
def target_calendar() -> DayCalendar:
    """TARGET bank days: not Saturday, Sunday, 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December."""
    days = holidays.financial_holidays("XECB", years=range(YEAR_MIN, YEAR_MAX))
    return DayCalendar(holidays=frozenset(days))


@lru_cache(maxsize=1)
def dutch_contact_calendar() -> DayCalendar:
    """Days on which the Bki (art. 4.2) and the Algemene termijnenwet (art. 3) allow contact.

    Never on Sunday or a public holiday; Good Friday is equated. 5 May counts every year, which
    needs the library's "optional" category. Saturday is left to the policy.
    """
    found = holidays.country_holidays(
        "NL", years=range(YEAR_MIN, YEAR_MAX), categories=("public", "optional")
    )
    days: set[date] = set(found)
    return DayCalendar(holidays=frozenset(days), weekdays_off=frozenset({6}))
