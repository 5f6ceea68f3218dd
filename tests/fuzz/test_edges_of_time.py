"""Days and instants that nobody can mean are parked at every door: behind it they cannot be reckoned with."""

import pytest

from tests.fuzz.doors import is_poison
from tests.fuzz.records import good, written

DAYS = ("0001-01-01", "9999-12-31", "1899-12-31", "2200-01-01", "2025-02-30", "20250203")
INSTANTS = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
)
DOORS_OF_DAYS = [
    ("invoices", "erp.invoice-issued.v1", "issued_on"),
    ("invoices", "erp.payment-received.v1", "received_on"),
    ("classifier", "invoices.invoice-changed.v1", "due_on"),
    ("scheduler", "invoices.invoice-changed.v1", "due_on"),
]
DOORS_OF_INSTANTS = [
    ("scheduler", "invoices.invoice-changed.v1", "known_from"),
    ("scheduler", "classifier.tier-changed.v1", "at"),
    ("scheduler", "notifier.contact-recorded.v1", "at"),
    ("invoices", "notifier.contact-recorded.v1", "at"),
    ("notifier", "scheduler.reminder-due.v1", "at"),
    ("notifier", "scheduler.reminder-due.v1", "not_after"),
]


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize(("service", "topic", "field"), DOORS_OF_DAYS)
def test_a_day_that_nobody_can_mean_is_parked(service: str, topic: str, field: str, day: str) -> None:
    assert is_poison(written(topic, {**good(topic, 1), field: day}), service=service)


@pytest.mark.parametrize("instant", INSTANTS)
@pytest.mark.parametrize(("service", "topic", "field"), DOORS_OF_INSTANTS)
def test_an_instant_that_nobody_can_mean_is_parked(
    service: str, topic: str, field: str, instant: str
) -> None:
    assert is_poison(written(topic, {**good(topic, 1), field: instant}), service=service)
