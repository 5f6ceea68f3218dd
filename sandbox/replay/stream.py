"""Publishes the days of a ledger through Kafka and moves the sandbox clock from day to day."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import pairwise
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaProducer

from sandbox.ledger.facts import ApiAction, DayFacts, Event, encode
from sandbox.replay.client import SandboxClient

EVENING = time(21, 0)
"""When a replay's last day ends."""
LET_GO_S_MAX = 5.0


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
    """Replay ``days`` one by one and return what was done.

    The clock stands at 00:00 of a day when its facts are published and its API actions posted; then it
    moves to the next day on which anything happens, and at last to the evening of ``until``.
    """
    last = max(days[-1].day, until or days[-1].day)
    progress = Progress(day=days[0].day)
    producer = AIOKafkaProducer(bootstrap_servers=stage.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await stage.client.advance(day_start(days[0].day, zone=stage.zone))
        for facts, following in pairwise([*days, None]):
            if facts is not None:
                upto = (
                    evening(last, zone=stage.zone)
                    if following is None
                    else day_start(following.day, zone=stage.zone)
                )
                await _play(stage, producer, facts, upto=upto, progress=progress)
                progress.day = last if following is None else following.day
                progress.days = (progress.day - days[0].day).days + (following is None)
                await watcher(progress)
    finally:
        await let_go(producer)
    return progress


async def let_go(producer: AIOKafkaProducer) -> None:
    """Stop a producer; one whose broker is gone would wait for ever for what it could not send."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LET_GO_S_MAX):
            await producer.stop()


def day_start(day: date, *, zone: ZoneInfo) -> datetime:
    """Return the instant at which ``day`` begins."""
    return datetime.combine(day, time(0), tzinfo=zone)


def evening(day: date, *, zone: ZoneInfo) -> datetime:
    """Return 21:00 of ``day``: every window of the day has passed by then."""
    return datetime.combine(day, EVENING, tzinfo=zone)


async def _play(
    stage: Stage, producer: AIOKafkaProducer, facts: DayFacts, *, upto: datetime, progress: Progress
) -> None:
    await publish(producer, facts.events)
    if {action.invoice_id for action in facts.actions} & {
        str(e.data.get("invoice_id", "")) for e in facts.events
    }:
        # What the actions speak of is a fact of this very day: it must have been taken in before.
        await stage.client.advance(day_start(facts.day, zone=stage.zone))
    for action in facts.actions:
        await stage.client.post("invoices", path_of(action), body=action.body)
    answer = await stage.client.advance(upto)
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


def path_of(action: ApiAction) -> str:
    """Return where an action of the ledger is posted, at the invoices service."""
    if action.kind == "promise":
        return f"/v1/customers/{quote(action.customer_id, safe='')}/promises"
    return f"/v1/invoices/{quote(action.invoice_id, safe='')}/{action.kind}s"
