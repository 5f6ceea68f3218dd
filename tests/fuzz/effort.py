"""How much is tried: little with a fixed seed in every run, more for so many minutes by `make fuzz`."""

import os
import time

MINUTES = float(os.environ.get("FUZZ_MINUTES") or 0)
"""0: the short form."""
SEED = int(os.environ.get("FUZZ_SEED") or (time.time_ns() % 1_000_000 if MINUTES else 1))
EXAMPLES = int(40 + 200 * MINUTES)
"""Examples of each property without I/O."""
