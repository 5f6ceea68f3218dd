"""Moves the sandbox's clock: in order of time, each action seen through to its outcome before the next.

The steps are those of docs/explain/inside.md, section 2. A call that was cut off may be repeated: it
goes on from the instant that was reached, and comes to the same result.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from chassis.kernel.errors import Conflict, Rejected
from scheduler.usecases.ports import Settler

_INSTANT: Final = timedelta(microseconds=1)
JUMP_DAYS_MAX: Final = 400
SAME_INSTANT_MAX: Final = 5
"""How often a service may ask for the same instant again before its word is no longer waited for."""
CONTACTS: Final = "notifier.contact-recorded.v1"
CLOCK: Final = "scheduler.clock-advanced.v1"
FIRST: Final = "invoices"
SECOND: Final = "classifier"


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the four services, with the topics that can give it work."""

    name: str
    settler: Settler
    consumes: frozenset[str]


@dataclass(slots=True)
class Known:
    """How far each topic goes, and up to where each service was last at rest; kept between calls."""

    ends: dict[str, Sequence[int]] = field(default_factory=dict)
    asked: dict[str, dict[str, Sequence[int]]] = field(default_factory=dict)


class Sandbox(Protocol):
    """The scheduler's own part in moving the clock."""

    stages: Sequence[Stage]
    known: Known

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Hold the clock: one call at a time, over all processes."""
        ...

    async def now(self) -> datetime | None:
        """Return what time it is."""
        ...

    async def all_ends(self) -> Mapping[str, Sequence[int]]:
        """Return the end offsets of every topic that can give a service work."""
        ...

    async def announce(self, now: datetime) -> Mapping[str, Sequence[int]]:
        """Tell every service that it is ``now``; returns the end offsets of the clock's own topic."""
        ...

    async def decide(self, until: datetime) -> int:
        """Decide every customer whose wake-up comes by ``until``, at its own instant, up to its next action.

        Returns the number of commands.
        """
        ...

    async def next_wakeup(self) -> datetime | None:
        """Return the earliest wake-up of a customer."""
        ...

    async def call_backs_in(self) -> None:
        """Wait until the providers' call-backs have come in."""
        ...


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a move of the clock did."""

    now: datetime
    commands: int
    outcomes: int


@dataclass(slots=True)
class _Walk:
    """One move of the clock: what is known of each service on the way."""

    sandbox: Sandbox
    changes: dict[str, datetime | None] = field(default_factory=dict)
    commands: int = 0
    lagging: frozenset[str] = frozenset()
    """Services for whom the present instant brings nothing: the clock alone is no reason to wait for them."""

    async def flow(self, *, again: Collection[str] = ()) -> None:
        """Let every service with new input (and those in ``again``) come to rest, until nobody has any.

        They are asked side by side: each acts on its input when it comes, whoever asks and when; what
        one says in answer is new input for the next.
        """
        while waiting := [s for s in self.sandbox.stages if s.name in again or self._has_news(s)]:
            await self._ask(waiting)
            again = ()

    async def take_in(self) -> None:
        """Let everything from outside come in, and what follows from it.

        In the direction of the flow, so that nobody is asked before what can give it work: the ERP's facts
        go through invoices, what the classifier learns of them goes to the scheduler.
        """
        await self.ask(FIRST)
        await self.ask(SECOND)
        await self.flow(again=[s.name for s in self.sandbox.stages if s.name not in {FIRST, SECOND}])

    async def ask(self, name: str) -> None:
        """Let one service come to rest."""
        await self._ask([stage for stage in self.sandbox.stages if stage.name == name])

    async def _ask(self, stages: Sequence[Stage]) -> None:
        known = self.sandbox.known
        inputs = [self._input(stage) for stage in stages]
        answers = await asyncio.gather(
            *(stage.settler.settle(told) for stage, told in zip(stages, inputs, strict=True))
        )
        for stage, told, settled in zip(stages, inputs, answers, strict=True):
            known.asked[stage.name] = told
            known.ends.update(settled.ends)
            self.changes[stage.name] = settled.next_change_at

    def _input(self, stage: Stage) -> dict[str, Sequence[int]]:
        return {topic: ends for topic, ends in self.sandbox.known.ends.items() if topic in stage.consumes}

    def _has_news(self, stage: Stage) -> bool:
        asked, told = self.sandbox.known.asked.get(stage.name), self._input(stage)
        if stage.name in self.lagging and asked is not None:
            return any(asked.get(topic) != ends for topic, ends in told.items() if topic != CLOCK)
        return asked != told

    async def act(self, until: datetime) -> None:
        """Decide what is due by ``until``, and see it through with what follows from it.

        Customers do not concern each other: each goes through its own instants in their order, all of
        them side by side. No other service may have anything to do in between (``next_change``).
        """
        while (wakeup := await self.sandbox.next_wakeup()) is not None and wakeup <= until:
            commands = await self.sandbox.decide(until)
            self.commands += commands
            if commands == 0:
                continue
            # Commands out, then sent and told, then the providers' call-backs: the others hear it all at once.
            await self.ask("scheduler")
            await self.ask("notifier")
            await self.sandbox.call_backs_in()
            await self.flow(again=("notifier",))

    async def arrive(self, now: datetime, *, is_last: bool) -> None:
        """Bring every service to ``now`` and do what is due there."""
        for _ in range(SAME_INSTANT_MAX):
            self.lagging = frozenset() if is_last else self._who_may_lag(now)
            self.sandbox.known.ends.update(await self.sandbox.announce(now))
            await self.flow()
            await self.act(now)
            if not self.has_changes(now):
                return

    def has_changes(self, now: datetime) -> bool:
        """Say whether a service has something to do by itself at ``now``."""
        return any(at is not None and at <= now for at in self.changes.values())

    def _who_may_lag(self, now: datetime) -> frozenset[str]:
        """Name the services for whom ``now`` brings nothing."""
        return frozenset(
            stage.name
            for stage in self.sandbox.stages
            if stage.name != "scheduler" and ((at := self.changes.get(stage.name)) is None or at > now)
        )

    def next_change(self, after: datetime, *, until: datetime) -> datetime:
        """Return the next instant at which a service has something to do by itself, ``until`` at the latest."""
        return min(
            (at for at in self.changes.values() if at is not None and after < at < until), default=until
        )

    async def go_on(self, after: datetime, *, until: datetime) -> datetime:
        """Let the customers act up to the next change, and arrive there; returns that instant."""
        await self.act(self.next_change(after, until=until) - _INSTANT)
        # What was sent may have brought an earlier one: a message that is to be tried again.
        change = self.next_change(after, until=until)
        await self.arrive(change, is_last=change == until)
        return change

    def outcomes(self) -> int:
        """Count what the notifier has told so far."""
        return sum(self.sandbox.known.ends.get(CONTACTS, ()))


async def advance_clock(target: datetime, *, sandbox: Sandbox) -> Advanced:
    """Move to ``target``; raises Conflict when that is back in time, Rejected for more than 400 days."""
    async with sandbox.alone():
        _check(await sandbox.now(), target)
        walk = _Walk(sandbox)
        sandbox.known.ends.update(await sandbox.all_ends())
        await walk.take_in()
        begun, told = await sandbox.now(), walk.outcomes()
        if begun is None:
            await walk.arrive(target, is_last=True)
        else:
            at = begun
            # Facts came in since: what they change at the present instant comes first. Where they give nobody
            # but the customers anything to do, each customer's own order sees to that on the way.
            if at == target or walk.has_changes(at):
                await walk.act(at)
            if walk.has_changes(at):
                await walk.arrive(at, is_last=False)
            while at < target:
                at = await walk.go_on(at, until=target)
        return Advanced(target, walk.commands, walk.outcomes() - told)


def _check(begun: datetime | None, target: datetime) -> None:
    if begun is None:
        return
    if target < begun:
        raise Conflict(f"it is {begun.isoformat()}: time does not go back", field="now")
    if target - begun > timedelta(days=JUMP_DAYS_MAX):
        raise Rejected(f"at most {JUMP_DAYS_MAX} days in one move", field="now")
