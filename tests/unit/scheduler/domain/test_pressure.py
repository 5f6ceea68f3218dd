"""One message a day for all invoices, at the highest level; four in fourteen days; no burst, nothing lost."""

from datetime import date, timedelta

import pytest

from scheduler.domain.case import case_of
from scheduler.domain.customer import Contact
from scheduler.domain.pressure import room_for
from scheduler.domain.words import Deed, Manner, Tier
from tests.unit.scheduler.builders import CALENDARS, RULES, Life, ask, customer, invoice, local

NOW = local("2026-06-15")


def sent(
    day: str, *, outcome: str = "ACCEPTED", deed: Deed = Deed.SEND, invoices: tuple[str, ...] = ()
) -> Contact:
    return Contact(
        contact_id=f"{day}-{deed}-{outcome}",
        deed=deed,
        step="other",
        rank=-(10**5),
        manner=Manner.FRIENDLY,
        channel="EMAIL",
        tier=Tier.BRONZE,
        made_at=local(day),
        day=date.fromisoformat(day),
        invoice_ids=invoices,
        outcome=outcome,
        outcome_at=local(day),
    )


@pytest.mark.parametrize(
    ("days", "any_from", "friendly_from"),
    [
        ([], "2026-06-15", "2026-06-15"),
        (["2026-06-15"], "2026-06-16", "2026-06-15"),
        (["2026-06-02", "2026-06-03", "2026-06-04"], "2026-06-15", "2026-06-15"),
        (["2026-06-02", "2026-06-03", "2026-06-04", "2026-06-05"], "2026-06-15", "2026-06-16"),
        (["2026-06-01", "2026-06-03", "2026-06-04", "2026-06-05"], "2026-06-15", "2026-06-15"),
        (["2026-05-01", "2026-06-10", "2026-06-11", "2026-06-12", "2026-06-15"], "2026-06-16", "2026-06-24"),
    ],
)
def test_the_budget_counts_messages_over_days(days: list[str], any_from: str, friendly_from: str) -> None:
    case = case_of(customer(contacts=tuple(sent(day) for day in days)), RULES, CALENDARS, NOW)
    room = room_for(case)
    assert (room.any_from.isoformat(), room.friendly_from.isoformat()) == (any_from, friendly_from)


def test_tasks_and_messages_that_never_arrived_do_not_count() -> None:
    contacts = (sent("2026-06-15", outcome="FAILED"), sent("2026-06-15", deed=Deed.CALL))
    case = case_of(customer(contacts=contacts), RULES, CALENDARS, NOW)
    assert room_for(case).any_from == date(2026, 6, 15)


def test_an_exhausted_budget_holds_a_friendly_message_but_never_a_formal_one() -> None:
    full = tuple(sent(f"2026-06-{day:02}") for day in (8, 9, 10, 11))
    friendly = ask(customer(invoice(due="2026-06-15"), contacts=full), NOW)
    assert friendly.actions == ()
    assert friendly.reasons[0].reasons[0].code == "wait.budget"
    assert friendly.next_wakeup == local("2026-06-16")  # the first reminder's day: looked at again then
    before = sent("2026-05-20", invoices=("I-1",))._replace(step="reminder", rank=5)
    formal = ask(customer(invoice(due="2026-05-15"), contacts=(*full, before)), NOW)
    assert [action.step.name for action in formal.actions if action.step] == ["final-notice"]


def test_all_invoices_at_the_highest_level_go_in_one_message_and_the_lower_one_the_next_day() -> None:
    invoices = (
        invoice("A", due="2026-06-10"),
        invoice("B", due="2026-06-10"),
        invoice("C", due="2026-06-15"),
        invoice("D", due="2026-07-30", issued_on=date(2026, 6, 14), known_from=local("2026-06-14", "00:00")),
    )
    who = customer(*invoices)
    story = Life(who, start=NOW).until(local("2026-06-16", "23:00"))
    first, second = story.messages
    assert (first.step and first.step.name, first.own) == ("reminder", ("A", "B"))
    assert first.mentioned == ("C",)
    # C came to "first reminder" meanwhile: its day-0 message is merged into that.
    assert (second.step and second.step.name, second.own) == ("first-reminder", ("C",))


def test_a_formal_message_names_only_the_invoices_at_that_level() -> None:
    before = sent("2026-05-20", invoices=("A",))._replace(step="reminder", rank=5)
    who = customer(invoice("A", due="2026-05-15"), invoice("B", due="2026-06-10"), contacts=(before,))
    (action,) = ask(who, NOW).actions
    assert (action.step and action.step.name, action.own, action.mentioned) == ("final-notice", ("A",), ())


def test_days_of_outage_are_caught_up_without_a_burst_and_nothing_is_lost() -> None:
    invoices = [invoice(f"I-{n:02}", due=f"2026-05-{n:02}") for n in range(4, 24)]
    story = Life(customer(*invoices), start=local("2026-06-01", "12:00")).until(local("2026-09-15"))
    days = [action.at.date() for action in story.messages]
    assert len(days) == len(set(days))
    friendly = [action.at.date() for action in story.messages if action.step and not action.step.is_formal]
    for day in friendly:
        assert sum(1 for other in days if day - timedelta(days=14) < other <= day) <= 4
    noticed = {
        name for action in story.messages if action.step and action.step.is_formal for name in action.own
    }
    decided = {i for a in story.done if a.step and a.step.name in {"decision", "hand-over"} for i in a.own}
    assert noticed | decided == {item.invoice_id for item in invoices}


def test_the_same_question_at_the_same_instant_sends_nothing_twice() -> None:
    decision = ask(customer(invoice(due="2026-06-15")), NOW)
    assert len(decision.actions) == 1
    assert ask(decision.customer, NOW).actions == ()
