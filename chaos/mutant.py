"""`python -m chaos.mutant <name> <service> <role>`: a service with one safeguard taken out, run as its own main would."""

import importlib
import sys
from collections.abc import Sequence

MUTANTS = ("claim", "fence", "gate", "outbox", "order", "offset", "dead-letter-limit")


def run_mutant(arguments: Sequence[str]) -> int:
    """Take the safeguard out and run the service; returns its exit status."""
    name, service, *rest = arguments
    if name not in MUTANTS:
        sys.stderr.write(f"There is no mutant {name}: {', '.join(MUTANTS)}.\n")
        return 2
    # Imported late: the patches must find the modules as the service has them.
    importlib.import_module("chaos.mutations").MUTATE[name]()
    runtime = importlib.import_module("chassis.runtime")
    status: int = runtime.main(importlib.import_module(f"{service}.bootstrap").build, rest)
    return status


if __name__ == "__main__":
    sys.exit(run_mutant(sys.argv[1:]))
