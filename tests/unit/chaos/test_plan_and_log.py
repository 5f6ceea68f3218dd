"""The plan is fair and repeatable, and the log reader knows a step back from a repetition."""

import json
from collections import Counter
from dataclasses import dataclass
from itertools import islice

import pytest

from chaos.invariants import leaks
from chaos.ledger_log import CHANGES, Log
from chaos.plan import Blow, all_points, strikes
from chassis.faults import POINTS


@dataclass(frozen=True)
class Record:
    value: bytes


def changes(*versions: int) -> list[Record]:
    return [
        Record(json.dumps({"creditor_id": "acme", "invoice_id": "1", "version": version}).encode())
        for version in versions
    ]


def read(*versions: int) -> Log:
    log = Log()
    log._take(CHANGES, changes(*versions))
    return log


def test_a_seed_gives_one_plan_and_another_seed_another() -> None:
    plans = [list(islice(strikes(seed), 50)) for seed in (1, 1, 2)]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


@pytest.mark.parametrize("seed", range(5))
def test_every_point_of_every_service_has_its_turn_before_any_comes_thrice(seed: int) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for strike in islice((s for s in strikes(seed) if s.blow is Blow.KILL), 60):
        seen.update((victim.service, victim.point) for victim in strike.victims)
        if set(all_points()) <= seen.keys():
            return
    pytest.fail(f"not reached in 60 strikes: {set(all_points()) - seen.keys()}")


def test_the_plan_knows_every_fault_point_there_is() -> None:
    assert {point for _, point in all_points()} == POINTS


def test_a_relay_that_repeats_what_it_sent_is_in_order() -> None:
    log = read(1, 2, 3, 2, 3, 4)
    assert log.disordered == set()
    assert log.versions == {"acme/1": 4}


def test_an_older_version_that_comes_first_now_is_a_step_back() -> None:
    assert read(1, 3, 2).disordered == {"acme/1: version 2 came after 3"}


def test_a_canary_is_found_in_a_log_as_it_stands_and_as_json_writes_it() -> None:
    text = 'to=ann@x.example\nname="Zo\\u00eb de Wit"\nnobody here\n'
    assert leaks(text, {"ann@x.example", "Zoë de Wit", "bob@x.example"}) == {
        "ann@x.example": 1,
        "Zoë de Wit": 1,
    }


def test_some_freezes_last_a_minute() -> None:
    lasting = [s.lasts_s for s in islice(strikes(1), 400) if s.blow is Blow.FREEZE]
    assert {round(lasts_s) == 60 for lasts_s in lasting} == {True, False}
