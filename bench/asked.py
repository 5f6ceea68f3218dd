"""A process of the benchmark's own that is asked line by line over its standard input and output."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

STOP_S_MAX = 20
_LINE_BYTES_MAX = 2**24


@dataclass(frozen=True, slots=True)
class Asked:
    """A running process; each answer is a line that begins with an agreed word."""

    name: str
    process: asyncio.subprocess.Process

    def say(self, line: str) -> None:
        """Write one line to it."""
        if self.process.stdin is None:
            raise RuntimeError(f"{self.name} has no input")
        self.process.stdin.write(f"{line}\n".encode())

    async def expect(self, word: str) -> str:
        """Read its lines up to the one that begins with ``word``; return the rest of that line."""
        if self.process.stdout is None:
            raise RuntimeError(f"{self.name} has no output")
        async for line in self.process.stdout:
            text = line.decode().strip()
            if text.startswith(word):
                return text.removeprefix(word).strip()
        raise RuntimeError(f"{self.name} ended before it said {word!r}")


@contextlib.asynccontextmanager
async def asked(*arguments: str, environment: Mapping[str, str] | None = None) -> AsyncIterator[Asked]:
    """Run `python -m …` with its input and output at hand; it is ended at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        env=None if environment is None else dict(environment),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES_MAX,
        # A Ctrl-C is for the benchmark, which ends its processes itself.
        start_new_session=True,
    )
    try:
        yield Asked(arguments[0], process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S_MAX)
        except TimeoutError:
            process.kill()
            await process.wait()
