"""The scale of collection costs against the vectors of law.md 1.2 and 1.3, to the cent."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.collection_costs import collection_costs

DAY = date(2026, 4, 6)
AMOUNTS = st.decimals(min_value="0.01", max_value="2000000", places=2)


@pytest.mark.parametrize(
    ("principal", "fee"),
    [
        line.split()
        for line in (
            "0.01 40.00|100 40.00|150 40.00|266.66 40.00|266.67 40.00|266.70 40.01|300 45.00|500 75.00|820 123.00|"
            "1000 150.00|1523.47 228.52|2500 375.00|2500.01 375.00|3500 475.00|3750 500.00|5000 625.00|8400 795.00|"
            "10000 875.00|15000 925.00|25000 1025.00|32721.40 1102.21|50000 1275.00|100000 1775.00|200000 2775.00|"
            "500000 4275.00|1005000 6775.00|1005000.01 6775.00|5000000 6775.00|0 0.00|-5 0.00"
        ).split("|")
    ],
)
def test_the_scale_gives_the_fee_of_the_vectors(principal: str, fee: str) -> None:
    costs = collection_costs([Decimal(principal)], on=DAY, with_vat=False)
    assert (costs.fee, costs.vat) == (Decimal(fee), Decimal(0))


@pytest.mark.parametrize(
    ("principal", "total"),
    [
        ("100", "48.40"),
        ("300", "54.45"),
        ("500", "90.75"),
        ("1000", "181.50"),
        ("1523.47", "276.51"),
        ("2500", "453.75"),
        ("3500", "574.75"),
        ("5000", "756.25"),
        ("10000", "1058.75"),
    ],
)
def test_vat_comes_on_top_for_a_creditor_who_cannot_deduct_it(principal: str, total: str) -> None:
    assert collection_costs([Decimal(principal)], on=DAY, with_vat=True).total == Decimal(total)


@pytest.mark.parametrize(
    ("principals", "fee"), [(["100", "100"], "40"), (["300", "300"], "90"), (["2000", "2000"], "525")]
)
def test_several_claims_in_one_letter_are_added_up_first(principals: list[str], fee: str) -> None:
    costs = collection_costs(map(Decimal, principals), on=DAY, with_vat=False)
    assert costs.fee == Decimal(fee)


@given(AMOUNTS, AMOUNTS)
def test_more_principal_never_costs_less(a: Decimal, b: Decimal) -> None:
    low, high = sorted((a, b))
    fees = [collection_costs([x], on=DAY, with_vat=False).fee for x in (low, high)]
    assert fees == sorted(fees)
    assert all(Decimal(40) <= fee <= Decimal(6775) for fee in fees)


@given(AMOUNTS)
def test_together_never_costs_more_than_apart(amount: Decimal) -> None:
    together = collection_costs([amount, amount], on=DAY, with_vat=False).fee
    # Each fee is rounded to the cent by itself, which can make one cent of difference.
    assert together <= 2 * collection_costs([amount], on=DAY, with_vat=False).fee + Decimal("0.01")
