"""Amounts are exact and read with the decimal mark of their column."""

from decimal import Decimal

import pytest

from sandbox.ledger.amounts import detect_mark, parse_amount


@pytest.mark.parametrize(
    ("written", "mark", "exact"),
    [
        ("1.234,56", ",", "1234.56"),
        ("1,234.56", ".", "1234.56"),
        ("1234.5", ".", "1234.50"),
        ("1234", ".", "1234.00"),
        ("€ 1.234,56", ",", "1234.56"),
        ("EUR 12,50", ",", "12.50"),
        ("12,50 EUR", ",", "12.50"),
        ("1'234.50", ".", "1234.50"),
        ("1 234,50", ",", "1234.50"),
        ("12,50-", ",", "-12.50"),
        ("-€12.50", ".", "-12.50"),
        ("(12.50)", ".", "-12.50"),
        ("1.234,-", ",", "1234.00"),
        (".5", ".", "0.50"),
        ("55.9400", ".", "55.94"),
        ("1,234,567.89", ".", "1234567.89"),
    ],
)
def test_amounts_are_read_to_the_cent(written: str, mark: str, exact: str) -> None:
    found = parse_amount(written, mark=mark, currency="EUR")
    assert (found, found.as_tuple().exponent) == (Decimal(exact), -2)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "abc",
        "NaN",
        "1e5",
        "12.345",
        "1,23,4",
        "12..5",
        "1.2.3",
        "12EUR5",
        "XYZ 5",
        "9" * 16,
        "9" * 400,
        "--5",
        "0x10",
    ],
)
def test_what_is_no_amount_in_euro_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals|digits"):
        parse_amount(wrong, mark=".", currency="EUR")


def test_decimals_are_those_of_the_currency() -> None:
    assert parse_amount("1.234", mark=".", currency="KWD") == Decimal("1.234")
    with pytest.raises(ValueError, match="more decimals than JPY has"):
        parse_amount("1.5", mark=".", currency="JPY")


@pytest.mark.parametrize(
    ("values", "mark", "said"),
    [
        (["1.234,56", "1.000"], ",", "decided by 1"),
        (["1,234", "12.5"], ".", "decided by 1"),
        (["1,234", "2,000"], ".", "ASSUMED"),
        (["1.234"], ",", "ASSUMED"),
        (["1,234,567"], ".", "decided"),
        (["0,125"], ",", "decided"),
        (["100", "200"], ".", "whole numbers"),
        (["12,50", "13,50", "14.50"], ",", "1 contradict"),
    ],
)
def test_the_column_decides_the_decimal_mark(values: list[str], mark: str, said: str) -> None:
    found = detect_mark(values)
    assert found.mark == mark
    assert said in found.note
