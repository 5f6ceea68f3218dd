"""How a command of the sandbox ends: quietly, with one sentence, or stopped by the user."""

import asyncio
import errno
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from sandbox.stack.problem import StackProblem

_INTERRUPTED = 130
# What a user can mend; any other error of the system is a fault of ours and keeps its traceback.
_MENDABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EMFILE, errno.ENFILE})


def run(main: Coroutine[Any, Any, int]) -> int:
    """Run a command to its exit code; a problem is one sentence, a signal ends it in an orderly way."""
    try:
        with asyncio.Runner() as runner:
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


def say(sentence: str) -> None:
    """Tell the user something on standard error; standard output belongs to the results."""
    print(sentence, file=sys.stderr, flush=True)
