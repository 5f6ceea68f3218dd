"""``python -m sandbox.stack.migrations invoices …``: brings several services' databases up to date in one process.

Most of a migration's time is loading what migrates; on Kubernetes each service's own Job does the same by itself.
"""

import runpy
import sys
from collections.abc import Sequence


def main(services: Sequence[str]) -> int:
    """Run each service's ``migrate`` role in turn; returns the first exit status that is not 0."""
    for service in services:
        sys.argv = [service, "migrate"]
        try:
            runpy.run_module(service, run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            if ended.code:
                return int(ended.code)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
