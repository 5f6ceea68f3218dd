"""Publishes the days of a ledger through Kafka and moves the sandbox clock from day to day."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaProducer

from sandbox.ledger.facts import ApiAction, DayFacts, Event, encode
from sandbox.replay.client import SandboxClient

EVENING = time(21, 0)
"""The clock stops at 21:00 of each day, creditor's time: every window of the day has passed by then."""


@dataclass(slots=True)
class Progress:
    """What the replay has done so far."""

    day: date
    days: int = 0
    events: int = 0
    commands: int = 0
    outcomes: int = 0
    by_topic: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a stream is replayed: the cluster, the services, the creditor's time zone."""

    bootstrap: str
    client: SandboxClient
    zone: ZoneInfo = ZoneInfo("Europe/Amsterdam")


Watcher = Callable[[Progress], Awaitable[None]]


async def _nobody(progress: Progress) -> None:
    """Watch nothing."""


async def replay(
    stage: Stage, days: Sequence[DayFacts], *, watcher: Watcher = _nobody, until: date | None = None
) -> Progress:
    """Replay ``days`` one by one, empty days included, and return what was done.

    Every day: its facts are published, its API actions posted, then the clock moves to its evening.
    """
    first, last = days[0].day, max(days[-1].day, until or days[-1].day)
    facts = {day.day: day for day in days}
    progress = Progress(day=first)
    producer = AIOKafkaProducer(bootstrap_servers=stage.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await stage.client.advance(evening(first - timedelta(days=1), zone=stage.zone))
        for day in _each_day(first, last):
            await _play(stage, producer, facts.get(day, DayFacts(day=day)), progress=progress)
            await watcher(progress)
    finally:
        await producer.stop()
    return progress


def evening(day: date, *, zone: ZoneInfo) -> datetime:
    """Return the instant at which the replay stops the clock on ``day``."""
    return datetime.combine(day, EVENING, tzinfo=zone)


def _each_day(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


async def _play(stage: Stage, producer: AIOKafkaProducer, facts: DayFacts, *, progress: Progress) -> None:
    await publish(producer, facts.events)
    if facts.actions:
        # Posted between two clock steps: what they speak of must have been taken in before.
        await _post(stage, facts.actions)
    answer = await stage.client.advance(evening(facts.day, zone=stage.zone))
    progress.day = facts.day
    progress.days += 1
    progress.events += len(facts.events)
    progress.by_topic.update(event.topic for event in facts.events)
    progress.commands += answer["commands"]
    progress.outcomes += answer["outcomes"]


async def publish(producer: AIOKafkaProducer, events: Iterable[Event]) -> None:
    """Publish events in order and wait until Kafka has acknowledged each."""
    sent = []
    for event in events:
        key, value, headers = encode(event)
        sent.append(await producer.send(event.topic, value, key=key, headers=headers))
    for future in sent:
        await future


async def _post(stage: Stage, actions: Iterable[ApiAction]) -> None:
    for action in actions:
        await stage.client.post("invoices", _path_of(action), body=action.body)


def _path_of(action: ApiAction) -> str:
    if action.kind == "promise":
        return f"/v1/customers/{quote(action.customer_id, safe='')}/promises"
    return f"/v1/invoices/{quote(action.invoice_id, safe='')}/{action.kind}s"
