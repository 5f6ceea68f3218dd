from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.calendars import target_calendar
from invoices.domain.customer import CustomerState
from invoices.domain.facts import CreditNote, InvoiceFact, MoneyKind, Payment
from invoices.domain.moment import Moment
from invoices.domain.versions import Stamp
from invoices.usecases.pass_time import next_change_at, pass_time
from invoices.usecases.take_in_facts import Fact, take_in
from tests.support.invoices_book import MemoryBook
from tests.support.invoices_facts import (
    CREDITOR,
    credit,
    customer,
    day,
    invoice,
    payment,
    reversal,
    stamp,
    write_off,
)

AMOUNTS = st.sampled_from(["10.00", "40.00", "60.00", "100.00", "100.01"])
DAYS = st.integers(1, 28).map(lambda number: f"{1 + number % 5:02}-{number:02}")
INVOICES = st.sampled_from(["2026-1", "2026-2", "2026-3"])
REFERENCES = st.sampled_from(["", "RF1", "RF2"])


def moment(at: str | None) -> Moment:
    now = None if at is None else datetime.combine(day(at), datetime.min.time(), tzinfo=UTC).replace(hour=12)
    return Moment(now=now, told_at=now or datetime(2026, 1, 1, tzinfo=UTC), calendar=target_calendar())


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    found: list[Fact] = []
    for number in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from("IIIPPPCRWU"))
        at = Stamp(stamp(draw(DAYS)).time, f"e-{number:04}", "erp")
        match kind:
            case "I":
                invoice_id = draw(INVOICES)
                due_on = draw(st.none() | DAYS)
                found.append(
                    invoice(
                        invoice_id,
                        amount=draw(AMOUNTS | st.just("-20.00") | st.just("0.00")),
                        issued_on=draw(DAYS),
                        due_on=due_on,
                        customer_id="C-2" if invoice_id == "2026-3" else "C-1",
                        reference=draw(REFERENCES),
                        at=at,
                    )
                )
            case "P":
                share = draw(st.none() | st.tuples(INVOICES, AMOUNTS))
                found.append(
                    payment(
                        draw(st.sampled_from(["b-1", "b-2", "b-3"])),
                        amount=draw(AMOUNTS),
                        on=draw(DAYS),
                        customer_id=draw(st.sampled_from(["", "C-1"])),
                        shares={share[0]: share[1]} if share else None,
                        reference=draw(REFERENCES),
                        remittance=draw(st.sampled_from(["", "factuur 2026-1", "2026-2/2026-3 dank"])),
                        at=at,
                    )
                )
            case "C":
                found.append(credit(amount=draw(AMOUNTS), on=draw(DAYS), invoice_id=draw(INVOICES)))
            case "R":
                payment_id = draw(st.sampled_from(["b-1", "b-2"]))
                found.append(
                    reversal(f"r-{payment_id}", payment_id=payment_id, amount=draw(AMOUNTS), on=draw(DAYS))
                )
            case "W":
                found.append(write_off(draw(INVOICES), amount=draw(AMOUNTS), on=draw(DAYS)))
            case _:
                found.append(customer(draw(st.sampled_from(["C-1", "C-2"])), at=at, name=draw(REFERENCES)))
    unique: dict[object, Fact] = {}
    for fact in found:
        # One event has one identity: facts without a drawn stamp must not share one with other content.
        key = (
            (type(fact), getattr(fact, "fact_id", ""), fact.stamp)
            if not hasattr(fact, "issued_on")
            else id(fact)
        )
        unique.setdefault(key, fact)
    return list(unique.values())


async def taken_in(batches: list[list[Fact]], *, at: str | None) -> MemoryBook:
    book = MemoryBook()
    for batch in batches:
        await take_in(book, batch, moment=moment(at))
    return book


async def let_time_pass(book: MemoryBook, *, until: str) -> None:
    """Move the clock as the scheduler does: from change to change."""
    end = moment(until)
    now = moment("01-01").now
    assert end.now is not None
    while now is not None and now <= end.now:
        while await pass_time(book, moment=Moment(now, now, end.calendar)):
            pass
        following = await next_change_at(book, now=now)
        now = following if following is None or following > now else None
    while await pass_time(book, moment=end):
        pass


