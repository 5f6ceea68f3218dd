"""How much is tried: little with a fixed seed in every run, more for so many minutes by `make fuzz`."""

import os
import time
from collections.abc import Mapping

import pytest

from sandbox.stack import options


def asked(environ: Mapping[str, str]) -> tuple[float, int]:
    """Return the minutes (0: the short form) and the seed; raises ValueError with a sentence that names the setting."""
    minutes = options.minutes(environ, "FUZZ_MINUTES", default=0)
    return minutes, options.number(
        environ, "FUZZ_SEED", int, default=time.time_ns() % 1_000_000 if minutes else 1
    )


try:
    MINUTES, SEED = asked(os.environ)
except ValueError as error:
    pytest.exit(str(error), returncode=2)
EXAMPLES = int(40 + 200 * MINUTES)
"""Examples of each property without I/O."""
