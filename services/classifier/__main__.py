"""``python -m classifier api|consume|tick|migrate|all``."""

import sys

from chassis.runtime import main
from classifier.bootstrap import build

if __name__ == "__main__":
    sys.exit(main(build, sys.argv[1:]))
