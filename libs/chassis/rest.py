"""Coming to rest: what came before is taken in, nothing is pending, and everything that follows is out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chassis.db.clock import SandboxClock
from chassis.db.notice import wait
from chassis.db.standing import Standing, is_written_to, standing
from chassis.db.unit_of_work import Database, Unit
from chassis.kafka.progress import Progress
from chassis.kernel.clock import Clock

_POLL_S: Final = 0.02
"""How often the rows are read when another process does the work; in this process a bell rings."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Work under way that a service must have seen through before it is at rest."""

    count: Callable[[Unit], Awaitable[int]]
    """Counts it, whichever process is at it."""
    is_busy: Callable[[], bool] = lambda: False
    """Whether this process is in the midst of it: nobody need count meanwhile."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A service at rest, and how it was seen."""

    stands: Standing
    ends: Mapping[str, Sequence[int]]
    """End offsets of what it publishes, read after everything was out; the clock's own topic left out."""


async def at_rest(
    database: Database,
    *,
    progress: Progress,
    clock: Clock,
    ends: Mapping[str, Sequence[int]],
    pending: Pending | None = None,
) -> Rest:
    """Wait, as long as it takes, until ``ends`` are in, then nothing is pending, then the outbox is empty."""
    while True:
        rung = database.committed.listen()
        if pending is not None and pending.is_busy():
            await wait(rung, timeout_s=_POLL_S)
            continue
        async with database.reading() as unit:
            first = await standing(unit.connection)
            if first.has_reached(ends, topics=progress.consumes):
                if isinstance(clock, SandboxClock) and first.now is not None:
                    # Another process may have followed the clock; this one judges by the same time.
                    clock.set(first.now)
                if pending is None and progress.knows(first.numbered) and not first.is_waiting:
                    return Rest(first, await progress.own_ends(numbered=first.numbered, is_certain=True))
                # Pending work before the outbox: what ends in between has left its rows there.
                if pending is None or not await pending.count(unit):
                    # The number was read first: whoever had taken one by then is seen to write, or waits in the outbox.
                    is_certain = progress.knows(first.numbered) or not await is_written_to(unit.connection)
                    last = await standing(unit.connection)
                    if not last.is_waiting:
                        break
        await wait(rung, timeout_s=_POLL_S)
    # What was told between the looks has a number of its own, which says nothing about writers yet.
    is_certain = is_certain and last.numbered == first.numbered
    return Rest(last, await progress.own_ends(numbered=last.numbered, is_certain=is_certain))
