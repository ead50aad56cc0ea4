"""What the two profiles take, from the start of the process to its end, in two worker processes.

Nothing that inductor compiled before is there. A loop in Python tells how fast the machine adds,
which is not all that a run waits for.

Run it as ``python -m benchmarks.profiles [SELECT ...]``: a quarter of an hour for everything.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import usage
from equivalence import results

BARS = {"quick": 60.0, "full": 900.0}  # seconds on two cores
ADDITIONS = 20_000_000


def row(profile: str, bar: float, folder: Path, select: list[str]) -> tuple[bool, str]:
    """Whether a profile holds its bar, asked once in an empty folder, and its row of the table."""
    path = folder / f"{profile}.jsonl"
    asked = ["-m", "equivalence", "run", "--profile", profile, "-n", "2", "-o", str(path), *select]
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder / "inductor")
    started = time.monotonic()
    cost = usage(asked, accepted=(0, 1))
    seconds = time.monotonic() - started
    run = results.read(path)
    counted = [finding for finding in run.findings if finding.verdict.asked]
    failing = sum(finding.verdict.fails for finding in counted)
    cells = (
        f"{seconds:.0f} s",
        f"{bar:.0f} s",
        f"{cost.processor:.0f} s",
        f"{len(counted):,}",
        f"{failing:,}",
        "yes" if run.environment.complete else "no",
    )
    held = seconds <= bar and run.environment.complete and not failing
    return held, f"| {profile} | {' | '.join(cells)} |"


def pace() -> float:
    """Seconds of a loop of additions in Python."""
    started, total = time.process_time(), 0
    for number in range(ADDITIONS):
        total += number
    return time.process_time() - started


def main(select: list[str]) -> int:
    """Prints the table, and returns 1 if a bar is missed."""
    slow = pace()
    with tempfile.TemporaryDirectory() as folder:
        rows = [row(profile, bar, Path(folder), select) for profile, bar in BARS.items()]
    print("| profile | took | bar | processor | questions asked | of them fail | complete |")
    print("|---|---:|---:|---:|---:|---:|---|")
    print("\n".join(text for _, text in rows))
    held = all(one for one, _ in rows)
    million = ADDITIONS // 10**6
    print(f"\n{million} million additions in a loop of Python take {slow:.1f} s on this machine.")
    print("\nevery bar is held" if held else "\na bar is missed")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
