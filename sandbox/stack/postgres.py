"""A PostgreSQL server of one's own: made once, started in tens of milliseconds, stopped without a trace."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from urllib.parse import quote

import asyncpg

from sandbox.stack.addresses import HOST
from sandbox.stack.layout import Layout, write_private
from sandbox.stack.problem import StackProblem
from sandbox.stack.process import Launch, Process
from sandbox.stack.quarters import Quarters, leave, settle

SUPERUSER = "velvet"
_POLL_S = 0.02
_RETRY_S = 0.2
_START_S_MAX = 30.0
_STOP_S_MAX = 10.0
# After a kill -9 the last backends hold the shared memory for a moment; the new server must wait for them.
_STILL_HELD = "pre-existing shared memory block"


@dataclass(slots=True)
class PostgresServer:
    """One server with its data; ``durable=False`` trades crash safety for speed, in unit-speed tests only."""

    layout: Layout
    port: int
    durable: bool = True
    settings: tuple[str, ...] = ()
    """Further settings of the server, as ``name=value``."""
    _process: Process = field(init=False)

    def __post_init__(self) -> None:
        """Bind the process to its name in the layout."""
        self._process = Process("postgres", self.layout)

    @property
    def process(self) -> Process:
        """The postmaster."""
        return self._process

    def url(self, database: str, *, role: str = SUPERUSER) -> str:
        """Return the address of a database for a role, password included."""
        return f"postgresql://{role}:{quote(self.password(role), safe='')}@{HOST}:{self.port}/{database}"

    def password(self, role: str) -> str:
        """Return the role's password, drawn at its first use and kept for good."""
        path = self.layout.secrets_file
        known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if role not in known:
            known[role] = secrets.token_urlsafe(18)
            write_private(path, json.dumps(known))
        return known[role]

    async def start(self) -> None:
        """Start the server, making its data directory at the first start; returns when it takes connections."""
        if self._process.running:
            return
        self.layout.create()
        quarters = await asyncio.to_thread(settle, self.layout.home)
        data = quarters.folder / "data"
        if not (data / "PG_VERSION").exists():
            await asyncio.to_thread(self._initialise, quarters, data)
        deadline = time.monotonic() + _START_S_MAX
        while not await self._launched(quarters, data, deadline):  # noqa: ASYNC110 - it happens in another process.
            await asyncio.sleep(_RETRY_S)

    async def stop(self) -> None:
        """Stop the server at once but cleanly; connections are closed, nothing committed is lost."""
        await self._process.stop(politely=signal.SIGINT, within_s=_STOP_S_MAX)

    def kill(self, signal_: Signals = signal.SIGKILL) -> None:
        """Send a signal to the postmaster; its backends end by themselves when it dies."""
        self._process.kill(signal_)

    async def restart(self) -> None:
        """Stop the server if it runs, and start it on the same data and port."""
        await self.stop()
        await self.start()

    def wipe(self) -> None:
        """Remove the data; the server must be stopped."""
        leave(self.layout.home)

    def _initialise(self, quarters: Quarters, data: Path) -> None:
        """Run initdb as the account that owns the data."""
        account = quarters.account
        password_file = quarters.folder / "superuser-password"
        write_private(password_file, self.password(SUPERUSER))
        if account:
            os.chown(password_file, account.uid, account.gid)
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        command = [str(quarters.software / "bin" / "initdb"), "-D", str(data), "-U", SUPERUSER, *options]
        try:
            answer = subprocess.run(
                [*command, f"--pwfile={password_file}"],
                cwd="/",
                env=_environment(),
                capture_output=True,
                text=True,
                check=False,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        finally:
            password_file.unlink(missing_ok=True)
        if answer.returncode:
            lines = answer.stderr.strip().splitlines() or ["no reason given"]
            fault = next((line for line in lines if "error" in line.lower()), lines[-1])
            raise StackProblem(
                f"PostgreSQL cannot make its data directory {data}: {fault.strip().rstrip('.')}."
            )

    async def _launched(self, quarters: Quarters, data: Path, deadline: float) -> bool:
        """Start the postmaster and wait for it; False when it must be tried again."""
        settings = ["jit=off", "max_connections=200", "timezone=UTC", "log_timezone=UTC", *self.settings]
        if not self.durable:
            settings += ["fsync=off", "full_page_writes=off", "synchronous_commit=off"]
        options = [part for setting in settings for part in ("-c", setting)]
        where = ["-D", str(data), "-h", HOST, "-p", str(self.port), "-k", ""]
        self._process.start(
            Launch(
                command=[str(quarters.software / "bin" / "postgres"), *where, *options],
                environment=_environment(),
                folder=Path("/"),
                account=quarters.account,
            )
        )
        while time.monotonic() < deadline:
            if await self._answers():
                return True
            if not self._process.running:
                if _STILL_HELD in self._process.last_words(lines=3):
                    return False
                raise self._process.obituary()
            await asyncio.sleep(_POLL_S)
        raise StackProblem(f"PostgreSQL did not answer within {_START_S_MAX:.0f} seconds.")

    async def _answers(self) -> bool:
        """Try a connection."""
        try:
            connection = await asyncpg.connect(self.url("postgres"), timeout=2)
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
            return False
        await connection.close()
        return True


def _environment() -> dict[str, str]:
    """Return a small environment: the server must not inherit the caller's PG* variables or locale."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
