"""What judging costs over the bare calls of the frameworks, and how much of it is exact answers.

For each framework three processes answer the questions of the quick profile, in turn in one run:

- ``bare``: the framework's calls alone (arrays to tensors, forward, backward), inputs ready;
- ``asked``: what a run does, from the question to the judged finding;
- ``exact``: the exact answers and bounds of the same cases alone, each once.

Imports and the plan are not counted, tracing and compiling are. What is printed is seconds of a
processor, and their ratios. Run it as ``python benchmarks/floor.py [FRAMEWORK ...]``.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import warnings
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from equivalence.asking import ask, implementations_of
from equivalence.cases.further import answer_to
from equivalence.implementations import FRAMEWORKS, load
from equivalence.plan import questions

if TYPE_CHECKING:
    from equivalence.plan import Question

WAYS = ("bare", "asked", "exact")
MOST_RATIO, MOST_SHARE = 1.3, 0.15


def bare(asked: list[Question]) -> float:
    """The calls of the frameworks; what they raise is what they answer."""
    calls = [(q, q.implementation.call(q.case)) for q in asked if not q.case.malformed]
    start = time.process_time()
    for question, call in calls:
        framework = question.implementation.framework
        evaluations = [framework.evaluate[question.mode]]
        evaluations += [
            framework.apart[name][question.mode]
            for name in question.quantities
            if name in framework.apart
        ]
        for evaluate in evaluations:
            with contextlib.suppress(Exception):
                evaluate(call)
    return time.process_time() - start


def judged(asked: list[Question]) -> float:
    """What a run does with them."""
    start = time.process_time()
    for question in asked:
        if not question.case.malformed:
            ask(question)
    return time.process_time() - start


def exact(asked: list[Question]) -> float:
    """Their exact answers, each once."""
    start = time.process_time()
    for question in asked:
        if not question.case.malformed:
            for quantity in question.quantities:
                answer_to(question.case, quantity)
    return time.process_time() - start


def measured(way: str, framework: str) -> float:
    """Seconds of a processor, in a process of its own."""
    command = [sys.executable, __file__, "--way", way, framework]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def one(way: str, framework: str) -> None:
    """Measures one way and prints the seconds."""
    load(framework)
    asked = list(questions(list(implementations_of(framework)), "quick"))
    warnings.simplefilter("ignore")
    print({"bare": bare, "asked": judged, "exact": exact}[way](asked))


def main(frameworks: list[str]) -> int:
    """Prints the table, and returns 1 if a bar is missed."""
    print("| framework | bare calls | asked and judged | ratio | exact answers | their share |")
    print("|---|---|---|---|---|---|")
    totals = dict.fromkeys(WAYS, 0.0)
    for framework in frameworks:
        seconds = {way: measured(way, framework) for way in WAYS}
        totals = {way: totals[way] + seconds[way] for way in WAYS}
        print(row(framework, seconds), flush=True)
    print(row("together", totals))
    ratio, share = totals["asked"] / totals["bare"], totals["exact"] / totals["asked"]
    held = ratio <= MOST_RATIO and share <= MOST_SHARE
    print(f"\nbars: a ratio of {MOST_RATIO}, a share of {MOST_SHARE:.0%}: ", end="")
    print("held" if held else "missed")
    return 0 if held else 1


def row(name: str, seconds: dict[str, float]) -> str:
    """A line of the table."""
    ratio, share = seconds["asked"] / seconds["bare"], seconds["exact"] / seconds["asked"]
    return (
        f"| {name} | {seconds['bare']:.1f} s | {seconds['asked']:.1f} s | {ratio:.2f} "
        f"| {seconds['exact']:.1f} s | {share:.0%} |"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        one(*sys.argv[2:4])
    else:
        raise SystemExit(main(sys.argv[1:] or [name for name in FRAMEWORKS if name != "textbook"]))
