"""The clock walks from instant to instant; what one service says is new input for the next."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from typing_extensions import override

from chassis.kernel.errors import Conflict, Rejected, Transient
from scheduler.usecases.advance_clock import CONTACTS, Known, Stage, advance_clock
from scheduler.usecases.ports import Settled

T0 = datetime(2026, 4, 1, tzinfo=UTC)
CLOCK, COMMANDS = "scheduler.clock-advanced.v1", "scheduler.reminder-due.v1"


def hour(n: float) -> datetime:
    return T0 + timedelta(hours=n)


class World:
    """A sandbox of counters: invoices change at chosen instants, customers wake at chosen instants."""

    def __init__(self, *, now: datetime | None = T0) -> None:
        self.at = now
        self.ends = {CLOCK: 0, COMMANDS: 0, CONTACTS: 0, "erp.x": 0}
        self.done: list[tuple[str, datetime | None]] = []
        self.changes: list[datetime] = []
        self.wakeups: list[datetime] = []
        self.known = Known()
        self.fail_at: datetime | None = None
        self.stages: Sequence[Stage] = [
            Stage("invoices", Player(self, "invoices"), frozenset({"erp.x", CLOCK, CONTACTS})),
            Stage("notifier", Player(self, "notifier"), frozenset({COMMANDS, CLOCK})),
            Stage("scheduler", Player(self, "scheduler"), frozenset({CONTACTS, CLOCK})),
        ]

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        yield

    async def now(self) -> datetime | None:
        return self.at

    async def all_ends(self) -> Mapping[str, Sequence[int]]:
        return {"erp.x": [self.ends["erp.x"]], CLOCK: [self.ends[CLOCK]]}

    async def announce(self, now: datetime) -> Mapping[str, Sequence[int]]:
        self.at = now
        self.ends[CLOCK] += 1
        self.done.append(("clock", now))
        self.changes = [at for at in self.changes if at > now]
        return {CLOCK: [self.ends[CLOCK]]}

    async def decide(self, until: datetime) -> int:
        """One customer: the next of its instants, since each of them is an action."""
        due = min((at for at in self.wakeups if at <= until), default=None)
        if due is None:
            return 0
        if self.fail_at == due:
            self.fail_at = None
            raise Transient("cut off")
        self.wakeups.remove(due)
        self.done.append(("decided", max(due, self.at or until)))
        self.ends[COMMANDS] += 1
        return 1

    async def next_wakeup(self) -> datetime | None:
        return min(self.wakeups, default=None)

    async def call_backs_in(self) -> None:
        self.done.append(("idle", self.at))


class Player:
    """One service: the notifier answers every command with a contact."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name

    async def settle(self, ends: Mapping[str, Sequence[int]]) -> Settled:
        world = self.world
        if self.name == "notifier":
            world.ends[CONTACTS] = sum(ends.get(COMMANDS, [0]))
            return Settled({CONTACTS: [world.ends[CONTACTS]]}, None, 0)
        if self.name == "scheduler":
            return Settled({COMMANDS: [world.ends[COMMANDS]], CLOCK: [world.ends[CLOCK]]}, None, 0)
        return Settled({}, min(world.changes, default=None), 0)


async def test_every_instant_at_which_something_happens_is_visited_in_order() -> None:
    world = World()
    world.changes, world.wakeups = [hour(3)], [hour(1), hour(5), hour(30)]
    result = await advance_clock(hour(24), sandbox=world)
    assert (result.now, result.commands, result.outcomes) == (hour(24), 2, 2)
    # The services' clocks stop only where a service has something to do; the customers keep their own time.
    assert world.done == [
        ("decided", hour(1)),
        ("idle", T0),
        ("clock", hour(3)),
        ("decided", hour(5)),
        ("idle", hour(3)),
        ("clock", hour(24)),
    ]


async def test_what_came_in_since_is_decided_at_the_present_instant_first() -> None:
    world = World()
    world.wakeups = [datetime.min.replace(tzinfo=UTC)]
    await advance_clock(hour(2), sandbox=world)
    assert world.done == [("decided", T0), ("idle", T0), ("clock", hour(2))]


async def test_a_fresh_sandbox_goes_straight_to_the_time_it_is_told() -> None:
    world = World(now=None)
    world.changes, world.wakeups = [hour(-500)], [datetime.min.replace(tzinfo=UTC)]
    await advance_clock(hour(2), sandbox=world)
    assert world.done == [("clock", hour(2)), ("decided", hour(2)), ("idle", hour(2))]


@pytest.mark.parametrize(("to", "error"), [(hour(-1), Conflict), (hour(24 * 400 + 1), Rejected)])
async def test_time_goes_neither_back_nor_more_than_four_hundred_days(
    to: datetime, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await advance_clock(to, sandbox=World())


async def test_the_same_time_again_and_exactly_four_hundred_days_are_allowed() -> None:
    world = World()
    assert (await advance_clock(T0, sandbox=world)).commands == 0
    assert (await advance_clock(hour(24 * 400), sandbox=world)).now == hour(24 * 400)


async def test_one_long_move_visits_what_many_short_ones_visit() -> None:
    instants = [hour(n) for n in (1, 9, 33, 57.5, 81)]
    one, many = World(), World()
    one.wakeups, many.wakeups = list(instants), list(instants)
    await advance_clock(hour(96), sandbox=one)
    for day in range(1, 5):
        await advance_clock(hour(24 * day), sandbox=many)
    assert [entry for entry in one.done if entry[0] == "decided"] == [
        entry for entry in many.done if entry[0] == "decided"
    ]


async def test_a_move_that_was_cut_off_goes_on_where_it_stood() -> None:
    world = World()
    world.wakeups, world.fail_at = [hour(1), hour(5)], hour(5)
    with pytest.raises(Transient):
        await advance_clock(hour(24), sandbox=world)
    assert world.at == T0
    await advance_clock(hour(24), sandbox=world)
    assert [at for what, at in world.done if what == "decided"] == [hour(1), hour(5)]


async def test_a_service_that_never_gets_done_at_an_instant_does_not_hold_the_clock_for_ever() -> None:
    class Stuck(World):
        @override
        async def announce(self, now: datetime) -> Mapping[str, Sequence[int]]:
            ends = await super().announce(now)
            self.changes = [now]
            return ends

    world = Stuck()
    assert (await advance_clock(hour(2), sandbox=world)).now == hour(2)
