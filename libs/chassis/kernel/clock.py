"""The one port through which "now" enters a service."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Protocol

_AGAIN_AT: ContextVar[datetime | None] = ContextVar("again_at", default=None)


class Clock(Protocol):
    """Tells the time by which a service acts."""

    def now(self) -> datetime | None:
        """Return the present instant in UTC; None while a fresh sandbox has no time yet."""
        ...


class WallClock:
    """The machine's own clock, used outside the sandbox."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return _AGAIN_AT.get() or datetime.now(UTC)  # noqa: TID251 - the one home of the machine's clock


@contextmanager
def again_at(instant: datetime | None) -> Iterator[None]:
    """Let the wall clock show ``instant`` to the present task: what was asked then is carried out once more."""
    token = _AGAIN_AT.set(instant)
    try:
        yield
    finally:
        _AGAIN_AT.reset(token)


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
