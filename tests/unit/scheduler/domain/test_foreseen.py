"""A day to come is spoken of as what is foreseen, never as what has been done."""

import re
from datetime import date, timedelta

import pytest

from scheduler.domain.customer import Customer, Detail
from scheduler.domain.sentences import sentence
from scheduler.usecases.explain_invoice import explain_invoice
from scheduler.usecases.plan_invoice import plan_invoice
from scheduler.usecases.ports import Desk, FiledInvoice
from tests.unit.scheduler.builders import CALENDARS, Life, customer, invoice, local
from tests.unit.scheduler.memory_book import MemoryCustomers, MemoryRules

BEGIN = date(2026, 3, 2)
SHIPPED = MemoryRules()
PAST = {
    "en": re.compile(r"\b(was|were|has been|It is)\b"),
    "nl": re.compile(r"\b(is uitgevoerd op|was|Het is (?!dan))\b"),
}
UNDONE_SAYS_THEN = {"en": ("foreseen", "will"), "nl": ("voorzien", " dan ", " zal ")}


async def explained(who: Customer, on: str | date, *, now: str) -> dict[str, list[str]]:
    """Say in both languages what is explained of I-1 ``on`` a day, at 10:00 ``now``."""
    book = MemoryCustomers()
    book.states["acme-nl", "C-1"] = who
    book.files["acme-nl", "I-1"] = FiledInvoice("acme-nl", "I-1", "C-1", 1, "OPEN")
    desk = Desk(book, SHIPPED, CALENDARS, local(now, "10:00"))
    day = date.fromisoformat(on) if isinstance(on, str) else on
    found = await explain_invoice("acme-nl", "I-1", on=day, desk=desk)
    return {
        tongue: [sentence(reason, language=tongue) for reason in found.said.reasons]
        for tongue in ("en", "nl")
    }


@pytest.mark.parametrize("tier", ["GOLD", "SILVER", "BRONZE"])
async def test_no_day_to_come_is_spoken_of_in_the_past_tense(tier: str) -> None:
    who = customer(invoice(due="2026-04-01"), tier=tier)
    for ahead in range(1, 100):
        on = BEGIN + timedelta(days=ahead)
        for tongue, said in (await explained(who, on, now="2026-03-02")).items():
            text = " ".join(said)
            assert PAST[tongue].search(text) is None, (on, text)
            assert "then." not in text[:-5], (on, text)
            assert any(words in text for words in UNDONE_SAYS_THEN[tongue]), (on, text)


async def test_what_is_foreseen_before_that_day_is_said_to_be_done_by_then() -> None:
    who = customer(invoice(due="2026-04-01"), tier="SILVER")
    said = await explained(who, "2026-04-02", now="2026-03-02")
    assert said["en"] == [
        "The short message on the due date will then have gone, on 1 April 2026 by text message.",
        "Next comes the friendly reminder, on 6 April 2026 or the first allowed moment after it.",
        "This is foreseen if nothing changes until then.",
    ]
    assert said["nl"] == [
        "Het korte bericht op de vervaldatum is dan weg, op 1 april 2026 per sms.",
        "Hierna komt de vriendelijke herinnering, op 6 april 2026 of het eerste toegestane moment daarna.",
        "Dit is voorzien als er tot dan niets verandert.",
    ]


async def test_a_step_on_a_day_to_come_is_foreseen() -> None:
    said = await explained(customer(invoice(due="2026-04-01"), tier="SILVER"), "2026-04-01", now="2026-03-02")
    assert said["en"] == [
        "The short message on the due date is foreseen by text message (silver).",
        "It will then be the effective due date, 1 April 2026.",
        "Text message is the first channel that can be used.",
        "This is foreseen if nothing changes until then.",
    ]
    assert said["nl"][:2] == [
        "Het korte bericht op de vervaldatum is voorzien per sms (zilver).",
        "Het is dan de effectieve vervaldag, 1 april 2026.",
    ]


