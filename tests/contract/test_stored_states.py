"""States as the first release stored them, with the names of their fields, stay readable."""

import typing
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from classifier.adapters.state_codec import decode_customer, decode_decision, encode_customer, encode_decision
from classifier.domain.customer import Customer as ClassifierCustomer
from classifier.domain.tier import Decision
from invoices.adapters.stored import read_invoices, written_invoices
from scheduler.adapters import state_codec as scheduler
from scheduler.domain.customer import Contact, Customer
from scheduler.domain.decision import InvoiceReasons

_OTHER_VERSIONS = (
    '[{"creditor_id":"acme-nl","invoice_id":"2026-0001","customer_id":"C-1","issued_on":"2026-03-02","due_on":null,'
    '"currency":"EUR","amount":"100.00","payment_reference":"RF17","order_reference":"","document_url":"",'
    '"mandate_id":"","stamp":{"time":"2026-03-02T08:00:00Z","id":"e-1","source":"/erp"}}]'
)

GOLDEN = Path(__file__).parent / "golden"
_SIMPLE: dict[Any, Any] = {
    int: 7,
    bool: True,
    float: 0.5,
    Decimal: Decimal("7.25"),
    date: date(2026, 4, 3),
    datetime: datetime(2026, 4, 3, 18, 0, 7, 250000, tzinfo=UTC),
}


SINCE_THEN = frozenset({"trace"})
"""Fields that the first release did not have: they have their defaults in what it stored."""


def sample(kind: Any, *, name: str = "", without: frozenset[str] = frozenset()) -> Any:
    """Return a value of a type, each field (but those ``without``) filled with something but its default."""
    options = [option for option in typing.get_args(kind) if option not in {type(None), Ellipsis}]
    origin = typing.get_origin(kind)
    if origin in {tuple, frozenset}:
        return origin([sample(options[0], name=name, without=without)])
    if options:
        return sample(options[0], name=name, without=without)
    if kind is str:
        return f"some-{name}"
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if issubclass(kind, Enum):
        return list(kind)[-1]
    hints = {field: hint for field, hint in typing.get_type_hints(kind).items() if field not in without}
    return kind(**{field: sample(hint, name=field, without=without) for field, hint in hints.items()})


STORED: dict[str, tuple[Any, Callable[[Any], bytes], Callable[[bytes], Any]]] = {
    "classifier-customer": (ClassifierCustomer, encode_customer, decode_customer),
    "classifier-decision": (Decision, encode_decision, decode_decision),
    "scheduler-customer": (Customer, scheduler.write_customer, scheduler.read_customer),
    "scheduler-contacts": (tuple[Contact, ...], scheduler.write_contacts, scheduler.read_contacts),
    "scheduler-reasons": (tuple[InvoiceReasons, ...], scheduler.write_reasons, scheduler.read_reasons),
}


@pytest.mark.parametrize("name", STORED)
def test_a_state_that_the_first_release_stored_by_names_is_read_whole(name: str) -> None:
    kind, _, read = STORED[name]
    stored = bytes.fromhex((GOLDEN / f"state.{name}.v1.hex").read_text())
    assert read(stored) == sample(kind, without=SINCE_THEN)


@pytest.mark.parametrize("name", STORED)
def test_what_is_written_is_read_back_the_same(name: str) -> None:
    kind, write, read = STORED[name]
    assert read(write(sample(kind))) == sample(kind)


@pytest.mark.parametrize("name", STORED)
def test_a_state_is_stored_without_the_names_of_its_fields(name: str) -> None:
    kind, write, _ = STORED[name]
    first = bytes.fromhex((GOLDEN / f"state.{name}.v1.hex").read_text())
    assert len(write(sample(kind))) < 0.7 * len(first)


def test_versions_of_an_invoice_are_stored_with_the_names_of_their_fields_as_ever() -> None:
    (version,) = read_invoices(_OTHER_VERSIONS)
    assert (version.amount, version.due_on, version.stamp.id) == (Decimal("100.00"), None, "e-1")
    assert written_invoices([version]) == _OTHER_VERSIONS
    assert read_invoices(None) == ()
