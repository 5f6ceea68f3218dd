from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from chassis.calendars import target_calendar
from chassis.kernel.errors import Conflict, NotFound, Poison, Rejected
from invoices.domain.agreement import AgreementKind
from invoices.domain.creditor import CreditorMaster
from invoices.domain.customer import CustomerMaster
from invoices.domain.events import CreditorChanged, CustomerChanged, InvoiceChanged
from invoices.domain.moment import Moment
from invoices.usecases.change_settings import change_settings
from invoices.usecases.dispute_invoice import DisputeRequest, dispute_invoice
from invoices.usecases.end_agreement import end_agreement
from invoices.usecases.hold_dunning import HoldRequest, hold_customer
from invoices.usecases.open_account import open_account
from invoices.usecases.pass_time import next_change_at, pass_time
from invoices.usecases.promise_payment import PromiseRequest, promise_payment
from invoices.usecases.record_call_outcome import CallOutcome, record_call_outcome
from invoices.usecases.take_in_facts import Fact, take_in
from invoices.usecases.write_off_invoice import end_write_off, write_off_invoice
from tests.support.invoices_book import MemoryBook
from tests.support.invoices_facts import CREDITOR, customer, day, invoice, payment, reversal, stamp

NOON = datetime(2026, 4, 6, 12, tzinfo=UTC)


def moment(now: datetime | None = NOON) -> Moment:
    return Moment(now=now, told_at=now or NOON, calendar=target_calendar())


async def book_of(*facts: Fact, now: datetime | None = NOON) -> MemoryBook:
    book = MemoryBook()
    await take_in(book, facts, moment=moment(now))
    return book


def invoices_told(book: MemoryBook) -> list[tuple[str, int, str]]:
    return [
        (told.state.fact.invoice_id, told.version, str(told.state.settlement.open))
        for told in book.told
        if isinstance(told, InvoiceChanged)
    ]


async def test_a_new_invoice_is_told_once_whatever_is_repeated() -> None:
    book = await book_of(invoice(), invoice())
    await take_in(book, [invoice()], moment=moment())
    assert invoices_told(book) == [("2026-0001", 1, "100.00")]


async def test_versions_rise_only_when_something_visible_changed() -> None:
    book = await book_of(invoice())
    same = invoice()._replace(stamp=stamp("03-05"))
    await take_in(book, [same], moment=moment())
    assert book.invoice_rows[CREDITOR, "2026-0001"].newest.stamp == same.stamp
    await take_in(book, [payment(amount="40.00", remittance="2026-0001")], moment=moment())
    assert invoices_told(book) == [("2026-0001", 1, "100.00"), ("2026-0001", 2, "60.00")]


async def test_an_older_event_that_comes_late_moves_only_the_first_day_it_was_known() -> None:
    book = await book_of(invoice(amount="90.00", at=stamp("03-05")))
    await take_in(book, [invoice(amount="100.00", at=stamp("03-03"))], moment=moment())
    state = book.invoice_rows[CREDITOR, "2026-0001"].state
    assert state is not None
    assert (state.settlement.open, state.known_from) == (Decimal("90.00"), stamp("03-03").time)


@pytest.mark.parametrize(
    ("other", "field"),
    [(invoice(customer_id="C-2"), "customer_id"), (invoice(currency="USD"), "amount.currency")],
)
async def test_an_invoice_that_changes_hands_or_currency_is_poison(other: Fact, field: str) -> None:
    book = await book_of(invoice())
    with pytest.raises(Poison) as caught:
        await take_in(book, [other], moment=moment())
    assert caught.value.field == field
    with pytest.raises(Poison):
        await book_of(invoice(), other)


async def test_money_that_came_first_is_applied_when_its_invoice_comes() -> None:
    book = await book_of(payment(reference="RF1"))
    await take_in(book, [invoice(reference="RF1")], moment=moment())
    assert invoices_told(book) == [("2026-0001", 1, "0.00")]


