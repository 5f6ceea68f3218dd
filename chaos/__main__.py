"""`make chaos`: one JSON line per figure on standard output, everything else on standard error."""

import logging
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence

import uvloop

from chaos.mutant import MUTANTS
from chaos.run import Reckoning, Size, run
from chaos.table import figures, table
from sandbox.stack import options
from sandbox.stack.console import outlive_readers
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


def size_of(minutes: float, *, mutants: Sequence[str]) -> Size:
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
        mutants=mutants,
    )


def chosen(names: str) -> list[str]:
    """Return the mutants that CHAOS_MUTANTS names, separated by commas: all without it, none with `none`.

    Raises ValueError with a sentence when there is no such mutant: a run that tried none would look clean.
    """
    asked = {name.strip() for name in names.split(",") if name.strip()}
    unknown = sorted(asked - set(MUTANTS) - {"none"})
    if unknown:
        raise ValueError(f"CHAOS_MUTANTS: there is no {', '.join(unknown)}; there are {', '.join(MUTANTS)}.")
    return [name for name in MUTANTS if not asked or name in asked]


def asked_for(environment: Mapping[str, str]) -> tuple[int, Size]:
    """Return the seed and the size of the run that the environment asks for.

    Raises ValueError with a sentence that names the setting at fault.
    """
    minutes = options.minutes(environment, "CHAOS_MINUTES", default=MINUTES)
    seed = options.number(environment, "CHAOS_SEED", int, default=secrets.randbelow(1_000_000))
    return seed, size_of(minutes, mutants=chosen(environment.get("CHAOS_MUTANTS", "")))


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
    """Run; 1 when an invariant broke or a mutant was missed, 2 when the settings say nothing that can be run."""
    outlive_readers()
    try:
        seed, size = asked_for(os.environ)
    except ValueError as error:
        say(str(error))
        return 2
    # What the client library has to say of a broker that the run itself kills is no news; the services' own logs keep it.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    say(f"CHAOS_SEED={seed} CHAOS_MINUTES={size.seconds / 60:g}")
    reckoning = uvloop.run(run(seed, size, say=say))
    tell(reckoning)
    return 0 if reckoning.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
