"""No formal step without a friendly contact about that invoice, at least seven days before."""

from datetime import date

import pytest

from scheduler.domain.customer import Contact
from scheduler.domain.words import Deed, Manner, Tier
from tests.unit.scheduler.builders import Life, ask, customer, invoice, local

DUE = "2026-05-15"
FORMAL_DAY = "2026-06-15"  # +30 is Sunday 14 June


def contact(
    day: str, *, deed: Deed = Deed.SEND, outcome: str = "ACCEPTED", step: str = "reminder"
) -> Contact:
    return Contact(
        contact_id=f"{step}-{day}",
        deed=deed,
        step=step,
        rank=5 if deed is Deed.SEND else 14,
        manner=Manner.FRIENDLY,
        channel="EMAIL" if deed is Deed.SEND else "CALL",
        tier=Tier.SILVER,
        made_at=local(day),
        day=date.fromisoformat(day),
        invoice_ids=("I-1",),
        outcome=outcome,
        outcome_at=local(day),
    )


def steps(*contacts: Contact, tier: str = "SILVER", at: str = FORMAL_DAY) -> list[str]:
    decision = ask(customer(invoice(due=DUE), tier=tier, contacts=contacts), local(at))
    return [action.step.name for action in decision.actions if action.step]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ([contact("2026-06-08")], ["formal-notice"]),
        ([contact("2026-06-08", outcome="DELIVERED")], ["formal-notice"]),
        ([contact("2026-06-08", outcome="AMBIGUOUS")], ["due-today"]),
        ([contact("2026-06-08", outcome="FAILED")], ["reminder"]),
        ([contact("2026-06-08", outcome="SUPPRESSED")], ["reminder"]),
        ([contact("2026-06-09")], []),
        ([contact("2026-06-12", outcome="PENDING")], []),
        ([contact("2026-06-01", deed=Deed.CALL, outcome="DONE", step="overdue-call")], ["formal-notice"]),
        ([contact("2026-06-01", deed=Deed.CALL, outcome="ACCEPTED", step="overdue-call")], ["reminder"]),
        ([], ["reminder"]),
    ],
)
def test_the_gate(before: list[Contact], expected: list[str]) -> None:
    assert steps(*before) == expected


def test_after_the_friendly_step_the_formal_one_follows_in_a_week() -> None:
    story = Life(customer(invoice(due=DUE), tier="SILVER"), start=local(FORMAL_DAY, "00:00"))
    story.who = story.who._replace(invoices=(story.who.invoices[0]._replace(known_from=local("2026-06-13")),))
    assert story.until(local("2026-06-30")).log() == [
        ("2026-06-15 09:00", "reminder", "EMAIL"),
        ("2026-06-22 09:00", "formal-notice-letter", "LETTER"),
    ]


def test_a_week_with_a_change_of_the_clock_is_a_full_week() -> None:
    # 09:00 on 23 March to 09:00 on 30 March 2026 is an hour short of seven days.
    friendly = contact("2026-03-23")._replace(invoice_ids=("I-1",))
    due = invoice(due="2026-02-20")
    early = ask(customer(due, contacts=(friendly,)), local("2026-03-30"))
    assert early.actions == ()
    later = ask(customer(due, contacts=(friendly,)), local("2026-03-31"))
    assert [action.step.name for action in later.actions if action.step] == ["final-notice"]


def test_where_no_friendly_step_is_left_a_person_decides() -> None:
    lost = [
        contact("2026-05-20", outcome="AMBIGUOUS", step=name)._replace(contact_id=name)
        for name in ("upcoming-reminder", "due-today", "reminder", "overdue-call")
    ]
    assert steps(*lost) == ["decision"]


def test_an_open_call_is_waited_for_where_no_friendly_message_is_left() -> None:
    lost = [
        contact("2026-05-20", outcome="AMBIGUOUS", step=name)._replace(contact_id=name)
        for name in ("upcoming-reminder", "due-today", "reminder")
    ]
    assert steps(*lost, contact("2026-06-01", deed=Deed.CALL, step="overdue-call")) == []


def test_a_person_is_asked_only_once_and_no_letter_follows() -> None:
    lost = tuple(
        contact("2026-05-20", outcome="AMBIGUOUS", step=name)._replace(contact_id=name)
        for name in ("upcoming-reminder", "due-today", "reminder", "overdue-call")
    )
    who = customer(invoice(due=DUE), tier="SILVER", contacts=lost)
    story = Life(who, start=local(FORMAL_DAY, "00:00")).until(local("2026-09-01"))
    assert [step for _, step, _ in story.log()] == ["decision"]


def test_a_hand_over_follows_a_notice_after_a_week_at_the_earliest() -> None:
    late = contact("2026-06-28", step="final-notice")._replace(
        rank=30, manner=Manner.FORMAL, channel="LETTER"
    )
    who = customer(invoice(due=DUE), contacts=(contact("2026-05-20"), late))
    story = Life(who, start=local("2026-06-29", "00:00")).until(local("2026-08-01"))
    assert story.log() == [("2026-07-06 09:00", "hand-over", "HANDOVER")]


@pytest.mark.parametrize("tier", ["SILVER", "BRONZE"])
def test_who_wants_to_be_called_gets_one_call_before_a_formal_step_and_not_one_for_every_step_left(
    tier: str,
) -> None:
    late = invoice(due="2026-02-19", known_from=local("2026-03-16", "08:00"))
    who = customer(late, tier=tier, preferred_channel="CALL")
    log = Life(who, start=local("2026-03-23", "08:00")).until(local("2026-06-01")).log()
    assert [(at, channel) for at, _, channel in log] == [("2026-03-23 09:00", "CALL")]
