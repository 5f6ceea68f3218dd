"""Time's door: the sender's two lanes, and what "settled" must wait for."""

import asyncio
import time
from datetime import datetime
from typing import Final

from chassis.db.notice import Notice, wait
from chassis.kernel.clock import Clock
from notifier.usecases.ports import Reader
from notifier.usecases.recover_sending import RecoverSending
from notifier.usecases.send_due import BATCH_MESSAGES_MIN, SendDue, next_limit

RECOVER_EVERY_S: Final = 5.0
NOT_FRESH_PAUSE_S: Final = 0.2
EXPECT_S: Final = 1.0


class Lane:
    """One batch after the other, and the recovery of what bears the lane's name."""

    def __init__(self, *, send_due: SendDue, recover: RecoverSending) -> None:
        self._send_due = send_due
        self._recover = recover
        self._recover_at_s = 0.0
        self.limit = BATCH_MESSAGES_MIN
        """How many messages the next batch may have."""
        self.is_busy = False
        """Whether a batch is on its way."""

    def begin(self) -> None:
        """Say that the lane begins, or begins again after an error: it looks first at what was left behind."""
        self._recover_at_s = 0.0

    async def recover(self) -> None:
        """Recover now and then; called between batches: what bears the lane's name then was left behind."""
        if time.monotonic() >= self._recover_at_s:
            await self._recover(owner=self._send_due.owner)
            await self._recover(owner=None)
            self._recover_at_s = time.monotonic() + RECOVER_EVERY_S

    async def send(self, committed: Notice) -> int:
        """Send one batch; who waits for it is woken when it has been seen through."""
        self.is_busy = True
        began_s = time.monotonic()
        try:
            sent = await self._send_due(limit=self.limit)
        finally:
            self.is_busy = False
            committed.ring()
        self.limit = next_limit(self.limit, sent=sent, took_s=time.monotonic() - began_s)
        return sent


class Helper:
    """The second lane: sends only while there is more than one batch of work, so that no wait is idle."""

    def __init__(self, lane: Lane, *, full: Notice, poll_s: float) -> None:
        self._lane = lane
        self._full = full
        self._poll_s = poll_s

    async def run(self, *, stopping: asyncio.Event, committed: Notice) -> None:
        """Run the loop; a message in flight is seen through before it ends."""
        self._lane.begin()
        while not stopping.is_set():
            rung = self._full.listen()
            await self._lane.recover()
            if await wait(rung, timeout_s=self._poll_s):
                await self._help(stopping, committed=committed)

    async def _help(self, stopping: asyncio.Event, *, committed: Notice) -> None:
        """Send until a claim came away with less than it asked for."""
        while not stopping.is_set():
            await self._lane.recover()
            limit = self._lane.limit
            if await self._lane.send(committed) < limit:
                return


class Sender:
    """The first lane: sends until it is told to stop, woken by every commit of this process, and by itself now and then."""

    def __init__(self, lane: Lane, *, reader: Reader, clock: Clock, poll_s: float) -> None:
        self._lane = lane
        self._reader = reader
        self._clock = clock
        self._poll_s = poll_s
        self._told_until_s = 0.0
        self._looked_at: datetime | None = None

    def expect(self) -> None:
        """Say that commands are about to be committed: the next bells are worth a look."""
        self._told_until_s = time.monotonic() + EXPECT_S

    async def run(self, *, stopping: asyncio.Event, committed: Notice) -> None:
        """Run the loop; a message in flight is seen through before it ends."""
        self._lane.begin()
        while not stopping.is_set():
            rung = committed.listen()
            await self._lane.recover()
            now = self._clock.now()
            self._looked_at = now
            if now is None or not await self._reader.is_due(now):
                await self._sleep(rung, committed=committed)
            elif not await self._lane.send(committed):
                # Due, and yet not to be sent now: the gate has no fresh answer, or somebody else is at it.
                await wait(stopping, timeout_s=NOT_FRESH_PAUSE_S)

    async def _sleep(self, rung: asyncio.Event, *, committed: Notice) -> None:
        """Sleep until there may be something to send: most bells ring for other things."""
        wake_at_s = time.monotonic() + self._poll_s
        while (left_s := wake_at_s - time.monotonic()) > 0:
            if not await wait(rung, timeout_s=left_s):
                return
            if time.monotonic() < self._told_until_s or self._clock.now() != self._looked_at:
                return
            rung = committed.listen()
