"""Days and local time: bank days, allowed days, and instants that are exact over DST."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class DayCalendar:
    """The days that do not count: a set of holidays and of weekdays (Monday is 0)."""

    holidays: AbstractSet[date]
    weekdays_off: frozenset[int] = frozenset({5, 6})

    def is_open(self, day: date) -> bool:
        """Say whether ``day`` counts (a bank day, or a day on which contact is allowed)."""
        return day.weekday() not in self.weekdays_off and day not in self.holidays

    def roll(self, day: date) -> date:
        """Return ``day``, or the next day that counts."""
        while not self.is_open(day):
            day += timedelta(days=1)
        return day

    def add(self, day: date, *, days: int) -> date:
        """Return the day that is ``days`` open days after ``day`` (0: ``day`` rolled)."""
        day = self.roll(day)
        for _ in range(days):
            day = self.roll(day + timedelta(days=1))
        return day


def local_instant(day: date, at: time, *, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of a local wall time.

    A time that a DST change skips is moved forward by the gap; of a time that comes twice the
    first is meant (PEP 495, fold 0).
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def local_day(instant: datetime, *, zone: ZoneInfo) -> date:
    """Return the civil day of ``instant`` in ``zone``."""
    return instant.astimezone(zone).date()


def day_start(day: date, *, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which ``day`` begins in ``zone``."""
    return local_instant(day, time(0), zone=zone)
