"""When a refused call is made again: fixed pauses in clock time, never past the command's end."""

from datetime import datetime, timedelta
from typing import Final

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60))


def pause_after(attempts: int, *, asked_s: float | None = None) -> timedelta:
    """Return how long to wait after the ``attempts``-th failed call (1 is the first).

    A provider that asks for more (``asked_s``, seconds) gets more.
    """
    own = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return own if asked_s is None else max(own, timedelta(seconds=asked_s))


def next_attempt_at(now: datetime, *, attempts: int, not_after: datetime, asked_s: float | None) -> datetime:
    """Return the instant of the next call, or ``not_after``, at which the command lapses instead."""
    return min(now + pause_after(attempts, asked_s=asked_s), not_after)
