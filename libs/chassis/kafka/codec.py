"""CloudEvents 1.0 over Kafka: binary and structured mode, JSON and protobuf, to lean types and back."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Protocol

import msgspec
from google.protobuf.message import DecodeError as ProtobufError
from google.protobuf.message import Message

from chassis.db.outbox import RawMessage
from chassis.kafka.lenient import soften
from chassis.kafka.messages import Incoming, Outgoing
from chassis.kafka.registry import Registry, Topic
from chassis.kafka.shapes import Shape, normalise, refuse_huge, refuse_nul, shape_of
from chassis.kernel.envelope import Envelope, Origin
from chassis.kernel.errors import Poison

JSON = "application/json"
PROTOBUF = "application/protobuf"
STRUCTURED = "application/cloudevents+json"
Header = tuple[str, bytes]
_ENCODER = msgspec.json.Encoder()

# A field name in camelCase, or an escape that may hide one (or a NUL): such values take the careful path.
# Apart, because a pattern that begins with one certain character is searched twice as fast.
_CAMEL_CASE = re.compile(rb'"[a-z][a-z0-9_]*[A-Z][A-Za-z0-9_]*"\s*:')
_HIDING = b"\\u0"
_PATH = re.compile(r" - at `(?:key in )?\$\.?(.*)`$")
_ATTRIBUTES = (
    *(
        (name, f"ce_{name}")
        for name in ("id", "source", "type", "time", "subject", "specversion", "traceparent")
    ),
    ("traceparent", "traceparent"),
)
_PROTOBUF_NEST_MAX = 60
_REQUIRED = ("id", "source", "type", "time")
_VALUE_BYTES_MAX = 1_000_000
# Beyond these an instant is a slip, and the local time of the first or last of all years cannot be reckoned.
_YEARS = range(1900, 2200)
_TOLD = ("ce_id", "ce_source", "ce_time", "ce_subject", "traceparent")


class Record(Protocol):
    """What the codec needs of a record of the client library."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Any


class _Reading(NamedTuple):
    """What the codec knows of a topic's messages, worked out once."""

    topic: Topic
    struct: type[msgspec.Struct]
    shape: Shape
    decode: Callable[[bytes], msgspec.Struct]
    type_header: bytes


class Codec:
    """Turns Kafka records into messages and back; what cannot be read is Poison, never a crash."""

    def __init__(
        self,
        registry: Registry,
        *,
        source: str,
        wire_format: Literal["json", "protobuf"] = "json",
        confluent_framing: bool = False,
    ) -> None:
        self._registry = registry
        self._source = source
        self._wire_format = wire_format
        self._confluent_framing = confluent_framing
        self._readings: dict[str, _Reading] = {}
        self._common: dict[str, tuple[Header, Header, Header, Header]] = {}

    def encode(self, outgoing: Outgoing, *, traceparent: str = "") -> RawMessage:
        """Return the message in binary mode, in the format that the settings choose."""
        common = self._common.get(outgoing.topic) or self._common_headers(outgoing.topic)
        if self._wire_format == "protobuf":
            value = _to_protobuf(outgoing.body, topic=self._registry[outgoing.topic])
        else:
            value = _ENCODER.encode(outgoing.body)
        if len(value) > _VALUE_BYTES_MAX:
            # Kafka would refuse it for ever, and everything behind it would wait.
            raise Poison(f"what would be published on {outgoing.topic} is too large for Kafka")
        content_type, version, source, kind = common
        event_id, time = ("ce_id", outgoing.id.encode()), ("ce_time", _time_header(outgoing.time))
        headers = [content_type, version, event_id, source, kind, time]
        if outgoing.subject:
            headers.append(("ce_subject", outgoing.subject.encode()))
        if traceparent:
            headers.append(("traceparent", traceparent.encode()))
        return RawMessage(outgoing.topic, outgoing.key.encode(), value, headers)

    def _common_headers(self, name: str) -> tuple[Header, Header, Header, Header]:
        """Return what the headers of all messages of a topic have in common; raises KeyError for no topic of ours."""
        content_type = PROTOBUF if self._wire_format == "protobuf" else JSON
        self._common[name] = (
            ("content-type", content_type.encode()),
            ("ce_specversion", b"1.0"),
            ("ce_source", self._source.encode()),
            ("ce_type", self._registry[name].name.encode()),
        )
        return self._common[name]

    def decode(self, record: Record) -> Incoming:
        """Return the message; raises Poison with the reason and the guilty field."""
        origin = Origin(record.topic, record.partition, record.offset)
        try:
            reading = self._readings.get(record.topic) or self._reading(record.topic)
            return self._decode(record, origin, reading)
        except Poison as error:
            error.origin = origin
            raise
        except RecursionError:
            raise Poison("the value is nested too deeply", origin=origin) from None
        except (ValueError, OverflowError) as error:
            raise Poison(f"the record cannot be read ({type(error).__name__})", origin=origin) from error

    def _reading(self, name: str) -> _Reading:
        topic = self._registry[name]
        struct = topic.body
        decode = msgspec.json.Decoder(struct).decode
        self._readings[name] = _Reading(topic, struct, shape_of(struct), decode, topic.name.encode())
        return self._readings[name]

    def _decode(self, record: Record, origin: Origin, reading: _Reading) -> Incoming:
        data = record.value
        if data is None:
            raise Poison("the record has no value: each message must be the full state")
        headers = {name.lower(): value for name, value in record.headers}
        content_type = _media_type(headers.get("content-type"))
        if content_type == STRUCTURED:
            attributes, content_type, data = _structured(data)
            envelope = _envelope(attributes, topic=reading.topic)
        else:
            envelope = _plain_envelope(headers, reading) or _envelope(
                _binary_attributes(headers), topic=reading.topic
            )
        body = self._body(data, content_type, reading)
        return Incoming(envelope, origin, (record.key or b"").decode("utf-8", "replace"), body)

    def _body(self, data: bytes, content_type: str, reading: _Reading) -> msgspec.Struct:
        if self._confluent_framing:
            data = _unframed(data, content_type=content_type)
        if content_type == JSON or content_type.endswith("+json"):
            body = _from_json(data, reading)
        elif content_type == PROTOBUF:
            body = _from_protobuf(data, topic=reading.topic)
        else:
            raise Poison("it is not a known content type", field="content-type")
        if reading.shape.whole_numbers:
            refuse_huge(body, shape=reading.shape)
        return body


