"""The short form of `make chaos`: kills, cuts and storms for a minute, then two mutants chosen by the seed."""

import logging
from random import Random

import pytest

from chaos.mutant import MUTANTS
from chaos.plan import strikes
from chaos.run import Size, run

SEED = 20_260_588
"""Many kills early, five kinds of blows among the first nine: a busy machine gets no further in the time of CI."""
KILLS_MIN, DELIVERIES_MIN = 20, 40

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]


def test_a_seed_gives_one_plan() -> None:
    plans = [[next(plan) for _ in range(50)] for plan in (strikes(SEED), strikes(SEED), strikes(SEED + 1))]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


async def test_nothing_is_lost_doubled_or_sent_after_payment_and_two_mutants_are_caught() -> None:
    mutants = Random(SEED).sample(MUTANTS, k=2)
    size = Size(
        40,
        deliveries_min=DELIVERIES_MIN,
        kills_min=KILLS_MIN,
        customers=60,
        months=12,
        warm_days=25,
        freezes=False,
        mutants=mutants,
        controls=False,
    )
    reckoning = await run(SEED, size, say=logging.getLogger(__name__).warning)
    assert list(reckoning.guard.breaches) == []
    assert reckoning.toll.killed >= KILLS_MIN
    assert reckoning.deliveries >= DELIVERIES_MIN
    assert reckoning.caught == dict.fromkeys(mutants, True)
