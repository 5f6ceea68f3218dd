"""What keeps this process from being ready, and whether its loops still turn."""

import time

from chassis.telemetry.metrics import READY


class Health:
    """Collects, by part, the reason why that part is not ready; empty means ready."""

    def __init__(self, *, service: str) -> None:
        self._service = service
        self._reasons: dict[str, str] = {}
        self._beats: dict[str, tuple[float, float]] = {}
        READY.labels(service).set(1)

    def down(self, part: str, *, reason: str) -> None:
        """Say that ``part`` is not ready, in a sentence for the operator."""
        self._reasons[part] = reason
        READY.labels(self._service).set(0)

    def up(self, part: str) -> None:
        """Say that ``part`` is ready again."""
        self._reasons.pop(part, None)
        READY.labels(self._service).set(0 if self._reasons else 1)

    def reasons(self) -> dict[str, str]:
        """Return the reasons by part; empty when everything is ready."""
        return dict(self._reasons)

    def beat(self, loop: str, *, within_s: float) -> None:
        """Say that ``loop`` turns, and that it will say so again within so many seconds."""
        self._beats[loop] = (time.monotonic(), within_s)

    def rest(self, loop: str) -> None:
        """Say that ``loop`` has ended on purpose, or waits for a person."""
        self._beats.pop(loop, None)

    def stuck(self) -> list[str]:
        """Return the loops that have been silent for longer than they said: only a restart helps."""
        now = time.monotonic()
        return [loop for loop, (last, within_s) in self._beats.items() if now - last > within_s]