@lru_cache(maxsize=64)
def _time_header(instant: datetime) -> bytes:
    """Write the time of a message: one instant for a whole batch, mostly."""
    return instant_text(instant).encode()


def instant_text(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_instant(text: str, *, field: str) -> datetime:
    """Read an RFC 3339 instant, returned in UTC; raises Poison naming ``field``, also without an offset."""
    try:
        found = msgspec.convert(text, datetime)
        if found.tzinfo is UTC and found.year in _YEARS:
            return found
        if found.tzinfo is not None and found.year in _YEARS:
            return found.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError, ValueError):
        raise Poison("it is not an instant such as 2026-04-03T18:00:00Z", field=field) from None
    if found.tzinfo is not None:
        raise Poison(f"it is not an instant between {_YEARS.start} and {_YEARS.stop}", field=field)
    raise Poison("it has no offset: write Z or +02:00 after it", field=field)


@lru_cache(maxsize=16_384)
def read_day(text: str, *, field: str) -> date:
    """Read a civil day; raises Poison naming ``field``, also for a year that nobody can mean."""
    try:
        # fromisoformat alone would take 20260302 and 2026-W10-1 too.
        found = date.fromisoformat(text) if len(text) == len("2026-04-03") else None
    except ValueError:
        found = None
    if found is None or found.year not in _YEARS:
        raise Poison("it is not a date such as 2026-04-03", field=field)
    return found


@lru_cache(maxsize=256)
def _media_type(header: bytes | None) -> str:
    """Return the media type that a header names, without its parameters."""
    return _bare(JSON if header is None else _text(header, field="content-type"))


