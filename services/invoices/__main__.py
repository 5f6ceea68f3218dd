"""``python -m invoices api|consume|tick|migrate|all``: one role of the service."""

import sys

from chassis.runtime import main
from invoices.bootstrap import build

if __name__ == "__main__":
    sys.exit(main(build, sys.argv[1:]))
