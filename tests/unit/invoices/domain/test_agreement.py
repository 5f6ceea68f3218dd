from dataclasses import replace
from decimal import Decimal

import pytest

from chassis.calendars import target_calendar
from invoices.domain.agreement import (
    AgreementState,
    Debt,
    Dispute,
    Hold,
    Instalment,
    Plan,
    Promise,
    days_ahead,
    deadline_of,
    judge,
)
from invoices.domain.allocation import Movement, MovementKind
from invoices.domain.settlement import Settlement, Status
from invoices.domain.stop import Agreed, StopKind, no_evidence, stops_of
from tests.support.invoices_facts import CREDITOR, day, stamp

CALENDAR = target_calendar()
PROMISE = Promise(
    agreement_id="p",
    creditor_id=CREDITOR,
    customer_id="C-1",
    invoice_ids=("A",),
    since_on=day("04-06"),
    made_at=stamp("04-06").time,
    on=day("04-10"),
)
DISPUTE = Dispute(
    agreement_id="d",
    creditor_id=CREDITOR,
    customer_id="C-1",
    invoice_ids=("A",),
    since_on=day("04-06"),
    made_at=stamp("04-06").time,
    reason_code="PRICE",
)


def debt(*paid: tuple[str, str], amount: str = "100.00") -> dict[str, Debt]:
    movements = [Movement("A", MovementKind.PAID, "b", day(on), Decimal(what)) for on, what in paid]
    return {"A": Debt(Decimal(amount), movements)}


def state(promise: Promise | Plan, debts: dict[str, Debt], today: str) -> tuple[str, str | None]:
    verdict = judge(promise, debts=debts, today=day(today), calendar=CALENDAR)
    return verdict.state.value, verdict.broken_on.isoformat() if verdict.broken_on else None


@pytest.mark.parametrize(
    ("promised", "deadline"),
    [
        ("04-08", "04-10"),
        ("04-10", "04-14"),
        ("04-11", "04-14"),
        ("04-01", "04-07"),  # Good Friday and Easter Monday are no bank days.
        ("04-30", "05-05"),  # Nor is the first of May.
    ],
)
def test_the_deadline_is_the_second_bank_day_after_the_promised_one(promised: str, deadline: str) -> None:
    assert deadline_of(day(promised), calendar=CALENDAR) == day(deadline)


def test_a_promise_is_open_until_its_deadline_and_broken_from_the_day_after() -> None:
    assert state(PROMISE, debt(), "04-14") == ("OPEN", None)
    assert state(PROMISE, debt(), "04-15") == ("BROKEN", "2026-04-15")


def test_a_promise_is_kept_when_the_money_is_in_by_its_deadline() -> None:
    assert state(PROMISE, debt(("04-14", "100.00")), "04-20") == ("KEPT", None)
    assert state(PROMISE, debt(("04-15", "100.00")), "04-20") == ("BROKEN", "2026-04-15")
    assert state(PROMISE, debt(("04-14", "99.99")), "04-20") == ("BROKEN", "2026-04-15")


def test_a_promised_part_is_enough_and_older_money_does_not_count() -> None:
    part = replace(PROMISE, amount=Decimal("40.00"))
    assert state(part, debt(("04-08", "40.00")), "04-20") == ("KEPT", None)
    assert state(part, debt(("04-01", "40.00")), "04-20") == ("BROKEN", "2026-04-15")


def test_a_promise_ended_by_a_person_is_neither_kept_nor_broken() -> None:
    ended = replace(PROMISE, ended_on=day("04-08"))
    assert state(ended, debt(("04-14", "100.00")), "04-20") == ("ENDED", None)
    assert state(ended, debt(("04-07", "100.00")), "04-20") == ("KEPT", None)


PLAN = Plan(
    agreement_id="q",
    creditor_id=CREDITOR,
    customer_id="C-1",
    invoice_ids=("A",),
    since_on=day("04-06"),
    made_at=stamp("04-06").time,
    instalments=(
        Instalment(on=day("04-10"), amount=Decimal("60.00")),
        Instalment(on=day("05-08"), amount=Decimal("40.00")),
    ),
)