async def test_an_invoice_and_its_payment_in_one_batch_are_told_once() -> None:
    book = await book_of(invoice(reference="RF1"), payment(reference="RF1"))
    assert invoices_told(book) == [("2026-0001", 1, "0.00")]


async def test_a_customer_inside_an_invoice_is_told_before_it_and_only_when_it_differs() -> None:
    told: list[Fact] = [
        customer(at=stamp("03-02")),
        invoice(),
        customer(at=stamp("03-03")),
        invoice("2026-0002"),
    ]
    book = await book_of(*told)
    customers = [one for one in book.told if isinstance(one, CustomerChanged)]
    assert [(one.version, one.state.master.name if one.state.master else "") for one in customers] == [
        (1, "Jansen")
    ]


async def test_a_customer_known_by_its_invoices_alone_is_not_spoken_of() -> None:
    book = await book_of(invoice())
    assert [type(told) for told in book.told] == [InvoiceChanged]


async def test_a_bounced_debit_is_told_of_its_customer() -> None:
    book = await book_of(invoice(reference="RF1"), payment(reference="RF1", on="04-01"), reversal(on="04-05"))
    (told,) = [one for one in book.told if isinstance(one, CustomerChanged)]
    assert told.state.broken_on == (day("04-05"),)


async def test_a_master_record_dated_ahead_counts_at_once_when_there_is_no_other() -> None:
    book = await book_of(customer(at=stamp("05-01"), name="Later"))
    await take_in(book, [customer(at=stamp("04-01"), name="Now")], moment=moment())
    names = [
        one.state.master.name for one in book.told if isinstance(one, CustomerChanged) and one.state.master
    ]
    assert names == ["Later", "Now"]
    later = datetime(2026, 5, 2, tzinfo=UTC)
    assert await next_change_at(book, now=NOON) == datetime(2026, 4, 30, 22, tzinfo=UTC)
    while await pass_time(book, moment=moment(later)):
        pass
    published = book.customer_rows[CREDITOR, "C-1"].published
    assert published is not None
    assert isinstance(published.master, CustomerMaster)
    assert published.master.name == "Later"


async def test_a_new_time_zone_puts_facts_dated_ahead_to_the_test_again() -> None:
    late = datetime(2026, 4, 6, 23, tzinfo=UTC)
    book = await book_of(invoice(issued_on="04-07"), now=late)
    assert len(invoices_told(book)) == 1
    zone = CreditorMaster(creditor_id=CREDITOR, stamp=stamp("04-01"), timezone="America/New_York")
    await take_in(book, [zone], moment=moment(late))
    assert await next_change_at(book, now=late) == late
    while await pass_time(book, moment=moment(late)):
        pass
    last = [one.state.in_effect for one in book.told if isinstance(one, InvoiceChanged)]
    assert last == [True, False]


async def test_settings_changed_by_hand_win_over_what_was_seen_and_lose_to_a_later_event() -> None:
    event = CreditorMaster(creditor_id=CREDITOR, stamp=stamp("04-01"), payment_term_days=14)
    book = await book_of(invoice(due_on=None), event)
    seen: list[int] = []
    by_hand = CreditorMaster(creditor_id=CREDITOR, stamp=stamp("01-01"), payment_term_days=7)
    record = await change_settings(book, by_hand, seen=seen.append, moment=moment())
    assert (seen, record.settings(NOON).payment_term_days, record.version) == ([1], 7, 2)
    state = book.invoice_rows[CREDITOR, "2026-0001"].state
    assert state is not None
    assert state.due_on == day("03-09")
    await take_in(
        book,
        [replace(event, stamp=stamp("04-07"), payment_term_days=21)],
        moment=moment(datetime(2026, 4, 8, tzinfo=UTC)),
    )
    assert [one.settings.payment_term_days for one in book.told if isinstance(one, CreditorChanged)] == [
        14,
        7,
        21,
    ]


