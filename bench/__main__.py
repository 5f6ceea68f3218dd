"""`make bench [ONLY=P1,P4]`: one JSON line per figure on standard output, everything else on standard error."""

import argparse
import asyncio
import importlib
import sys

FIGURES = {"P1": "bench.p1", "P3": "bench.p3", "P4": "bench.p4", "P6": "bench.p6", "P13": "bench.p13"}


async def _measure(names: list[str]) -> None:
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)
        for figure in await importlib.import_module(FIGURES[name]).measure():
            print(figure.line(), flush=True)


def main() -> int:
    """Run the chosen figures, all by default."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("only", nargs="?", default="", help=f"ONLY=some of {','.join(FIGURES)}")
    names = [
        name.strip().upper()
        for name in parser.parse_args().only.removeprefix("ONLY=").split(",")
        if name.strip()
    ] or list(FIGURES)
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        print(
            f"ONLY: {', '.join(unknown)} is not measured yet; there are {', '.join(FIGURES)}.",
            file=sys.stderr,
        )
        return 2
    asyncio.run(_measure(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
