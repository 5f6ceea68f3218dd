"""Where the local stack keeps its state, its logs and its caches."""

import fcntl
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.stack.problem import StackProblem

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".velvet" / "cache"
_KAFKA_FOLDER = REPOSITORY / "deploy" / "kafka"


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one stack; every one of them lies under ``home``."""

    home: Path

    @property
    def logs(self) -> Path:
        """One file per process, appended to at every start."""
        return self.home / "logs"

    @property
    def keys(self) -> Path:
        """The signing key of the sandbox and the public set made from it."""
        return self.home / "keys"

    @property
    def run_file(self) -> Path:
        """What a running stack told the world: environment and addresses. Readable by its owner only."""
        return self.home / "stack.json"

    @property
    def secrets_file(self) -> Path:
        """Passwords of the database roles. Readable by its owner only."""
        return self.home / "secrets.json"

    def data(self, name: str) -> Path:
        """Return the folder where the server ``name`` keeps its data."""
        return self.home / name

    def log(self, name: str) -> Path:
        """Return the log file of the process ``name``."""
        return self.logs / f"{name}.log"

    def pid_file(self, name: str) -> Path:
        """Return the file that remembers which process plays ``name``."""
        return self.home / "pids" / f"{name}.json"

    def create(self) -> None:
        """Make the folders that every process needs; says so in one sentence when that fails."""
        try:
            for folder in (self.home, self.logs, self.home / "pids"):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StackProblem(
                f"Velvet cannot write to {self.home} ({error.strerror}): make room there or set VELVET_HOME."
            ) from error


def home_of(environ: Mapping[str, str] | None = None) -> Path:
    """Return the home of the lasting stack: ``VELVET_HOME``, or ``.velvet`` in the repository."""
    chosen = (os.environ if environ is None else environ).get("VELVET_HOME", "")
    return Path(chosen).expanduser().resolve() if chosen else REPOSITORY / ".velvet"


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` atomically with ``text``, readable by its owner only from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Keep a second command away from the same stack until the first has ended."""
    layout.create()
    with (layout.home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def kafka_libs() -> Path:
    """Return the folder with Kafka's jars; a problem says how to fetch them when they are missing."""
    found = re.search(r"<kafka.version>([^<]+)<", (_KAFKA_FOLDER / "pom.xml").read_text(encoding="utf-8"))
    version = found.group(1) if found else "unknown"
    libs = CACHE / "kafka" / version / "libs"
    if not libs.is_dir():
        raise StackProblem(f"Kafka's jars are missing in {libs}: run `make setup`.")
    return libs


def kafka_archive() -> Path:
    """Return where the archive of Kafka's classes lies, if the set-up has made it."""
    return kafka_libs().parent / "classes.jsa"


def kafka_template() -> Path:
    """Return where a formatted, empty data directory lies, if the set-up has made it."""
    return kafka_libs().parent / "formatted"


def kafka_logging() -> Path:
    """Return the broker's logging configuration."""
    return _KAFKA_FOLDER / "log4j2.xml"


def python() -> str:
    """Return the interpreter that every service runs on: the one of the virtual environment in use."""
    return sys.executable
