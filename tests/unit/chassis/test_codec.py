"""What the door reads, and what it refuses with a reason and the guilty field, whatever the bytes."""

import base64
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.kafka.codec import Codec, read_instant
from chassis.kafka.messages import Outgoing
from chassis.kafka.registry import registry
from chassis.kernel.errors import Poison
from contracts.erp.v1 import Contact, CreditorUpdated, CustomerUpdated, InvoiceIssued, Money, Window, erp_pb2
from contracts.notifier.v1 import ContactRecorded

TOPIC = "erp.invoice-issued.v1"
CODEC = Codec(registry(), source="/test")


@dataclass
class Raw:
    """A record as the client library gives it."""

    value: bytes | None
    topic: str = TOPIC
    partition: int = 2
    offset: int = 7
    key: bytes | None = b"c:o"
    headers: Any = field(default_factory=list)


def raw(value: bytes | None, **headers: bytes | None) -> Raw:
    """A record with good headers, some replaced; None takes one away."""
    good: dict[str, bytes | None] = {
        "ce_id": b"e1",
        "ce_source": b"/erp",
        "ce_type": TOPIC.encode(),
        "ce_time": b"2026-03-02T10:00:00+01:00",
        "content_type": b"application/json",
    }
    merged = {**good, **headers}
    return Raw(
        value,
        headers=[(n.replace("content_type", "content-type"), v) for n, v in merged.items() if v is not None],
    )


def structured(event: dict[str, Any]) -> Raw:
    return Raw(
        json.dumps(event).encode(), headers=[("content-type", b"application/cloudevents+json; charset=utf-8")]
    )


EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/erp",
    "type": TOPIC,
    "time": "2026-03-02T10:00:00+01:00",
}


@pytest.mark.parametrize("wire_format", ["json", "protobuf"])
@pytest.mark.parametrize(
    ("topic", "body"),
    [
        (
            TOPIC,
            InvoiceIssued(
                invoice_id="1",
                amount=Money(currency="EUR", amount="-5.00"),
                customer=CustomerUpdated(name="Ł"),
            ),
        ),
        ("erp.creditor-updated.v1", CreditorUpdated(payment_term_days=0, vat_deductible=False)),
        (
            "notifier.contact-recorded.v1",
            ContactRecorded(consent={"WHATSAPP": True, "SMS": False}, version=9),
        ),
        (
            "erp.customer-updated.v1",
            CustomerUpdated(
                preferred_window=Window(from_="18:00", to="20:00", days=["MON"]), contacts=[Contact(name="a")]
            ),
        ),
    ],
)
def test_what_is_published_is_read_back_in_both_formats(
    wire_format: Literal["json", "protobuf"], topic: str, body: InvoiceIssued
) -> None:
    codec = Codec(registry(), source="/test", wire_format=wire_format)
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    sent = codec.encode(Outgoing(topic=topic, key="c:o", body=body, id="x", time=at, subject="s"))
    read = CODEC.decode(Raw(sent.value, topic=topic, headers=list(sent.headers)))
    assert read.body == body
    assert (read.envelope.id, read.envelope.source, read.envelope.time) == ("x", "/test", at)


def test_camel_case_names_nulls_and_unknown_fields_are_read() -> None:
    value = b'{"invoiceId":"1","dueOn":null,"colour":{"a":[null]},"amount":{"currency":"EUR","amount":"1"},"customer":{"customerId":"x","contacts":[{"whatsappOptIn":true,"name":null}]}}'
    body = CODEC.decode(raw(value)).body
    assert isinstance(body, InvoiceIssued)
    assert (body.invoice_id, body.due_on) == ("1", "")
    assert body.customer == CustomerUpdated(customer_id="x", contacts=[Contact(whatsapp_opt_in=True)])


def test_map_keys_are_never_renamed() -> None:
    record = raw(b'{"contactId":"1","consent":{"WHATSAPP":true}}', ce_type=b"notifier.contact-recorded.v1")
    record.topic = "notifier.contact-recorded.v1"
    body = CODEC.decode(record).body
    assert isinstance(body, ContactRecorded)
    assert (body.contact_id, body.consent) == ("1", {"WHATSAPP": True})


def test_structured_mode_carries_json_and_protobuf() -> None:
    read = CODEC.decode(structured({**EVENT, "data": {"invoiceId": "1"}, "subject": "s"}))
    assert isinstance(read.body, InvoiceIssued)
    assert (read.body.invoice_id, read.envelope.subject) == ("1", "s")
    data = base64.b64encode(erp_pb2.InvoiceIssued(invoice_id="2").SerializeToString()).decode()
    read = CODEC.decode(structured({**EVENT, "datacontenttype": "application/protobuf", "data_base64": data}))
    assert read.body == InvoiceIssued(invoice_id="2")


