"""The fold: exact formulas, one episode a day, and no dependence on the order within a day."""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.domain.behaviour import EMPTY, NeedsRefold, fold, refold, take_in
from classifier.domain.evidence import Fact, Kind
from classifier.domain.habits import Habits
from classifier.domain.lateness import bin_of

MONDAY = 739_257
assert (MONDAY + 6) % 7 == 0


def paid(on: int, late: int, *, weekday: int = 0) -> Fact:
    return Fact(on, Kind.PAID, 7 * late + weekday)


FACTS = st.builds(
    lambda week, kind, value: Fact(MONDAY + 7 * week, kind, value if kind >= Kind.PAID else 1),
    st.integers(0, 3),
    st.sampled_from([Kind.PAID, Kind.PAID, Kind.PAID, Kind.WRITTEN_OFF, Kind.BROKEN, Kind.OVER_30]),
    st.integers(-30, 200),
)


@given(facts=st.lists(FACTS, min_size=1, max_size=12), data=st.data())
def test_one_fact_at_a_time_equals_a_replay_whatever_the_order_within_a_day(
    facts: list[Fact], data: st.DataObject
) -> None:
    behaviour = EMPTY
    for fact in sorted(data.draw(st.permutations(facts)), key=lambda fact: fact.on):
        behaviour = fold(behaviour, fact)
    assert behaviour == refold(facts).behaviour


@given(facts=st.lists(FACTS, min_size=2, max_size=12), data=st.data())
def test_taking_a_fact_of_the_last_day_back_is_as_if_it_had_never_come(
    facts: list[Fact], data: st.DataObject
) -> None:
    progress = refold(facts)
    last_day = [fact for fact in facts if fact.on == progress.behaviour.last_on]
    gone = data.draw(st.sampled_from(last_day))
    rest = list(facts)
    rest.remove(gone)
    if len(last_day) == 1:
        with pytest.raises(NeedsRefold):
            take_in(progress.behaviour, [], removed=[gone])
    else:
        assert take_in(progress.behaviour, [], removed=[gone]).behaviour == refold(rest).behaviour


def test_a_fact_of_an_earlier_day_asks_for_a_refold() -> None:
    behaviour = fold(EMPTY, paid(MONDAY + 7, 0))
    with pytest.raises(NeedsRefold):
        fold(behaviour, paid(MONDAY, 0))


def test_the_score_follows_the_formula_of_the_reference() -> None:
    # personalisation.md 4, written out by hand over three episodes: on time, 5 days late, 20 days late.
    facts = [paid(MONDAY, 0), paid(MONDAY + 30, 5), paid(MONDAY + 100, 20)]
    a = b = 0.0
    last = 0
    for on, x in ((MONDAY, 0.0), (MONDAY + 30, 0.6), (MONDAY + 100, 1.0)):
        f = 0.5 ** (1 / 10) * 0.5 ** ((on - last) / 365 if last else 0)
        a, b, last = a * f + x, b * f + 1 - x, on
    habits = refold(facts).habits
    assert isclose(habits.a, a)
    assert isclose(habits.b, b)
    total = 0.5 + 1.5 + a + b
    assert isclose(habits.theta, (0.5 + a) / total)
    theta = habits.theta
    assert isclose(habits.deviation, (theta * (1 - theta) / (total + 1)) ** 0.5)
    assert (habits.n, habits.bad_among(last=5), habits.bad_days_late(last=5)) == (3, 2, (20, 5))


def test_the_histogram_decays_by_invoice_and_by_year() -> None:
    habits = refold([paid(MONDAY, 0), paid(MONDAY + 365, 3), paid(MONDAY + 365, 40)]).habits
    g = 0.5 ** (1 / 60)
    assert isclose(habits.histogram[bin_of(0)], g * g * 0.5)
    assert isclose(habits.histogram[bin_of(3)], g)
    assert habits.histogram[bin_of(40)] == 1.0
    assert isclose(sum(habits.histogram), g * g * 0.5 + g + 1)


def test_all_that_is_paid_on_one_day_is_one_episode_with_the_mean_severity() -> None:
    habits = refold([paid(MONDAY, 9), paid(MONDAY, 0), paid(MONDAY, 0), paid(MONDAY, 0)]).habits
    assert (habits.n, habits.a, habits.bad_bits) == (1, 0.25, 0)
    worse = refold([paid(MONDAY, 9), paid(MONDAY, 0), paid(MONDAY, 0)]).habits
    assert (worse.n, worse.bad_bits) == (1, 1)


def test_a_write_off_makes_its_day_bad_altogether() -> None:
    habits = refold([paid(MONDAY, 0), Fact(MONDAY, Kind.WRITTEN_OFF, 90)]).habits
    assert (habits.n, habits.a, habits.b, habits.bad_days_late(last=1)) == (1, 1.0, 0.0, (90,))
    # It says nothing about when this customer pays.
    assert sum(habits.histogram) == 1.0


def test_state_stays_bounded_over_a_long_history() -> None:
    habits = refold(paid(MONDAY + 3 * n, n % 40) for n in range(3000)).habits
    assert isinstance(habits, Habits)
    assert (len(habits.days_late), len(habits.latenesses), habits.bad_bits.bit_length() <= 12) == (
        12,
        20,
        True,
    )


def test_weekdays_are_counted_by_due_day_and_by_payment_day() -> None:
    habits = refold([paid(MONDAY, 1, weekday=5), paid(MONDAY + 1, 0, weekday=5), paid(MONDAY + 1, 0)]).habits
    assert habits.due_weekday_paid == (1, 0, 0, 0, 0, 2, 0)
    assert habits.due_weekday_late == (0, 0, 0, 0, 0, 1, 0)
    assert habits.paid_weekday == (1, 2, 0, 0, 0, 0, 0)
