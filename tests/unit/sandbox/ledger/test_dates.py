"""Date formats are decided over the whole ledger, and every doubt is said."""

from datetime import date

import pytest

from sandbox.ledger.dates import Order, detect_dates, is_no_date, parse_date


@pytest.mark.parametrize(
    ("written", "order"),
    [
        ("2024-03-05", Order.DAY_FIRST),
        ("2024/3/5", Order.DAY_FIRST),
        ("20240305", Order.MONTH_FIRST),
        ("20240305.0", Order.DAY_FIRST),
        ("5-3-2024", Order.DAY_FIRST),
        ("05.03.2024", Order.DAY_FIRST),
        ("3/5/2024", Order.MONTH_FIRST),
        ("5/3/24", Order.DAY_FIRST),
        ("5 maart 2024", Order.MONTH_FIRST),
        ("5-Mar-2024", Order.MONTH_FIRST),
        ("March 5, 2024", Order.DAY_FIRST),
        ("2024-03-05T00:00:00Z", Order.DAY_FIRST),
        ("2024-03-05 13:45:10.123", Order.DAY_FIRST),
        ("3/5/2024 12:00:00 AM", Order.MONTH_FIRST),
        ("45356", Order.DAY_FIRST),
    ],
)
def test_every_usual_form_reads_as_the_same_day(written: str, order: Order) -> None:
    assert parse_date(written, order=order) == date(2024, 3, 5)


@pytest.mark.parametrize(
    "wrong", ["31-02-2024", "2023-02-29", "13/13/2024", "yesterday", "1-1-1", "01-01-1850", "٣"]
)
def test_what_is_no_day_is_refused_with_a_reason(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"date|years"):
        parse_date(wrong, order=Order.DAY_FIRST)


def test_one_column_decides_for_the_others() -> None:
    formats = detect_dates({"issued": ["1/2/2013", "3/4/2013"], "due": ["1/31/2013", "4/5/2013"]})
    assert set(formats.orders.values()) == {Order.MONTH_FIRST}
    assert "month/day/year (decided by 1 of 4 values" in formats.notes[0]


def test_due_after_issue_decides_where_no_value_does() -> None:
    # Day first these would be terms of 304 days; month first they are terms of ten days.
    far = detect_dates({"issued": ["1/2/2024"], "due": ["1/12/2024"]})
    assert far.orders["issued"] is Order.MONTH_FIRST
    assert "ASSUMED" in far.notes[0]
    # Day first these would be terms of a day; month first they are terms of a month.
    usual = detect_dates({"issued": ["3/1/2024", "5/1/2024"], "due": ["4/1/2024", "6/1/2024"]})
    assert usual.orders["due"] is Order.MONTH_FIRST
    backwards = detect_dates({"issued": ["12/1/2023", "11/2/2023"], "due": ["1/2/2024", "12/2/2023"]})
    assert set(backwards.orders.values()) == {Order.MONTH_FIRST}


def test_where_nothing_decides_the_dutch_reading_is_assumed_aloud() -> None:
    formats = detect_dates({"issued": ["1/1/2024"], "due": ["2/2/2024"]})
    assert formats.orders["due"] is Order.DAY_FIRST
    assert "ASSUMED" in formats.notes[0]


def test_columns_of_different_formats_are_each_read_in_their_own() -> None:
    formats = detect_dates({"issued": ["31/1/2024", "1/2/2024"], "paid": ["2/28/2024", "3/1/2024"]})
    assert formats.orders == {"issued": Order.DAY_FIRST, "paid": Order.MONTH_FIRST}


def test_one_contradicting_value_does_not_turn_the_ledger() -> None:
    formats = detect_dates({"issued": ["1/31/2024", "2/28/2024", "31/12/2024"]})
    assert formats.orders["issued"] is Order.MONTH_FIRST
    assert "1 contradict" in formats.notes[0]


def test_years_of_two_digits_are_said_aloud() -> None:
    assert any("20yy" in note for note in detect_dates({"issued": ["31-01-24"]}).notes)


@pytest.mark.parametrize(
    "empty", ["", " ", "NULL", "n/a", "0000-00-00", "00-00-0000", "9999-12-31", "31.12.9999"]
)
def test_what_systems_write_for_no_date_is_none(empty: str) -> None:
    assert is_no_date(empty)


def test_the_thirteenth_of_a_month_decides() -> None:
    for written, order in (("13/1/2024", Order.DAY_FIRST), ("1/13/2024", Order.MONTH_FIRST)):
        formats = detect_dates({"issued": [written, "1/1/2024"]})
        assert formats.orders["issued"] is order
        assert "decided by 1 of 2" in formats.notes[0]
