"""What the suite catches, beside what usual checks do, and how often it accuses what is right.

Run it as ``python -m benchmarks.power [--quick] [--losses A,B] [-o PAGE.md] [RUN.jsonl]``. It
prints the page ``docs/power.md``; with a run file, also which of its findings could not fail.
``--quick`` asks the quick profile only, each mutant until it is caught.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import equivalence
from benchmarks.power import page
from equivalence import results
from equivalence.losses import LOSSES


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the page, and returns 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.power", description=__doc__)
    parser.add_argument("run", nargs="?", type=Path, help="a run file, by default one of textbook")
    parser.add_argument("--quick", action="store_true", help="the quick profile only")
    parser.add_argument("--losses", default=",".join(LOSSES), help="which, separated by commas")
    parser.add_argument("-o", "--output", type=Path, help="where the page is written")
    given = parser.parse_args(arguments)
    run = results.read(given.run) if given.run else equivalence.run(["textbook"])
    chosen = [LOSSES[name] for name in given.losses.split(",")]
    start = time.process_time()
    made = page.measure(chosen, run, short=given.quick)
    text = page.render(made, seconds=time.process_time() - start)
    if given.output:
        given.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    for miss in made.missed_bars:
        print(miss, file=sys.stderr)
    return 1 if made.missed_bars else 0


if __name__ == "__main__":
    raise SystemExit(main())
