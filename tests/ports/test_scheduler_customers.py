"""One suite for the port ``Customers`` (and ``Readings``), on the one in memory and on PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from typing import Protocol

import pytest
from pydantic import SecretStr

from chassis.db.engine import open_callers_engine, open_engine
from chassis.db.unit_of_work import Database
from chassis.testing.fakes import FakeEncoder
from scheduler.adapters.repositories_customers import PostgresCustomers
from scheduler.adapters.repositories_readings import PostgresReadings
from scheduler.domain.customer import Customer
from scheduler.settings import Settings
from scheduler.usecases.ports import Customers, Decided, FiledInvoice, Readings
from tests.support.servers import Databases
from tests.unit.scheduler.builders import ask, customer, invoice, local, pays_on_day
from tests.unit.scheduler.memory_book import MemoryCustomers

NOW = local("2026-04-01")


class Opens(Protocol):
    """Opens the port in a transaction of its own."""

    def __call__(self) -> AbstractAsyncContextManager[tuple[Customers, Readings]]: ...


class CustomersSuite:
    """What every implementation must do."""

    async def test_a_customer_not_seen_before_is_made_empty(self, opens: Opens) -> None:
        async with opens() as (customers, _):
            found = await customers.lock([("acme-nl", "C-2"), ("acme-nl", "C-1")])
            assert found == {key: Customer(*key) for key in (("acme-nl", "C-1"), ("acme-nl", "C-2"))}

    async def test_a_state_comes_back_as_it_was_written(self, opens: Opens) -> None:
        state = ask(customer(invoice(), profile=pays_on_day(3)), NOW).customer
        await self._put(opens, state)
        async with opens() as (customers, _):
            assert await customers.lock([("acme-nl", "C-1")]) == {("acme-nl", "C-1"): state}

    async def test_whoever_was_told_something_is_due_at_once(self, opens: Opens) -> None:
        await self._put(opens, customer())
        async with opens() as (customers, _):
            (awake,) = await customers.claim_due(local("1999-01-01"), limit=5)
            assert (awake.customer, awake.said) == (customer(), b"")

    async def test_wake_ups_are_claimed_in_order_and_bounded(self, opens: Opens) -> None:
        for n, hour in ((1, "11:00"), (2, "10:00"), (3, "23:00"), (4, "10:00")):
            state = customer()._replace(customer_id=f"C-{n}")
            await self._put(opens, state)
            await self._decide(opens, state, wake=hour)
        async with opens() as (customers, _):
            first = await customers.claim_due(local("2026-04-01", "12:00"), limit=2)
            every = await customers.claim_due(local("2026-04-01", "12:00"), limit=9)
        assert [awake.customer.customer_id for awake in first] == ["C-2", "C-4"]
        assert [awake.customer.customer_id for awake in every] == ["C-2", "C-4", "C-1"]

    async def test_a_decision_keeps_the_state_when_it_brings_none(self, opens: Opens) -> None:
        await self._put(opens, customer())
        await self._decide(opens, customer(), wake="10:00")
        async with opens() as (customers, _):
            assert (await customers.lock([("acme-nl", "C-1")]))["acme-nl", "C-1"] == customer()
            assert await customers.claim_due(local("2026-04-01", "09:59"), limit=5) == []

    async def test_waking_all_wakes_one_creditors_customers(self, opens: Opens) -> None:
        for creditor_id in ("acme-nl", "other"):
            state = customer()._replace(creditor_id=creditor_id)
            await self._put(opens, state)
            await self._decide(opens, state, wake="23:00")
        async with opens() as (customers, _):
            await customers.wake_all("other")
            (awake,) = await customers.claim_due(NOW, limit=5)
        assert awake.customer.creditor_id == "other"

    async def test_a_filed_invoice_is_found_with_its_history_and_replaced(self, opens: Opens) -> None:
        contacts = ask(customer(), NOW).customer.contacts
        filed = FiledInvoice("acme-nl", "I-1", "C-1", 2, "PAID", date(2026, 4, 2), contacts)
        await self._put(opens, customer(), FiledInvoice("acme-nl", "I-1", "C-1", 1, "OPEN"))
        await self._put(opens, customer(), filed)
        async with opens() as (customers, readings):
            assert await customers.file([("acme-nl", "I-1"), ("acme-nl", "I-9")]) == {
                ("acme-nl", "I-1"): filed
            }
            assert await readings.customer_of_invoice(("acme-nl", "I-1")) == (filed, customer())
            assert await readings.customer_of_invoice(("other", "I-1")) is None

    async def test_what_was_said_is_read_back_latest_first(self, opens: Opens) -> None:
        await self._put(opens, customer())
        for day in ("2026-03-12", "2026-04-01"):
            await self._decide(opens, customer(), wake="23:00", on=day)
        async with opens() as (_, readings):
            found = await readings.sayings(("acme-nl", "C-1"), "I-1", until=date(2026, 4, 30))
            earlier = await readings.sayings(("acme-nl", "C-1"), "I-1", until=date(2026, 3, 31))
        assert [saying.day.isoformat() for saying in found] == ["2026-04-01", "2026-03-12"]
        assert [saying.reasons for saying in earlier] == [found[1].reasons]

    async def test_lists_go_on_after_their_last_row(self, opens: Opens) -> None:
        for n in range(4):
            state = customer()._replace(customer_id=f"C-{n}")
            await self._put(opens, state)
            await self._decide(opens, state, wake=f"1{n % 2}:00")
        async with opens() as (_, readings):
            page = await readings.upcoming("acme-nl", after=None, limit=3)
            rest = await readings.upcoming("acme-nl", after=(page[-1][0], page[-1][1].customer_id), limit=3)
            names = [c.customer_id for c in await readings.portfolio("acme-nl", after="C-1", limit=9)]
        assert [c.customer_id for _, c in (*page, *rest)] == ["C-0", "C-2", "C-1", "C-3"]
        assert names == ["C-2", "C-3"]

    @staticmethod
    async def _put(opens: Opens, state: Customer, *filed: FiledInvoice) -> None:
        async with opens() as (customers, _):
            await customers.lock([(state.creditor_id, state.customer_id)])
            await customers.save_taken_in([state], filed=filed)

    @staticmethod
    async def _decide(opens: Opens, state: Customer, *, wake: str, on: str = "2026-04-01") -> None:
        key = (state.creditor_id, state.customer_id)
        at = local(on)
        decided = Decided(
            key, None, local("2026-04-01", wake), b"12345678", ask(state, at), at, date.fromisoformat(on)
        )
        async with opens() as (customers, _):
            await customers.claim_due(at, limit=100)
            await customers.save_decided([decided])


class TestMemory(CustomersSuite):
    @pytest.fixture
    def opens(self) -> Opens:
        book = MemoryCustomers()

        @asynccontextmanager
        async def open_it() -> AsyncIterator[tuple[Customers, Readings]]:
            yield book, book

        return open_it


class TestPostgres(CustomersSuite):
    @pytest.fixture
    async def opens(self, databases: Databases) -> AsyncIterator[Opens]:
        async with databases.fresh("scheduler") as own:
            settings = Settings(service="scheduler", sandbox=True, database_url=SecretStr(own.url))
            database = Database(
                open_engine(settings), callers=open_callers_engine(settings), encoder=FakeEncoder()
            )

            @asynccontextmanager
            async def open_it() -> AsyncIterator[tuple[Customers, Readings]]:
                async with database.unit() as unit:
                    yield PostgresCustomers(unit.connection), PostgresReadings(unit.connection)

            yield open_it
            await database.close()
