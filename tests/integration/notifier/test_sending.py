"""From a command to the inbox, and what the other services are told."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sandbox.inbox.faults import FaultOrder
from tests.integration.notifier.events import (
    creditor_changed,
    customer_changed,
    invoice_in_command,
    reminder_due,
)
from tests.integration.notifier.stage import Stage
from tests.unit.notifier.builders import NOON


@pytest.mark.parametrize(
    ("channel", "outcome", "to"),
    [
        ("EMAIL", "ACCEPTED", "c-1001@klant.example"),
        ("SMS", "DELIVERED", "+31612345678"),
        ("WHATSAPP", "DELIVERED", "+31612345678"),
        ("LETTER", "ACCEPTED", "Bouwbedrijf Jansen, Jan Jansen, Dorpsstraat 1, 3511 AB  Utrecht"),
    ],
)
async def test_a_command_becomes_one_message_whose_words_are_kept(
    stage: Stage, channel: str, outcome: str, to: str
) -> None:
    await stage.take_in(creditor_changed(), customer_changed(), reminder_due(channel=channel))
    await stage.settle()

    (sent,) = stage.inbox_messages()
    (contact,) = await stage.contacts(customer_id="C-1001")
    assert (sent.channel.value, sent.to) == (channel, to)
    assert "€ 1.656,25" in sent.text
    assert contact["text"] == sent.text
    assert contact["subject"] == sent.subject
    assert contact["provider_message_id"] == sent.provider_message_id
    assert contact["outcome"] == outcome
    assert contact["at"] == "2026-04-06T07:00:00Z"
    assert contact["invoice_ids"] == ["2026-0001"]


async def test_the_same_command_twice_is_one_message(stage: Stage) -> None:
    await stage.take_in(customer_changed(), reminder_due(), reminder_due())
    await stage.settle()
    await stage.take_in(reminder_due())
    await stage.settle()

    assert len(stage.inbox_messages()) == 1
    assert [event["outcome"] for event in await stage.published()] == ["ACCEPTED"]


@pytest.mark.parametrize("why", ["PAID", "CREDITED", "DISPUTED", "PROMISED", "HELD", "UNKNOWN"])
async def test_what_the_gate_blocks_is_not_sent(stage: Stage, why: str) -> None:
    stage.gate.blocked["2026-0001"] = why
    await stage.take_in(customer_changed(), reminder_due())
    await stage.settle()

    assert stage.inbox_messages() == []
    (event,) = await stage.published()
    assert (event["outcome"], event["why"]) == ("SUPPRESSED", why)


async def test_while_payments_are_in_the_pipe_the_message_waits(stage: Stage) -> None:
    stage.gate.fresh = False
    await stage.take_in(customer_changed(), reminder_due())
    while len(stage.gate.asked) < 2:
        stage.database.committed.ring()
        await _a_moment()
    assert stage.inbox_messages() == []

    stage.gate.blocked["2026-0001"] = "PAID"
    stage.gate.fresh = True
    await stage.settle()
    assert stage.inbox_messages() == []
    assert (await stage.contacts())[0]["why"] == "PAID"


async def test_the_text_says_what_is_open_at_the_instant_of_sending(stage: Stage) -> None:
    stage.gate.open = {"2026-0001": "656.25", "2026-0002": "90.00"}
    other = invoice_in_command("2026-0002", currency="USD", amount="90.00", own_step=False)
    await stage.take_in(customer_changed(), reminder_due(invoices=[invoice_in_command(), other]))
    await stage.settle()

    (sent,) = stage.inbox_messages()
    assert "Totaal te betalen: € 656,25" in sent.text
    assert "US$ 90,00" in sent.text
    assert (await stage.contacts())[0]["invoice_ids"] == ["2026-0001"]


async def test_another_invoice_that_is_paid_is_left_out_of_the_text(stage: Stage) -> None:
    stage.gate.blocked["2026-0002"] = "PAID"
    other = invoice_in_command("2026-0002", own_step=False)
    await stage.take_in(customer_changed(), reminder_due(invoices=[invoice_in_command(), other]))
    await stage.settle()
    assert "2026-0002" not in stage.inbox_messages()[0].text


async def test_a_refused_mail_is_tried_again_later_and_never_past_its_end(stage: Stage) -> None:
    _fault(stage, channel="EMAIL", status=451)
    await stage.take_in(customer_changed(), reminder_due(not_after="2026-04-06T07:02:00Z"))
    await stage.settle()
    assert (await stage.contacts())[0]["outcome"] == "PENDING"

    for minutes, outcome in ((1, "PENDING"), (2, "SUPPRESSED")):
        async with stage.database.unit() as unit:
            due = await stage.service.next_change_at(unit)
        assert due == NOON + timedelta(minutes=minutes)
        stage.set_clock(due)
        stage.database.committed.ring()
        await stage.settle()
        assert (await stage.contacts())[0]["outcome"] == outcome
    (event,) = await stage.published()
    assert (event["why"], event["at"]) == ("LAPSED", "2026-04-06T07:02:00Z")
    assert stage.inbox_messages() == []


async def test_a_mail_that_is_refused_for_a_while_goes_out_once(stage: Stage) -> None:
    _fault(stage, channel="EMAIL", status=451, times=2)
    await stage.take_in(customer_changed(), reminder_due())
    await stage.settle()
    for minutes in (1, 3):
        stage.set_clock(NOON + timedelta(minutes=minutes))
        stage.database.committed.ring()
        await stage.settle()
    (contact,) = await stage.contacts()
    assert (contact["outcome"], contact["at"], contact["attempts"]) == ("ACCEPTED", "2026-04-06T07:03:00Z", 3)
    assert len(stage.inbox_messages()) == 1


async def test_an_unknown_mailbox_fails_and_its_address_is_not_used_again(stage: Stage) -> None:
    _fault(stage, channel="EMAIL", status=550, times=1)
    await stage.take_in(customer_changed(), reminder_due())
    await stage.settle()
    await stage.take_in(reminder_due("contact-2"))
    await stage.settle()

    first, second = await stage.published()
    assert (first["outcome"], first["why"], first["failed_channel"]) == ("FAILED", "SMTP_550", "EMAIL")
    assert (second["outcome"], second["why"], second["failed_channel"]) == (
        "SUPPRESSED",
        "NO_ADDRESS",
        "EMAIL",
    )
    assert stage.inbox_messages() == []


async def test_a_mail_whose_answer_is_lost_is_ambiguous_and_never_repeated(stage: Stage) -> None:
    _fault(stage, channel="EMAIL", drop_after_accepting=True, times=1)
    await stage.take_in(customer_changed(), reminder_due())
    await stage.settle()
    stage.set_clock(NOON + timedelta(hours=3))
    stage.database.committed.ring()
    await stage.settle()

    (contact,) = await stage.contacts()
    assert contact["outcome"] == "AMBIGUOUS"
    (received,) = stage.inbox_messages()
    # We name our mails ourselves: whoever looks for this one knows under which name.
    assert contact["provider_message_id"] == received.provider_message_id
    assert [event["outcome"] for event in await stage.published()] == ["AMBIGUOUS"]


async def test_an_sms_whose_answer_is_lost_is_looked_up(stage: Stage) -> None:
    _fault(stage, channel="SMS", drop_after_accepting=True, times=1)
    await stage.take_in(customer_changed(), reminder_due(channel="SMS"))
    await stage.settle()
    (contact,) = await stage.contacts()
    (sent,) = stage.inbox_messages()
    assert (contact["outcome"], contact["provider_message_id"]) == ("DELIVERED", sent.provider_message_id)


async def test_a_whatsapp_whose_answer_is_lost_is_reconciled_by_its_call_back(stage: Stage) -> None:
    _fault(stage, channel="WHATSAPP", drop_after_accepting=True, times=1)
    await stage.take_in(customer_changed(), reminder_due(channel="WHATSAPP"))
    await stage.settle()
    (contact,) = await stage.contacts()
    assert contact["outcome"] == "DELIVERED"
    assert len(stage.inbox_messages()) == 1


async def test_without_opt_in_no_whatsapp(stage: Stage) -> None:
    customer = customer_changed()
    customer.contacts[0].whatsapp_opt_in = False
    await stage.take_in(customer, reminder_due(channel="WHATSAPP"))
    await stage.settle()
    assert (await stage.contacts())[0]["why"] == "OPTED_OUT"


async def test_messages_of_one_customer_go_in_order(stage: Stage) -> None:
    commands = [
        reminder_due(f"contact-{n}", at=f"2026-04-06T06:0{n}:00Z", template="due-day") for n in range(5)
    ]
    await stage.take_in(customer_changed(), *reversed(commands))
    await stage.settle()
    ids = [sent.provider_message_id for sent in stage.inbox_messages()]
    assert ids == [f"contact-{n}@velvet.example" for n in range(5)]


async def test_a_hundred_customers_get_one_message_each(stage: Stage) -> None:
    names = [f"C-{n}" for n in range(100)]
    bodies: list[Any] = [creditor_changed(), *(customer_changed(name) for name in names)]
    bodies += [reminder_due(f"contact-{name}", customer_id=name) for name in names]
    await stage.take_in(*bodies)
    await stage.settle()
    assert sorted(sent.to for sent in stage.inbox_messages()) == sorted(
        f"{name.lower()}@klant.example" for name in names
    )


def _fault(stage: Stage, **order: object) -> None:
    stage.inbox.faults.set(FaultOrder.model_validate(order))


async def _a_moment() -> None:
    await asyncio.sleep(0.05)
