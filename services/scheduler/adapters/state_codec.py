"""Writes states, histories and reasons as MessagePack, field by field in their order, and reads them back."""

from typing import Final

import msgspec

from chassis.tuples import reader
from scheduler.domain.customer import Contact, Customer
from scheduler.domain.decision import InvoiceReasons

_encode: Final = msgspec.msgpack.Encoder(decimal_format="string").encode
_customer: Final = reader(Customer)
_contacts: Final = reader(tuple[Contact, ...])
_reasons: Final = reader(tuple[InvoiceReasons, ...])


def write_customer(customer: Customer) -> bytes:
    """Return the bytes of a state."""
    return _encode(customer)


def read_customer(data: bytes) -> Customer:
    """Return the state."""
    return _customer(data)


def write_contacts(contacts: tuple[Contact, ...]) -> bytes:
    """Return the bytes of an invoice's history."""
    return _encode(contacts)


def read_contacts(data: bytes | None) -> tuple[Contact, ...]:
    """Return an invoice's history; empty where there is none."""
    return _contacts(data) if data else ()


def write_reasons(reasons: tuple[InvoiceReasons, ...]) -> bytes:
    """Return the bytes of what was said."""
    return _encode(reasons)


def read_reasons(data: bytes) -> tuple[InvoiceReasons, ...]:
    """Return what was said."""
    return _reasons(data)
