"""The table and the overrides, rule by rule, and the sentence that explains them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.domain.behaviour import Progress, refold, take_in
from classifier.domain.evidence import Fact, Kind
from classifier.domain.reasons import reason_for, reason_for_pin
from classifier.domain.tier import Decision, Rule, Tier, is_unknown

DAY = 739_257
GOLDEN = [0] * 6


def paid(late: list[int], *, every: int = 28) -> list[Fact]:
    return [Fact(DAY + every * n, Kind.PAID, 7 * days) for n, days in enumerate(late)]


def after(late: list[int], *more: Fact) -> Progress:
    return refold([*paid(late), *more])


def test_two_strikes_cost_gold_and_the_sentence_says_which() -> None:
    progress = after([*GOLDEN, 0, 9, 0, 3, 9])
    assert progress.standing.tier is Tier.SILVER
    reason = reason_for(progress.standing.decision)
    assert reason.en == "2 of the last 5 payment moments were late (3 and 9 days): gold → silver."
    assert reason.nl == "2 van de laatste 5 betaalmomenten waren te laat (3 en 9 dagen): goud → zilver."


def test_one_is_singular() -> None:
    known = reason_for(after([0, 9, 0]).standing.decision)
    assert known.en == "2 of the last 3 payment moments were on time: bronze → silver."
    fell = reason_for(after([9, 0, 9]).standing.decision)
    assert fell.nl == "2 van de laatste 3 betaalmomenten waren te laat (9 en 9 dagen): brons."
    one = Decision(Rule.TABLE, DAY, Tier.BRONZE, Tier.BRONZE, 3, 1, 3, (1,))
    assert reason_for(one).en == "1 of the last 3 payment moments was late (1 day): bronze."
    assert reason_for(one).nl == "1 van de laatste 3 betaalmomenten was te laat (1 dag): brons."


def test_four_late_ones_among_twelve_cost_gold_even_when_the_score_is_good() -> None:
    # Mild, and among many good ones, so that the score itself stays below the limit for long.
    late = [0] * 40 + [3, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0]
    before = after(late)
    assert (before.standing.tier, before.habits.bad_among(last=12)) == (Tier.GOLD, 3)
    made = after([*late, 3]).standing.decision
    assert (made.new, made.bad, made.among) == (Tier.SILVER, 4, 12)


def test_silver_falls_to_bronze_only_after_a_bad_episode_and_two_since_the_last_change() -> None:
    fell = after([*GOLDEN, 20, 20])
    assert fell.standing.tier is Tier.SILVER
    assert after([*GOLDEN, 20, 20, 20]).standing.tier is Tier.SILVER
    assert after([*GOLDEN, 20, 20, 20, 20]).standing.tier is Tier.BRONZE


def test_a_newcomer_is_unknown_until_its_third_payment_moment() -> None:
    for n in range(5):
        progress = after([9] * n)
        assert progress.standing.tier is Tier.BRONZE
        assert is_unknown(progress.habits) is (n < 3)
    known = reason_for(after([9] * 3).standing.decision)
    assert known.en == "3 of the last 3 payment moments were late (9, 9 and 9 days): bronze."


def test_an_open_overdue_invoice_caps_the_tier_until_it_is_paid() -> None:
    over = Fact(DAY + 200, Kind.OVER_30, 1)
    assert after(GOLDEN, over).standing.tier is Tier.SILVER
    # Paying others in time does not lift it while that one stays open.
    still = [Fact(DAY + 200 + 7 * n, Kind.PAID, 0) for n in range(1, 9)]
    assert after(GOLDEN, over, *still).standing.tier is Tier.SILVER
    settled = Fact(DAY + 300, Kind.OVER_30, -1)
    back = [Fact(DAY + 301 + 7 * n, Kind.PAID, 0) for n in range(2)]
    assert after(GOLDEN, over, *still, settled, *back).standing.tier is Tier.GOLD


def test_sixty_days_overdue_make_bronze_and_the_way_back_is_the_tables() -> None:
    over = [Fact(DAY + 200, Kind.OVER_30, 1), Fact(DAY + 230, Kind.OVER_60, 1)]
    bronze = after(GOLDEN, *over)
    assert (bronze.standing.tier, bronze.standing.decision.rule) == (Tier.BRONZE, Rule.OPEN_OVERDUE)
    gone = [Fact(DAY + 250, Kind.OVER_30, -1), Fact(DAY + 250, Kind.OVER_60, -1)]
    assert after(GOLDEN, *over, *gone).standing.tier is Tier.BRONZE
    back = [Fact(DAY + 251 + 7 * n, Kind.PAID, 0) for n in range(2)]
    assert after(GOLDEN, *over, *gone, back[0]).standing.tier is Tier.BRONZE
    # None of the last episodes was late: all the way at once, as "any -> gold" says.
    assert after(GOLDEN, *over, *gone, *back).standing.tier is Tier.GOLD


@pytest.mark.parametrize(("apart", "tier"), [(0, Tier.BRONZE), (365, Tier.BRONZE), (366, Tier.GOLD)])
def test_broken_twice_counts_within_a_year(apart: int, tier: Tier) -> None:
    first = DAY + 300
    facts = [Fact(first, Kind.BROKEN, 1), Fact(first + apart, Kind.BROKEN, 1)]
    assert after(GOLDEN, *facts).standing.tier is tier


def test_two_steps_on_one_day_are_one_change() -> None:
    on = DAY + 300
    both = [Fact(on, Kind.OVER_30, 1), Fact(on, Kind.BROKEN, 2)]
    progress = after(GOLDEN, *both)
    made = progress.changes[on]
    assert made is not None
    assert (made.old, made.new) == (Tier.GOLD, Tier.BRONZE)


LATE = st.lists(st.sampled_from([-5, 0, 2, 3, 7, 8, 40]), max_size=40)


@given(late=LATE)
def test_every_change_goes_from_the_tier_before_to_another(late: list[int]) -> None:
    tier = Tier.BRONZE
    for made in refold(paid(late)).changes.values():
        if made is not None:
            assert made.old is tier
            assert made.new is not tier
            tier = made.new
    assert refold(paid(late)).standing.tier is tier


@given(late=LATE)
def test_gold_is_given_only_after_a_good_episode_and_never_with_four_bad_among_twelve(
    late: list[int],
) -> None:
    behaviour = refold([]).behaviour
    for fact in paid(late):
        before = behaviour.now()[1].tier
        progress = take_in(behaviour, [fact])
        behaviour = progress.behaviour
        if progress.standing.tier is Tier.GOLD:
            assert progress.habits.bad_among(last=12) < 4
            if before is not Tier.GOLD:
                assert not progress.habits.bad_bits & 1


@given(
    decision=st.builds(
        Decision,
        rule=st.sampled_from([Rule.TABLE, Rule.OPEN_OVERDUE, Rule.BROKEN_TWICE, Rule.NEWCOMER]),
        on=st.just(DAY),
        old=st.sampled_from(Tier),
        new=st.sampled_from(Tier),
        known=st.integers(3, 90),
        among=st.integers(3, 12),
        limit_days=st.sampled_from([30, 60]),
    ),
    days=st.lists(st.integers(1, 99), max_size=12),
)
def test_every_reason_is_one_sentence_in_two_languages(decision: Decision, days: list[int]) -> None:
    days = days[: decision.among]
    reason = reason_for(decision._replace(bad=len(days), days_late=tuple(days)))
    for text in (reason.en, reason.nl):
        assert re.fullmatch(r"[A-Z0-9][^.]*\.", text), text
        assert "  " not in text


def test_a_pin_names_who_until_when_and_why() -> None:
    reason = reason_for_pin(Tier.GOLD, author="els", expires_on=DAY, text=" key account. ")
    assert reason.en == "Set to gold by els until 6 January 2025: key account."
    assert reason.nl == "Op goud gezet door els tot en met 6 januari 2025: key account."