async def test_a_dispute_is_made_and_ended_once() -> None:
    book = await book_of(invoice())
    account = await open_account(book, CREDITOR, moment=moment())
    dispute_id = await dispute_invoice(account, "2026-0001", request=DisputeRequest(reason_code="PRICE"))
    where = {"agreement_id": dispute_id, "customer_id": "C-1", "invoice_id": "2026-0001"}
    with pytest.raises(NotFound):
        await end_agreement(account, AgreementKind.HOLD, **where)
    await end_agreement(account, AgreementKind.DISPUTE, **where)
    with pytest.raises(Conflict):
        await end_agreement(account, AgreementKind.DISPUTE, **where)
    with pytest.raises(NotFound):
        await dispute_invoice(account, "nope", request=DisputeRequest(reason_code="PRICE"))


async def test_a_hold_on_a_customer_reaches_invoices_that_come_later() -> None:
    book = await book_of(invoice())
    account = await open_account(book, CREDITOR, moment=moment())
    await hold_customer(account, "C-1", request=HoldRequest(until=day("05-01"), reason="r", owner="o"))
    await take_in(book, [invoice("2026-0002", issued_on="04-05")], moment=moment())
    state = book.invoice_rows[CREDITOR, "2026-0002"].state
    assert state is not None
    assert [stop.kind for stop in state.stops] == ["CUSTOMER_HELD"]
    with pytest.raises(Rejected):
        await hold_customer(account, "C-1", request=HoldRequest(until=day("04-05"), reason="r", owner="o"))


async def test_a_promise_needs_something_open_in_one_currency() -> None:
    book = await book_of(invoice(), invoice("US", currency="USD"), invoice("paid", amount="0.00"))
    account = await open_account(book, CREDITOR, moment=moment())
    with pytest.raises(Rejected, match="currencies"):
        await promise_payment(account, "C-1", request=PromiseRequest(on=day("04-10"), amount="5.00"))
    with pytest.raises(Rejected, match="nothing is open"):
        await promise_payment(account, "C-1", request=PromiseRequest(on=day("04-10"), invoice_ids=("paid",)))
    with pytest.raises(NotFound):
        await promise_payment(account, "C-9", request=PromiseRequest(on=day("04-10")))
    assert await promise_payment(account, "C-1", request=PromiseRequest(on=day("04-10")))


async def test_a_write_off_taken_back_opens_the_invoice_again() -> None:
    book = await book_of(invoice())
    account = await open_account(book, CREDITOR, moment=moment())
    write_off_id = await write_off_invoice(account, "2026-0001", reason="bankrupt")
    await end_write_off(account, "2026-0001", write_off_id=write_off_id)
    assert [told[2] for told in invoices_told(book)] == ["100.00", "0.00", "100.00"]
    with pytest.raises(Conflict):
        await end_write_off(account, "2026-0001", write_off_id=write_off_id)


@pytest.mark.parametrize(
    ("result", "kinds"),
    [
        ("PROMISED", ["PROMISED"]),
        ("DISPUTED", ["DISPUTED"]),
        ("IN_APPROVAL", ["HELD"]),
        ("NO_ANSWER", []),
        ("PAID", []),
    ],
)
async def test_the_outcome_of_a_call_is_recorded_once_per_contact(result: str, kinds: list[str]) -> None:
    book = await book_of(invoice())
    outcome = CallOutcome(
        creditor_id=CREDITOR,
        customer_id="C-1",
        contact_id="task-1",
        at=NOON,
        result=result,
        invoice_ids=("2026-0001", "gone"),
        reason_code="PRICE",
        promise_on=day("04-10"),
    )
    account = await open_account(book, CREDITOR, moment=moment())
    for _ in range(2):
        await record_call_outcome(account, outcome)
    state = book.invoice_rows[CREDITOR, "2026-0001"].state
    assert state is not None
    assert [stop.kind for stop in state.stops] == kinds
    assert len(book.agreement_rows) == len(kinds)
