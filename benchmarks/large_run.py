"""How long a run of 100 000 findings takes to become a page, and how much memory.

The findings of a real run are repeated under other seeds until there are enough; they are written
to a file, which ``equivalence report`` then reads in a process of its own. Run it as
``python -m benchmarks.large_run RUN.jsonl [FINDINGS]``.
"""

from __future__ import annotations

import dataclasses
import itertools
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import usage
from equivalence import results
from equivalence.finding import Finding

FINDINGS = 100_000
MOST_SECONDS, MOST_MEGABYTES = 10.0, 1000.0


def grown(run: results.Run, count: int) -> results.Run:
    """The run with so many findings: the same ones, with other seeds in their cases."""

    def again(finding: Finding, turn: int) -> Finding:
        return dataclasses.replace(finding, case=f"{finding.case}{turn}") if turn else finding

    asked = [finding for finding in run.findings if finding.case]
    rest = [finding for finding in run.findings if not finding.case]
    turns = itertools.count()
    more = (again(finding, turn) for turn in turns for finding in asked)
    return results.Run.of(run.environment, [*rest, *itertools.islice(more, count - len(rest))])


def main(path: Path, count: int) -> int:
    """Prints seconds and megabytes, and returns 1 if a bar is missed."""
    with tempfile.TemporaryDirectory() as name:
        large, target = Path(name) / "large.jsonl", Path(name) / "large.html"
        results.write(grown(results.read(path), count), large)
        megabytes = large.stat().st_size / 1e6
        start = time.perf_counter()
        used = usage(["-m", "equivalence", "report", str(large), "-o", str(target)])
        taken = time.perf_counter() - start
        size = target.stat().st_size
    memory = used.memory / 1e6
    print(f"{count:,} findings, {megabytes:.0f} MB, become a page of {size:,} bytes")
    print(
        f"{taken:.1f} s ({used.processor:.1f} s of a processor), {memory:.0f} MB of memory at most"
    )
    held = taken <= MOST_SECONDS and memory <= MOST_MEGABYTES
    print("every bar is held" if held else "a bar is missed")
    return 0 if held else 1


if __name__ == "__main__":
    many = int(sys.argv[2]) if len(sys.argv) > 2 else FINDINGS
    raise SystemExit(main(Path(sys.argv[1]), many))
