"""One invoice event in, one reminder mail out: the thinnest thread through the four services."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
from aiokafka import AIOKafkaProducer

from sandbox.ledger.facts import Creditor
from sandbox.ledger.messages import Messages
from sandbox.replay.client import SandboxClient, SandboxError
from sandbox.replay.stream import publish
from sandbox.stack.stack import Stack
from tests.support.replaying import JANSEN, instant


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[Stack]:
    async with Stack.fresh() as stack:
        yield stack


async def test_an_unpaid_invoice_is_followed_by_mails_that_stop_when_it_is_paid(stack: Stack) -> None:
    messages = Messages(Creditor(creditor_id="thin-nl"))
    invoice = messages.invoice_issued(
        {
            "invoice_id": "T-1",
            "customer_id": "C-1",
            "issued_on": date(2026, 3, 2),
            "due_on": date(2026, 4, 1),
            "amount": Decimal("1656.25"),
            "currency": "EUR",
        },
        customer=JANSEN,
    )
    producer = AIOKafkaProducer(bootstrap_servers=stack.bootstrap)
    await producer.start()
    async with SandboxClient(stack.urls, token=stack.token("thin-nl")) as client:
        assert (await client.get("scheduler", "/v1/clock"))["now"] is None
        await client.advance(instant("2026-03-02T05:00:00+01:00"))
        await publish(producer, [messages.creditor_updated(day=date(2026, 3, 2)), invoice])
        answer = await client.advance(instant("2026-04-02T18:00:00+02:00"))
        first = await client.items("notifier", "/v1/contacts", params={"invoice_id": "T-1"})
        position = await client.get("invoices", "/v1/customers/C-1/position")
        payment = messages.payment_received(
            "P-1",
            customer_id="C-1",
            received_on=date(2026, 4, 3),
            currency="EUR",
            allocations=[("T-1", Decimal("1656.25"))],
        )
        await publish(producer, [payment])
        await client.advance(instant("2026-05-20T18:00:00+02:00"))
        later = await client.items("notifier", "/v1/contacts", params={"invoice_id": "T-1"})
        received = await client.items("inbox", "/messages")
        with pytest.raises(SandboxError, match="409"):
            await client.advance(instant("2026-05-19T18:00:00+02:00"))
    await producer.stop()
    assert [c["step"] for c in first] == ["arrival-check", "upcoming-reminder", "due-today", "first-reminder"]
    assert [c["at"] for c in first] == [
        "2026-03-05T08:00:00Z",
        "2026-03-30T07:00:00Z",
        "2026-04-01T07:00:00Z",
        "2026-04-02T07:00:00Z",
    ]
    assert answer["commands"] == answer["outcomes"] == len(first)
    assert (position["balances"][0]["open"], position["balances"][0]["overdue"]) == ("1656.25", "1656.25")
    assert later == first, "nothing was sent after the payment"
    assert [m["to"] for m in received] == ["piet@jansen.example"] * len(first)
    assert all("T-1" in m["text"] and "1.656,25" in m["text"] for m in received)
