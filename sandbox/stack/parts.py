"""The programs of the stack that are Python modules: the four services and the inbox."""

import asyncio
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from signal import Signals
from typing import Protocol

import httpx

from sandbox.stack.layout import REPOSITORY, Layout, python
from sandbox.stack.problem import StackProblem
from sandbox.stack.process import Launch, Process

_POLL_S = 0.05
_READY_S_MAX = 90.0
_STOP_S_MAX = 15.0
_COMMAND_S_MAX = 120.0


class Part(Protocol):
    """Anything of the stack that can be started, stopped and killed."""

    @property
    def process(self) -> Process:
        """The process that plays the part."""
        ...

    async def start(self) -> None:
        """Start it and return when it is ready."""
        ...

    async def stop(self) -> None:
        """Stop it gracefully."""
        ...

    def kill(self, signal_: Signals = signal.SIGKILL) -> None:
        """Send it a signal."""
        ...


@dataclass(slots=True)
class Program:
    """A service or the inbox: ready when its /readyz says so."""

    name: str
    layout: Layout
    arguments: Sequence[str]
    """What follows `python -m`."""
    url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    _process: Process = field(init=False)

    def __post_init__(self) -> None:
        """Bind the process to its name in the layout."""
        self._process = Process(self.name, self.layout)

    @property
    def process(self) -> Process:
        """The Python process."""
        return self._process

    async def start(self) -> None:
        """Start it and return when it is ready."""
        self.launch()
        await self.ready()

    def launch(self) -> None:
        """Start it and return at once."""
        command = [python(), "-m", *self.arguments]
        self._process.start(Launch(command=command, environment=self.environment, folder=REPOSITORY))

    async def ready(self) -> None:
        """Poll /readyz until it is green; a problem says what it said last."""
        deadline = time.monotonic() + _READY_S_MAX
        async with httpx.AsyncClient(base_url=self.url, timeout=5.0, trust_env=False) as client:
            while True:
                said = await _readiness(client)
                if said is None:
                    return
                if not self._process.running:
                    raise self._process.obituary()
                if time.monotonic() > deadline:
                    raise StackProblem(f"{self.name} is not ready after {_READY_S_MAX:.0f} seconds: {said}.")
                await asyncio.sleep(_POLL_S)

    async def is_ready(self) -> bool:
        """Ask once."""
        return await self.unready() is None

    async def unready(self) -> str | None:
        """Ask once; returns None when it is ready, else what it says."""
        if not self._process.running:
            return "no process"
        async with httpx.AsyncClient(base_url=self.url, timeout=5.0, trust_env=False) as client:
            return await _readiness(client)

    async def stop(self) -> None:
        """Stop it gracefully."""
        # A process that was frozen must be thawed to hear the signal.
        self.kill(signal.SIGCONT)
        await self._process.stop(within_s=_STOP_S_MAX)

    def kill(self, signal_: Signals = signal.SIGKILL) -> None:
        """Send it a signal."""
        self._process.kill(signal_)


async def _readiness(client: httpx.AsyncClient) -> str | None:
    """Return None when /readyz is green, else what it said."""
    try:
        answer = await client.get("/readyz")
    except httpx.HTTPError as error:
        return f"no answer ({type(error).__name__})"
    return None if answer.is_success else f"{answer.status_code} {answer.text.strip()[:200]}"


async def run_module(
    name: str,
    arguments: Sequence[str],
    *,
    layout: Layout,
    environment: Mapping[str, str],
    within_s: float = _COMMAND_S_MAX,
) -> None:
    """Run `python -m …` to its end; a problem carries its last words when it fails."""
    log_path = layout.log(name)
    with log_path.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            python(),
            *("-m", *arguments),
            env=dict(environment),
            cwd=REPOSITORY,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(within_s):
                await process.wait()
        except TimeoutError as error:
            raise StackProblem(f"`{' '.join(arguments)}` does not end (its log: {log_path}).") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode:
        words = Process(name, layout).last_words()[:300].rstrip(".")
        raise StackProblem(f"`{' '.join(arguments)}` failed: {words} (all of it in {log_path}).")
