"""Bank-day lateness, its bins, and what is drawn from a distribution."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.calendars import target_calendar
from classifier.domain.creditor import SHARE_UNITS, portfolio_prior, shares
from classifier.domain.forecast import forecast
from classifier.domain.habits import Habits
from classifier.domain.lateness import (
    BINS,
    BUILT_IN_PRIOR,
    EDGES,
    BankDays,
    bin_of,
    late_beyond,
    quantile,
    shrunk,
)
from classifier.domain.profile import structural_days_late, weekday_factors

BANK_DAYS = BankDays(target_calendar())


def lateness(due_on: str, paid_on: str) -> int:
    return BANK_DAYS.lateness(
        due_on=date.fromisoformat(due_on).toordinal(), paid_on=date.fromisoformat(paid_on).toordinal()
    )


@pytest.mark.parametrize(
    ("due_on", "paid_on", "days"),
    [
        ("2026-01-31", "2026-02-02", 0),  # Saturday, paid on Monday
        ("2026-02-01", "2026-02-03", 1),  # Sunday, paid on Tuesday
        ("2026-01-30", "2026-02-02", 3),  # Friday, paid on Monday: calendar days between bank days
        ("2026-01-30", "2026-01-31", 3),  # booked on a Saturday: it counts on the Monday
        ("2026-04-03", "2026-04-07", 0),  # Good Friday, paid after Easter Monday
        ("2026-05-01", "2026-05-04", 0),  # 1 May is no TARGET day
        ("2025-12-25", "2025-12-29", 0),
        ("2026-02-10", "2026-02-02", -8),
    ],
)
def test_lateness_counts_between_bank_days(due_on: str, paid_on: str, days: int) -> None:
    assert lateness(due_on, paid_on) == days


def test_every_edge_is_the_last_day_of_its_bin() -> None:
    assert (len(EDGES), BINS) == (23, 24)
    assert [bin_of(edge) for edge in EDGES] == list(range(23))
    assert (bin_of(-400), bin_of(91), bin_of(6), bin_of(8)) == (0, 23, 15, 16)


def test_the_built_in_prior_follows_the_two_real_ledgers() -> None:
    assert abs(sum(BUILT_IN_PRIOR) - 1) < 1e-12
    assert min(BUILT_IN_PRIOR) > 0
    assert late_beyond(BUILT_IN_PRIOR, days=0) == pytest.approx((0.342 + 0.356) / 2)
    assert late_beyond(BUILT_IN_PRIOR, days=7) == pytest.approx((0.063 + 0.186) / 2)


WEIGHTS = st.lists(st.floats(0, 60), min_size=BINS, max_size=BINS)


@given(weights=WEIGHTS)
def test_a_distribution_sums_to_one_and_its_quantiles_rise(weights: list[float]) -> None:
    pmf = shrunk(weights, prior=BUILT_IN_PRIOR)
    assert abs(sum(pmf) - 1) < 1e-9
    found = [quantile(pmf, share=share) for share in (0.05, 0.25, 0.5, 0.75, 0.95)]
    assert found == sorted(found)


@given(weights=WEIGHTS, share=st.floats(0.01, 0.99))
def test_a_quantile_leaves_at_most_the_rest_beyond_it(weights: list[float], share: float) -> None:
    pmf = shrunk(weights, prior=BUILT_IN_PRIOR)
    day = quantile(pmf, share=share)
    assert late_beyond(pmf, days=day) <= 1 - share + 1e-6
    if -30 < day < 120:
        assert late_beyond(pmf, days=day - 1) >= 1 - share - 1e-6


def test_one_who_always_pays_on_the_day_has_its_median_there() -> None:
    weights = [0.0] * BINS
    weights[bin_of(0)] = 30.0
    pmf = shrunk(weights, prior=BUILT_IN_PRIOR)
    assert (quantile(pmf, share=0.25), quantile(pmf, share=0.5), quantile(pmf, share=0.75)) == (0, 0, 0)
    due_on = date(2026, 1, 31).toordinal()
    found = forecast(
        Habits(histogram=tuple(weights)), due_on=due_on, bank_days=BANK_DAYS, prior=BUILT_IN_PRIOR
    )
    assert date.fromordinal(found.expected_on) == date(2026, 2, 2)


@pytest.mark.parametrize(
    ("latenesses", "days"),
    [
        ([3] * 20, 3),
        ([1] * 20, 1),
        ([3, 3, 4, 2, 3, 0, 3, 4], 3),
        ([3] * 7, None),  # too few
        ([0] * 10 + [3] * 10, None),  # half of them in time
        ([1, 4, 8, 12, 16, 20, 25, 30, 40, 50], None),  # late, but no habit
        ([], None),
    ],
)
def test_a_habit_of_paying_late_is_a_badge_only_when_it_is_one(
    latenesses: list[int], days: int | None
) -> None:
    assert structural_days_late(latenesses) == days


def test_weekday_factors_are_relative_to_flat() -> None:
    assert weekday_factors((0,) * 7) == (1.0,) * 7
    factors = weekday_factors((0, 0, 0, 93, 0, 0, 0))
    assert factors[3] == pytest.approx(7 * (93 + 5 / 7) / 98, abs=1e-6)
    assert sum(factors) == pytest.approx(7, abs=1e-4)


@given(st.lists(WEIGHTS, min_size=1, max_size=8))
def test_the_portfolios_distribution_is_the_same_in_any_order(customers: list[list[float]]) -> None:
    def of(rows: list[list[float]]) -> tuple[float, ...]:
        own = [share for row in rows if (share := shares(row))]
        return portfolio_prior([sum(bin_) for bin_ in zip(*own, strict=True)], customers=len(own))

    assert of(customers) == of(customers[::-1])
    assert abs(sum(of(customers)) - 1) < 1e-9


def test_every_customer_weighs_the_same_whatever_its_turnover() -> None:
    few, many = [0.0] * BINS, [0.0] * BINS
    few[10], many[20] = 1.0, 500.0
    assert (shares(few)[10], shares(many)[20]) == (SHARE_UNITS, SHARE_UNITS)
    assert shares([0.0] * BINS) == ()


def test_rolling_is_the_calendars_own() -> None:
    calendar = target_calendar()
    for n in range(800):
        on = date(2025, 1, 1) + timedelta(days=n)
        assert BANK_DAYS.roll(on.toordinal()) == calendar.roll(on).toordinal()