def test_a_schema_registry_s_frame_is_taken_off_when_told_so() -> None:
    codec = Codec(registry(), source="/test", confluent_framing=True)
    value = erp_pb2.InvoiceIssued(invoice_id="1").SerializeToString()
    assert codec.decode(
        raw(b"\x00\x00\x00\x00\x09\x00" + value, content_type=b"application/protobuf")
    ).body == InvoiceIssued(invoice_id="1")
    assert codec.decode(raw(b"\x00\x00\x00\x00\x09" + b'{"invoice_id":"1"}')).body == InvoiceIssued(
        invoice_id="1"
    )
    assert codec.decode(raw(b'{"invoice_id":"1"}')).body == InvoiceIssued(invoice_id="1")


@pytest.mark.parametrize(
    ("record", "guilty", "words"),
    [
        (raw(None), "", "no value"),
        (raw(b""), "", "not JSON"),
        (raw(b"no json"), "", "not JSON"),
        (raw(b"\xff\xfe"), "", ""),
        (raw(b"[]"), "", ""),
        (raw(b'"text"'), "", ""),
        (raw(b"[" * 100_000), "", "nested"),
        (raw(b'{"a":' * 100_000), "", "nested"),
        (raw(b'{"invoice_id": NaN}'), "", "not JSON"),
        (raw(b'{"invoice_id": ' + b"9" * 400 + b"}"), "invoice_id", "Expected `str`"),
        (raw(b'{"amount": {"currency": "EUR", "amount": 1.5}}'), "amount.amount", "Expected `str`"),
        (raw(b'{"customer": {"credit_limit": {"amount": 5}}}'), "customer.credit_limit.amount", ""),
        (raw(b'{"invoice_id": "a\\u0000b"}'), "invoice_id", "NUL"),
        (raw(b'{"customer": {"contacts": [{"name": "\\u0000"}]}}'), "customer.contacts[0].name", "NUL"),
        (raw(b'{"invoice_id": "\\ud800"}'), "", "not JSON"),
        (raw(b'{"invoice_id": "\xed\xa0\x80"}'), "", "UTF-8"),
        (raw(b"{}", ce_id=None), "ce_id", "required"),
        (raw(b"{}", ce_source=b""), "ce_source", "required"),
        (raw(b"{}", ce_id=b"a\x00"), "ce_id", "NUL"),
        (raw(b"{}", ce_id=b"\xff"), "ce_id", "UTF-8"),
        (raw(b"{}", ce_type=b"erp.unknown.v1"), "ce_type", "must be"),
        (raw(b"{}", ce_time=None), "ce_time", "required"),
        (raw(b"{}", ce_time=b"yesterday"), "ce_time", "instant"),
        (raw(b"{}", ce_time=b"2026-03-02T10:00:00"), "ce_time", "offset"),
        (raw(b"{}", ce_time=b"2026-02-30T10:00:00Z"), "ce_time", "instant"),
        (raw(b"{}", ce_time=b"0001-01-01T00:00:00+14:00"), "ce_time", "instant"),
        (raw(b"{}", ce_specversion=b"0.3"), "ce_specversion", "1.0"),
        (raw(b"{}", content_type=b"text/xml"), "content-type", "content type"),
        (raw(b"\xff\xff", content_type=b"application/protobuf"), "", "InvoiceIssued"),
        (raw(b"\x12\x01\x00", content_type=b"application/protobuf"), "invoice_id", "NUL"),
        (structured({**EVENT}), "data", "no data"),
        (structured({**EVENT, "data_base64": 5}), "data_base64", "base64"),
        (structured({**EVENT, "data": []}), "", ""),
        (structured({**EVENT, "id": 5, "data": {}}), "ce_id", "required"),
        (Raw(b"[]", headers=[("content-type", b"application/cloudevents+json")]), "", "object"),
    ],
)
def test_what_cannot_be_read_is_poison_with_its_reason_and_origin(
    record: Raw, guilty: str, words: str
) -> None:
    with pytest.raises(Poison) as caught:
        CODEC.decode(record)
    assert caught.value.field == guilty
    assert words in caught.value.reason
    assert caught.value.origin is not None
    assert caught.value.origin.offset == 7


def test_a_number_beyond_64_bits_is_poison() -> None:
    record = raw(b'{"payment_term_days": 99999999999999999999999}', ce_type=b"erp.creditor-updated.v1")
    record.topic = "erp.creditor-updated.v1"
    with pytest.raises(Poison, match="payment_term_days"):
        CODEC.decode(record)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"application/json", b"application/protobuf", b"application/cloudevents+json"]),
)
def test_no_bytes_whatever_make_it_crash(value: bytes, content_type: bytes) -> None:
    with suppress(Poison):
        CODEC.decode(raw(value, content_type=content_type))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["invoice_id", "invoiceId", "amount", "customer", "contacts", "x"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_no_json_whatever_makes_it_crash(value: object) -> None:
    with suppress(Poison):
        CODEC.decode(raw(json.dumps(value).encode()))


def test_an_instant_needs_an_offset_and_is_read_in_utc() -> None:
    assert read_instant("2026-04-03T18:00:00+02:00", field="x") == datetime(2026, 4, 3, 16, tzinfo=UTC)
