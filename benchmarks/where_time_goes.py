"""Where the time of a run goes: the quick profile of a framework, in one process, profiled.

Shares are of the time under the profiler, which makes calls of Python dearer than what is compiled:
the framework's own share is larger than what is printed. Run it as
``python benchmarks/where_time_goes.py [FRAMEWORK ...]``.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from equivalence.cli import main as program

# What a part is: functions whose time is counted, each in a file; after "<" who calls it.
PARTS: dict[str, tuple[str, ...]] = {
    "importing the framework": ("implementations/__init__.py:load",),
    "choosing the questions": ("asking.py:selected",),
    "calls of the framework": ("responses.py:read",),
    "exact answers and bounds of what is asked": (
        "further.py:answer_to < comparison.py:_judge_array",
    ),
    "answers and bounds of the catalogue's models": (
        "matching.py:matching",
        "matching.py:needed",
        "matching.py:narrower",
        "matching.py:too_good",
    ),
    "distances from the exact answers": ("distance.py:distance < comparison.py:_judge_array",),
    "writing findings down": ("comparison.py:_finding", "recording.py:take"),
    "sweeps for the plots, smaller inputs": ("asking.py:finished",),
}


def profiled(framework: str) -> pstats.Stats:
    """The profile of a run."""
    profiler = cProfile.Profile()
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        profiler.runcall(program, ["run", "--frameworks", framework, "-n", "0"])
    return pstats.Stats(profiler)


def is_called(function: tuple[str, int, str], named: str) -> bool:
    """Whether a profiled function is the one that is named ``file.py:function``."""
    file, name = named.strip().rsplit(":", 1)
    return function[0].endswith(f"/{file}") and function[2] == name


def seconds(stats: pstats.Stats, named: str) -> float:
    """The time in a function and what it calls, or in what of it somebody called.

    Raises:
        LookupError: If nothing is called so: then the table would be wrong.
    """
    name, _, caller = named.partition("<")
    found = [
        sum(own[3] for who, own in callers.items() if is_called(who, caller)) if caller else total
        for function, (_, _, _, total, callers) in stats.stats.items()  # type: ignore[attr-defined]
        if is_called(function, name)
    ]
    if not found:
        message = f"nothing was called {named}"
        raise LookupError(message)
    return sum(found)


def main(frameworks: list[str]) -> int:
    """Prints the table."""
    shares: dict[str, list[str]] = {part: [] for part in (*PARTS, "everything else")}
    for framework in frameworks:
        stats = profiled(framework)
        whole = stats.total_tt  # type: ignore[attr-defined]
        parts = {part: sum(seconds(stats, one) for one in PARTS[part]) for part in PARTS}
        parts["everything else"] = whole - sum(parts.values())
        for part, spent in parts.items():
            shares[part].append(f"{spent / whole:.0%}")
    print(f"| part of the time | {' | '.join(frameworks)} |")
    print(f"|---|{'---:|' * len(frameworks)}")
    for part, row in shares.items():
        print(f"| {part} | {' | '.join(row)} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or ["torch", "tensorflow_v2", "sklearn"]))
