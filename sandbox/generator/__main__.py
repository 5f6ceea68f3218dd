"""``python -m sandbox.generator --seed 0 --customers 200 --months 12 --out ledger.csv``: writes a synthetic ledger."""

import argparse
import sys
from pathlib import Path

from sandbox.generator.book import START_ON, generate
from sandbox.generator.ledger_csv import to_csv


def main(arguments: list[str] | None = None) -> int:
    """Write the ledger to a file or, without --out, to standard output; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.generator", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument(
        "--start", type=type(START_ON).fromisoformat, default=START_ON, help="first day, YYYY-MM-DD"
    )
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    book = generate(given.seed, customers=given.customers, months=given.months, start_on=given.start)
    text = to_csv(book)
    if given.out is None:
        sys.stdout.write(text)
    else:
        # Line ends are written as they are: the same bytes on every system.
        given.out.write_bytes(text.encode())
        print(f"{len(book.invoices)} invoices of {given.customers} customers written to {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
