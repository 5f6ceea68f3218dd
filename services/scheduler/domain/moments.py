"""Moments: the minutes at which one customer may be approached, exact over DST and holidays.

A moment is the first allowed minute of an allowed day: 09:00 local without a window, with one the
first minute that lies in it and outside the quiet hours (requirements section 2; Bki art. 4.2).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from chassis.kernel.calendar import DayCalendar, local_instant
from scheduler.domain.customer import Window
from scheduler.domain.policy import ContactRules

WORKING_DAYS: Final = frozenset(range(5))
SEARCH_DAYS_MAX: Final = 400
DAY_MINUTES: Final = 24 * 60
_ONE_DAY: Final = timedelta(days=1)
_CACHED_DAYS_MAX: Final = 4000


class Slot(NamedTuple):
    """The moment of one civil day: from ``opens_at`` (UTC), lapsed at ``closes_at``."""

    day: date
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Hours:
    """The allowed part of a day in local minutes, half-open, and the weekdays it holds on."""

    opens: int
    closes: int
    weekdays: frozenset[int]


def window_hours(window: Window, *, rules: ContactRules) -> Hours | None:
    """Return what the quiet hours and the calendar's Sundays leave of ``window``; None: nothing."""
    weekdays = (window.weekdays or WORKING_DAYS) - {6}
    start, end = window.from_minute, window.to_minute
    # A window over midnight is two stretches; the one it begins with comes first.
    parts = [(start, end)] if start < end else [(start, DAY_MINUTES), (0, end)] if end < start else []
    for opens, closes in parts:
        allowed = max(opens, rules.opens_minute), min(closes, rules.closes_minute)
        if allowed[0] < allowed[1] and weekdays:
            return Hours(*allowed, weekdays)
    return None


class Moments:
    """The moments of one kind of contact in one time zone."""

    __slots__ = (
        "_asked_at",
        "_calendar",
        "_firsts",
        "_firsts_after",
        "_grace",
        "_known_days",
        "_slots",
        "_wanted",
        "hours",
        "window_ignored",
        "zone",
    )

    def __init__(
        self, *, zone: ZoneInfo, calendar: DayCalendar, rules: ContactRules, window: Window | None
    ) -> None:
        fitting = window_hours(window, rules=rules) if window else None
        self.window_ignored = window is not None and fitting is None
        self.hours = fitting or Hours(rules.at_minute, rules.closes_minute, rules.weekdays - {6})
        self.zone = zone
        self._calendar = calendar
        self._grace = timedelta(minutes=rules.grace_minutes)
        self._slots: dict[date, Slot | None] = {}
        self._known_days: dict[datetime, date] = {}
        # Every invoice has an instant of its own at which it became known, but many of them lie on one day.
        self._wanted: dict[date, datetime] = {}
        # All customers of a batch are decided at one instant, and each asks more than once.
        self._asked_at: tuple[datetime, Slot | None] | None = None
        self._firsts: dict[date | None, Slot | None] = {}
        self._firsts_after: datetime | None = None

    def local_day(self, instant: datetime) -> date:
        """Return the customer's civil day of ``instant``."""
        try:
            return self._known_days[instant]
        except KeyError:
            if len(self._known_days) > _CACHED_DAYS_MAX:
                self._known_days.clear()
            day = self._known_days[instant] = instant.astimezone(self.zone).date()
            return day

    def on(self, day: date) -> Slot | None:
        """Return the moment of ``day``; None where no contact is allowed on it."""
        try:
            return self._slots[day]
        except KeyError:
            if len(self._slots) > _CACHED_DAYS_MAX:
                self._slots.clear()
            slot = self._slots[day] = self._make(day)
            return slot

    def wanted_at(self, day: date) -> datetime:
        """Return the instant of the customer's minute on ``day``, whether allowed that day or not."""
        try:
            return self._wanted[day]
        except KeyError:
            if len(self._wanted) > _CACHED_DAYS_MAX:
                self._wanted.clear()
            wanted = self._wanted[day] = local_instant(day, _clock(self.hours.opens), zone=self.zone)
            return wanted

    def at(self, now: datetime) -> Slot | None:
        """Return the moment that ``now`` lies in (within the grace); None: it lies in none."""
        if self._asked_at is None or self._asked_at[0] != now:
            self._asked_at = now, self._at(now)
        return self._asked_at[1]

    def _at(self, now: datetime) -> Slot | None:
        slot = self.on(self.local_day(now))
        if slot is None or not slot.opens_at <= now < slot.closes_at:
            return None
        return slot if now - slot.opens_at <= self._grace else None

    def first(self, *, after: datetime, day: date | None = None) -> Slot | None:
        """Return the first moment later than ``after`` and on or after ``day``; None: none in 400 days."""
        if after != self._firsts_after:
            self._firsts, self._firsts_after = {}, after
        try:
            return self._firsts[day]
        except KeyError:
            slot = self._firsts[day] = self._first(after, day)
            return slot

    def _first(self, after: datetime, day: date | None) -> Slot | None:
        here = self.local_day(after)
        candidate = max(here, day) if day else here
        for _ in range(SEARCH_DAYS_MAX):
            slot = self.on(candidate)
            if slot is not None and slot.opens_at > after:
                return slot
            candidate += _ONE_DAY
        return None

    def _make(self, day: date) -> Slot | None:
        if day.weekday() not in self.hours.weekdays or not self._calendar.is_open(day):
            return None
        return Slot(
            day=day,
            opens_at=local_instant(day, _clock(self.hours.opens), zone=self.zone),
            closes_at=local_instant(day, _clock(self.hours.closes), zone=self.zone),
        )


def _clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


@lru_cache(maxsize=4096)
def _moments(zone: ZoneInfo, rules: ContactRules, window: Window | None, key: int) -> Moments:
    return Moments(zone=zone, calendar=_CALENDARS[key], rules=rules, window=window)


_CALENDARS: dict[int, DayCalendar] = {}


def moments_of(
    *, zone: ZoneInfo, calendar: DayCalendar, rules: ContactRules, window: Window | None
) -> Moments:
    """Return the moments for these facts, shared between customers (building them is pure)."""
    # The calendar's set is large: it is known by its identity, and kept so that identities stay unique.
    key = id(calendar)
    _CALENDARS[key] = calendar
    return _moments(zone, rules, window, key)