def test_a_plan_breaks_at_the_first_instalment_that_is_missed() -> None:
    assert state(PLAN, debt(), "04-15") == ("BROKEN", "2026-04-15")
    assert state(PLAN, debt(("04-10", "60.00")), "05-12") == ("OPEN", None)
    assert state(PLAN, debt(("04-10", "60.00")), "05-13") == ("BROKEN", "2026-05-13")
    assert state(PLAN, debt(("04-10", "60.00"), ("05-12", "40.00")), "06-01") == ("KEPT", None)
    assert state(PLAN, debt(("04-08", "100.00")), "04-09") == ("KEPT", None)


def test_days_ahead_are_those_on_which_time_alone_changes_something() -> None:
    assert days_ahead(PROMISE, today=day("04-06"), calendar=CALENDAR) == (day("04-15"),)
    assert days_ahead(PLAN, today=day("04-20"), calendar=CALENDAR) == (day("05-13"),)
    assert days_ahead(replace(DISPUTE, since_on=day("05-01")), today=day("04-06"), calendar=CALENDAR) == (
        day("05-01"),
    )
    assert days_ahead(replace(PROMISE, ended_on=day("04-07")), today=day("04-06"), calendar=CALENDAR) == ()


def agreed(*agreements: Promise | Dispute | Hold, today: str, debts: dict[str, Debt] | None = None) -> Agreed:
    verdicts = {
        one.agreement_id: judge(one, debts=debts or debt(), today=day(today), calendar=CALENDAR)
        for one in agreements
        if isinstance(one, Promise)
    }
    return Agreed(agreements=agreements, verdicts=verdicts, today=day(today), calendar=CALENDAR)


def kinds(found: Agreed, invoice_id: str = "A") -> list[StopKind]:
    return [stop.kind for stop in stops_of(invoice_id, agreed=found)]


def test_a_promise_holds_just_its_invoices() -> None:
    assert kinds(agreed(PROMISE, today="04-14")) == [StopKind.PROMISED]
    assert kinds(agreed(PROMISE, today="04-14"), "B") == []
    assert kinds(agreed(PROMISE, today="04-15")) == []


def test_a_hold_on_the_customer_holds_every_invoice_to_the_end_of_its_last_day() -> None:
    hold = Hold(
        agreement_id="h",
        creditor_id=CREDITOR,
        customer_id="C-1",
        since_on=day("04-06"),
        made_at=stamp("04-06").time,
        until=day("04-08"),
        reason="complaint",
        owner="ann",
    )
    assert kinds(agreed(hold, today="04-08"), "any") == [StopKind.CUSTOMER_HELD]
    assert kinds(agreed(hold, today="04-09"), "any") == []


def settled(on: str | None, status: Status = Status.PAID) -> Settlement:
    zero = Decimal(0)
    return Settlement(zero, zero, zero, zero, status, settled_on=day(on) if on else None)


def test_a_dispute_that_has_begun_is_no_evidence_for_good() -> None:
    for one in (DISPUTE, replace(DISPUTE, ended_on=day("04-07"))):
        found = no_evidence("A", settlement=settled("05-01"), agreed=agreed(one, today="06-01"))
        assert found == "DISPUTED"
    later = replace(DISPUTE, since_on=day("07-01"))
    assert no_evidence("A", settlement=settled("05-01"), agreed=agreed(later, today="06-01")) == ""


def test_an_invoice_paid_under_a_kept_promise_is_no_evidence() -> None:
    kept = agreed(PROMISE, today="06-01", debts=debt(("04-14", "100.00")))
    assert no_evidence("A", settlement=settled("04-14"), agreed=kept) == "KEPT_PROMISE"
    broken = agreed(PROMISE, today="06-01", debts=debt(("04-20", "100.00")))
    assert broken.verdicts["p"].state is AgreementState.BROKEN
    assert no_evidence("A", settlement=settled("04-20"), agreed=broken) == ""


def test_an_invoice_credited_in_full_is_no_evidence() -> None:
    nothing = agreed(today="06-01")
    assert no_evidence("A", settlement=settled("04-14", Status.CREDITED), agreed=nothing) == "CREDITED"
