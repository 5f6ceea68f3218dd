"""Days on which banks settle payments: the TARGET calendar, and the payment runs that companies keep to."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

_DAY = timedelta(days=1)


@lru_cache(maxsize=256)
def _easter(year: int) -> date:
    """Return Easter Sunday (the anonymous Gregorian computus)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=65_536)
def is_bank_day(day: date) -> bool:
    """Return True unless ``day`` is a Saturday, a Sunday or a TARGET holiday."""
    if day.weekday() >= 5 or (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}:
        return False
    return day - _easter(day.year) not in {timedelta(days=-2), timedelta(days=1)}


def next_bank_day(day: date) -> date:
    """Return ``day`` itself or the first bank day after it."""
    while not is_bank_day(day):
        day += _DAY
    return day


def last_bank_day(day: date) -> date:
    """Return ``day`` itself or the last bank day before it."""
    while not is_bank_day(day):
        day -= _DAY
    return day


@dataclass(frozen=True, slots=True)
class PaymentRun:
    """When a company pays: every bank day, or every ``every_weeks`` weeks on one weekday (0 = Monday)."""

    every_weeks: int
    weekday: int = 0

    def on_or_after(self, day: date) -> date:
        """Return the first run on or after ``day``; a run that falls on a holiday slips to the next bank day."""
        if self.every_weeks == 0:
            return next_bank_day(day)
        planned = day
        while not self._is_planned(planned):
            planned += _DAY
        return next_bank_day(planned)

    def on_or_before(self, day: date) -> date:
        """Return the last run on or before ``day``."""
        if self.every_weeks == 0:
            return last_bank_day(day)
        planned = day
        while not (self._is_planned(planned) and next_bank_day(planned) <= day):
            planned -= _DAY
        return next_bank_day(planned)

    def _is_planned(self, day: date) -> bool:
        return day.weekday() == self.weekday and (day.toordinal() // 7) % self.every_weeks == 0
