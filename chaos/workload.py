"""An ERP's history on compressed time: published twice and out of order, payments racing the sends, the clock in jumps."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from sandbox.generator.book import Book, generate
from sandbox.generator.stream import days_of_book
from sandbox.ledger.facts import ApiAction, Creditor, DayFacts, Event
from sandbox.replay.client import SandboxClient, SandboxError
from sandbox.replay.stream import day_start, evening, path_of, publish
from sandbox.replay.verdicts import Truth

PAYMENTS = frozenset({"erp.payment-received.v1"})
RACING_SHARE, JUMP_SHARE, TURN_BACK_SHARE = 0.3, 0.15, 0.2
JUMP_DAYS_MAX = 6
RACE_S_MAX = 1.5
PATIENCE_TRIES = 90
"""A second apart. A request whose process is killed under it keeps its Idempotency-Key for sixty."""
PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class Script:
    """What is played: the days of one creditor's ledger, and the truth about it."""

    creditor: Creditor
    book: Book
    days: Sequence[DayFacts]
    truth: Truth

    @classmethod
    def of(cls, seed: int, *, customers: int, months: int) -> "Script":
        """Generate a ledger; the same for the same arguments."""
        creditor, book = Creditor(), generate(seed, customers=customers, months=months)
        return cls(creditor, book, list(days_of_book(book, creditor=creditor)), Truth.of_book(book))


@dataclass(slots=True)
class Played:
    """How far the driver has come, and which invoices' payments raced with the sends of their day."""

    now: datetime | None = None
    days: int = 0
    events: int = 0
    raced: dict[str, date] = field(default_factory=dict)
    jumps: int = 0
    refusals: int = 0
    """How often the clock refused to go back."""
    went_back: list[str] = field(default_factory=list)
    """What the clock did instead of refusing."""
    unheard: list[str] = field(default_factory=list)
    """Actions of the ledger that were refused for good."""
    retries: int = 0


async def _nothing() -> None:
    """Do nothing at rest."""


