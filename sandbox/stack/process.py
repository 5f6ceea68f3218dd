"""One supervised process: started apart, remembered by pid file, stopped only when it is really ours."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

from sandbox.stack.layout import REPOSITORY, Layout, write_private
from sandbox.stack.problem import StackProblem

_POLL_S = 0.02
_LOG_TAIL_BYTES = 20_000
_SPARING = frozenset({signal.SIGSTOP, signal.SIGCONT})


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same number."""

    pid: int
    started: str  # clock ticks since boot; a reused pid has another value.
    boot: str  # ticks start anew at every boot, so the boot is part of the name.


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged account a process runs under; None stands for the caller's own."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Launch:
    """What to run and how."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path = REPOSITORY
    account: Account | None = None


def identity_of(pid: int) -> Identity | None:
    """Return who runs as ``pid`` now; None when nobody does or only its zombie is left."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None if Path("/proc/self").exists() else _identity_by_ps(pid)
    except ProcessLookupError:
        return None
    # The command name stands in brackets and may hold anything, so count from the last bracket.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else Identity(pid=pid, started=fields[19], boot=boot)


def _identity_by_ps(pid: int) -> Identity | None:
    """Do the same where there is no /proc."""
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else Identity(pid=pid, started=started, boot="")


def remembered(pid_file: Path) -> Identity | None:
    """Return the process a pid file names if that very process still runs; a stale file counts as none."""
    try:
        noted = Identity(**json.loads(pid_file.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return noted if identity_of(noted.pid) == noted else None


@dataclass(slots=True)
class Process:
    """A named process of one stack; the pid file lets a later program find and stop it."""

    name: str
    layout: Layout
    _popen: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _ending: Identity | None = field(default=None, init=False)
    """Whom a signal told to end: it lives on for a moment."""

    @property
    def identity(self) -> Identity | None:
        """Who plays this part now; reaps our own child first, so that a dead one is seen as dead."""
        if self._popen is not None:
            self._popen.poll()
        return remembered(self.layout.pid_file(self.name))

    @property
    def running(self) -> bool:
        """True while the process lives."""
        return self.identity is not None

    @property
    def exit_code(self) -> int | None:
        """The exit code of a child that we started ourselves and that has ended."""
        return None if self._popen is None else self._popen.poll()

    def start(self, launch: Launch) -> None:
        """Start the process apart from the terminal, its output going to its log."""
        if self.running:
            return
        account = launch.account
        with self.layout.log(self.name).open("ab") as log:
            try:
                self._popen = subprocess.Popen(
                    list(launch.command),
                    env=dict(launch.environment),
                    cwd=launch.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    user=account.uid if account else None,
                    group=account.gid if account else None,
                    extra_groups=[] if account else None,
                )
            except OSError as error:
                raise StackProblem(f"{self.name} cannot be started: {error}.") from error
        self._note(self._popen.pid)

    def adopt(self, pid: int) -> None:
        """Take a process that somebody else started as the one that plays this part."""
        self._popen = None
        self._note(pid)

    def _note(self, pid: int) -> None:
        """Write the pid file."""
        identity = identity_of(pid)
        if identity is not None:
            noted = {"pid": identity.pid, "started": identity.started, "boot": identity.boot}
            write_private(self.layout.pid_file(self.name), json.dumps(noted))

    def kill(self, signal_: Signals = signal.SIGKILL) -> None:
        """Send a signal, if the process is there and ours."""
        identity = self.identity
        if identity is not None:
            if signal_ not in _SPARING:
                self._ending = identity
            with contextlib.suppress(ProcessLookupError):
                os.kill(identity.pid, signal_)

    async def settled(self, *, within_s: float = 15.0) -> None:
        """Wait until a process that a signal told to end has ended: until then it would look as if it ran."""
        if self._ending is not None and self.identity == self._ending:
            await self.gone(within_s=within_s)

    async def gone(self, *, within_s: float) -> bool:
        """Wait until the process has ended; False when it outlives the bound."""
        deadline = time.monotonic() + within_s
        while self.running:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_POLL_S)
        return True

    async def stop(self, *, politely: Signals = signal.SIGTERM, within_s: float = 15.0) -> None:
        """Ask the process to end, and end it by force when it does not within the bound."""
        self.kill(politely)
        if not await self.gone(within_s=within_s):
            self.kill(signal.SIGKILL)
            await self.gone(within_s=within_s)
        self.layout.pid_file(self.name).unlink(missing_ok=True)

    def last_words(self, *, lines: int = 1) -> str:
        """Return the last lines of the log that say something, on one line."""
        try:
            with self.layout.log(self.name).open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_TAIL_BYTES))
                text = log.read().decode("utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        spoken = [line.strip() for line in text.splitlines() if line.strip()]
        return " ".join(spoken[-lines:])

    def obituary(self) -> StackProblem:
        """Return the problem to raise when the process ended although it should run."""
        words = self.last_words()[:300].rstrip(".")
        said = f" and said last: {words}" if words else ""
        return StackProblem(
            f"{self.name} stopped while starting{said} (all of it in {self.layout.log(self.name)})."
        )
