"""`make chaos`: one JSON line per figure on standard output, everything else on standard error."""

import os
import secrets
import sys
import time
from collections import Counter

import uvloop

from chaos.mutant import MUTANTS
from chaos.run import Reckoning, Size, run
from chaos.table import figures, table
from sandbox.stack.layout import home_of

MINUTES = 15.0
BREACHES_SHOWN_MAX = 5
CUSTOMERS = 2_000
"""So many that a hundred messages go out on a day of the ledger."""
WARM_DAYS = 14
"""The blows begin when the first invoices fall due."""
PAUSE_S_MAX = 5.0
PER_MINUTE = {"deliveries": 167, "kills": 3.34}
"""An hour's minima (10,000 deliveries, 200 kills), by the minute; the quarter of an hour asks for less."""
QUARTER = (2_000, 40)


def say(sentence: str) -> None:
    """Tell the user how it goes."""
    print(f"{time.strftime('%H:%M:%S')} {sentence}", file=sys.stderr, flush=True)


def size_of(minutes: float) -> Size:
    """Return what a run of so many minutes must reach, and a ledger that gives it enough to send."""
    deliveries, kills = (int(minutes * PER_MINUTE[name]) for name in ("deliveries", "kills"))
    if minutes <= MINUTES:
        deliveries, kills = (int(minimum * minutes / MINUTES) for minimum in QUARTER)
    return Size(
        minutes * 60,
        deliveries_min=deliveries,
        kills_min=kills,
        customers=CUSTOMERS,
        months=24,
        warm_days=WARM_DAYS,
        pause_s_max=PAUSE_S_MAX,
        mutants=chosen(os.environ.get("CHAOS_MUTANTS", "")),
    )


def chosen(names: str) -> list[str]:
    """Return the mutants that CHAOS_MUTANTS names, separated by commas: all without it, none with `none`."""
    if not names:
        return list(MUTANTS)
    return [name for name in MUTANTS if name in names.split(",")]


def tell(reckoning: Reckoning) -> None:
    """Print the figures, name what broke, and keep the table."""
    shown: Counter[str] = Counter()
    for breach in reckoning.guard.breaches.values():
        shown[breach.rule] += 1
        if shown[breach.rule] <= BREACHES_SHOWN_MAX:
            say(f"BROKEN: {breach.rule}: {breach.detail}")
    for rule, times in shown.items():
        say(f"BROKEN {times} times: {rule}")
    for line in figures(reckoning):
        print(line, flush=True)
    path = home_of() / "chaos" / f"table-{reckoning.seed}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(table(reckoning), encoding="utf-8")
    say(f"the table is in {path}")


def main() -> int:
    """Run; 1 when an invariant broke or a mutant was missed."""
    minutes = float(os.environ.get("CHAOS_MINUTES") or MINUTES)
    seed = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(1_000_000))
    say(f"CHAOS_SEED={seed} CHAOS_MINUTES={minutes:g}")
    reckoning = uvloop.run(run(seed, size_of(minutes), say=say))
    tell(reckoning)
    return 0 if reckoning.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
