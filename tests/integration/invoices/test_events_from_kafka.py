"""ERP events through a real Kafka: in every order, in both modes, and poison of each kind set aside alone."""

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.support.invoices_stage import Stage, consuming, event

INVOICE, PAYMENT = "erp.invoice-issued.v1", "erp.payment-received.v1"
CREDIT, REVERSAL = "erp.credit-note-issued.v1", "erp.payment-reversed.v1"
WRITE_OFF, CUSTOMER = "erp.invoice-written-off.v1", "erp.customer-updated.v1"
CREDITOR = "erp.creditor-updated.v1"
EUR_100 = {"currency": "EUR", "amount": "100.00"}


def issued(invoice_id: str = "2026-0001", **changes: Any) -> dict[str, Any]:
    return {
        "creditor_id": "acme-nl",
        "invoice_id": invoice_id,
        "customer_id": "C-1",
        "issued_on": "2026-03-02",
        "due_on": "2026-04-01",
        "amount": EUR_100,
        **changes,
    }


def received(payment_id: str = "bank-1", **changes: Any) -> dict[str, Any]:
    body = {
        "creditor_id": "acme-nl",
        "payment_id": payment_id,
        "received_on": "2026-04-03",
        "amount": EUR_100,
    }
    return {**body, **changes}


@pytest.fixture
async def producer(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await made.start()
    yield made
    await made.stop()


async def settled(stage: Stage) -> None:
    """Wait as the sandbox clock does: everything produced so far is taken in and its consequences are out."""
    progress = stage.service.progress
    topics = [INVOICE, PAYMENT, CREDIT, REVERSAL, WRITE_OFF, CUSTOMER, CREDITOR]
    assert await progress.reached(await progress.ends_of(topics), timeout_s=30)


async def read(bootstrap: str, topic: str, *, partitions: int, count: int) -> list[Any]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        found: list[Any] = []
        async with asyncio.timeout(20):
            while len(found) < count:
                polled = await consumer.getmany(timeout_ms=200)
                found += [record for records in polled.values() for record in records]
        return found
    finally:
        await consumer.stop()


async def balances(stage: Stage) -> list[tuple[str, str, str, Any]]:
    items = (await stage.get("/v1/invoices?limit=500"))["items"]
    return [
        (item["invoice_id"], item["open"]["amount"], item["status"], item["settled_on"]) for item in items
    ]


STORY: list[tuple[str, str, dict[str, Any]]] = [
    ("2026-03-02T09:00:00Z", INVOICE, issued(payment_reference="RF18539007547034")),
    ("2026-03-02T09:00:01Z", INVOICE, issued("2026-0002", customer={"name": "Jansen", "kind": "BUSINESS"})),
    ("2026-03-02T09:00:02Z", INVOICE, issued("2026-0003", amount={"currency": "EUR", "amount": "40.00"})),
    ("2026-03-05T09:00:00Z", INVOICE, issued("2026-0003", amount={"currency": "EUR", "amount": "45.00"})),
    ("2026-03-06T09:00:00Z", CREDITOR, {"creditor_id": "acme-nl", "payment_term_days": 14}),
    ("2026-03-07T09:00:00Z", INVOICE, issued("2026-0004", due_on="", customer_id="C-2")),
    ("2026-04-03T09:00:00Z", PAYMENT, received(payment_reference="RF18 5390 0754 7034")),
    (
        "2026-04-04T09:00:00Z",
        PAYMENT,
        received("bank-2", remittance="Factuur 2026-0002, 2026-0003", customer_id="C-1"),
    ),
    (
        "2026-04-05T09:00:00Z",
        CREDIT,
        {
            "creditor_id": "acme-nl",
            "credit_note_id": "cn-1",
            "customer_id": "C-1",
            "issued_on": "2026-04-05",
            "amount": {"currency": "EUR", "amount": "-15.00"},
            "invoice_id": "2026-0003",
        },
    ),
    (
        "2026-04-09T09:00:00Z",
        REVERSAL,
        {
            "creditor_id": "acme-nl",
            "reversal_id": "rev-1",
            "payment_id": "bank-1",
            "reversed_on": "2026-04-09",
            "amount": EUR_100,
            "reason_code": "MD06",
        },
    ),
    (
        "2026-04-12T09:00:00Z",
        WRITE_OFF,
        {
            "creditor_id": "acme-nl",
            "invoice_id": "2026-0004",
            "written_off_on": "2026-04-12",
            "amount": EUR_100,
        },
    ),
    ("2026-04-13T09:00:00Z", CUSTOMER, {"creditor_id": "acme-nl", "customer_id": "C-1", "name": "Jansen BV"}),
]
EXPECTED = [
    ("2026-0001", "100.00", "OPEN", None),
    ("2026-0002", "0.00", "PAID", "2026-04-03"),
    ("2026-0003", "30.00", "OPEN", None),
    ("2026-0004", "0.00", "WRITTEN_OFF", "2026-04-12"),
]


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
async def test_any_order_with_duplicates_gives_the_same_open_items(
    kafka_stage: Stage, producer: AIOKafkaProducer, seed: int | None
) -> None:
    numbered = list(enumerate(STORY))
    if seed is not None:
        numbered = random.Random(seed).sample(numbered * 2, k=2 * len(numbered))
    async with consuming(kafka_stage):
        for number, (at, topic, body) in numbered:
            # Any key at all: it need not be trusted.
            await producer.send_and_wait(
                **event(topic, body, number=number, ce_time=at), key=str(number % 5).encode()
            )
        await settled(kafka_stage)
        assert await balances(kafka_stage) == EXPECTED
        assert (await kafka_stage.get("/v1/invoices/2026-0004"))["due_on"] == "2026-03-16"
        position = await kafka_stage.get("/v1/customers/C-1/position")
        assert [(b["open"], b["unapplied"]) for b in position["balances"]] == [("130.00", "0.00")]
        told = await read(
            kafka_stage.service.settings.kafka_bootstrap,
            "invoices.customer-changed.v1",
            partitions=6,
            count=1,
        )
        last = max((json.loads(record.value) for record in told), key=lambda body: body["version"])
        assert (last["name"], last["broken_on"]) == ("Jansen BV", ["2026-04-09"])


async def test_both_modes_and_camel_case_are_taken_in(kafka_stage: Stage, producer: AIOKafkaProducer) -> None:
    camel = {
        "creditorId": "acme-nl",
        "invoiceId": "2026-0002",
        "customerId": "C-1",
        "issuedOn": "2026-03-02",
        "amount": EUR_100,
        "somethingNew": 1,
    }
    structured = {
        "specversion": "1.0",
        "id": "s-1",
        "source": "/erp/test",
        "type": INVOICE,
        "time": "2026-03-02T10:00:00+01:00",
        "data": camel,
    }
    async with consuming(kafka_stage):
        await producer.send_and_wait(**event(INVOICE, issued(), number=1))
        await producer.send_and_wait(
            INVOICE,
            json.dumps(structured).encode(),
            headers=[("content-type", b"application/cloudevents+json")],
        )
        await settled(kafka_stage)
        assert [row[0] for row in await balances(kafka_stage)] == ["2026-0001", "2026-0002"]


POISON: list[tuple[str, Any, str]] = [
    (INVOICE, b"{no json", ""),
    (INVOICE, {**issued(), "creditor_id": ""}, "creditor_id"),
    (INVOICE, {key: value for key, value in issued().items() if key != "invoice_id"}, "invoice_id"),
    (INVOICE, issued(customer_id=" "), "customer_id"),
    (INVOICE, issued(invoice_id="x" * 129), "invoice_id"),
    (INVOICE, issued("2026\x00"), "invoice_id"),
    (INVOICE, issued(issued_on="2026-02-30"), "issued_on"),
    (INVOICE, issued(issued_on="20260302"), "issued_on"),
    (INVOICE, issued(issued_on="1026-03-02"), "issued_on"),
    (INVOICE, issued(due_on="2926-03-02"), "due_on"),
    (INVOICE, {**issued(), "amount": None}, "amount"),
    (INVOICE, issued(amount={"currency": "EUR"}), "amount.amount"),
    (INVOICE, issued(amount={"currency": "EUR", "amount": "twelve"}), "amount.amount"),
    (INVOICE, issued(amount={"currency": "EUR", "amount": "NaN"}), "amount.amount"),
    (INVOICE, issued(amount={"currency": "EUR", "amount": "9" * 400}), "amount.amount"),
    (INVOICE, issued(amount={"currency": "EUR", "amount": "1.005"}), "amount.amount"),
    (INVOICE, issued(amount={"currency": "XYZ", "amount": "1.00"}), "amount.currency"),
    (INVOICE, issued(customer={"kind": "ROBOT"}), "customer.kind"),
    (INVOICE, issued(customer={"customer_id": "C-9"}), "customer.customer_id"),
    (PAYMENT, received(amount={"currency": "EUR", "amount": "-1.00"}), "amount.amount"),
    (PAYMENT, received(received_on=""), "received_on"),
    (PAYMENT, received(allocations=[{"invoice_id": "1", "amount": "x"}]), "allocations[0].amount"),
    (
        CREDIT,
        {"creditor_id": "acme-nl", "credit_note_id": "c", "issued_on": "2026-03-02", "amount": EUR_100},
        "customer_id",
    ),
    (
        REVERSAL,
        {"creditor_id": "acme-nl", "reversal_id": "r", "reversed_on": "2026-03-02", "amount": EUR_100},
        "payment_id",
    ),
    (WRITE_OFF, {"creditor_id": "acme-nl", "invoice_id": "i", "written_off_on": "2026-03-02"}, "amount"),
    (CUSTOMER, {"creditor_id": "acme-nl", "customer_id": "C-1", "size": "HUGE"}, "size"),
    (
        CUSTOMER,
        {"creditor_id": "acme-nl", "customer_id": "C-1", "credit_limit": {"currency": "EUR", "amount": "-1"}},
        "credit_limit.amount",
    ),
    (CREDITOR, {"creditor_id": "acme-nl", "timezone": "Mars/Crater"}, "timezone"),
    (CREDITOR, {"creditor_id": "acme-nl", "payment_term_days": -1}, "payment_term_days"),
    # The one case in which the order of arrival decides: the invoice came in first as it was.
    (INVOICE, issued("good-0", customer_id="C-2"), "customer_id"),
    (INVOICE, issued("good-0", amount={"currency": "USD", "amount": "100.00"}), "amount.currency"),
]


async def test_poison_of_each_kind_is_set_aside_alone_with_its_bytes_reason_and_origin(
    kafka_stage: Stage, producer: AIOKafkaProducer
) -> None:
    numbers = itertools.count(100)
    sent: dict[tuple[str, int, int], tuple[bytes, str]] = {}
    async with consuming(kafka_stage):
        await producer.send_and_wait(**event(INVOICE, issued("good-0"), number=0))
        await settled(kafka_stage)
        for position, (topic, body, field) in enumerate(POISON):
            record = event(topic, body, number=next(numbers))
            place = await producer.send_and_wait(**record, partition=0)
            sent[topic, place.partition, place.offset] = (record["value"], field)
            after = event(INVOICE, issued(f"good-{position + 1}"), number=next(numbers))
            await producer.send_and_wait(**after, partition=0)
        unknown = event(INVOICE, issued("bad-type"), number=1, ce_type="erp.invoice-eaten.v1")
        place = await producer.send_and_wait(**unknown, partition=0)
        sent[INVOICE, place.partition, place.offset] = (unknown["value"], "")
        await settled(kafka_stage)
        letters = await read(
            kafka_stage.service.settings.kafka_bootstrap,
            "invoices.dead-letter.v1",
            partitions=1,
            count=len(sent),
        )
    found = {}
    for letter in letters:
        headers = dict(letter.headers)
        origin = (
            headers["origin-topic"].decode(),
            int(headers["origin-partition"]),
            int(headers["origin-offset"]),
        )
        found[origin] = (letter.value, headers["error"].decode())
    assert found.keys() == sent.keys()
    for origin, (value, field) in sent.items():
        assert found[origin][0] == value
        if field:
            assert found[origin][1].startswith(f"{field}: "), found[origin][1]
    rows = await balances(kafka_stage)
    assert [row[0] for row in rows] == sorted(f"good-{number}" for number in range(len(POISON) + 1))


async def test_contact_details_are_never_poison_but_kept_marked_and_left_out(
    kafka_stage: Stage, producer: AIOKafkaProducer
) -> None:
    body = {
        "creditor_id": "acme-nl",
        "customer_id": "C-1",
        "name": "Jansen",
        "kind": "BUSINESS",
        "language": "not a language",
        "timezone": "Mars/Crater",
        "tone": "ANGRY",
        "preferred_channel": "PIGEON",
        "preferred_window": {"from": "20:00", "to": "18:00"},
        "contacts": [
            {"purpose": "REMINDER", "email": "no address", "mobile": "+31612345678", "phone": "12"},
            {"purpose": "LEGAL", "email": "legal@jansen.example", "mobile": "abc"},
        ],
        "address": {"street": "Dam 1", "city": "Amsterdam"},
    }
    async with consuming(kafka_stage) as batches:
        await producer.send_and_wait(**event(CUSTOMER, body, number=1))
        await settled(kafka_stage)
        (record,) = await read(
            kafka_stage.service.settings.kafka_bootstrap,
            "invoices.customer-changed.v1",
            partitions=6,
            count=1,
        )
        assert batches.parked == 0
    told = json.loads(record.value)
    assert sorted(problem["field"] for problem in told["problems"]) == [
        "address.postal_code",
        "contacts[0].email",
        "contacts[0].phone",
        "contacts[1].mobile",
        "language",
        "preferred_channel",
        "preferred_window",
        "timezone",
        "tone",
    ]
    assert [contact["email"] for contact in told["contacts"]] == ["", "legal@jansen.example"]
    assert told["contacts"][0]["mobile"] == "+31612345678"
    assert told["timezone"] == ""
    assert told.get("preferred_window") is None


async def test_the_position_says_up_to_when_payments_are_in(
    kafka_stage: Stage, producer: AIOKafkaProducer
) -> None:
    await producer.send_and_wait(**event(INVOICE, issued(), number=1, ce_time="2026-03-02T08:00:00Z"))
    paid = event(PAYMENT, received(remittance="2026-0001"), number=2, ce_time="2026-04-03T10:00:00Z")
    async with consuming(kafka_stage):
        await settled(kafka_stage)
        position = await kafka_stage.get("/v1/customers/C-1/position")
        assert position["caught_up_to"] == "2026-03-02T08:00:00Z"
        await producer.send_and_wait(**paid, partition=0)
        await settled(kafka_stage)
        position = await kafka_stage.get("/v1/customers/C-1/position")
        assert position["caught_up_to"] == "2026-04-03T10:00:00Z"
    await kafka_stage.move_to("2026-04-10T09:00:00+00:00")
    assert (await kafka_stage.get("/v1/customers/C-1/position"))["caught_up_to"] == "2026-04-10T09:00:00Z"
    late = event(PAYMENT, received("bank-2"), number=3, ce_time="2026-04-11T10:00:00Z")
    await producer.send_and_wait(**late, partition=0)
    assert (await kafka_stage.get("/v1/customers/C-1/position"))["caught_up_to"] == "2026-04-03T10:00:00Z"
    answer = await kafka_stage.post("/internal/gate", {"invoices": []}, scopes=["internal"])
    assert (answer["fresh"], answer["caught_up_to"]) == (False, "2026-04-03T10:00:00Z")
