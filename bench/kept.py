"""Keeps what a peer or a limit reached on this machine for a day, so that the next run need not measure it again."""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.figure import median
from sandbox.stack.layout import REPOSITORY

KEPT_FOR = timedelta(days=1)
FOLDER = REPOSITORY / ".velvet" / "cache" / "bench"
_LOCK = REPOSITORY / "bench" / "requirements.lock"


def fingerprint() -> str:
    """Name this machine and what the peers are: processors, memory, kernel, interpreter, locked versions."""
    try:
        cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        models = sorted({line for line in cpus.splitlines() if line.startswith("model name")})
        memory = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()[0]
    except OSError:
        models, memory = [platform.processor()], ""
    parts = [platform.node(), platform.release(), platform.python_version(), str(os.cpu_count()), memory]
    lock = _LOCK.read_text(encoding="utf-8") if _LOCK.exists() else ""
    return hashlib.sha256("\n".join([*parts, *models, lock]).encode()).hexdigest()[:16]


class Peer:
    """The other side of a ratio: measured in turn with ours, unless this machine has a figure of today."""

    def __init__(
        self,
        name: str,
        *,
        folder: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path = (folder or FOLDER) / f"{name}.json"
        self._now = now
        self._found: list[float] = []
        self._kept = self._read()

    @property
    def is_kept(self) -> bool:
        """Say whether a figure of the last day is there."""
        return self._kept is not None

    @property
    def is_measured(self) -> bool:
        """Say whether it was measured in this run."""
        return bool(self._found)

    async def measure(self, once: Callable[[], Awaitable[float]]) -> None:
        """Measure once more, unless a figure is kept."""
        if self._kept is None:
            self._found.append(await once())

    def value(self) -> float:
        """Return the median, and keep it for a day; the kept figure where there is one, which is said aloud."""
        if self._kept is not None:
            print(
                f"The peer's figure is a kept one, less than a day old: {self._path}.",
                file=sys.stderr,
            )
            return self._kept
        value = median(self._found)
        try:
            self._keep(value)
        except OSError as error:
            # What was measured counts all the same; the next run measures the peer again.
            print(f"The peer's figure could not be kept: {error}.", file=sys.stderr)
        return value

    def _keep(self, value: float) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        kept = {"machine": fingerprint(), "at": self._now().isoformat(), "value": value}
        self._path.write_text(json.dumps(kept), encoding="utf-8")

    def _read(self) -> float | None:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            age = self._now() - datetime.fromisoformat(kept["at"])
            value = float(kept["value"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        is_ours = kept.get("machine") == fingerprint()
        return value if is_ours and timedelta(0) <= age < KEPT_FOR else None