def _bare(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _text(value: bytes, *, field: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Poison("the header is not UTF-8", field=field) from None


def _plain_envelope(headers: Mapping[str, bytes | None], reading: _Reading) -> Envelope | None:
    """Read the attributes of an ordinary record; None where anything is out of the ordinary, which is then named."""
    try:
        told = [(headers.get(name) or b"").decode() for name in _TOLD]
    except UnicodeDecodeError:
        return None
    event_id, source, time, subject, traceparent = told
    is_plain = (
        headers.get("ce_type") == reading.type_header
        and headers.get("ce_specversion", b"1.0") == b"1.0"
        and "ce_traceparent" not in headers
        and event_id
        and source
        and time
        and "\x00" not in "".join(told)
    )
    if not is_plain:
        return None
    at = read_instant(time, field="ce_time")
    return Envelope(source, event_id, reading.topic.name, at, subject, traceparent)


def _binary_attributes(headers: Mapping[str, bytes | None]) -> dict[str, str]:
    return {
        name: _text(headers[header] or b"", field=header) for name, header in _ATTRIBUTES if header in headers
    }


def _structured(value: bytes) -> tuple[dict[str, str], str, bytes]:
    """Take a structured event apart: its attributes, the media type of its data, the data."""
    event = _json_value(value)
    if not isinstance(event, dict):
        raise Poison("a structured event must be a JSON object")
    attributes = {name: item for name, item in event.items() if isinstance(item, str)}
    content_type = _bare(attributes.get("datacontenttype") or JSON)
    if event.get("data_base64") is not None:
        try:
            return attributes, content_type, base64.b64decode(event["data_base64"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise Poison("it is not base64", field="data_base64") from None
    if event.get("data") is None:
        raise Poison("the event has no data", field="data")
    return attributes, content_type, msgspec.json.encode(event["data"])


def _envelope(attributes: Mapping[str, str], *, topic: Topic) -> Envelope:
    for name in _REQUIRED:
        if not attributes.get(name):
            raise Poison("it is required", field=f"ce_{name}")
    for name, text in attributes.items():
        if "\x00" in text:
            raise Poison("a NUL character (U+0000) is not allowed", field=f"ce_{name}")
    if attributes.get("specversion", "") not in {"", "1.0"}:
        raise Poison("only CloudEvents 1.0 is understood", field="ce_specversion")
    if attributes["type"] != topic.name:
        raise Poison(f"it must be {topic.name} on this topic", field="ce_type")
    return Envelope(
        source=attributes["source"],
        id=attributes["id"],
        type=attributes["type"],
        time=read_instant(attributes["time"], field="ce_time"),
        subject=attributes.get("subject", ""),
        traceparent=attributes.get("traceparent", ""),
    )


def _json_value(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except UnicodeDecodeError:
        raise Poison("the value is not UTF-8") from None
    except msgspec.DecodeError as error:
        raise Poison(f"the value is not JSON: {error}") from None


def _from_json(data: bytes, reading: _Reading) -> msgspec.Struct:
    """Decode straight into the lean type; other spellings, nulls and escapes take the careful path."""
    if _HIDING not in data and not _CAMEL_CASE.search(data):
        try:
            return reading.decode(data)
        except UnicodeDecodeError:
            raise Poison("the value is not UTF-8") from None
        except msgspec.ValidationError:
            pass  # A null perhaps, which means absent; the careful path names the field if not.
        except msgspec.DecodeError as error:
            raise Poison(f"the value is not JSON: {error}") from None
    value = _json_value(data)
    if not isinstance(value, dict):
        raise Poison("the value must be a JSON object")
    value = normalise(value, shape=reading.shape)
    refuse_nul(value)
    try:
        return _convert(value, struct=reading.struct)
    except Poison:
        if not reading.topic.soft:
            raise
    return _convert(soften(value, struct=reading.struct, paths=reading.topic.soft), struct=reading.struct)


def _convert(value: Any, *, struct: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.convert(value, struct)
    except msgspec.ValidationError as error:
        text = str(error)
        path = _PATH.search(text)
        raise Poison(_PATH.sub("", text), field=path.group(1) if path else "") from None


def _unframed(data: bytes, *, content_type: str) -> bytes:
    """Take off a schema registry's frame: a zero, four bytes of schema id, for protobuf the message's index."""
    if len(data) < 5 or data[0] != 0:
        return data
    data = data[5:]
    if content_type != PROTOBUF:
        return data
    count, at = _varint(data, at=0)
    for _ in range(count):
        _, at = _varint(data, at=at)
    return data[at:]


def _varint(data: bytes, *, at: int) -> tuple[int, int]:
    """Read one zigzag number of the message index (never more than a few); returns it and what follows."""
    number = shift = 0
    while at < len(data) and shift < 28:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return (number >> 1) ^ -(number & 1), at


def _from_protobuf(data: bytes, *, topic: Topic) -> msgspec.Struct:
    try:
        message = topic.protobuf.FromString(data)
    except ProtobufError:
        raise Poison(f"the value is not a {topic.message}") from None
    value = _plain(message, depth=0)
    refuse_nul(value)
    return _convert(value, struct=topic.body)


def _plain(message: Message, *, depth: int) -> dict[str, Any]:
    """Return the fields that are set, as JSON would hold them."""
    if depth > _PROTOBUF_NEST_MAX:
        raise Poison("the value is nested too deeply")
    found: dict[str, Any] = {}
    for part, value in message.ListFields():
        if part.message_type is None:
            found[part.name] = list(value) if part.is_repeated else value
        elif part.message_type.GetOptions().map_entry:
            found[part.name] = dict(value)
        elif part.is_repeated:
            found[part.name] = [_plain(item, depth=depth + 1) for item in value]
        else:
            found[part.name] = _plain(value, depth=depth + 1)
    return found


def _to_protobuf(body: msgspec.Struct, *, topic: Topic) -> bytes:
    message = topic.protobuf(**_set(msgspec.to_builtins(body)))
    data: bytes = message.SerializeToString(deterministic=True)
    return data


def _set(value: Any) -> Any:
    """Drop what is not set, at every level: protobuf has no null."""
    if isinstance(value, dict):
        return {name: _set(item) for name, item in value.items() if item is not None}
    return [_set(item) for item in value] if isinstance(value, list) else value
