"""Lateness in bank days, its 24 bins, and the distributions over them (personalisation.md 2 and 3).

A day is a number here: the proleptic ordinal of ``datetime.date``. Bin ``i`` covers the lateness
``EDGES[i-1] < e <= EDGES[i]``; the first and the last bin are open.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from itertools import accumulate, pairwise
from typing import Final

from chassis.kernel.calendar import DayCalendar

EDGES: Final = (-21, -14, -10, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90)
BINS: Final = len(EDGES) + 1
PRIOR_WEIGHT: Final = 8
"""Invoices that the portfolio's distribution counts for in a customer's own."""

# The open bins end here when a quantile falls into them.
_LOWEST_DAYS: Final = -30
_HIGHEST_DAYS: Final = 120

# Cumulative shares of the two real ledgers of personalisation.md 2: (days late, share up to it).
_LEDGERS: Final = (
    ((-40, 0.0), (-24, 0.05), (-12, 0.25), (-4, 0.5), (0, 0.644), (5, 0.75), (7, 0.814), (18, 0.95), (26, 0.99), (120, 1.0)),
    ((-30, 0.0), (-7, 0.05), (-3, 0.25), (0, 0.658), (2, 0.825), (7, 0.937), (10, 0.95), (50, 0.99), (120, 1.0)),
)  # fmt: skip

Pmf = tuple[float, ...]


def _share_up_to(ledger: Sequence[tuple[int, float]], days: int) -> float:
    for (left, low), (right, high) in pairwise(ledger):
        if days <= right:
            return low + (high - low) * max(days - left, 0) / (right - left)
    return 1.0


def _built_in_prior() -> Pmf:
    shares = [
        0.0,
        *(sum(_share_up_to(ledger, edge) for ledger in _LEDGERS) / len(_LEDGERS) for edge in EDGES),
        1.0,
    ]
    return tuple(right - left for left, right in pairwise(shares))


BUILT_IN_PRIOR: Final[Pmf] = _built_in_prior()
"""Used until a creditor's own portfolio has been frozen for the first time: the mean of the two ledgers."""


class BankDays:
    """The TARGET bank days as day numbers, each rolled once."""

    def __init__(self, calendar: DayCalendar) -> None:
        self._calendar = calendar
        self._rolled: dict[int, int] = {}

    def roll(self, day: int) -> int:
        """Return ``day``, or the next bank day."""
        rolled = self._rolled.get(day)
        if rolled is None:
            rolled = self._calendar.roll(date.fromordinal(day)).toordinal()
            self._rolled[day] = rolled
        return rolled

    def lateness(self, *, due_on: int, paid_on: int) -> int:
        """Return the calendar days between due and paid, both rolled to a bank day."""
        return self.roll(paid_on) - self.roll(due_on)


def weekday(day: int) -> int:
    """Return the weekday of a day number, Monday 0."""
    return (day + 6) % 7


def bin_of(days_late: int) -> int:
    """Return the bin of a lateness."""
    return bisect_left(EDGES, days_late)


def shrunk(histogram: Sequence[float], *, prior: Pmf) -> Pmf:
    """Return the customer's distribution: own weights shrunk to the portfolio's (section 3, ``pmf``)."""
    total = PRIOR_WEIGHT + sum(histogram)
    return tuple([(PRIOR_WEIGHT * share + own) / total for share, own in zip(prior, histogram, strict=True)])


def late_beyond(pmf: Pmf, *, days: int) -> float:
    """Return P(lateness > ``days``), linear inside wide bins."""
    index = bin_of(days)
    low, high = _bounds(index)
    inside = (high - min(days, high)) / (high - low)
    return pmf[index] * inside + sum(pmf[index + 1 :])


def quantile(pmf: Pmf, *, share: float) -> int:
    """Return the smallest whole lateness that at least ``share`` of the mass does not exceed."""
    for index, up_to in enumerate(accumulate(pmf)):
        if up_to >= share - 1e-12 and pmf[index] > 0:
            low, high = _bounds(index)
            missing = up_to - share
            return high - int(missing / pmf[index] * (high - low) + 1e-9)
    return _HIGHEST_DAYS


def _bounds(index: int) -> tuple[int, int]:
    low = EDGES[index - 1] if index else _LOWEST_DAYS
    high = EDGES[index] if index < len(EDGES) else _HIGHEST_DAYS
    return low, high
