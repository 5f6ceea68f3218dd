"""A customer's state and a decision as MessagePack, field by field: exact to the last bit of every float."""

from typing import Final

import msgspec

from chassis.tuples import reader
from classifier.domain.customer import Customer
from classifier.domain.tier import Decision

_ENCODER: Final = msgspec.msgpack.Encoder()
_CUSTOMER: Final = reader(Customer)
_DECISION: Final = reader(Decision)


def encode_customer(customer: Customer) -> bytes:
    """Write the whole state."""
    return _ENCODER.encode(customer)


def decode_customer(state: bytes) -> Customer:
    """Read the whole state; fields that an older state lacks get their defaults."""
    return _CUSTOMER(state)


def encode_decision(decision: Decision) -> bytes:
    """Write a change of tier."""
    return _ENCODER.encode(decision)


def decode_decision(data: bytes) -> Decision:
    """Read a change of tier."""
    return _DECISION(data)
