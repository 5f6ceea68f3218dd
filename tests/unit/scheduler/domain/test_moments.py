"""Moments: allowed, never early, minimal, exact over DST."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain.customer import Window
from scheduler.domain.moments import Moments, window_hours
from tests.unit.scheduler.builders import AMSTERDAM, CALENDARS, RULES, local

CONTACT = RULES.silver.contact
ZONES = ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC")


def moments(window: Window | None = None, *, zone: ZoneInfo = AMSTERDAM) -> Moments:
    return Moments(zone=zone, calendar=CALENDARS.contact, rules=CONTACT, window=window)


def window(start: str, end: str, *days: int) -> Window:
    def minute(text: str) -> int:
        return int(text[:2]) * 60 + int(text[3:])

    return Window(minute(start), minute(end), frozenset(days))


@pytest.mark.parametrize(
    ("wanted", "opens", "closes"),
    [
        (window("18:00", "20:00"), "18:00", "20:00"),
        (window("06:00", "07:30"), "07:00", "07:30"),
        (window("19:30", "21:00"), "19:30", "20:00"),
        (window("18:00", "08:00"), "18:00", "20:00"),
        (window("21:00", "08:00"), "07:00", "08:00"),
        (window("00:00", "24:00"), "07:00", "20:00"),
        (window("20:00", "23:00"), None, None),
        (window("22:00", "06:00"), None, None),
        (window("05:00", "07:00"), None, None),
        (window("10:00", "10:00"), None, None),
        (window("10:00", "12:00", 6), None, None),
    ],
)
def test_the_first_allowed_minute_of_a_window_is_the_moment(
    wanted: Window, opens: str | None, closes: str | None
) -> None:
    hours = window_hours(wanted, rules=CONTACT)
    found = (hours.opens, hours.closes) if hours else (None, None)
    expected = tuple(int(t[:2]) * 60 + int(t[3:]) if t else None for t in (opens, closes))
    assert found == expected


def test_a_window_without_an_allowed_minute_gives_way_to_nine_o_clock() -> None:
    slot = moments(window("21:00", "23:00")).on(date(2026, 6, 10))
    assert slot is not None
    assert slot.opens_at == local("2026-06-10", "09:00")
    assert moments(window("21:00", "23:00")).window_ignored


@pytest.mark.parametrize(
    ("day", "allowed"),
    [
        ("2026-04-03", False),  # Good Friday
        ("2026-04-06", False),  # Easter Monday
        ("2026-04-27", False),  # King's day
        ("2026-05-05", False),  # Liberation day, every year
        ("2026-05-14", False),  # Ascension day
        ("2026-05-25", False),  # Whit Monday
        ("2026-12-25", False),
        ("2026-06-13", False),  # Saturday
        ("2026-06-14", False),  # Sunday
        ("2026-06-15", True),
        ("2026-05-01", True),  # no Dutch holiday
    ],
)
def test_no_message_on_a_sunday_a_holiday_or_good_friday(day: str, *, allowed: bool) -> None:
    assert (moments().on(date.fromisoformat(day)) is not None) is allowed


def test_saturday_only_where_the_window_says_so() -> None:
    assert moments(window("10:00", "12:00", 5)).on(date(2026, 6, 13)) is not None
    assert moments(window("10:00", "12:00", 5)).on(date(2026, 6, 15)) is None


def test_nine_o_clock_stays_nine_o_clock_over_both_changes_of_the_clock() -> None:
    first = moments().first(after=local("2026-03-27", "12:00"))
    assert first is not None
    assert first.opens_at.isoformat() == "2026-03-30T07:00:00+00:00"
    second = moments().first(after=local("2026-10-23", "12:00"))
    assert second is not None
    assert second.opens_at.isoformat() == "2026-10-26T08:00:00+00:00"


@pytest.mark.parametrize(
    ("at", "inside"), [("08:59", False), ("09:00", True), ("10:00", True), ("10:01", False)]
)
def test_now_counts_as_the_moment_within_its_grace(at: str, *, inside: bool) -> None:
    assert (moments().at(local("2026-06-15", at)) is not None) is inside


def test_the_grace_ends_with_the_window() -> None:
    short = moments(window("19:30", "23:00"))
    assert short.at(local("2026-06-15", "19:59")) is not None
    assert short.at(local("2026-06-15", "20:00")) is None


windows = st.none() | st.builds(
    Window,
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.frozensets(st.integers(0, 6), max_size=7),
)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(ZoneInfo("UTC")))  # noqa: DTZ001 - the strategy adds the zone


@given(windows, st.sampled_from(ZONES), instants)
def test_the_next_moment_is_allowed_later_and_minimal(
    wanted: Window | None, zone_name: str, now: datetime
) -> None:
    zone = ZoneInfo(zone_name)
    here = moments(wanted, zone=zone)
    slot = here.first(after=now)
    assert slot is not None
    local_start = slot.opens_at.astimezone(zone)
    assert slot.opens_at > now
    assert time(7) <= local_start.time() < time(20)
    assert local_start.date() == slot.day
    assert CALENDARS.contact.is_open(slot.day)
    assert local_start < slot.closes_at.astimezone(zone)
    assert slot.closes_at.astimezone(zone).time() <= time(20)
    # Its own moment is the moment of that instant: asking again gives the same.
    assert here.at(slot.opens_at) == slot
    assert here.first(after=slot.opens_at - timedelta(microseconds=1)) == slot
    # Minimal: no moment between now and it.
    day = here.local_day(now)
    while day < slot.day:
        earlier = here.on(day)
        assert earlier is None or earlier.opens_at <= now
        day += timedelta(days=1)
