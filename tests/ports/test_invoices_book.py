"""The book of open items: one suite, held to the one in memory and to the one in PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from chassis.parts import connected
from invoices.adapters.repositories import open_book
from invoices.domain.agreement import AgreementState, Dispute, Hold, Instalment, Plan, Promise
from invoices.domain.allocation import Movement, MovementKind
from invoices.domain.creditor import CreditorMaster, CreditorRecord
from invoices.domain.customer import Amount, Contact, CustomerState, PostalAddress, Window
from invoices.domain.facts import Explicit, MoneyKind
from invoices.domain.judgement import judge_plain
from invoices.domain.records import (
    AgendaItem,
    AgendaKind,
    AgreementRecord,
    BrokenDay,
    InvoiceRecord,
    MoneyRecord,
    MoneyState,
)
from invoices.domain.settlement import Settlement, Status
from invoices.domain.stop import Stop, StopKind
from invoices.usecases.ports import Book
from tests.support.invoices_book import MemoryBook
from tests.support.invoices_facts import CREDITOR, customer, day, invoice, payment, stamp, write_off
from tests.support.invoices_stage import settings_for
from tests.support.servers import Databases

Books = Callable[[], AbstractAsyncContextManager[Book]]


@pytest.fixture(params=["memory", "postgres"])
async def books(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[Books]:
    """Opens the same book again and again: each time one transaction."""
    if request.param == "memory":
        memory = MemoryBook()

        @asynccontextmanager
        async def in_memory() -> AsyncIterator[Book]:
            yield memory

        yield in_memory
        return
    async with databases.fresh("invoices") as database, connected(settings_for(database)) as parts:

        @asynccontextmanager
        async def in_postgres() -> AsyncIterator[Book]:
            async with parts.database.unit() as unit:
                yield open_book(unit)

        yield in_postgres


def plain(
    invoice_id: str = "2026-0001", *, amount: str = "100.00", issued_on: str = "03-02", reference: str = ""
) -> InvoiceRecord:
    fact = invoice(invoice_id, amount=amount, issued_on=issued_on, reference=reference)
    state = judge_plain(fact, term_days=30, today=None)
    return InvoiceRecord(versions=(fact,), known_from=fact.stamp.time, state=state, version=1)


def paid(payment_id: str = "bank-1", *, reference: str = "RF1", unapplied: str = "0.00") -> MoneyRecord:
    fact = payment(payment_id, reference=reference, shares={"2026-0001": "40.00"}, remittance="inv 2026-0002")
    state = MoneyState(fact=fact, in_effect=True, unapplied=Decimal(unapplied), owner_id="C-1")
    return MoneyRecord(versions=(fact,), state=state)


async def test_a_new_invoice_is_added_once_and_found_again(books: Books) -> None:
    async with books() as book:
        await book.touch_customers({(CREDITOR, "C-1"): stamp().time})
        assert await book.add_invoices([plain()]) == {(CREDITOR, "2026-0001")}
        assert await book.add_invoices([plain(), plain("2026-0002")]) == {(CREDITOR, "2026-0002")}
    async with books() as book:
        found = await book.invoices(CREDITOR, invoice_ids=["2026-0001", "2026-0404"])
        assert found == {"2026-0001": plain()}
        assert found["2026-0001"].newest.stamp == plain().newest.stamp
        assert await book.invoices("other", invoice_ids=["2026-0001"]) == {}


async def test_a_zero_invoice_is_added_as_paid_on_its_day(books: Books) -> None:
    async with books() as book:
        await book.add_invoices([plain(amount="0.00")])
        found = (await book.invoices(CREDITOR, invoice_ids=["2026-0001"]))["2026-0001"]
    assert found.state == plain(amount="0.00").state
    assert found.state is not None
    assert found.state.settlement.settled_on == day("03-02")


async def test_a_judged_invoice_keeps_everything_that_was_said_of_it(books: Books) -> None:
    record = plain(reference="RF 18")
    older = invoice(reference="RF 17", at=stamp("01-01"), issued_on="02-01", due_on=None)
    assert record.state is not None
    state = record.state._replace(
        settlement=Settlement(
            open=Decimal("10.00"),
            paid=Decimal("60.00"),
            credited=Decimal("20.00"),
            written_off=Decimal("10.00"),
            status=Status.OPEN,
            written_off_on=day("05-01"),
            reversed_on=day("05-02"),
        ),
        stops=(Stop(StopKind.HELD, "h-1", day("05-03"), day("05-09"), "asked"),),
        no_evidence="DISPUTED",
        known_from=older.stamp.time,
    )
    judged = record._replace(
        versions=(record.newest, older), known_from=older.stamp.time, state=state, version=7
    )
    async with books() as book:
        await book.save_invoices([plain()])
        await book.save_invoices([judged])
    async with books() as book:
        found = await book.invoices(CREDITOR, invoice_ids=["2026-0001"])
    assert found == {"2026-0001": judged}
    assert [version.stamp for version in found["2026-0001"].versions] == [record.newest.stamp, older.stamp]


async def test_invoices_are_found_by_id_by_number_and_by_reference(books: Books) -> None:
    async with books() as book:
        await book.save_invoices([plain("inv-1", reference="rf 18"), plain("INV-2"), plain("INV-3")])
        assert set(await book.invoices_named(CREDITOR, keys=["N:INV-1"])) == {"inv-1"}
        assert set(await book.invoices_named(CREDITOR, keys=["N:INV-2", "N:NO"])) == {"INV-2"}
        assert set(await book.invoices_named(CREDITOR, keys=["R:RF18"])) == {"inv-1"}
        assert set(await book.invoices_named(CREDITOR, keys=["N:INV-3", "N:INV-1"])) == {"INV-3", "inv-1"}
        assert await book.invoices_named(CREDITOR, keys=["N:INV-9", "P:INV-2"]) == {}


async def test_open_invoices_and_those_by_term_are_listed(books: Books) -> None:
    record = plain("2026-0002", amount="0.00")
    async with books() as book:
        by_term = invoice("2026-0003", due_on=None, customer_id="C-2")
        state = judge_plain(by_term, term_days=30, today=None)
        await book.save_invoices(
            [
                plain(),
                record,
                InvoiceRecord(versions=(by_term,), known_from=by_term.stamp.time, state=state, version=1),
            ]
        )
        assert await book.open_invoice_ids(CREDITOR, customer_ids=["C-1"]) == ["2026-0001"]
        assert await book.invoice_ids_by_term(CREDITOR) == ["2026-0003"]


async def test_money_is_found_by_key_and_by_what_it_names(books: Books) -> None:
    record = replace(paid(), assigned=(Explicit("2026-0009", Decimal("1.00")),))
    async with books() as book:
        await book.save_money([record])
        key = (MoneyKind.PAYMENT, "bank-1")
        assert await book.money(CREDITOR, keys=[key, (MoneyKind.WRITE_OFF, "bank-1")]) == {key: record}
        for name in ("N:2026-0001", "R:RF1", "N:2026-0002", "N:2026-0009"):
            assert set(await book.money_naming(CREDITOR, keys=[name])) == {key}
        assert await book.money_naming(CREDITOR, keys=["N:2026-0003"]) == {}
        keys = [(CREDITOR, "R:RF1"), (CREDITOR, "R:RF2"), ("other", "R:RF1")]
        assert await book.keys_with_money(keys) == {(CREDITOR, "R:RF1")}


async def test_the_version_that_counts_is_remembered_among_several(books: Books) -> None:
    older = write_off(on="05-01")
    newer = replace(write_off(on="07-01", amount="50.00"), stamp=stamp("06-30", number=2))
    state = MoneyState(fact=older, in_effect=True, unapplied=Decimal(0), owner_id="")
    record = MoneyRecord(versions=(newer, older), state=state)
    async with books() as book:
        await book.save_money([record])
        found = await book.money(CREDITOR, keys=[record.key])
    assert found == {record.key: record}


async def test_movements_are_replaced_invoice_by_invoice(books: Books) -> None:
    first = Movement("2026-0001", MovementKind.PAID, "bank-1", day("04-03"), Decimal("40.00"))
    second = Movement("2026-0001", MovementKind.REVERSED, "rev-1", day("04-09"), Decimal("-40.00"))
    other = Movement("2026-0002", MovementKind.CREDITED, "cn-1", day("04-03"), Decimal("1.00"))
    async with books() as book:
        both = {"2026-0001": (first, second), "2026-0002": (other,)}
        await book.save_movements(CREDITOR, movements=both, stale=[])
        await book.save_movements(CREDITOR, movements={"2026-0002": ()}, stale=["2026-0002"])
        found = await book.movements(CREDITOR, invoice_ids=["2026-0001", "2026-0002"])
    assert found == {"2026-0001": (first, second)}


async def test_agreements_of_every_kind_come_back_as_they_were(books: Books) -> None:
    since, at = day("04-01"), stamp("04-01").time
    dispute = Dispute(
        agreement_id="d",
        creditor_id=CREDITOR,
        customer_id="C-1",
        invoice_ids=("1",),
        since_on=since,
        made_at=at,
        reason_code="PRICE",
    )
    hold = Hold(
        agreement_id="h",
        creditor_id=CREDITOR,
        customer_id="C-1",
        since_on=since,
        made_at=at,
        until=day("05-01"),
        reason="r",
        owner="o",
    )
    promise = Promise(
        agreement_id="p",
        creditor_id=CREDITOR,
        customer_id="C-1",
        invoice_ids=("1",),
        since_on=since,
        made_at=at,
        on=day("04-09"),
        amount=Decimal("5.00"),
    )
    plan = Plan(
        agreement_id="q",
        creditor_id=CREDITOR,
        customer_id="C-1",
        invoice_ids=("1", "2"),
        since_on=since,
        made_at=at,
        instalments=(Instalment(on=day("05-01"), amount=Decimal("5.00")),),
    )
    records = [
        AgreementRecord(agreement=dispute),
        AgreementRecord(agreement=hold),
        AgreementRecord(agreement=promise, state=AgreementState.BROKEN, broken_on=day("04-14")),
        AgreementRecord(agreement=plan),
    ]
    async with books() as book:
        await book.save_agreements(records[:2])
        await book.save_agreements(records)
        found = await book.agreements(CREDITOR, customer_ids=["C-1", "C-2"])
        assert found == {record.agreement.agreement_id: record for record in records}
        ended = replace(records[1], agreement=replace(records[1].agreement, ended_on=day("04-02")))
        await book.save_agreements([ended])
        assert (await book.agreements(CREDITOR, customer_ids=["C-1"]))["h"] == ended
        customers = [(CREDITOR, "C-1"), (CREDITOR, "C-2")]
        assert await book.customers_with_agreements(customers) == {(CREDITOR, "C-1")}


async def test_broken_days_are_replaced_by_source(books: Books) -> None:
    first, second = BrokenDay("C-1", "p-1", day("04-08")), BrokenDay("C-2", "p-2", day("04-09"))
    async with books() as book:
        assert await book.save_broken(CREDITOR, sources=["p-1", "p-2"], days=[first, second]) == {
            "C-1",
            "C-2",
        }
        assert await book.save_broken(CREDITOR, sources=["p-1"], days=[first]) == set()
        assert await book.save_broken(CREDITOR, sources=["p-2"], days=[]) == {"C-2"}
        assert await book.broken_days(CREDITOR, customer_ids=["C-1", "C-2"]) == [first]


async def test_customers_are_touched_aged_and_saved(books: Books) -> None:
    key = (CREDITOR, "C-1")
    master = replace(
        customer(),
        credit_limit=Amount("EUR", Decimal("500.00")),
        contacts=(Contact(purpose="REMINDER", email="a@b.example", whatsapp_opt_in=True),),
        address=PostalAddress(street="Dam 1", postal_code="1012", city="Amsterdam", country="NL"),
        preferred_window=Window(start="18:00", end="20:00", days=("MON",)),
    )
    async with books() as book:
        assert await book.touch_customers({key: stamp("03-02").time}) == set()
        record = (await book.customers(CREDITOR, customer_ids=["C-1"]))["C-1"]
        assert (record.version, record.published, record.versions) == (0, None, ())
        state = CustomerState(
            creditor_id=CREDITOR,
            customer_id="C-1",
            known_from=record.known_from,
            master=master,
            broken_on=(day("04-08"),),
            stops=(Stop(StopKind.CUSTOMER_HELD, "h", day("04-01")),),
        )
        saved = replace(record, versions=(master,), version=2, published=state)
        await book.save_customers([saved])
    async with books() as book:
        assert await book.customers(CREDITOR, customer_ids=["C-1", "C-9"]) == {"C-1": saved}
        earlier = stamp("03-02").time - timedelta(days=1)
        assert await book.touch_customers({key: stamp("03-05").time}) == set()
        assert await book.touch_customers({key: earlier}) == {key}
        assert (await book.customers(CREDITOR, customer_ids=["C-1"]))["C-1"].known_from == earlier


async def test_a_creditor_is_opened_once_and_saved(books: Books) -> None:
    opened = CreditorRecord(creditor_id=CREDITOR, judged_on=day("03-01"))
    master = CreditorMaster(
        creditor_id=CREDITOR,
        stamp=stamp(),
        payment_term_days=14,
        vat_deductible=False,
        important_from=Amount("EUR", Decimal("1.00")),
    )
    async with books() as book:
        await book.lock([CREDITOR], exclusive=True)
        assert await book.creditors([CREDITOR]) == {}
        await book.open_creditors([opened])
        await book.open_creditors([CreditorRecord(creditor_id=CREDITOR)])
        assert await book.creditors([CREDITOR]) == {CREDITOR: opened}
        saved = replace(opened, versions=(master,), version=1, latest_on=day("03-04"))
        saved = replace(saved, published=saved.settings(None))
        await book.save_creditors([saved])
        assert await book.creditors([CREDITOR]) == {CREDITOR: saved}


async def test_the_agenda_is_taken_from_its_head(books: Books) -> None:
    items = [
        AgendaItem(day("05-01"), AgendaKind.CUSTOMER, "C-1"),
        AgendaItem(day("04-01"), AgendaKind.INVOICE, "2026-0001"),
        AgendaItem(day("04-02"), AgendaKind.PAYMENT, "bank-1"),
    ]
    async with books() as book:
        await book.open_creditors([CreditorRecord(creditor_id=CREDITOR), CreditorRecord(creditor_id="idle")])
        await book.add_agenda(CREDITOR, items=items)
        await book.add_agenda(CREDITOR, items=items[:1])
        idle = CreditorRecord(creditor_id="idle")
        opened = CreditorRecord(creditor_id=CREDITOR)
        assert await book.agenda_heads() == [(opened, day("04-01")), (idle, None)]
        assert await book.take_agenda(CREDITOR, until=day("04-30"), limit=1) == items[1:2]
        assert await book.take_agenda(CREDITOR, until=day("04-30"), limit=9) == items[2:]
        assert await book.agenda_heads() == [(opened, day("05-01")), (idle, None)]


async def test_everything_dated_ahead_comes_on_the_agenda(books: Books) -> None:
    async with books() as book:
        await book.open_creditors([CreditorRecord(creditor_id=CREDITOR)])
        await book.save_invoices([plain(issued_on="03-02"), plain("2026-0002", issued_on="06-01")])
        await book.save_money([paid()])
        await book.put_everything_on_agenda(CREDITOR, after=day("04-01"), on=day("04-01"))
        found = await book.take_agenda(CREDITOR, until=day("04-01"), limit=99)
    assert found == [
        AgendaItem(day("04-01"), AgendaKind.CREDITOR, ""),
        AgendaItem(day("04-01"), AgendaKind.INVOICE, "2026-0002"),
        AgendaItem(day("04-01"), AgendaKind.PAYMENT, "bank-1"),
    ]
