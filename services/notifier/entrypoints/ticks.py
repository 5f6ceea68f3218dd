"""Time's door: the sender's loop, and what "settled" must wait for."""

import asyncio
import time
from datetime import datetime
from typing import Final

from chassis.db.notice import Notice, wait
from chassis.kernel.clock import Clock
from notifier.usecases.ports import Reader
from notifier.usecases.recover_sending import RecoverSending
from notifier.usecases.send_due import SendDue

RECOVER_EVERY_S: Final = 5.0
NOT_FRESH_PAUSE_S: Final = 0.2
EXPECT_S: Final = 1.0


class Sender:
    """Sends until it is told to stop: woken by every commit of this process, and by itself now and then."""

    def __init__(
        self, *, send_due: SendDue, recover: RecoverSending, reader: Reader, clock: Clock, poll_s: float
    ) -> None:
        self._send_due = send_due
        self._recover = recover
        self._reader = reader
        self._clock = clock
        self._poll_s = poll_s
        self._told_until_s = 0.0
        self._looked_at: datetime | None = None
        self.is_busy = False
        """Whether a batch is on its way."""

    def expect(self) -> None:
        """Say that commands are about to be committed: the next bells are worth a look."""
        self._told_until_s = time.monotonic() + EXPECT_S

    async def run(self, *, stopping: asyncio.Event, committed: Notice) -> None:
        """Run the loop; a message in flight is seen through before it ends."""
        loop = asyncio.get_running_loop()
        recover_at_s = loop.time()
        while not stopping.is_set():
            rung = committed.listen()
            if loop.time() >= recover_at_s:
                # Nothing of this process is in flight here: what bears its name was left behind.
                await self._recover(owner=self._send_due.owner)
                await self._recover(owner=None)
                recover_at_s = loop.time() + RECOVER_EVERY_S
            now = self._clock.now()
            self._looked_at = now
            if now is None or not await self._reader.is_due(now):
                await self._sleep(rung, committed=committed)
            elif not await self._send(committed):
                # Due, and yet not to be sent now: the gate has no fresh answer, or somebody else is at it.
                await wait(stopping, timeout_s=NOT_FRESH_PAUSE_S)

    async def _send(self, committed: Notice) -> int:
        """Send one batch; who waits for it is woken when it has been seen through."""
        self.is_busy = True
        try:
            return await self._send_due()
        finally:
            self.is_busy = False
            committed.ring()

    async def _sleep(self, rung: asyncio.Event, *, committed: Notice) -> None:
        """Sleep until there may be something to send: most bells ring for other things."""
        wake_at_s = time.monotonic() + self._poll_s
        while (left_s := wake_at_s - time.monotonic()) > 0:
            if not await wait(rung, timeout_s=left_s):
                return
            if time.monotonic() < self._told_until_s or self._clock.now() != self._looked_at:
                return
            rung = committed.listen()
