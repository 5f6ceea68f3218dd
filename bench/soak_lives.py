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
from typing import NamedTuple

from bench.live import wait_ready
from bench.processes import STOP_S_MAX, resident_mb

WARM_S = 30
"""A process may grow this long after it is ready: caches and pools fill."""
_LOOKS_MIN = 10
_ESTABLISHED = "01"


class Look(NamedTuple):
    """What a process held at an instant."""

    at_s: float
    """Monotonic."""
    mb: float
    descriptors: int


@dataclass(slots=True)
class Life:
    """A process from its start on, and every look at it since it was warm."""

    pid: int
    ready_s: float = math.inf
    """When it was ready (monotonic)."""
    looks: list[Look] = field(default_factory=list)

    def look(self) -> None:
        """Note memory (MB) and open descriptors, once the process is warm."""
        now_s = time.monotonic()
        if now_s - self.ready_s < WARM_S:
            return
        with contextlib.suppress(OSError):
            descriptors = len(os.listdir(f"/proc/{self.pid}/fd"))  # noqa: PTH208 - counted only
            self.looks.append(Look(now_s, resident_mb(self.pid), descriptors))

    @property
    def grown_mb(self) -> float:
        """How much memory was added since it was warm."""
        return self.looks[-1].mb - self.looks[0].mb if self.looks else 0.0

    @property
    def grown_descriptors(self) -> int:
        """How many descriptors were added since it was warm."""
        return self.looks[-1].descriptors - self.looks[0].descriptors if self.looks else 0

    def leaning_mb(self, *, since_s: float) -> float | None:
        """Return how much the straight line through its memory since an instant (monotonic) rises, in MB.

        A single look says little, for a batch comes and goes; a leak raises the whole line. None: too few looks.
        """
        seen = [look for look in self.looks if look.at_s >= since_s]
        if len(seen) < _LOOKS_MIN:
            return None
        line = statistics.linear_regression([look.at_s for look in seen], [look.mb for look in seen])
        return line.slope * (seen[-1].at_s - seen[0].at_s)


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
