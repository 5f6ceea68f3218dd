"""Day numbers of the domain and dates of PostgreSQL."""

from datetime import date
from typing import Final

_FROM = date.fromordinal
_DAY_ZERO: Final = "DATE '0001-12-31 BC'"


def as_date(column: str) -> str:
    """Return the SQL for the date of a column of day numbers, NULL for 0: arrays of numbers are cheaper to send."""
    return f"{_DAY_ZERO} + nullif({column}, 0)"


def to_date(day: int) -> date | None:
    """Return the date of a day number; None for 0."""
    return _FROM(day) if day else None


def to_day(found: date | None) -> int:
    """Return the day number of a date; 0 for None."""
    return found.toordinal() if found is not None else 0
