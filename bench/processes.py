"""Starts roles of a service as processes of their own, watches what they use, and stops them by their process id."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from sandbox.stack.stack import Stack

STOP_S_MAX = 20
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def live_environment(stack: Stack, service: str) -> dict[str, str]:
    """Return the environment of a service outside the sandbox, where the wall clock rules."""
    given = stack.environment(service)
    return {name: value for name, value in given.items() if name != "VELVET_AUTH_SIGNING_KEY_FILE"} | {
        "VELVET_SANDBOX": "false"
    }


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used, user and system."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def family_cpu_s(pid: int) -> float:
    """Return the CPU seconds of a server with its children, those that have ended and those that live."""
    fields = _stat(pid)
    used_s = sum(int(field) for field in fields[11:15]) / _TICKS_PER_S
    for folder in Path("/proc").glob("[0-9]*"):
        # One that ends at this very moment is missed: servers start few processes and seldom end one.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if int(_stat(int(folder.name))[1]) == pid:
                used_s += cpu_s(int(folder.name))
    return used_s


def _stat(pid: int) -> list[str]:
    """Return what the kernel says of a process, from its state on."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in megabytes (of 1,000,000 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ProcessLookupError(pid)


def hold_to_one_core(pid: int) -> None:
    """Keep a process, and what it starts from now on, on the last of the cores that it may use."""
    os.sched_setaffinity(pid, {max(os.sched_getaffinity(pid))})


@contextlib.asynccontextmanager
async def running(
    commands: Sequence[tuple[Sequence[str], Mapping[str, str]]],
) -> AsyncIterator[list[int]]:
    """Run `python -m …` once for each pair of arguments and environment; yields their ids and stops all at the end."""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        for arguments, environment in commands
    ]
    try:
        yield [process.pid for process in processes]
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


async def output_of(*arguments: str, word: str) -> str:
    """Run `python -m …` to its end; returns what follows ``word`` on the line that begins with it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        text, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    for line in text.decode().splitlines():
        if line.startswith(word):
            return line.removeprefix(word).strip()
    raise RuntimeError(f"{arguments[0]} ended with {process.returncode} before it said {word!r}")
