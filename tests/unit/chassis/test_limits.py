"""Decisions made from data: when to wait, when to stop, when a process is ready or stuck."""

import time

import pytest

from chassis.faults import arm, fault_point
from chassis.health import Health
from chassis.kafka.dead_letter import DeadLetterLimit, dead_letter, original
from chassis.kafka.partitions import partition_of, shard_of
from chassis.kafka.registry import read, registry
from chassis.kafka.retry import Backoff
from chassis.kernel.errors import Poison
from tests.unit.chassis.test_codec import raw


class Watch:
    """A stopwatch that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_hundred_dead_letters_that_are_more_than_a_fifth_stop_the_consumer() -> None:
    limit = DeadLetterLimit(monotonic=Watch())
    assert not limit.note(records=99, parked=99)
    assert limit.note(records=1, parked=1)


def test_many_dead_letters_among_many_more_records_do_not() -> None:
    limit = DeadLetterLimit(monotonic=Watch())
    assert not limit.note(records=1000, parked=200)
    assert limit.note(records=1, parked=1)


def test_what_is_older_than_a_minute_is_forgotten() -> None:
    watch = Watch()
    limit = DeadLetterLimit(monotonic=watch)
    assert not limit.note(records=99, parked=99)
    watch.now += 61
    assert not limit.note(records=99, parked=99)


def test_delays_grow_to_a_limit_and_jitter_only_shortens_them() -> None:
    backoff = Backoff(first_s=1, factor=2, limit_s=10, jitter=0.2)
    for attempt, longest in ((1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (10_000, 10)):
        for _ in range(20):
            assert longest * 0.8 <= backoff.delay_s(attempt) <= longest


def test_a_dead_letter_is_the_original_with_its_origin_and_can_be_undone() -> None:
    record = raw(b"\x00\xff", ce_id=b"\xff")
    letter = dead_letter(record, error=Poison("why", field="a.b"), topic="dl")
    assert (letter.key, letter.value) == (record.key, record.value)
    assert dict(letter.headers)["error"] == b"a.b: why"
    assert dict(letter.headers)["origin-offset"] == b"7"
    assert original(letter.headers) == record.headers


def test_readiness_gives_every_reason_and_a_silent_loop_is_stuck() -> None:
    health = Health(service="toy")
    health.down("a", reason="x")
    health.down("b", reason="y")
    health.up("a")
    assert health.reasons() == {"b": "y"}
    health.beat("loop", within_s=0)
    time.sleep(0.001)
    assert health.stuck() == ["loop"]
    health.rest("loop")
    assert health.stuck() == []


def test_keys_go_where_java_s_client_puts_them() -> None:
    # Computed with org.apache.kafka.common.utils.Utils.murmur2 and toPositive.
    assert shard_of(b"21") == (0x7FFFFFFF & (-973932308)) % 6
    assert partition_of(b"foobar", list(range(6)), []) == (0x7FFFFFFF & (-790332482)) % 6
    assert partition_of(None, [0, 1], []) == 0


def test_the_registry_answers_who_writes_and_reads() -> None:
    known = registry()
    assert "erp.payment-received.v1" in known.consumed_by("invoices")
    assert "erp.payment-received.v1" in known.payment_topics()
    assert (
        known.dead_letter_of("classifier", topic="invoices.invoice-changed.v1") == "classifier.dead-letter.v1"
    )
    assert known.dead_letter_of("invoices", topic="erp.payment-received.v1") == "invoices.dead-letter.v1"
    assert known["scheduler.clock-advanced.v1"].is_clock
    assert all(topic.body for topic in known.topics.values() if topic.message)


def test_a_misspelt_registry_entry_fails_at_start() -> None:
    with pytest.raises(TypeError, match="partitons"):
        read("topics:\n- {name: a, message: m, key: k, partitons: 1, consumers: [], producer: p}\n")


def test_an_unknown_fault_point_is_refused_and_an_unarmed_one_does_nothing() -> None:
    with pytest.raises(ValueError, match="before_commit"):
        arm("nowhere")
    arm("before_commit:2")
    fault_point("before_commit")
    arm("")
    fault_point("before_commit")
