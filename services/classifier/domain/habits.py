"""How a customer pays: the numbers that each payment episode moves (personalisation.md 3 and 4).

An episode is everything that a customer settles on one day. Within a day nothing depends on the
order: the day's invoices are folded in the order of their lateness.
"""

from functools import lru_cache
from math import sqrt
from typing import Final, NamedTuple

from classifier.domain.evidence import Fact, Kind
from classifier.domain.lateness import BINS, bin_of, weekday

EPISODES_KEPT: Final = 12
LATENESSES_KEPT: Final = 20
# Half-lives: 60 invoices for the histogram, 10 episodes for severity, a year for both.
_PER_INVOICE: Final = 0.5 ** (1 / 60)
_PER_EPISODE: Final = 0.5 ** (1 / 10)
_PRIOR_BAD: Final = 0.5
_PRIOR_GOOD: Final = 1.5
_BITS: Final = (1 << EPISODES_KEPT) - 1
_NONE_BY_WEEKDAY: Final = (0,) * 7


class Day(NamedTuple):
    """All facts of one day; the same in whatever order they came."""

    on: int
    facts: int = 0
    """How many facts of this day are in it."""
    paid: tuple[int, ...] = ()
    """Per invoice paid ``7 * lateness + due weekday``, ascending."""
    written_off: tuple[int, ...] = ()
    """Days late per invoice written off, ascending."""
    over_30: int = 0
    over_60: int = 0
    broken: int = 0

    @property
    def is_episode(self) -> bool:
        """Whether something was settled on this day."""
        return bool(self.paid or self.written_off)


def day_of(on: int, facts: list[Fact]) -> Day:
    """Gather facts of one day."""
    return with_facts(Day(on), added=facts, removed=())


def with_facts(
    day: Day, *, added: list[Fact] | tuple[Fact, ...], removed: list[Fact] | tuple[Fact, ...]
) -> Day:
    """Return the day with facts added and removed (those removed must be in it)."""
    paid, written_off = list(day.paid), list(day.written_off)
    sums = [day.over_30, day.over_60, day.broken]
    for fact in added:
        if fact.kind is Kind.PAID:
            paid.append(fact.value)
        elif fact.kind is Kind.WRITTEN_OFF:
            written_off.append(fact.value)
        else:
            sums[fact.kind] += fact.value
    for fact in removed:
        if fact.kind is Kind.PAID:
            paid.remove(fact.value)
        elif fact.kind is Kind.WRITTEN_OFF:
            written_off.remove(fact.value)
        else:
            sums[fact.kind] -= fact.value
    count = day.facts + len(added) - len(removed)
    return Day(day.on, count, tuple(sorted(paid)), tuple(sorted(written_off)), *sums)


class Habits(NamedTuple):
    """The learned numbers of one customer; bounded, whatever the length of the history."""

    histogram: tuple[float, ...] = (0.0,) * BINS
    due_weekday_paid: tuple[int, ...] = _NONE_BY_WEEKDAY
    due_weekday_late: tuple[int, ...] = _NONE_BY_WEEKDAY
    paid_weekday: tuple[int, ...] = _NONE_BY_WEEKDAY
    last_paid_on: int = 0
    a: float = 0.0
    b: float = 0.0
    n: int = 0
    last_episode_on: int = 0
    bad_bits: int = 0
    """Bad episodes among the last 12, the latest in the lowest bit."""
    days_late: tuple[int, ...] = ()
    """The longest lateness of each of the last 12 episodes, latest first."""
    latenesses: tuple[int, ...] = ()
    """The lateness of each of the last 20 invoices, oldest first."""

    @property
    def theta(self) -> float:
        """Expected severity of the next episode, 0 to 1."""
        return (_PRIOR_BAD + self.a) / (_PRIOR_BAD + _PRIOR_GOOD + self.a + self.b)

    @property
    def deviation(self) -> float:
        """Standard deviation of ``theta``."""
        theta = self.theta
        return sqrt(theta * (1 - theta) / (_PRIOR_BAD + _PRIOR_GOOD + self.a + self.b + 1))

    def bad_among(self, *, last: int) -> int:
        """Return how many of the last (at most 12) episodes were bad."""
        return (self.bad_bits & ((1 << last) - 1)).bit_count()

    def bad_days_late(self, *, last: int) -> tuple[int, ...]:
        """Return the days late of the bad ones among the last episodes, latest first."""
        return tuple(days for i, days in enumerate(self.days_late[:last]) if self.bad_bits >> i & 1)


def after_day(habits: Habits, day: Day) -> Habits:
    """Return the habits after a day's episode; unchanged on a day without one."""
    if not day.is_episode:
        return habits
    latenesses = [code // 7 for code in day.paid]
    x, bad = _severity(latenesses, written_off=bool(day.written_off))
    decay = _PER_EPISODE * _per_year(day.on - (habits.last_episode_on or day.on))
    longest = max((*latenesses, *day.written_off))
    histogram, due_paid, due_late, paid_weekday = _after_payments(habits, day)
    return Habits(
        histogram=histogram,
        due_weekday_paid=due_paid,
        due_weekday_late=due_late,
        paid_weekday=paid_weekday,
        last_paid_on=day.on if latenesses else habits.last_paid_on,
        a=habits.a * decay + x,
        b=habits.b * decay + 1 - x,
        n=habits.n + 1,
        last_episode_on=day.on,
        bad_bits=(habits.bad_bits << 1 | bad) & _BITS,
        days_late=(longest, *habits.days_late[: EPISODES_KEPT - 1]),
        latenesses=(*habits.latenesses, *latenesses)[-LATENESSES_KEPT:],
    )


def _severity(latenesses: list[int], *, written_off: bool) -> tuple[float, bool]:
    """Return the mean severity and whether the episode is bad (x >= .3); a write-off is bad altogether."""
    if written_off:
        return 1.0, True
    # In tenths, so that the sum is exact in any order.
    tenths = sum(10 if days > 7 else 6 if days > 2 else 0 for days in latenesses)
    return tenths / (10 * len(latenesses)), tenths >= 3 * len(latenesses)


def _after_payments(
    habits: Habits, day: Day
) -> tuple[tuple[float, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    count = len(day.paid)
    if not count:
        return habits.histogram, habits.due_weekday_paid, habits.due_weekday_late, habits.paid_weekday
    decay = _PER_INVOICE**count * _per_year(day.on - (habits.last_paid_on or day.on))
    histogram = [weight * decay for weight in habits.histogram]
    due_paid, due_late = list(habits.due_weekday_paid), list(habits.due_weekday_late)
    for place, code in enumerate(day.paid, start=1):
        days_late, due_weekday = divmod(code, 7)
        histogram[bin_of(days_late)] += _PER_INVOICE ** (count - place)
        due_paid[due_weekday] += 1
        due_late[due_weekday] += days_late > 0
    paid_weekday = list(habits.paid_weekday)
    paid_weekday[weekday(day.on)] += count
    return tuple(histogram), tuple(due_paid), tuple(due_late), tuple(paid_weekday)


@lru_cache(maxsize=4096)
def _per_year(days: int) -> float:
    return float(0.5 ** (days / 365))
