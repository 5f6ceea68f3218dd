"""Starts services quickly: a nursery has imported one service's code and forks a process of it whenever one is asked for.

Importing costs a hundred times what forking does, and a run kills hundreds of processes. What is forked is a
process like any other: its own session, its own environment and log, killed and frozen by its own number.
"""

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from chaos.mutant import run_mutant
from sandbox.stack.layout import REPOSITORY, python
from sandbox.stack.parts import Program

_ALSO = (
    "sqlalchemy.dialects.postgresql.asyncpg",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.lifespan.off",
)


@dataclass(slots=True)
class Nursery:
    """The harness's end of one nursery: a child process, spoken to in lines of JSON; it ends with the harness."""

    service: str
    log: Path
    _child: subprocess.Popen[str] | None = None

    def open(self, environment: Mapping[str, str]) -> None:
        """Start it; the imports go on in the background."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [python(), "-m", "chaos.nursery", self.service],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=dict(environment),
                cwd=REPOSITORY,
                text=True,
                start_new_session=True,
            )

    def fork(self, arguments: Sequence[str], *, environment: Mapping[str, str], log: Path) -> int:
        """Return the number of a new process that runs ``python -m`` with these arguments."""
        if self._child is None or self._child.stdin is None or self._child.stdout is None:
            raise RuntimeError(f"the nursery of {self.service} is not open")
        order = {"arguments": list(arguments), "environment": dict(environment), "log": str(log)}
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        return int(self._child.stdout.readline())

    def close(self) -> None:
        """End it; the processes it made live on."""
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()
            self._child.wait(timeout=10)


@dataclass(slots=True)
class Forked(Program):
    """A program of the stack that comes from a nursery."""

    nursery: Nursery = field(kw_only=True)

    @override
    def launch(self) -> None:
        """Start it and return at once."""
        process = self.process
        if process.running:
            return
        log = self.layout.log(self.name)
        process.adopt(self.nursery.fork(self.arguments, environment=self.environment, log=log))


def serve(service: str) -> None:
    """Import the service, then fork whatever is asked for on standard input until it ends."""
    importlib.import_module(f"{service}.bootstrap")
    for name in _ALSO:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    # Its children are nobody's concern here: the system buries them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(order)
        print(child, flush=True)


def _become(order: Mapping[str, object]) -> None:
    """Be the process that was asked for; never returns."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for old, new in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(old, new)
        environment, arguments = order["environment"], order["arguments"]
        if isinstance(environment, dict) and isinstance(arguments, list):
            os.environ.clear()
            os.environ.update(environment)
            status = run_module(arguments)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def run_module(arguments: Sequence[str]) -> int:
    """Do what ``python -m`` would: a service's own main, or a mutant's."""
    if arguments[0] == "chaos.mutant":
        return run_mutant(arguments[1:])
    service, *rest = arguments
    runtime = importlib.import_module("chassis.runtime")
    status: int = runtime.main(importlib.import_module(f"{service}.bootstrap").build, rest)
    return status


if __name__ == "__main__":
    serve(sys.argv[1])
