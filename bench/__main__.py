"""`make bench [ONLY=P1,P4]`: one JSON line per figure on standard output, everything else on standard error."""

import argparse
import importlib
import importlib.util
import os
import sys
import time
from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES

import uvloop

from bench.table import main as write_table
from sandbox.stack.console import outlive_readers, run

MODULES = {
    "bench.p13": ("P13",),
    "bench.p1": ("P1", "P2"),
    "bench.p3": ("P3",),
    "bench.deciding": ("P4", "P5", "P6", "P8a", "P8b"),
    "bench.p9": ("P9",),
    "bench.serving": ("P12", "P7", "P11"),
}
"""Figures that share a loaded database are measured together; in this order."""
FIGURES = tuple(
    sorted((name for names in MODULES.values() for name in names), key=lambda n: (len(n.rstrip("ab")), n))
)


def chosen(only: str) -> dict[str, frozenset[str]]:
    """Return the figures asked for by the module that measures them; `P8` stands for P8a and P8b.

    Raises ValueError with a sentence when a name is not known.
    """
    asked = {name.strip().upper() for name in only.removeprefix("ONLY=").split(",") if name.strip()}
    if only.removeprefix("ONLY=") and not asked:
        raise ValueError(f"ONLY names no figure; there are {', '.join(FIGURES)}.")
    wanted = {name for name in FIGURES if not asked or asked & {name.upper(), name.upper().rstrip("AB")}}
    known = {form for name in wanted for form in (name.upper(), name.upper().rstrip("AB"))}
    if asked - known:
        raise ValueError(
            f"ONLY: there is no {', '.join(sorted(asked - known))}; there are {', '.join(FIGURES)}."
        )
    grouped = {module: frozenset(names) & wanted for module, names in MODULES.items()}
    return {module: names for module, names in grouped.items() if names}


def refuse_unclear(environ: Mapping[str, str]) -> None:
    """Raise ValueError with a sentence when it cannot be told whether the long part is wanted."""
    if (given := environ.get("BENCH_LONG", "")) not in {"", "0", "1"}:
        raise ValueError(f"BENCH_LONG is 1, or left out; {given!r} is neither.")


async def _measure(plan: dict[str, frozenset[str]]) -> int:
    for module, names in plan.items():
        print(f"measuring {', '.join(sorted(names))} …", file=sys.stderr)
        started = time.monotonic()
        for figure in await importlib.import_module(module).measure(names):
            print(figure.line(), flush=True)
        print(f"… took {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


def _what_runs() -> str:
    """Say whether the services run as an image holds them (`make bench`) or as they are written."""
    found = importlib.util.find_spec("scheduler.domain.decide")
    is_compiled = found is not None and str(found.origin).endswith(tuple(EXTENSION_SUFFIXES))
    return (
        "the release, compiled where an image is"
        if is_compiled
        else "the source as it is written: `make bench` measures the release"
    )


def main() -> int:
    """Run the chosen figures, all by default; or turn the lines of a run into the page's table."""
    outlive_readers()
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("only", nargs="?", default="", help=f"ONLY=some of {','.join(FIGURES)}")
    parser.add_argument("--table", metavar="FILE", help="read such lines and print them as a Markdown table")
    parser.add_argument(
        "--into", metavar="PAGE", default="", help="put that table, and the plan, into this page"
    )
    given = parser.parse_args()
    if given.into and given.table is None:
        parser.error("--into needs --table")
    if given.table is not None:
        return write_table(given.table, into=given.into)
    try:
        refuse_unclear(os.environ)
        plan = chosen(given.only)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"measuring {_what_runs()}", file=sys.stderr)
    # What the services are told is ours to say: the caller's own settings would measure something else.
    for name in [name for name in os.environ if name.startswith("VELVET_")]:
        del os.environ[name]
    # The fast loop: what the loaders take of two cores is missing where it is measured.
    return run(_measure(plan), loop_factory=uvloop.new_event_loop)


if __name__ == "__main__":
    sys.exit(main())
