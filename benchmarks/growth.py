"""How cost grows with the number of findings, and what a second process gives.

Shards of the full profile of one framework are run one after the other in processes of their own,
from some thousand findings to all of them. What is printed is the time, the memory of the largest
process and the size of the run file, and what the last two shards cost for each further finding: if
that is more than ``MOST_GROWTH`` times what it was between the first two, cost does not grow
linearly. Then the last of them, the whole full profile, is run once more, by two processes.

Run it as ``python -m benchmarks.growth [FRAMEWORK]``, by default of torch: a quarter of an hour.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import MEBIBYTE, usage

SHARDS = (48, 12, 3, 1)  # one of so many
MOST_GROWTH, LEAST_GAIN = 1.5, 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a run cost.

    Attributes:
        findings: How many it has, those of questions that were not asked among them.
        wall: Seconds.
        processor: Seconds of a processor, of all its processes.
        memory: Bytes, of the largest of its processes.
        size: Bytes of the run file.
    """

    findings: int
    wall: float
    processor: float
    memory: int
    size: int


def cost(framework: str, shard: int, processes: int) -> Cost:
    """Runs one shard of so many, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        words = ["run", "--profile", "full", "--frameworks", framework, "-n", str(processes)]
        command = ["-m", "equivalence", *words, "-o", str(path)]
        command += ["--shard", f"1/{shard}"] if shard > 1 else []
        start = time.perf_counter()
        used = usage(command, (0, 1))
        wall = time.perf_counter() - start
        with path.open("rb") as lines:
            findings = sum(1 for _ in lines) - 1
        return Cost(
            findings=findings,
            wall=wall,
            processor=used.processor,
            memory=used.memory,
            size=path.stat().st_size,
        )


def slope(fewer: Cost, more: Cost) -> float:
    """Seconds of a processor for each further finding."""
    return (more.processor - fewer.processor) / (more.findings - fewer.findings)


def grown(framework: str, shards: tuple[int, ...]) -> tuple[bool, Cost]:
    """Prints the table of growth; whether it is linear, and what the last shard costs."""
    print("| findings | time | processor | for each further finding | memory | run file |")
    print("|---:|---:|---:|---:|---:|---:|")
    costs: list[Cost] = []
    for shard in shards:
        costs.append(cost(framework, shard, 1))
        one = costs[-1]
        further = f"{1000 * slope(costs[-2], one):.2f} ms" if len(costs) > 1 else ""
        print(
            f"| {one.findings:,} | {one.wall:.1f} s | {one.processor:.1f} s | {further} "
            f"| {one.memory / MEBIBYTE:,.0f} MiB | {one.size / MEBIBYTE:.1f} MiB |",
            flush=True,
        )
    ratio = slope(*costs[-2:]) / slope(*costs[:2])
    print(f"\na further finding costs {ratio:.2f} times in the end what it does in the beginning")
    return ratio <= MOST_GROWTH, costs[-1]


def gained(framework: str, shard: int, alone: Cost) -> bool:
    """Prints how much faster two processes are than one; whether that is enough."""
    one, two = alone.wall, cost(framework, shard, 2).wall
    print(f"-n 1 takes {one:.1f} s, -n 2 takes {two:.1f} s: {one / two:.2f} times as fast")
    return one / two >= LEAST_GAIN


def main(framework: str) -> int:
    """Prints both, and returns 1 if a bar is missed."""
    linear, whole = grown(framework, SHARDS)
    held = gained(framework, SHARDS[-1], whole) and linear
    print("every bar is held" if held else "a bar is missed")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if sys.argv[1:] else "torch"))
