"""The end of the term that a consumer's fourteen-day letter gives (art. 6:96(6) BW; law.md 1.4)."""

from datetime import date, timedelta

from chassis.kernel.calendar import DayCalendar

TERM_DAYS = 14
SAFE_DAYS = 21
"""Three weeks after posting are named as safe (HR 2016:2704)."""


def deemed_delivery(posted_on: date, *, calendar: DayCalendar) -> date:
    """Return the second day after posting; a Sunday, Monday or public holiday does not count."""
    day, counted = posted_on, 0
    while counted < 2:
        day += timedelta(days=1)
        if day.weekday() != 0 and calendar.is_open(day):
            counted += 1
    return day


def next_step_from(posted_on: date, *, calendar: DayCalendar) -> date:
    """Return the first day on which a harder step may follow a fourteen-day letter.

    The term runs from the day after delivery; one that ends on a Saturday, Sunday or holiday is
    extended to the next working day (safe for the debtor), and never before posting + 21 days.
    """
    last = deemed_delivery(posted_on, calendar=calendar) + timedelta(days=TERM_DAYS)
    while last.weekday() == 5 or not calendar.is_open(last):
        last += timedelta(days=1)
    return max(last + timedelta(days=1), posted_on + timedelta(days=SAFE_DAYS))
