"""``python -m sandbox.ledger ledger.csv [--mapping …]``: says aloud how a ledger is read, without replaying it."""

import argparse
import sys

from sandbox.ledger.columns import read_mapping
from sandbox.ledger.model import LedgerError
from sandbox.ledger.read import read_ledger
from sandbox.ledger.report import spoken


def main(arguments: list[str] | None = None) -> int:
    """Print notes and bad rows; return 0, or 2 when the file as a whole cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.ledger", description=__doc__)
    parser.add_argument("ledger")
    parser.add_argument("--mapping", default="", help="customer=Klant,invoice=Fact.nr or a YAML or JSON file")
    given = parser.parse_args(arguments)
    try:
        ledger = read_ledger(given.ledger, mapping=read_mapping(given.mapping))
    except LedgerError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(spoken(ledger)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
