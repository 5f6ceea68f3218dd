"""The judge's own calendar, written apart from the services' so that both cannot share a mistake."""

from datetime import date, timedelta


def easter(year: int) -> date:
    """Return Easter Sunday (Meeus, Jones and Butcher's rule for the Gregorian calendar)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def is_bank_day(day: date) -> bool:
    """Say whether TARGET is open (law.md 1.5 leaves it to the ECB: six days a year and weekends)."""
    sunday = easter(day.year)
    closed = {(1, 1), (5, 1), (12, 25), (12, 26)}
    moving = {sunday - timedelta(days=2), sunday + timedelta(days=1)}
    return day.weekday() < 5 and (day.month, day.day) not in closed and day not in moving


def effective_due(due_on: date) -> date:
    """Return the due date itself, or the next bank day."""
    while not is_bank_day(due_on):
        due_on += timedelta(days=1)
    return due_on


def is_quiet_day(day: date) -> bool:
    """Say whether no debtor may be approached: Sundays, Atw holidays, Good Friday (Bki 4.2, Atw 3)."""
    sunday = easter(day.year)
    fixed = {(1, 1), (5, 5), (12, 25), (12, 26), _kings_day(day.year)}
    moving = {sunday + timedelta(days=n) for n in (-2, 1, 39, 50)}
    return day.weekday() == 6 or (day.month, day.day) in fixed or day in moving


def _kings_day(year: int) -> tuple[int, int]:
    # 27 April; the 26th when that is a Sunday. Before 2014 it was Queen's Day: 30 April, or the 29th.
    usual = date(year, 4, 27) if year >= 2014 else date(year, 4, 30)
    if usual.weekday() == 6:
        usual -= timedelta(days=1) if year >= 1980 else timedelta(days=-1)
    return (usual.month, usual.day)
