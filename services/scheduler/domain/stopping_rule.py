"""When to remind first: on the first bank day on which waiting two more days hardly helps.

P2(d) = the chance that the customer pays by itself on day d, d+1 or d+2 after the effective due date,
given that nothing came before day d (personalisation.md 5; W1).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from chassis.kernel.calendar import DayCalendar
from scheduler.domain.customer import Profile
from scheduler.domain.policy import Timing

BIN_EDGES: Final = (
    -21, -14, -10, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90,
)  # fmt: skip
"""Right-closed lateness bins: (-1, 0] is "on time to the day", (5, 7] are days 6 and 7, the last is > 90."""
LATE_FROM_BIN: Final = BIN_EDGES.index(0) + 1
LAST_DAY: Final = 120
"""The open last bin is spread to here; what lies beyond never matters to P2 before day 9."""
PATIENCE_DAYS: Final = 2


def _days_of_bins() -> tuple[tuple[int, int, float], ...]:
    """List (day, bin, share of the bin) for every late day: linear inside wide bins."""
    rows: list[tuple[int, int, float]] = []
    for number in range(LATE_FROM_BIN, len(BIN_EDGES) + 1):
        low = BIN_EDGES[number - 1]
        high = BIN_EDGES[number] if number < len(BIN_EDGES) else LAST_DAY
        rows += [(day, number, 1 / (high - low)) for day in range(low + 1, high + 1)]
    return tuple(rows)


_DAYS: Final = _days_of_bins()


class Trigger(NamedTuple):
    """The day the rule gives, with the figure that made it so."""

    day: date
    days_after_due: int
    chance: float | None
    """P2 on that day; None: there was no history to judge by."""
    capped: bool = False
    """Sent because the latest day was reached, not because the chance had fallen."""


@lru_cache(maxsize=8192)
def chances(
    lateness: tuple[float, ...], weekday_factor: tuple[float, ...], due_weekday: int, days: int
) -> Sequence[float]:
    """Return P2 for the days 1 .. ``days`` after a due date on ``due_weekday`` (Monday is 0)."""
    factors = weekday_factor if len(weekday_factor) == 7 else (1.0,) * 7
    around = [factors[(due_weekday + k) % 7] for k in range(7)]
    weights = [lateness[number] * share * around[day % 7] for day, number, share in _DAYS]
    ahead = sum(weights)
    found: list[float] = []
    for day in range(1, days + 1):
        soon = sum(weights[day - 1 : day + PATIENCE_DAYS])
        found.append(soon / ahead if ahead > 0 else 0.0)
        ahead -= weights[day - 1]
    return tuple(found)


def trigger(*, profile: Profile, timing: Timing, payable_on: date, bank: DayCalendar) -> Trigger:
    """Return the day of the first reminder for an invoice that is effectively due on ``payable_on``."""
    if profile.episodes < timing.episodes_needed or len(profile.lateness) != len(BIN_EDGES) + 1:
        days = timing.day_without_history
        return Trigger(payable_on + timedelta(days=days), days, None)
    found = chances(profile.lateness, profile.weekday_factor, payable_on.weekday(), timing.latest_day)
    for days, chance in enumerate(found, start=1):
        day = payable_on + timedelta(days=days)
        if chance < timing.threshold and bank.is_open(day):
            return Trigger(day, days, chance)
    return Trigger(payable_on + timedelta(days=timing.latest_day), timing.latest_day, found[-1], capped=True)
