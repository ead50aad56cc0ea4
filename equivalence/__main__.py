"""``python -m equivalence`` is the command ``equivalence``."""

import sys

from equivalence.cli import main

if __name__ == "__main__":
    sys.exit(main())
