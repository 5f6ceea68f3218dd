"""The classifier's ledger: one suite for the one in memory and the one in PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Protocol

import pytest
from pydantic import SecretStr

from chassis.db.engine import open_callers_engine, open_engine
from chassis.db.unit_of_work import Database
from chassis.testing.fakes import FakeEncoder
from classifier.adapters.readings import PostgresReader
from classifier.adapters.repositories import PostgresLedger
from classifier.domain.behaviour import refold
from classifier.domain.changes import ContactMade
from classifier.domain.creditor import SHARE_UNITS, Creditor
from classifier.domain.customer import Customer, Told
from classifier.domain.evidence import Dispute, Fact, Kind, Outcome
from classifier.domain.lateness import BINS, bin_of
from classifier.domain.pin import Pin
from classifier.domain.tier import Decision, Rule, Tier
from classifier.settings import Settings
from classifier.usecases.ports import Judged, Ledger, Listing, Reader
from tests.support.servers import Databases
from tests.unit.classifier.memory_ledger import MemoryLedger
from tests.unit.classifier.story import ACME, KEY, facts

DAY = 739_257
OTHER = (ACME, "C-2")


class Both(Ledger, Reader, Protocol):
    """A ledger that can be read too."""


class PostgresBoth(PostgresLedger, PostgresReader):
    """One unit of work behind both ports."""


class LedgerSuite:
    """What every ledger keeps to."""

    async def test_an_unknown_customer_is_made_when_it_is_locked(self, ledger: Both) -> None:
        assert await ledger.lock_known(KEY) is None
        found = await ledger.lock([KEY, OTHER])
        assert found == {KEY: Customer(*KEY), OTHER: Customer(*OTHER)}
        assert await ledger.lock_known(KEY) == Customer(*KEY)
        assert await ledger.customer(("someone-else", KEY[1])) is None

    async def test_a_customer_comes_back_to_the_last_bit(self, ledger: Both) -> None:
        customer = _customer(KEY, late=[0, 3, 17, -2, 9])
        await ledger.lock([KEY])
        await ledger.save_customers([Judged.of(customer)], today={ACME: 0})
        assert await ledger.lock([KEY]) == {KEY: customer}
        assert await ledger.customer(KEY) == customer

    async def test_due_customers_are_those_whose_day_has_come_in_their_time_zone(self, ledger: Both) -> None:
        await ledger.save_creditors([Creditor(ACME), Creditor("tokyo", timezone="Asia/Tokyo")])
        tokyo = ("tokyo", "C-1")
        await ledger.lock([KEY, OTHER, tokyo])
        for key, on in ((KEY, DAY), (OTHER, DAY + 1), (tokyo, DAY + 1)):
            row = Judged.of(_customer(key)._replace(next_fact_on=on))
            await ledger.save_customers([row], today={key[0]: DAY})
        days = {"Europe/Amsterdam": DAY, "Asia/Tokyo": DAY + 1}
        assert sorted(await ledger.lock_due(days=days, limit=10)) == [KEY, tokyo]
        assert len(await ledger.lock_due(days=days, limit=1)) == 1
        assert await ledger.timezones() == ["Asia/Tokyo", "Europe/Amsterdam"]

    async def test_a_pin_wakes_its_customer_on_the_day_after_its_last(self, ledger: Both) -> None:
        await ledger.save_creditors([Creditor(ACME)])
        await ledger.lock([KEY])
        pinned = _customer(KEY)._replace(pin=_pin(1, expires_on=DAY))
        await ledger.save_customers([Judged.of(pinned)], today={ACME: DAY})
        assert not await ledger.lock_due(days={"Europe/Amsterdam": DAY}, limit=10)
        assert list(await ledger.lock_due(days={"Europe/Amsterdam": DAY + 1}, limit=10)) == [KEY]

    async def test_invoices_come_back_as_they_were_saved(self, ledger: Both) -> None:
        rows = [
            facts("I1", due_on=DAY),
            facts("I2", due_on=DAY, settled_on=DAY + 3, version=7),
            facts("I3", due_on=DAY, disputes=(Dispute("d'\"1", DAY + 1, 0), Dispute("d2", DAY + 2, DAY + 9))),
            facts("I4", due_on=DAY, outcome=Outcome.ABSENT),
        ]
        await ledger.save_invoices({KEY: rows}, owed=set())
        names = [(ACME, row.invoice_id) for row in rows]
        assert await ledger.invoices([*names, (ACME, "I9")]) == dict(zip(names, rows, strict=True))
        assert await ledger.invoices_of([KEY, OTHER]) == {KEY: rows}
        assert await ledger.owner_of((ACME, "I2")) == (KEY, rows[1])
        assert await ledger.owner_of((ACME, "I4")) is None
        assert await ledger.owner_of(("someone-else", "I2")) is None
        await ledger.save_invoices({KEY: [rows[0]._replace(version=9, lateness=4)]}, owed=set())
        assert (await ledger.invoices([names[0]]))[names[0]].version == 9

    async def test_the_outlook_is_drawn_from_what_is_open(self, ledger: Both) -> None:
        rows = [
            facts("I1", due_on=DAY)._replace(next_fact_on=DAY + 31),
            facts("I2", due_on=DAY - 14)._replace(next_fact_on=DAY + 17),
            facts("I3", due_on=DAY - 28, settled_on=DAY),
        ]
        await ledger.save_invoices({KEY: rows}, owed={(ACME, "I1")})
        outlook = (await ledger.outlooks([KEY, OTHER]))[KEY]
        assert (outlook.next_fact_on, outlook.owed_since, outlook.open_invoices) == (DAY + 17, DAY, 2)
        assert OTHER not in await ledger.outlooks([KEY, OTHER])
        assert await ledger.invoices_due({KEY: DAY + 16, OTHER: DAY + 99}) == {}
        assert await ledger.invoices_due({KEY: DAY + 17}) == {KEY: [rows[1]]}

    async def test_history_is_replaced_by_day_and_cleared_as_a_whole(self, ledger: Both) -> None:
        first, second = _change(DAY, Tier.SILVER), _change(DAY + 9, Tier.GOLD)
        await ledger.save_history({KEY: {DAY + 9: second, DAY: first}, OTHER: {DAY: first}}, cleared=[])
        assert (await ledger.histories([KEY, OTHER]))[KEY] == [first, second]
        again = _change(DAY, Tier.GOLD)
        await ledger.save_history({KEY: {DAY: again, DAY + 9: None}}, cleared=[])
        assert (await ledger.histories([KEY, OTHER]))[KEY] == [again]
        await ledger.save_history({KEY: {DAY + 1: _change(DAY + 1, Tier.SILVER)}}, cleared=[KEY])
        assert [made.on for made in (await ledger.histories([KEY, OTHER]))[KEY]] == [DAY + 1]
        assert (await ledger.histories([KEY, OTHER]))[OTHER] == [first]

    async def test_pins_are_kept_for_ever(self, ledger: Both) -> None:
        await ledger.save_pin(KEY, _pin(1, expires_on=DAY))
        await ledger.save_pin(KEY, _pin(2, expires_on=DAY + 5))
        ended = _pin(1, expires_on=DAY)._replace(ended_at=datetime(2026, 1, 5, tzinfo=UTC))
        await ledger.save_pin(KEY, ended)
        assert await ledger.pins(KEY) == [ended, _pin(2, expires_on=DAY + 5)]

    async def test_a_creditor_keeps_its_highest_version_and_its_latest_prior(self, ledger: Both) -> None:
        prior = tuple(1 / BINS for _ in range(BINS))
        row = Creditor(ACME, version=3, timezone="Asia/Tokyo", latest_on=DAY, prior_on=DAY, prior=prior)
        await ledger.save_creditors([row])
        assert await ledger.creditors([ACME, "nobody"]) == {ACME: row}
        assert await ledger.creditors_to_freeze(days={"Asia/Tokyo": DAY}, limit=9) == []
        assert await ledger.creditors_to_freeze(days={"Asia/Tokyo": DAY + 1}, limit=9) == [row]

    async def test_the_portfolio_counts_every_customer_alike_and_leaves_the_present_day_out(
        self, ledger: Both
    ) -> None:
        await ledger.lock([KEY, OTHER, (ACME, "C-3")])
        steady = _customer(KEY, late=[0] * 20)
        once = _customer(OTHER, late=[7])
        await ledger.save_customers([Judged.of(steady), Judged.of(once)], today={ACME: 0})
        count, sums = await ledger.portfolio(ACME, before=DAY + 7 * 30)
        assert (count, sums[bin_of(0)], sums[bin_of(7)]) == (2, SHARE_UNITS, SHARE_UNITS)
        # On the day of its only payment that one has not happened yet.
        count, sums = await ledger.portfolio(ACME, before=once.behaviour.last_on)
        assert (count, sums[bin_of(0)], sums[bin_of(7)]) == (1, SHARE_UNITS, 0)
        assert (await ledger.portfolio("nobody", before=DAY))[0] == 0

    async def test_contacts_count_per_channel_with_the_payments_that_followed(self, ledger: Both) -> None:
        at = datetime.fromordinal(DAY).replace(hour=9, tzinfo=UTC)
        await ledger.save_invoices(
            {
                KEY: [
                    facts("I1", due_on=DAY - 3, settled_on=DAY + 5),
                    facts("I2", due_on=DAY - 3, settled_on=DAY + 6),
                ]
            },
            owed=set(),
        )
        made = ContactMade(*KEY, contact_id="k1", version=1, channel="EMAIL", at=at, invoice_ids=("I1",))
        others = [
            made._replace(contact_id="k2", invoice_ids=("I2",)),
            made._replace(contact_id="k3", channel="SMS", invoice_ids=('odd"\\,{}',)),
        ]
        await ledger.save_contacts([made, *others])
        await ledger.save_contacts([made._replace(channel="LETTER"), others[0]._replace(version=2)])
        found = [(c.channel, c.contacts, c.paid_within_5_days) for c in await ledger.channels(KEY)]
        assert found == [("EMAIL", 2, 1), ("SMS", 1, 0)]

    async def test_preferences_come_back_as_json(self, ledger: Both) -> None:
        assert await ledger.preferences(KEY) == b"{}"
        await ledger.save_preferences({KEY: b'{"channel": "SMS"}'})
        assert await ledger.preferences(KEY) == b'{"channel": "SMS"}'

    async def test_the_list_knows_who_needs_attention(self, ledger: Both) -> None:
        rows = {
            "fell": _told(_customer((ACME, "fell"), late=[0] * 9 + [9, 9]), Tier.SILVER),
            "good": _told(_customer((ACME, "good"), late=[0] * 9), Tier.GOLD),
            "known": _told(_customer((ACME, "known"), late=[30] * 9), Tier.BRONZE),
            "new": _told(_customer((ACME, "new"), late=[9]), Tier.BRONZE, unknown=True),
        }
        await ledger.lock([row.key for row in rows.values()])
        await ledger.save_customers(list(map(Judged.of, rows.values())), today={ACME: 0})
        everyone = await ledger.customers(ACME, Listing(after="", limit=10, attention=False, fell_after=DAY))
        assert [(row.customer_id, row.attention) for row in everyone] == [
            ("fell", True),
            ("good", False),
            ("known", True),
            ("new", False),
        ]
        some = await ledger.customers(ACME, Listing(after="fell", limit=10, attention=True, fell_after=DAY))
        assert [row.customer_id for row in some] == ["known"]


class TestMemoryLedger(LedgerSuite):
    """The fake."""

    @pytest.fixture
    def ledger(self) -> Both:
        return MemoryLedger()


class TestPostgresLedger(LedgerSuite):
    """The real one."""

    @pytest.fixture
    async def ledger(self, databases: Databases) -> AsyncIterator[Both]:
        async with databases.fresh("classifier") as own:
            settings = Settings(service="classifier", sandbox=True, database_url=SecretStr(own.url))
            database = Database(
                open_engine(settings), callers=open_callers_engine(settings), encoder=FakeEncoder()
            )
            try:
                async with database.unit() as unit:
                    yield PostgresBoth(unit)
            finally:
                await database.close()


def _customer(key: tuple[str, str], *, late: list[int] | None = None) -> Customer:
    found = [Fact(DAY + 7 * n, Kind.PAID, 7 * days) for n, days in enumerate(late or [])]
    return Customer(*key, behaviour=refold(found).behaviour, known_on=DAY, broken_on=(DAY,), version=2)


def _told(customer: Customer, tier: Tier, *, unknown: bool = False) -> Customer:
    return customer._replace(told=Told(tier.value, unknown, "2026-01-01T00:00:00+00:00", "…"))


def _pin(number: int, *, expires_on: int) -> Pin:
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    return Pin(number, Tier.GOLD, "a good friend", "els", at, expires_on)


def _change(on: int, new: Tier) -> Decision:
    return Decision(Rule.TABLE, on, Tier.BRONZE, new, 5, 1, 5, (9,))
