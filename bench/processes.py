"""Starts roles of a service as processes of their own and stops them by their process id."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence

from sandbox.stack.stack import Stack

STOP_S_MAX = 20


def live_environment(stack: Stack, service: str) -> dict[str, str]:
    """Return the environment of a service outside the sandbox, where the wall clock rules."""
    given = stack.environment(service)
    return {name: value for name, value in given.items() if name != "VELVET_AUTH_SIGNING_KEY_FILE"} | {
        "VELVET_SANDBOX": "false"
    }


@contextlib.asynccontextmanager
async def running(commands: Sequence[tuple[Sequence[str], Mapping[str, str]]]) -> AsyncIterator[None]:
    """Run `python -m …` once for each pair of arguments and environment; stop all at the end."""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        for arguments, environment in commands
    ]
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                await asyncio.wait_for(process.wait(), STOP_S_MAX)
            except TimeoutError:
                process.kill()
                await process.wait()
