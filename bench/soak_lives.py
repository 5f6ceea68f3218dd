"""The replicas of a soak: each can be replaced, and each life is watched for what it holds on to."""

import asyncio
import contextlib
import math
import os
import signal
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.live import wait_ready
from bench.processes import STOP_S_MAX, resident_mb

WARM_S = 30
"""A process may grow this long after it is ready: caches and pools fill."""
_LOOKS_MIN = 10
_ESTABLISHED = "01"


@dataclass(slots=True)
class Life:
    """What a process held when it was warm, and what it held last."""

    pid: int
    ready_s: float = math.inf
    """When it was ready (monotonic)."""
    warm: tuple[float, int] | None = None
    last: tuple[float, int] | None = None
    held: list[tuple[float, float]] = field(default_factory=list)
    """Instant (monotonic) and memory (MB) of every look since it was warm."""

    def look(self) -> None:
        """Note memory (MB) and open descriptors, once the process is warm."""
        if time.monotonic() - self.ready_s < WARM_S:
            return
        with contextlib.suppress(OSError):
            held = resident_mb(self.pid), len(os.listdir(f"/proc/{self.pid}/fd"))  # noqa: PTH208 - counted only
            self.warm, self.last = self.warm or held, held
            self.held.append((time.monotonic(), held[0]))

    @property
    def grown_mb(self) -> float:
        """How much memory was added since it was warm."""
        return self.last[0] - self.warm[0] if self.warm and self.last else 0.0

    def leaning_mb(self, *, since_s: float) -> float:
        """Return how much the straight line through its memory since an instant (monotonic) rises, in MB.

        A single look says little, for a batch comes and goes; a leak raises the whole line.
        """
        seen = [(instant, mb) for instant, mb in self.held if instant >= since_s]
        if len(seen) < _LOOKS_MIN:
            return 0.0
        line = statistics.linear_regression([instant for instant, _ in seen], [mb for _, mb in seen])
        return line.slope * (seen[-1][0] - seen[0][0])

    @property
    def grown_descriptors(self) -> int:
        """How many descriptors were added since it was warm."""
        return self.last[1] - self.warm[1] if self.warm and self.last else 0


@dataclass(slots=True)
class Replica:
    """One process of a service that is replaced now and then."""

    service: str
    role: str
    environment: Mapping[str, str]
    url: str
    lives: list[Life] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start a new life and wait until it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self.service,
            self.role,
            env=dict(self.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        self.lives.append(Life(self._process.pid))
        await wait_ready([self.url])
        self.lives[-1].ready_s = time.monotonic()

    async def stop(self) -> None:
        """End it gracefully; raises TimeoutError when it does not end."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S_MAX)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise
        finally:
            self._process = None

    @property
    def name(self) -> str:
        """Service and role."""
        return f"{self.service} {self.role}"

    def look(self) -> None:
        """Look at the life that runs."""
        if self._process is not None and self.lives:
            self.lives[-1].look()


async def stop_all(replicas: Sequence[Replica]) -> None:
    """End all of them, also when one does not end gracefully: its TimeoutError comes last."""
    async with contextlib.AsyncExitStack() as ending:
        for replica in replicas:
            ending.push_async_callback(replica.stop)


async def look_on(replicas: Sequence[Replica], *, every_s: float = 1.0) -> None:
    """Look at all of them until cancelled."""
    while True:
        for replica in replicas:
            replica.look()
        await asyncio.sleep(every_s)


def connections_to(port: int) -> int:
    """Count the established TCP connections of this machine to a port of the loopback."""
    table = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return count_connections(table, port=port)


def count_connections(table: Sequence[str], *, port: int) -> int:
    """Count the rows of /proc/net/tcp that are established connections to the port."""
    rows = (line.split() for line in table)
    return sum(row[2].endswith(f":{port:04X}") and row[3] == _ESTABLISHED for row in rows)
