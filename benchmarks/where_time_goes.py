"""Where the time of a run goes: the quick profile of a framework, in one process, profiled.

Shares are of the time under the profiler, which makes calls of Python dearer than what is compiled:
the framework's own share is larger than what is printed. Run it as
``python -m benchmarks.where_time_goes [FRAMEWORK ...]``.
"""

from __future__ import annotations

import cProfile
import json
import os
import pstats
import subprocess
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
        "further.py:answer_to < comparison.py:_judge_numbers",
    ),
    "answers and bounds of the catalogue's models": (
        "matching.py:matching",
        "matching.py:needed",
        "matching.py:narrower",
        "matching.py:too_good",
    ),
    "distances from the exact answers": ("distance.py:distance < comparison.py:_judge_numbers",),
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


def shares(framework: str) -> dict[str, float]:
    """The part of the whole that each of the parts has."""
    stats = profiled(framework)
    whole = stats.total_tt  # type: ignore[attr-defined]
    parts = {part: sum(seconds(stats, one) for one in PARTS[part]) / whole for part in PARTS}
    return parts | {"everything else": 1 - sum(parts.values())}


def apart(framework: str) -> dict[str, float]:
    """The same in a process of its own: frameworks share answers, which are remembered."""
    command = [sys.executable, __file__, "--shares", framework]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(frameworks: list[str]) -> int:
    """Prints the table."""
    columns = [apart(framework) for framework in frameworks]
    print(f"| part of the time | {' | '.join(frameworks)} |")
    print(f"|---|{'---:|' * len(frameworks)}")
    for part in columns[0]:
        print(f"| {part} | {' | '.join(f'{column[part]:.0%}' for column in columns)} |")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--shares"]:
        print(json.dumps(shares(sys.argv[2])))
    else:
        raise SystemExit(main(sys.argv[1:] or ["torch", "tensorflow_v2", "sklearn"]))
