"""What is published about how a customer pays (personalisation.md 5)."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from classifier.domain.habits import Habits
from classifier.domain.lateness import Pmf, shrunk

_INVOICES_MIN: Final = 8
_SHARE_MIN: Final = 0.6
_WINDOW_DAYS: Final = 3
_WEEKDAY_PRIOR: Final = 5
# Enough for every reader, and the same text on every machine.
_DECIMALS: Final = 6
_UNITS: Final = 1e6
_NEAR_TIE: Final = 0.001


class Profile(NamedTuple):
    """Learned behaviour of one customer."""

    episodes: int
    structural_days_late: int | None
    lateness_pmf: Pmf
    weekday_factor: tuple[float, ...]


def profile_of(habits: Habits, *, prior: Pmf) -> Profile:
    """Return what the habits say, shrunk to the portfolio's distribution ``prior``."""
    return Profile(
        episodes=habits.n,
        structural_days_late=structural_days_late(habits.latenesses),
        lateness_pmf=rounded(shrunk(habits.histogram, prior=prior)),
        weekday_factor=weekday_factors(habits.paid_weekday),
    )


def structural_days_late(latenesses: Sequence[int]) -> int | None:
    """Return the habit "usually n days late", or None without one.

    Of the last 20 invoices at least 8 are known, at least 60 % were late, and the best window of
    three days holds at least 60 % of the late ones; n is the middle of that window.
    """
    late = [days for days in latenesses if days > 0]
    if len(latenesses) < _INVOICES_MIN or len(late) < _SHARE_MIN * len(latenesses):
        return None
    starts = {days - back for days in late for back in range(_WINDOW_DAYS)}
    best = min(starts, key=lambda first: _window_rank(late, first))
    if sum(_held(late, best)) < _SHARE_MIN * len(late):
        return None
    return best + _WINDOW_DAYS // 2


def _held(late: Sequence[int], first: int) -> list[bool]:
    return [first <= days < first + _WINDOW_DAYS for days in late]


def _window_rank(late: Sequence[int], first: int) -> tuple[int, float, int]:
    """Order windows: most invoices first, then the best centred on them, then the earliest."""
    inside = [days for days in late if first <= days < first + _WINDOW_DAYS]
    off_centre = abs(sum(inside) / len(inside) - (first + _WINDOW_DAYS // 2))
    return -len(inside), off_centre, first


def weekday_factors(counts: Sequence[int]) -> tuple[float, ...]:
    """Return the payments by weekday relative to flat, Monday first, with a prior of 5 payments."""
    total = sum(counts) + _WEEKDAY_PRIOR
    return rounded([7 * (count + _WEEKDAY_PRIOR / 7) / total for count in counts])


def rounded(values: Iterable[float]) -> tuple[float, ...]:
    """Round to six decimals what is not below 0, exactly as ``round`` does, in a quarter of its time.

    A number of whole millionths divided by a million is the float nearest to that decimal. Only next to a tie
    can the multiplication have crossed it; there ``round`` itself is asked.
    """
    return tuple(
        [
            units / _UNITS
            if _NEAR_TIE < (raised := value * _UNITS + 0.5) - (units := raised // 1.0) < 1 - _NEAR_TIE
            else round(value, _DECIMALS)
            for value in values
        ]
    )
