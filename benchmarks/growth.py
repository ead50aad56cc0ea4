"""How cost grows with the number of findings, and what a second process gives.

Shards of the full profile of one framework are run one after the other in processes of their own,
from some thousand findings to all of them. What is printed is the time, the memory of the largest
process and the size of the run file, and what the last two shards cost for each further finding: if
that is more than ``MOST_GROWTH`` times what it was between the first two, cost does not grow
linearly. Then one shard is run by one process and by two, in turn.

Run it as ``python benchmarks/growth.py [FRAMEWORK [LAST_SHARD]]``; some minutes, by default of all
of torch.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SHARDS = (48, 12, 3, 1)  # one of so many
TURNS, SHARED = 2, 24  # how often, and one shard of how many, is run by one process and by two
MOST_GROWTH, LEAST_GAIN = 1.5, 1.6
MEBIBYTE, KIBIBYTE = 2**20, 2**10


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
        command = [sys.executable, "-m", "equivalence", *words, "-o", str(path)]
        command += ["--shard", f"1/{shard}"] if shard > 1 else []
        start = time.perf_counter()
        process = os.posix_spawn(
            sys.executable,
            command,
            os.environ | {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)
            ],
        )
        _, status, usage = os.wait4(process, 0)
        wall = time.perf_counter() - start
        code = os.waitstatus_to_exitcode(status)
        if code not in {0, 1}:
            message = f"{' '.join(command)} ended with {code}"
            raise RuntimeError(message)
        with path.open("rb") as lines:
            findings = sum(1 for _ in lines) - 1
        return Cost(
            findings=findings,
            wall=wall,
            processor=usage.ru_utime + usage.ru_stime,
            memory=usage.ru_maxrss * KIBIBYTE,
            size=path.stat().st_size,
        )


def slope(fewer: Cost, more: Cost) -> float:
    """Seconds of a processor for each further finding."""
    return (more.processor - fewer.processor) / (more.findings - fewer.findings)


def grown(framework: str, shards: tuple[int, ...]) -> bool:
    """Prints the table of growth; whether it is linear."""
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
    return ratio <= MOST_GROWTH


def gained(framework: str) -> bool:
    """Prints how much faster two processes are than one; whether that is enough."""
    times = {processes: [] for processes in (1, 2)}  # type: dict[int, list[float]]
    for _ in range(TURNS):
        for processes, walls in times.items():
            walls.append(cost(framework, SHARED, processes).wall)
    one, two = (min(walls) for walls in times.values())
    print(f"-n 1 takes {one:.1f} s, -n 2 takes {two:.1f} s: {one / two:.2f} times as fast")
    return one / two >= LEAST_GAIN


def main(framework: str, last: int) -> int:
    """Prints both, and returns 1 if a bar is missed."""
    shards = tuple(shard for shard in SHARDS if shard >= last)
    held = [grown(framework, shards), gained(framework)]
    print("every bar is held" if all(held) else "a bar is missed")
    return 0 if all(held) else 1


if __name__ == "__main__":
    given = sys.argv[1:]
    raise SystemExit(main(given[0] if given else "torch", int(given[1]) if given[1:] else 1))
