"""How a command of the sandbox ends: quietly, with one sentence, or stopped by the user."""

import asyncio
import errno
import io
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TextIO

from typing_extensions import override

from sandbox.stack.problem import StackProblem

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_INTERRUPTED = 130
# What a user can mend; any other error of the system is a fault of ours and keeps its traceback.
_MENDABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EMFILE, errno.ENFILE})


def run(
    main: Coroutine[Any, Any, int], *, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> int:
    """Run a command to its exit code; a problem is one sentence, a signal ends it in an orderly way."""
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(_stoppable(main))
    except StackProblem as problem:
        say(str(problem))
        return 1
    except OSError as error:
        if error.errno not in _MENDABLE:
            raise
        say(f"{error.strerror}{f': {error.filename}' if error.filename else ''}.")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _INTERRUPTED


async def _stoppable(main: Coroutine[Any, Any, int]) -> int:
    """Treat SIGTERM and SIGHUP like Ctrl-C: cancel, so that everything that was opened is closed."""
    task = asyncio.ensure_future(main)
    loop = asyncio.get_running_loop()
    for signal_ in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(signal_, task.cancel)
    return await task


class _Outlasting(io.FileIO):
    """A standard stream that throws away what is written once nobody reads any further."""

    @override
    def write(self, data: "ReadableBuffer", /) -> int:
        """Write, or throw away."""
        try:
            return super().write(data)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return super().write(data)


def outlive_readers() -> None:
    """Let a command come to its end, and to its own exit code, also when its reader has gone (`make up | head -3`).

    To be called first, by a program of its own: it replaces the standard streams.
    """
    sys.stdout = _outlasting(sys.stdout, by_line=sys.stdout.isatty())
    # How it goes is of use while it goes, also to who reads it from a file.
    sys.stderr = _outlasting(sys.stderr, by_line=True)


def _outlasting(stream: TextIO, *, by_line: bool) -> io.TextIOWrapper:
    stream.flush()
    raw = _Outlasting(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, stream.errors, line_buffering=by_line)


def say(sentence: str) -> None:
    """Tell the user something on standard error; standard output belongs to the results."""
    print(sentence, file=sys.stderr, flush=True)
