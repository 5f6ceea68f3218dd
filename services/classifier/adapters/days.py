"""Day numbers of the domain and dates of PostgreSQL."""

from datetime import date

_FROM = date.fromordinal


def to_date(day: int) -> date | None:
    """Return the date of a day number; None for 0."""
    return _FROM(day) if day else None


def to_day(found: date | None) -> int:
    """Return the day number of a date; 0 for None."""
    return found.toordinal() if found is not None else 0
