"""The first reminder's day follows the customer's own payments (W1; personalisation.md 5)."""

from datetime import date

import pytest

from scheduler.domain.customer import Profile
from scheduler.domain.policy import Timing
from scheduler.domain.stopping_rule import BIN_EDGES, chances, trigger
from tests.unit.scheduler.builders import CALENDARS, RULES, pays_on_day

MONDAY = date(2026, 6, 1)
SILVER = RULES.silver.timing
FLAT = (1.0,) * 7


def day_of(profile: Profile, *, timing: Timing = SILVER, due: date = MONDAY) -> int:
    return trigger(profile=profile, timing=timing, payable_on=due, bank=CALENDARS.bank).days_after_due


def spread(**mass: float) -> Profile:
    """Mass by single late day, e.g. d1=.5, d20=.5."""
    bins = [0.0] * 24
    for name, share in mass.items():
        day = int(name[1:])
        bins[next(n for n, edge in enumerate((*BIN_EDGES, 10**6)) if day <= edge)] += share
    return Profile(version=1, episodes=12, lateness=tuple(bins), weekday_factor=FLAT)


def test_without_history_the_fixed_day_counts() -> None:
    assert day_of(Profile(version=1, episodes=2, lateness=pays_on_day(1).lateness)) == 5
    assert day_of(Profile()) == 5


def test_a_payer_of_day_three_is_left_alone_until_his_day_has_passed() -> None:
    assert day_of(pays_on_day(3)) == 4


def test_someone_who_pays_very_late_is_reminded_at_once() -> None:
    assert day_of(spread(d40=1.0)) == 1


def test_on_weekends_the_rule_waits_for_a_bank_day() -> None:
    friday = date(2026, 6, 5)
    assert day_of(spread(d40=1.0), due=friday) == 3


def test_day_eight_is_the_latest() -> None:
    always_soon = spread(d1=0.3, d2=0.21, d3=0.147, d4=0.103, d5=0.072, d7=0.086, d10=0.07, d14=0.012)
    late = trigger(profile=always_soon, timing=SILVER, payable_on=MONDAY, bank=CALENDARS.bank)
    assert (late.days_after_due, late.capped) == (8, True)


def test_the_higher_threshold_reminds_sooner() -> None:
    mixed = spread(d1=0.1, d2=0.1, d3=0.1, d7=0.2, d30=0.5)
    assert day_of(mixed, timing=RULES.silver.timing) <= day_of(mixed, timing=RULES.gold.timing)


def test_p2_is_the_share_of_what_is_still_to_come() -> None:
    profile = spread(d1=0.25, d2=0.25, d5=0.25, d60=0.25)
    found = chances(profile.lateness, FLAT, 0, 3)
    assert found == pytest.approx((1 / 2, 1 / 3, 1 / 2))


def test_the_weekdays_on_which_the_customer_pays_weigh_in() -> None:
    profile = spread(d1=0.5, d4=0.5)
    only_fridays = (0.01, 0.01, 0.01, 0.01, 6.96, 0.0, 0.0)
    # Due on Monday: day 4 is Friday, day 1 Tuesday.
    assert chances(profile.lateness, only_fridays, 0, 1)[0] < 0.01 < chances(profile.lateness, FLAT, 0, 1)[0]


def test_a_wide_bin_is_spread_evenly_over_its_days() -> None:
    profile = spread(d9=1.0)
    assert chances(profile.lateness, FLAT, 0, 8)[-1] == pytest.approx(1.0)
    assert chances(profile.lateness, FLAT, 0, 7)[5] == pytest.approx(1 / 3)
