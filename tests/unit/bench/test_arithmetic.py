"""Tests the benchmark's own arithmetic: a wrong percentile would flatter every figure."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figure import Figure, median, percentile

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200)


def test_the_99th_of_a_hundred_values_leaves_one_above_it() -> None:
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile(range(1, 1001), 0.99) == 990
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([3, 1, 2], 1) == 3


@given(VALUES, st.floats(0.001, 1))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    needed = math.ceil(share * len(values))
    assert sum(value <= found for value in values) >= needed
    assert sum(value < found for value in values) < needed


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs values"):
        percentile([], 0.99)
    with pytest.raises(ValueError, match="share"):
        percentile([1.0], 0)


def test_the_median_of_three_runs_is_the_middle_one() -> None:
    assert median([9.0, 1.0, 2.0]) == 2.0


def test_a_figure_with_a_peer_carries_the_ratio_and_one_without_carries_none() -> None:
    with_peer = json.loads(Figure("P2", "events", 30_000, "1/s", 60, limit=10_000).line())
    assert (with_peer["limit"], with_peer["ratio"]) == (10_000, 3.0)
    alone = json.loads(Figure("P3", "events", 12_345.6789, "1/s", 60).line())
    assert alone == {"figure": "P3", "what": "events", "ours": 12_345.679, "unit": "1/s", "n": 60}
