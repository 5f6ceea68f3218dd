"""What is on the wire today stays readable: golden JSON and protobuf bytes of every message."""

import json
import typing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chassis.kafka.codec import Codec
from chassis.kafka.messages import Outgoing
from chassis.kafka.registry import Topic, registry

GOLDEN = Path(__file__).parent / "golden"
TOPICS = [topic for topic in registry().topics.values() if topic.message]


@dataclass
class Record:
    """A Kafka record as the client library gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Any


def sample(struct: type[Any]) -> Any:
    """Fill every field of a message with a value that tells its name."""
    return struct(
        **{
            field.name: value_of(field.type, name=field.encode_name)
            for field in msgspec.structs.fields(struct)
        }
    )


def value_of(kind: Any, *, name: str) -> Any:
    """Return a value of one field's type that differs from the type's default."""
    options = [option for option in typing.get_args(kind) if option is not type(None)]
    match typing.get_origin(kind), kind:
        case (None, _) if kind in {str, int, float, bool}:
            return {str: f"some-{name}", int: 7, float: 0.5, bool: True}[kind]
        case (None, _):
            return sample(kind)
        case (origin, _) if origin is list:
            return [value_of(options[0], name=name)]
        case (origin, _) if origin is dict:
            return {"some-key": value_of(options[1], name=name)}
        case _:
            return value_of(options[0], name=name)


def encoded(topic: Topic, *, wire_format: typing.Literal["json", "protobuf"]) -> tuple[bytes, Any]:
    """Return value and headers as Velvet publishes them."""
    codec = Codec(registry(), source="urn:velvet:golden", wire_format=wire_format)
    outgoing = Outgoing(
        topic=topic.name,
        key="acme-nl:C-1",
        body=sample(topic.body),
        id="golden-1",
        time=datetime(2026, 3, 2, 8, tzinfo=UTC),
    )
    raw = codec.encode(outgoing)
    assert raw.value is not None
    return raw.value, raw.headers


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_the_json_of_a_message_is_what_it_was(topic: Topic) -> None:
    value, _ = encoded(topic, wire_format="json")
    golden = json.loads((GOLDEN / f"{topic.name}.json").read_text())
    # New fields may come; what was there stays as it was.
    assert {key: json.loads(value)[key] for key in golden} == golden


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_protobuf_bytes_of_the_past_are_still_read_in_full(topic: Topic) -> None:
    _, headers = encoded(topic, wire_format="protobuf")
    past = bytes.fromhex((GOLDEN / f"{topic.name}.hex").read_text())
    codec = Codec(registry(), source="urn:velvet:golden")
    read = codec.decode(Record(topic.name, 0, 0, b"acme-nl:C-1", past, headers))
    golden = json.loads((GOLDEN / f"{topic.name}.json").read_text())
    found = msgspec.to_builtins(read.body)
    assert {key: found[key] for key in golden} == golden


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
@pytest.mark.parametrize("wire_format", ["json", "protobuf"])
def test_what_is_written_is_read_back(topic: Topic, wire_format: typing.Literal["json", "protobuf"]) -> None:
    value, headers = encoded(topic, wire_format=wire_format)
    read = Codec(registry(), source="urn:x").decode(Record(topic.name, 3, 14, b"acme-nl:C-1", value, headers))
    assert read.body == sample(topic.body)
    assert (read.envelope.id, read.envelope.source, read.key) == (
        "golden-1",
        "urn:velvet:golden",
        "acme-nl:C-1",
    )
