"""A whole replay keeps every promise, whatever happens to the stream and to the servers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer

from sandbox.generator.book import Book
from sandbox.generator.stream import shuffled
from sandbox.replay.client import SandboxClient
from sandbox.replay.evidence import Evidence, gather
from sandbox.replay.judge import judge
from sandbox.replay.stream import evening, publish
from sandbox.replay.verdicts import Truth
from sandbox.stack.addresses import SERVICES
from sandbox.stack.stack import Stack
from tests.support.replaying import Cast, cast, essence, play, small_book

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def book() -> Book:
    return small_book()


@pytest.fixture(scope="module")
def truth(book: Book) -> Truth:
    return Truth.of_book(book)


@pytest.fixture(scope="module")
async def baseline(book: Book, truth: Truth) -> AsyncIterator[Evidence]:
    """The replay that the others are held against: every event once, in order, nothing disturbed."""
    async with Stack.fresh() as stack:
        yield await play(stack, cast(book), truth=truth)


async def test_a_whole_replay_breaks_no_promise(baseline: Evidence, truth: Truth) -> None:
    assert len(baseline.contacts) > 50, "a replay without contacts proves nothing"
    assert {c["tier"] for c in baseline.contacts} == {"GOLD", "SILVER", "BRONZE"}
    assert judge(truth, baseline) == []


async def test_every_event_twice_and_shuffled_within_the_day_gives_the_same(
    baseline: Evidence, book: Book, truth: Truth
) -> None:
    part = cast(book)
    mixed = Cast(part.creditor, list(shuffled(part.days, seed=3)))
    async with Stack.fresh() as stack:
        evidence = await play(stack, mixed, truth=truth)
    assert essence(evidence) == essence(baseline)


async def test_killing_every_service_and_the_broker_changes_nothing(
    baseline: Evidence, book: Book, truth: Truth
) -> None:
    victims = [*SERVICES, "kafka"]
    strikes: list[asyncio.Task[None]] = []
    async with Stack.fresh() as stack:

        async def strike(name: str) -> None:
            # The next day's step is under way when the blow falls.
            await asyncio.sleep(0.03)
            stack.kill(name)
            await asyncio.sleep(0.2)
            await stack.start_one(name)

        async def interrupt(day: date) -> None:
            # A Monday has facts: the next step is a busy one.
            if day.weekday() == 0 and day.day < 15 and victims:
                strikes.append(asyncio.create_task(strike(victims.pop(0))))

        evidence = await play(stack, cast(book), truth=truth, interrupt=interrupt)
        await asyncio.gather(*strikes)
    assert victims == []
    assert judge(truth, evidence) == []
    assert essence(evidence) == essence(baseline)


async def test_one_step_of_three_months_gives_what_ninety_of_a_day_give(book: Book, truth: Truth) -> None:
    by_day = await _with_all_facts_known(book, truth, step_days=1)
    at_once = await _with_all_facts_known(book, truth, step_days=90)
    assert len(by_day.contacts) > 10
    assert essence(at_once) == essence(by_day)


async def _with_all_facts_known(book: Book, truth: Truth, *, step_days: int) -> Evidence:
    """Publish every fact first, then move the clock over 90 days in steps of ``step_days``."""
    part = cast(book)
    async with (
        Stack.fresh() as stack,
        SandboxClient(stack.urls, token=stack.token(part.creditor.creditor_id)) as client,
    ):
        first = evening(part.days[0].day - timedelta(days=1), zone=truth.zone)
        producer = AIOKafkaProducer(bootstrap_servers=stack.bootstrap)
        await producer.start()
        await publish(producer, [event for facts in part.days for event in facts.events])
        await producer.stop()
        await client.advance(first)
        for step in range(step_days, 91, step_days):
            await client.advance(later(first, step))
        return await gather(client, truth.customers, now=later(first, 90))


def later(first: datetime, days: int) -> datetime:
    """Return the same local time some days later, exact over DST."""
    return first + timedelta(days=days)