async def test_what_has_really_been_done_stays_done_on_a_day_to_come() -> None:
    who = (
        Life(customer(invoice(due="2026-04-01"), tier="SILVER"), start=local("2026-04-01"))
        .until(local("2026-04-01", "10:00"))
        .who
    )
    said = await explained(who, "2026-04-03", now="2026-04-01")
    assert said["en"][0] == (
        "The short message on the due date was carried out on 1 April 2026 by text message (accepted)."
    )


async def test_today_and_what_was_decided_are_spoken_of_as_before() -> None:
    said = await explained(customer(invoice(due="2026-04-01"), tier="SILVER"), "2026-04-01", now="2026-04-01")
    assert said["en"][:2] == [
        "The short message on the due date goes by text message (silver).",
        "It is the effective due date, 1 April 2026.",
    ]


async def test_a_task_that_nobody_has_done_is_not_called_carried_out() -> None:
    who = customer(invoice(due="2026-04-01"), tier="GOLD")
    life = Life(who, start=local("2026-04-07")).until(local("2026-04-08", "08:00"))
    said = await explained(life.who, "2026-04-08", now="2026-04-08")
    assert said["en"][0] == "The friendly call has been with a person as a task since 7 April 2026."
    assert said["nl"][0] == "Het vriendelijke belletje ligt sinds 7 april 2026 als taak bij een mens."


@pytest.mark.parametrize("tier", ["SILVER", "BRONZE"])
async def test_who_cannot_be_reached_is_promised_no_message(tier: str) -> None:
    who = customer(invoice(due="2026-04-01"), tier=tier, details=())
    for now, on in (("2026-03-02", "2026-03-02"), ("2026-03-02", "2026-04-02"), ("2026-03-02", "2026-04-20")):
        said = await explained(who, on, now=now)
        assert not any("Next comes" in text for text in said["en"]), said
        (why,) = [text for text in said["en"] if "no channel reaches this customer" in text]
        assert why.endswith("a person has to complete the contact details first (data-quality task).")
        (why,) = [text for text in said["nl"] if "geen enkel kanaal bereikt deze klant" in text]
        assert why.endswith("een mens moet eerst de contactgegevens aanvullen (taak voor de gegevens).")


async def test_who_can_only_be_called_is_told_of_the_call_and_promised_no_message() -> None:
    phone = (Detail("REMINDER", "CALL", "p1"),)
    who = customer(invoice(due="2026-04-01"), tier="SILVER", details=phone)
    called = Life(who, start=local("2026-04-02"), calls_done=True).until(local("2026-04-16")).who
    said = await explained(called, "2026-04-17", now="2026-04-17")
    assert said["en"] == [
        "The call about the arrears was carried out on 15 April 2026 by telephone (done).",
        (
            "Next would come the formal notice, on 1 May 2026, but no channel reaches this customer; "
            "a person has to complete the contact details first (data-quality task)."
        ),
    ]
    wants_calls = called._replace(preferred_channel="CALL", contacts=())
    said = await explained(wants_calls, "2026-03-02", now="2026-03-02")
    assert said["en"][0].startswith("Next comes the reminder before the due date")


async def test_the_plan_of_who_cannot_be_reached_begins_with_the_task_for_the_data() -> None:
    who = customer(invoice(due="2026-04-01"), tier="SILVER", details=())
    book = MemoryCustomers()
    book.states["acme-nl", "C-1"] = who
    book.files["acme-nl", "I-1"] = FiledInvoice("acme-nl", "I-1", "C-1", 1, "OPEN")
    items = await plan_invoice("acme-nl", "I-1", desk=Desk(book, SHIPPED, CALENDARS, local("2026-03-02")))
    assert [item.action.step.name for item in items if item.action.step] == ["data-quality", "overdue-call"]
    assert [reason.code for reason in items[0].action.reasons] == ["data.no-channel"]
