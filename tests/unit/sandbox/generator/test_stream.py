"""The synthetic stream holds the book's facts, in order or shuffled, and money that adds up to the cent."""

import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.generator import Book, generate
from sandbox.generator.stream import days_of_book, open_at_end, payment_reference, shuffled
from sandbox.ledger.facts import DayFacts, Event, encode

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def book() -> Book:
    return generate(0)


@pytest.fixture(scope="module")
def days(book: Book) -> list[DayFacts]:
    return list(days_of_book(book))


def _events(days: list[DayFacts]) -> list[Event]:
    return [event for facts in days for event in facts.events]


def test_days_come_once_each_in_order_and_end_with_the_book(book: Book, days: list[DayFacts]) -> None:
    dates = [facts.day for facts in days]
    assert dates == sorted(set(dates))
    assert dates[-1] <= book.last_on
    assert days[0].events[0].topic == "erp.creditor-updated.v1"


def test_every_event_has_an_identity_of_its_own(days: list[DayFacts]) -> None:
    events = _events(days)
    assert len({(event.source, event.id) for event in events}) == len(events)


def test_every_kind_of_fact_and_action_occurs(days: list[DayFacts]) -> None:
    topics = Counter(event.topic for event in _events(days))
    assert set(topics) == {
        "erp.creditor-updated.v1",
        "erp.customer-updated.v1",
        "erp.invoice-issued.v1",
        "erp.payment-received.v1",
        "erp.credit-note-issued.v1",
        "erp.payment-reversed.v1",
    }
    assert {action.kind for facts in days for action in facts.actions} == {"dispute", "promise"}
    assert any("allocations" not in e.data for e in _events(days) if e.topic == "erp.payment-received.v1")


def test_all_customers_are_announced(book: Book, days: list[DayFacts]) -> None:
    known = {event.key.partition(":")[2] for event in _events(days)} - {""}
    assert known == {who.customer_id for who in book.personas}


def test_what_is_open_follows_from_the_events_to_the_cent(book: Book, days: list[DayFacts]) -> None:
    left: dict[str, Decimal] = {}
    by_reference = {payment_reference(invoice.invoice_id): invoice.invoice_id for invoice in book.invoices}
    paid_for: dict[str, str] = {}
    for event in _events(days):
        data = event.data
        if event.topic == "erp.invoice-issued.v1":
            left[data["invoice_id"]] = Decimal(data["amount"]["amount"])
        elif event.topic == "erp.credit-note-issued.v1":
            left[data["invoice_id"]] -= Decimal(data["amount"]["amount"])
        elif event.topic == "erp.payment-reversed.v1":
            left[paid_for[data["payment_id"]]] += Decimal(data["amount"]["amount"])
        elif event.topic == "erp.payment-received.v1":
            whole = {"invoice_id": by_reference.get(data.get("payment_reference", "")), **data["amount"]}
            for part in data.get("allocations", [whole]):
                paid_for[data["payment_id"]] = part["invoice_id"]
                left[part["invoice_id"]] -= Decimal(part["amount"])
    assert left == open_at_end(book)
    assert any(amount > 0 for amount in left.values())
    assert all(amount >= 0 for amount in left.values())


def test_shuffling_doubles_every_event_and_keeps_its_day(days: list[DayFacts]) -> None:
    mixed = list(shuffled(days, seed=1))
    assert mixed == list(shuffled(days, seed=1))
    assert mixed != list(shuffled(days, seed=2))
    assert [facts.day for facts in mixed] == [facts.day for facts in days]
    for before, after in zip(days, mixed, strict=True):
        assert Counter(event.id for event in after.events) == {event.id: 2 for event in before.events}
        assert after.actions == before.actions


def test_references_are_those_of_iso_11649(book: Book) -> None:
    for invoice in book.invoices[:50]:
        reference = payment_reference(invoice.invoice_id)
        assert int("".join(str(int(char, 36)) for char in reference[4:] + reference[:4])) % 97 == 1


def test_the_stream_is_the_same_bytes_in_every_process(days: list[DayFacts]) -> None:
    script = (
        "import hashlib; from sandbox.generator import generate; from sandbox.generator.stream import days_of_book; "
        "from sandbox.ledger.facts import encode; "
        "print(hashlib.sha256(repr([encode(e) for d in days_of_book(generate(0)) for e in d.events]).encode()).hexdigest())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone},
            timeout=60,
        ).stdout
        for hash_seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(outputs) == 1
    assert len(encode(days[0].events[0])[1]) > 100
