"""Kills the process at a named point, so that crash tests hit the instant they mean."""

import os
import signal
import sys
from typing import Final

POINTS: Final = frozenset(
    {
        "after_claim",
        "before_offset_commit",
        "before_commit",
        "after_commit",
        "before_provider_io",
        "after_provider_io",
        "before_outbox_delete",
    }
)
"""Where a process can be told to die by ``VELVET_FAULT=<point>[:n]`` (n: at the n-th pass, 1 without it)."""

_armed: dict[str, int] = {}


def arm(value: str) -> None:
    """Arm the fault that ``value`` (``<point>[:n]``) names; raises ValueError for an unknown point."""
    _armed.clear()
    if value:
        point, _, passes = value.partition(":")
        if point not in POINTS or not (passes or "1").isdigit():
            raise ValueError(
                f"VELVET_FAULT must be one of {', '.join(sorted(POINTS))}, with :n after it or not."
            )
        _armed[point] = int(passes or "1")


def fault_point(name: str) -> None:
    """Die here (SIGKILL) when this pass is the armed one; otherwise do nothing."""
    if not _armed or name not in _armed:
        return
    _armed[name] -= 1
    if _armed[name] <= 0:
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
