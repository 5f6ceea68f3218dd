"""Tests what `make chaos` makes of its settings."""

import pytest

from chaos.__main__ import asked_for
from chaos.mutant import MUTANTS


def test_without_settings_it_is_a_quarter_of_an_hour_with_every_mutant() -> None:
    _, size = asked_for({})
    assert (size.seconds, size.deliveries_min, size.kills_min) == (900, 2_000, 40)
    assert size.mutants == list(MUTANTS)


def test_an_hour_asks_for_ten_thousand_deliveries_and_two_hundred_kills() -> None:
    seed, size = asked_for({"CHAOS_MINUTES": "60", "CHAOS_SEED": "7", "CHAOS_MUTANTS": "none"})
    assert seed == 7
    assert size.deliveries_min >= 10_000
    assert size.kills_min >= 200
    assert size.mutants == []


def test_named_mutants_are_tried_in_the_order_of_the_list() -> None:
    first, second, *_ = MUTANTS
    _, size = asked_for({"CHAOS_MUTANTS": f"{second}, {first}"})
    assert size.mutants == [first, second]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"CHAOS_MUTANTS": "fense"}, "CHAOS_MUTANTS: there is no fense; there are claim"),
        ({"CHAOS_MINUTES": "an hour"}, "CHAOS_MINUTES: 'an hour' is not a number"),
        ({"CHAOS_MINUTES": "nan"}, "CHAOS_MINUTES: nan is no length"),
        ({"CHAOS_MINUTES": "-1"}, "CHAOS_MINUTES: -1 is no length"),
        ({"CHAOS_SEED": "1.5"}, "CHAOS_SEED: '1.5' is not a number"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        asked_for(settings)
