"""Tests what the soak counts: sockets of the kernel's table, and growth of a life since it was warm."""

import os
import time
from collections.abc import Sequence

import pytest
from typing_extensions import override

from bench.soak import GROWN_MB_MAX, Found, figures
from bench.soak_lives import WARM_S, Life, Look, Replica, count_connections, stop_all

TABLE = [
    "   0: 0100007F:4A94 0100007F:1F90 01 00000000:00000000 00:00000000 00000000 0 0 1 1",
    "   1: 0100007F:1F90 0100007F:4A94 01 00000000:00000000 00:00000000 00000000 0 0 2 1",
    "   2: 0100007F:4A96 0100007F:1F90 06 00000000:00000000 00:00000000 00000000 0 0 3 1",
    "   3: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4 1",
]


def life(*, warm: tuple[float, int], last: tuple[float, int]) -> Life:
    return Life(1, ready_s=0.0, looks=[Look(0.0, *warm), Look(1.0, *last)])


def looks(memory: Sequence[float], *, from_s: float = 0.0) -> list[Look]:
    return [Look(from_s + s, mb, 40) for s, mb in enumerate(memory)]


def test_only_established_connections_to_the_port_count() -> None:
    assert count_connections(TABLE, port=0x1F90) == 1
    assert count_connections(TABLE, port=0x4A94) == 1
    assert count_connections(TABLE, port=9092) == 0


def test_a_process_that_is_not_ready_yet_is_not_held_to_anything() -> None:
    starting = Life(os.getpid())
    starting.look()
    assert starting.looks == []
    starting.ready_s = time.monotonic() - WARM_S
    starting.look()
    (seen,) = starting.looks
    assert seen.mb > 1
    assert seen.descriptors >= 3


def test_growth_is_counted_from_the_moment_a_process_is_warm() -> None:
    one = life(warm=(80.0, 40), last=(97.5, 41))
    assert (one.grown_mb, one.grown_descriptors) == (17.5, 1)
    assert Life(1).grown_mb == 0.0


def test_a_batch_that_comes_and_goes_is_no_leak_and_a_leak_beneath_it_is() -> None:
    batches = [100.0 + 8 * (s % 7 == 0) for s in range(300)]
    steady = Life(1, looks=looks(batches, from_s=1000))
    leaking = Life(2, looks=looks([mb + 200 / 3600 * s for s, mb in enumerate(batches)], from_s=1000))
    assert steady.leaning_mb(since_s=1000) == pytest.approx(0, abs=0.5)
    assert leaking.leaning_mb(since_s=1000) == pytest.approx(16.75, abs=0.75)
    assert leaking.leaning_mb(since_s=1150) == pytest.approx(8.5, abs=0.5)
    assert leaking.leaning_mb(since_s=1295) is None, "five looks are no line"


def test_a_leak_in_the_undisturbed_half_breaks_the_soak() -> None:
    replica = Replica("notifier", "all", {}, "http://127.0.0.1:1")
    replica.lives = [Life(1, looks=looks([80 + s / 50 for s in range(300)]))]
    assert leaning(replica, settled_s=0.0) == ("notifier all", 5.98, False)
    assert leaning(replica, settled_s=200.0) == ("notifier all", 1.98, True)


def test_a_soak_too_short_for_a_line_says_that_nobody_was_looked_at_often_enough() -> None:
    replica = Replica("notifier", "all", {}, "http://127.0.0.1:1")
    replica.lives = [life(warm=(80.0, 40), last=(86.0, 40))]
    assert leaning(replica, settled_s=0.0) == ("nobody was looked at often enough", 0.0, True)


def leaning(replica: Replica, *, settled_s: float) -> tuple[str, float, bool]:
    """Return whose line of memory the soak names, how much it rises (MB), and whether that is allowed."""
    found = Found(answers_ms=[1.0], connections=[50] * 16, settled_s=settled_s)
    ((figure, limit),) = [
        (figure, limit)
        for figure, limit in figures(found, [replica], minutes=15)
        if figure.figure == "soak-leaning"
    ]
    return figure.what.rpartition(", ")[2], round(figure.ours, 2), figure.ours <= limit


def test_the_worst_life_decides_and_more_connections_than_at_first_are_told() -> None:
    replica = Replica("classifier", "all", {}, "http://127.0.0.1:1")
    replica.lives = [
        life(warm=(80.0, 40), last=(81.0, 60)),
        life(warm=(80.0, 40), last=(80.0 + GROWN_MB_MAX + 1, 40)),
    ]
    found = Found(lags_s=[1.0, 4.0], answers_ms=[1.0] * 98 + [70.0, 80.0], connections=[50] * 10 + [58] * 5)
    broken = {
        figure.figure: figure.ours
        for figure, limit in figures(found, [replica], minutes=1)
        if figure.ours > limit
    }
    assert broken == {
        "soak-memory": GROWN_MB_MAX + 1,
        "soak-descriptors": 20,
        "soak-connections": 8,
        "soak-p99": 70.0,
    }


class _Ending(Replica):
    """Ends or does not, and is asked for it once."""

    @override
    async def stop(self) -> None:
        self.lives.append(Life(0))
        if self.role == "stuck":
            raise TimeoutError


async def test_one_that_does_not_end_leaves_none_of_the_others_running() -> None:
    replicas = [_Ending("invoices", role, {}, "") for role in ("all", "stuck", "api", "stuck", "all")]
    with pytest.raises(TimeoutError):
        await stop_all(replicas)
    assert [len(replica.lives) for replica in replicas] == [1] * 5
