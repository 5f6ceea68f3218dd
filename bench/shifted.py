"""Runs a role of the scheduler outside the sandbox on a clock that is a fixed stretch off the wall clock.

Contacts have their hours, and a benchmark runs at any hour: with the clock set to a Tuesday morning the real role, with
its real loops, decides what falls due there. `BENCH_CLOCK_SHIFT_S` says how many seconds to add. Run as
`python -m bench.shifted tick`.
"""

import os
import sys
from datetime import UTC, datetime, timedelta

from typing_extensions import override

import chassis.parts
from chassis.kernel.clock import WallClock
from chassis.runtime import main
from scheduler.bootstrap import build

_SHIFT = timedelta(seconds=float(os.environ.get("BENCH_CLOCK_SHIFT_S", "0")))


class ShiftedClock(WallClock):
    """The wall clock, moved."""

    @override
    def now(self) -> datetime:
        """Return the moved time, UTC."""
        return datetime.now(UTC) + _SHIFT


if __name__ == "__main__":
    # The one name that decides outside the sandbox what time it is.
    vars(chassis.parts)["WallClock"] = ShiftedClock
    sys.exit(main(build, sys.argv[1:]))
