"""The one port through which "now" enters a service."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time by which a service acts."""

    def now(self) -> datetime | None:
        """Return the present instant in UTC; None while a fresh sandbox has no time yet."""
        ...


class WallClock:
    """The machine's own clock, used outside the sandbox."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one home of the machine's clock


class SetClock:
    """A clock that stands still until it is set: the sandbox's, and every test's."""

    def __init__(self, at: datetime | None = None) -> None:
        self._at = at

    def now(self) -> datetime | None:
        """Return the instant last set, in UTC, or None."""
        return self._at

    def set(self, at: datetime | None) -> None:
        """Move to ``at`` (aware); who may move it, and whether back, is the caller's rule."""
        self._at = at if at is None else at.astimezone(UTC)
