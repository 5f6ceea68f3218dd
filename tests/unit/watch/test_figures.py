"""What the watched figures mean: how far behind, how long waiting."""

from types import SimpleNamespace

from prometheus_client import REGISTRY

from chassis.db.offsets import Place
from chassis.db.relay import Age
from chassis.kafka.lag import Lag

PAID, ISSUED = Place("erp.payment-received.v1", 0), Place("erp.payment-received.v1", 1)


def lag_of(service: str) -> float:
    found = REGISTRY.get_sample_value(
        "velvet_consumer_lag_seconds", {"service": service, "topic": "erp.payment-received.v1"}
    )
    assert found is not None
    return found


def test_the_lag_is_the_age_of_what_was_taken_in_last_while_more_is_waiting() -> None:
    now = [1000.0]
    lag = Lag(service="lagging", now_s=lambda: now[0])
    lag.compare({PAID: 5, ISSUED: 3}, ends={PAID: 5, ISSUED: 3})
    assert lag_of("lagging") == 0
    # A steady stream: never at the end, and yet not behind.
    now[0] = 1300.0
    lag.took([(PAID, SimpleNamespace(timestamp=1_299_000))])
    lag.compare({PAID: 6, ISSUED: 3}, ends={PAID: 7, ISSUED: 3})
    assert lag_of("lagging") == 1
    # One partition stands still: the slowest counts.
    now[0] = 1500.0
    lag.compare({PAID: 9, ISSUED: 3}, ends={PAID: 9, ISSUED: 8})
    assert lag_of("lagging") == 200
    lag.compare({}, ends={})
    assert lag_of("lagging") == 0, "read elsewhere now"


def test_what_waits_when_the_process_starts_is_counted_from_then_on() -> None:
    now = [1000.0]
    lag = Lag(service="starting", now_s=lambda: now[0])
    lag.compare({PAID: 0}, ends={PAID: 9})
    now[0] = 1090.0
    lag.compare({PAID: 0}, ends={PAID: 9})
    assert lag_of("starting") == 90


def test_the_outbox_is_as_old_as_the_message_that_stays_there() -> None:
    age = Age()
    assert age.of({}, now_s=10) == 0
    assert age.of({3: 100}, now_s=20) == 0
    assert age.of({3: 100, 4: 7}, now_s=50) == 30
    # The old ones went out; what waits now is younger.
    assert age.of({3: 101, 4: 7}, now_s=60) == 10
    assert age.of({}, now_s=70) == 0