@dataclass(slots=True)
class Driver:
    """Plays a script day by day until it is told to stop, whatever breaks meanwhile."""

    script: Script
    client: SandboxClient
    bootstrap: str
    rng: Random
    at_rest: Callable[[], Awaitable[None]] = _nothing
    """Called each time the clock has answered: everything that is due is through."""

    played: Played = field(default_factory=Played)
    stopping: bool = False
    warm: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the ledger is so old that messages go out every day."""
    warm_days: int = 40
    day_s_min: float = 0.0
    """A warm day takes at least so long: on a quick machine the ledger would end before the blows do."""
    _warm_at: float | None = None
    _warm_after: int = 0

    async def run(self) -> Played:
        """Play; ends at an instant at which nothing is under way."""
        zone = self.script.truth.zone
        groups = list(self._groups())
        await self._advance(day_start(groups[0][0].day, zone=zone))
        for group, following in pairwise([*groups, None]):
            if group is None:
                break
            last = following is None or self.stopping
            upto = (
                evening(group[-1].day, zone=zone)
                if last or following is None
                else day_start(following[0].day, zone=zone)
            )
            await self._play(group, upto=upto)
            if last:
                break
            await self._keep_pace()
        return self.played

    async def _keep_pace(self) -> None:
        """Wait until the days played since the ledger was warm have taken their time; a group's at the most."""
        if not self.warm.is_set():
            return
        if self._warm_at is None:
            self._warm_at, self._warm_after = time.monotonic(), self.played.days
        due_s = self._warm_at + (self.played.days - self._warm_after) * self.day_s_min
        await asyncio.sleep(max(0.0, min(due_s - time.monotonic(), JUMP_DAYS_MAX * self.day_s_min)))

    def _groups(self) -> list[list[DayFacts]]:
        """Bundle days now and then: their facts are published ahead and the clock jumps over them."""
        days = list(self.script.days)
        # The first weeks of a ledger have few reasons to write to anybody: they go by in long jumps.
        groups = _jumps(days[: self.warm_days])
        days = days[self.warm_days :]
        while days:
            wanted = self.rng.randint(2, JUMP_DAYS_MAX) if self.rng.random() < JUMP_SHARE else 1
            group = [days.pop(0)]
            while len(group) < wanted and days and not days[0].actions:
                group.append(days.pop(0))
            groups.append(group)
        return groups

    async def _play(self, group: Sequence[DayFacts], *, upto: datetime) -> None:
        """Publish the facts, post the actions, move the clock; some payments come while it moves."""
        events = [event for facts in group for event in facts.events]
        racing = self._racing(events) if len(group) == 1 else []
        now = [event for event in events if event not in racing]
        mixed = [*now, *(event for event in now if self.rng.random() < 0.5)]
        self.rng.shuffle(mixed)
        await self._publish(mixed)
        actions = [action for facts in group for action in facts.actions]
        if actions:
            await self._advance(day_start(group[0].day, zone=self.script.truth.zone))
        for action in actions:
            await self._post(action)
        race = asyncio.create_task(self._race(racing))
        await self._advance(upto)
        await race
        if racing:
            # They are facts of the past now; the same call brings them in.
            await self._advance(upto)
        self.played.days += len(group)
        self.played.events += len(events)
        self.played.jumps += len(group) > 1
        if self.played.days >= self.warm_days:
            self.warm.set()
        if self.rng.random() < TURN_BACK_SHARE:
            await self._turn_back(upto - timedelta(seconds=self.rng.randint(1, 5 * 86_400)))
        await self.at_rest()

    async def _turn_back(self, earlier: datetime) -> None:
        """Ask for an earlier time: refused with 409, and the clock stands where it stood."""
        try:
            answer = await self.client.advance(earlier)
        except SandboxError as error:
            self.played.refusals += " answered 409" in str(error)
        else:
            self.played.went_back.append(f"{earlier.isoformat()} answered {answer}")
        await self._patiently(self._still_stands)

    async def _still_stands(self) -> None:
        """Note a clock that moved; raises what the network raises while the scheduler is down."""
        stands = str((await self.client.get("scheduler", "/v1/clock"))["now"])
        if datetime.fromisoformat(stands) != self.played.now:
            self.played.went_back.append(f"{stands} instead of {self.played.now}")

    def _racing(self, events: Sequence[Event]) -> list[Event]:
        """Choose payments to hold back until the sends of their day are under way."""
        chosen = [e for e in events if e.topic in PAYMENTS and self.rng.random() < RACING_SHARE]
        for event in chosen:
            for part in event.data.get("allocations", ()):
                self.played.raced[str(part["invoice_id"])] = event.time.date()
        # Without an allocation the invoice is not named here: such payments keep their place.
        return [event for event in chosen if event.data.get("allocations")]

    async def _race(self, events: Sequence[Event]) -> None:
        for event in events:
            await asyncio.sleep(self.rng.random() * RACE_S_MAX / max(1, len(events)))
            await self._publish([event])

    async def _publish(self, events: Sequence[Event]) -> None:
        """Publish, and again from the start when the broker dies under it: the same event twice is one fact."""
        for attempt in range(PATIENCE_TRIES):
            producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", enable_idempotence=True)
            try:
                async with asyncio.timeout(20):
                    await producer.start()
                    await publish(producer, events)
            except (KafkaError, OSError, TimeoutError):
                if attempt == PATIENCE_TRIES - 1:
                    raise
                self.played.retries += 1
                await asyncio.sleep(PAUSE_S)
            else:
                return
            finally:
                with contextlib.suppress(KafkaError, OSError, TimeoutError):
                    async with asyncio.timeout(5):
                        await producer.stop()

    async def _advance(self, now: datetime) -> None:
        """Move the clock; the same call again goes on where it was cut off."""
        await self._patiently(lambda: self.client.advance(now))
        self.played.now = now

    async def _post(self, action: ApiAction) -> None:
        """Post; what stays refused is kept, and the ledger goes on."""
        try:
            await self._patiently(lambda: self.client.post("invoices", path_of(action), body=action.body))
        except SandboxError as error:
            self.played.unheard.append(str(error))

    async def _patiently(self, call: Callable[[], Awaitable[object]]) -> None:
        """Make a call again and again while what it needs is down; raises SandboxError when it stays so."""
        for attempt in range(PATIENCE_TRIES):
            try:
                await call()
            except (SandboxError, httpx.TransportError):
                if attempt == PATIENCE_TRIES - 1:
                    raise
                self.played.retries += 1
                await asyncio.sleep(PAUSE_S)
            else:
                return


def _jumps(days: Sequence[DayFacts]) -> list[list[DayFacts]]:
    """Bundle days as far as their actions allow: those are posted when their own day has come."""
    groups: list[list[DayFacts]] = []
    for facts in days:
        if facts.actions or not groups or groups[-1][0].actions:
            groups.append([])
        groups[-1].append(facts)
    return groups