def stored(book: MemoryBook) -> dict[str, object]:
    """Everything that is the same in whatever order the facts came."""
    return {
        "invoices": {key: (row.state, row.known_from) for key, row in book.invoice_rows.items()},
        "money": {key: row.state for key, row in book.money_rows.items()},
        "movements": {key: row for key, row in book.movement_rows.items() if row},
        "broken": book.broken_rows,
        "customers": {
            key: (
                None if row.published is None or _is_silent(row.published) else row.published,
                row.known_from,
            )
            for key, row in book.customer_rows.items()
        },
        "world": {
            key: told for key, told in book.world().items() if told is not None and not _is_silent(told)
        },
    }


def _is_silent(told: object) -> bool:
    """A customer of whom there is nothing to say any more is told of only where there was before."""
    return isinstance(told, CustomerState) and not (told.master or told.broken_on or told.stops)


@settings(max_examples=60, deadline=None)
@given(facts(), st.data())
async def test_any_order_with_duplicates_in_any_batches_gives_the_same_state(
    known: list[Fact], data: st.DataObject
) -> None:
    at = data.draw(st.sampled_from([None, "03-10", "12-31"]))
    in_order = await taken_in([[fact] for fact in known], at=at)
    shuffled = data.draw(st.permutations([*known, *data.draw(st.lists(st.sampled_from(known), max_size=4))]))
    cut = data.draw(st.integers(0, len(shuffled)))
    otherwise = await taken_in([batch for batch in (shuffled[:cut], shuffled[cut:]) if batch], at=at)
    assert stored(otherwise) == stored(in_order)


@settings(max_examples=40, deadline=None)
@given(facts(), DAYS)
async def test_one_great_step_of_the_clock_gives_what_many_small_ones_give(
    known: list[Fact], halfway: str
) -> None:
    at_once = await taken_in([known], at="12-31")
    step_by_step = await taken_in([known], at="01-01")
    await let_time_pass(step_by_step, until="12-31")
    from_null = await taken_in([known], at=None)
    await let_time_pass(from_null, until=halfway)
    await let_time_pass(from_null, until="12-31")
    assert stored(step_by_step)["invoices"] == stored(at_once)["invoices"]
    assert stored(from_null)["invoices"] == stored(at_once)["invoices"]
    assert stored(step_by_step)["money"] == stored(at_once)["money"]
    assert stored(from_null)["movements"] == stored(at_once)["movements"]
    assert stored(from_null)["world"] == stored(at_once)["world"]


@settings(max_examples=40, deadline=None)
@given(facts(), st.sampled_from([None, "03-10", "12-31"]))
async def test_money_is_conserved_and_nothing_is_paid_twice(known: list[Fact], at: str | None) -> None:
    book = await taken_in([known], at=at)
    applied: dict[str, Decimal] = {}
    for movements in book.movement_rows.values():
        for movement in movements:
            applied[movement.source_id] = applied.get(movement.source_id, Decimal(0)) + movement.amount
    for (_, (kind, fact_id)), row in book.money_rows.items():
        if (
            row.state is None
            or not row.state.in_effect
            or kind not in (MoneyKind.PAYMENT, MoneyKind.CREDIT_NOTE)
        ):
            continue
        assert isinstance(row.state.fact, Payment | CreditNote)
        taken_back = sum(
            (
                min(back.state.fact.amount, row.state.fact.amount)
                for (_, (other, _)), back in book.money_rows.items()
                if other is MoneyKind.REVERSAL and back.state is not None and back.state.in_effect
                if getattr(back.state.fact, "payment_id", "") == fact_id
            ),
            Decimal(0),
        )
        given_back = sum((amount for key, amount in applied.items() if key == f"r-{fact_id}"), Decimal(0))
        assert row.state.unapplied >= 0
        assert (
            row.state.fact.amount - taken_back
            == applied.get(fact_id, Decimal(0)) + given_back + row.state.unapplied
        )
    for (creditor, _), invoice_row in book.invoice_rows.items():
        assert creditor == CREDITOR
        state = invoice_row.state
        assert state is not None
        assert isinstance(state.fact, InvoiceFact)
        if state.fact.amount >= 0:
            assert 0 <= state.settlement.open <= state.fact.amount
        settled = state.in_effect and state.settlement.open == 0
        assert (state.settlement.settled_on is not None) == (settled or state.fact.amount == 0)


def test_the_builders_speak_of_one_creditor() -> None:
    assert invoice().creditor_id == CREDITOR
