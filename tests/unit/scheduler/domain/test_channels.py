"""Which channel: law and consent, then the customer's wish, the learned one, the policy's order."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain.case import case_of
from scheduler.domain.channels import reaches
from scheduler.domain.customer import Customer, Detail, Profile, Window
from scheduler.domain.facts import ContactNews, take_contact
from scheduler.domain.words import Deed
from tests.unit.scheduler.builders import CALENDARS, EVERY_DETAIL, RULES, Life, ask, customer, invoice, local

WHATSAPP = Detail("REMINDER", "WHATSAPP", "m1")
ADDRESS = Detail("", "LETTER", "a1")


def on_due_day(who: Customer) -> list[tuple[str, str]]:
    decision = ask(who, local("2026-06-15"))
    return [(a.step.name if a.step else "", a.channel or a.deed) for a in decision.actions]


def due_today(**changes: object) -> Customer:
    amount = changes.pop("amount", Decimal(100))
    return customer(invoice(due="2026-06-15", amount=amount, open=amount), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "channel"),
    [
        ({}, "SMS"),
        ({"details": (*EVERY_DETAIL, WHATSAPP)}, "WHATSAPP"),
        ({"details": (*EVERY_DETAIL, WHATSAPP), "amount": Decimal("500.00")}, "WHATSAPP"),
        ({"details": (*EVERY_DETAIL, WHATSAPP), "amount": Decimal("500.01")}, "SMS"),
        (
            {
                "details": (*EVERY_DETAIL, WHATSAPP),
                "amount": Decimal(9000),
                "thread_at": local("2026-06-14", "12:00"),
            },
            "WHATSAPP",
        ),
        (
            {
                "details": (*EVERY_DETAIL, WHATSAPP),
                "amount": Decimal(9000),
                "thread_at": local("2026-06-14", "08:00"),
            },
            "SMS",
        ),
        ({"details": (EVERY_DETAIL[0], ADDRESS)}, "EMAIL"),
        ({"details": (ADDRESS,)}, "LETTER"),
        ({"preferred_channel": "EMAIL"}, "EMAIL"),
        ({"preferred_channel": "LETTER"}, "LETTER"),
        ({"preferred_channel": "WHATSAPP"}, "SMS"),
        ({"preferred_channel": "PORTAL"}, "SMS"),
        ({"preferred_channel": "CALL"}, "CALL"),
        ({"preferred_channel": "CALL", "details": (EVERY_DETAIL[0],)}, "EMAIL"),
        ({"refused": ("SMS",)}, "EMAIL"),
        ({"refused": ("SMS", "EMAIL")}, "LETTER"),
        ({"dead": (EVERY_DETAIL[1],)}, "EMAIL"),
        ({"profile": Profile(version=1, best_channel="EMAIL")}, "EMAIL"),
        ({"profile": Profile(version=1, best_channel="EMAIL"), "preferred_channel": "LETTER"}, "LETTER"),
    ],
)
def test_the_short_message_takes_the_first_channel_that_may_be_used(
    changes: dict[str, object], channel: str
) -> None:
    assert ("due-today", channel) in on_due_day(due_today(**changes))


def formal(**changes: object) -> list[tuple[str, str, str]]:
    who = customer(invoice(due="2026-05-04"), **changes)  # type: ignore[arg-type]
    log = Life(who, start=local("2026-05-09", "00:00")).until(local("2026-06-15")).log()
    return [entry for entry in log if entry[1] in {"final-notice", "formal-notice", "formal-notice-letter"}]


@pytest.mark.parametrize(
    ("changes", "channels"),
    [
        ({"tier": "BRONZE"}, ["LETTER"]),
        ({"tier": "BRONZE", "preferred_channel": "EMAIL"}, ["LETTER"]),
        ({"tier": "BRONZE", "refused": ("LETTER",)}, ["LETTER"]),
        ({"tier": "BRONZE", "details": EVERY_DETAIL[:2]}, ["EMAIL"]),
        ({"tier": "SILVER", "preferred_channel": "WHATSAPP"}, ["EMAIL", "LETTER"]),
        ({"tier": "SILVER", "refused": ("EMAIL",)}, ["LETTER", "LETTER"]),
    ],
)
def test_a_formal_step_keeps_its_own_channel_whatever_is_preferred(
    changes: dict[str, object], channels: list[str]
) -> None:
    assert [channel for _, _, channel in formal(**changes)] == channels


def test_a_formal_step_is_addressed_to_the_legal_contact_and_needs_its_address() -> None:
    legal = Detail("LEGAL", "SMS", "m9")
    # The legal contact has no e-mail: the others do not stand in for it, the letter does.
    assert formal(tier="SILVER", details=(*EVERY_DETAIL, legal))[0][2] == "LETTER"


def test_without_any_channel_there_is_one_task_and_the_reason() -> None:
    who = customer(invoice(due="2026-06-15"), details=())
    story = Life(who, start=local("2026-06-15", "00:00")).until(local("2026-06-19"))
    assert story.log() == [("2026-06-15 09:00", "data-quality", "DATA_QUALITY")]
    reasons = ask(story.who, local("2026-06-19")).reasons[0].reasons
    assert "wait.no-channel" in [reason.code for reason in reasons]


@pytest.mark.parametrize("hour", ["03:00", "09:00", "20:00"])
def test_without_any_channel_the_reason_is_the_same_at_every_hour(hour: str) -> None:
    who = customer(invoice(due="2026-06-15"), details=())
    (said,) = ask(who, local("2026-06-15", hour)).reasons
    assert said.reasons[0].code == "wait.no-channel"


def test_a_bounce_means_the_step_was_not_done_the_next_channel_and_one_task() -> None:
    now = local("2026-06-15")
    first = ask(due_today(), now)
    (message,) = first.actions
    news = ContactNews(message.contact_id, 1, "OUTCOME", now, outcome="FAILED", failed_channel="SMS")
    again = ask(take_contact(first.customer, news), now)
    assert [(a.deed, a.channel) for a in again.actions] == [(Deed.DATA_QUALITY, ""), (Deed.SEND, "EMAIL")]
    assert again.actions[1].step == message.step
    assert ask(again.customer, now).actions == ()


def test_a_window_decides_the_minute_and_an_empty_one_makes_one_task() -> None:
    evening = due_today(window=Window(18 * 60, 20 * 60))
    assert on_due_day(evening) == []
    decision = ask(evening, local("2026-06-15", "18:00"))
    assert decision.actions[0].not_after == local("2026-06-15", "20:00")
    night = due_today(window=Window(21 * 60, 23 * 60))
    assert on_due_day(night) == [("data-quality", "DATA_QUALITY"), ("due-today", "SMS")]
    assert on_due_day(ask(night, local("2026-06-15")).customer) == []


@given(
    details=st.lists(
        st.builds(
            Detail,
            st.sampled_from(("REMINDER", "ADMIN", "LEGAL")),
            st.sampled_from(("EMAIL", "SMS", "CALL")),
            st.just("m"),
        )
    ),
    refused=st.lists(st.sampled_from(("EMAIL", "LETTER", "SMS")), max_size=2),
    has_address=st.booleans(),
)
def test_who_is_easily_reached_is_reached_by_every_message(
    details: list[Detail], refused: list[str], *, has_address: bool
) -> None:
    address = [Detail("", "LETTER", "a1")] if has_address else []
    who = customer(details=(*details, *address), refused=tuple(refused))
    for policy in (RULES.silver, RULES.bronze):
        case = case_of(who, RULES, CALENDARS, local("2026-04-01"))
        for step in policy.steps:
            if step.deed is Deed.SEND and case.is_easily_reached:
                assert reaches(step, case=case._replace(is_easily_reached=False))
