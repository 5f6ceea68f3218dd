"""Whatever comes over Kafka is taken in or parked with a reason; nothing else is ever raised."""

from dataclasses import replace
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.kafka.dead_letter import dead_letter, original
from chassis.kafka.registry import registry
from chassis.kernel.errors import Poison
from tests.fuzz import mutations
from tests.fuzz.doors import is_poison
from tests.fuzz.effort import EXAMPLES
from tests.fuzz.records import TOPICS, Body, Format, Mode, Wire, good, written

DOORS = [(service, topic) for topic in TOPICS for service in sorted(registry()[topic].consumers)]
RANDOM = st.integers(min_value=0).map(Random)
WAYS = st.tuples(st.sampled_from(get_args(Mode)), st.sampled_from(get_args(Format)))
fuzzed = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("mode", get_args(Mode))
@pytest.mark.parametrize("fmt", get_args(Format))
@pytest.mark.parametrize(("service", "topic"), DOORS)
def test_a_good_record_is_taken_in_however_it_is_written(
    service: str, topic: str, mode: Mode, fmt: Format
) -> None:
    assert not is_poison(written(topic, good(topic, 1), mode=mode, fmt=fmt), service=service)


@pytest.mark.parametrize(("service", "topic"), DOORS)
@fuzzed
@given(ways=WAYS, rng=RANDOM)
def test_spoilt_bytes_and_headers_are_taken_in_or_parked(
    service: str, topic: str, ways: tuple[Any, Any], rng: Random
) -> None:
    mode, fmt = ways
    is_poison(mutations.of_wire(written(topic, good(topic, 1), mode=mode, fmt=fmt), rng), service=service)


@pytest.mark.parametrize(("service", "topic"), DOORS)
@fuzzed
@given(mode=st.sampled_from(get_args(Mode)), rng=RANDOM)
def test_spoilt_fields_are_taken_in_or_parked(service: str, topic: str, mode: Mode, rng: Random) -> None:
    body = mutations.of_body(good(topic, 1), rng)
    is_poison(written(topic, body, mode=mode), service=service)


@pytest.mark.parametrize(("service", "topic"), DOORS)
def test_no_value_in_any_single_field_breaks_a_door(service: str, topic: str) -> None:
    for body in mutations.every_field_spoilt(good(topic, 1)):
        is_poison(written(topic, body), service=service)


@pytest.mark.parametrize(("service", "topic"), DOORS)
@fuzzed
@given(rng=RANDOM)
def test_spoilt_texts_in_protobuf_are_taken_in_or_parked(service: str, topic: str, rng: Random) -> None:
    is_poison(written(topic, _with_nasty_texts(good(topic, 1), rng), fmt="protobuf"), service=service)


def _with_nasty_texts(body: Body, rng: Random) -> Body:
    """Replace texts by nasty ones, so that the message keeps its shape."""
    texts = [text for text in mutations.NASTY if isinstance(text, str) and text != "\ud800"]

    def spoilt(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: spoilt(item) for name, item in value.items()}
        if isinstance(value, list):
            return [spoilt(item) for item in value]
        return rng.choice(texts) if isinstance(value, str) and rng.random() < 0.3 else value

    found: Body = spoilt(body)
    return found


@pytest.mark.parametrize("topic", TOPICS)
@fuzzed
@given(ways=WAYS, rng=RANDOM)
def test_what_nobody_can_read_is_parked_by_everybody(topic: str, ways: tuple[Any, Any], rng: Random) -> None:
    mode, fmt = ways
    record = mutations.hopeless(written(topic, good(topic, 1), mode=mode, fmt=fmt), rng)
    assert all(is_poison(record, service=service) for service in registry()[topic].consumers)


@fuzzed
@given(topic=st.sampled_from(TOPICS), rng=RANDOM)
def test_a_dead_letter_keeps_bytes_key_and_headers_as_they_came(topic: str, rng: Random) -> None:
    record = mutations.of_wire(written(topic, good(topic, 1)), rng)
    letter = dead_letter(record, error=Poison("\ud800 a reason"), topic="x.dead-letter.v1")
    assert (letter.key, letter.value) == (record.key, record.value)
    assert original(letter.headers) == record.headers


@given(value=st.none() | st.binary(), headers=st.lists(st.tuples(st.text(), st.none() | st.binary())))
def test_random_bytes_and_headers_never_break_a_door(value: bytes | None, headers: Any) -> None:
    for service, topic in DOORS:
        is_poison(replace(Wire(topic, value, []), headers=headers), service=service)
