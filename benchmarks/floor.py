"""What judging costs over the bare calls of the frameworks, and how much of it is exact answers.

For each framework four processes answer the same questions, in turn in one run:

- ``bare``: the framework's calls alone (arrays to tensors, forward, backward), inputs ready;
- ``compared``: the calls, the exact answers and bounds, the verdicts, with an empty catalogue;
- ``asked``: what a run does, from the question to the judged and explained finding;
- ``exact``: the exact answers and bounds of the same cases alone, each once.

The questions are those of the quick profile and then, in a table of their own, those of the full
profile's first mode about ``LARGE`` numbers or more. Imports and the plan are not counted, tracing
and compiling are. What is printed is seconds of a processor, and their ratios. Run it as
``python benchmarks/floor.py [FRAMEWORK ...]``.
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
from equivalence.divergences import DIVERGENCES
from equivalence.implementations import FRAMEWORKS, load
from equivalence.plan import questions

if TYPE_CHECKING:
    from equivalence.plan import Question

WAYS = ("bare", "compared", "asked", "exact")
MOST_RATIO, MOST_RATIO_OF_LARGE, MOST_SHARE = 1.3, 2.0, 0.15
LARGE = 2**16  # numbers of a prediction


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


def compared(asked: list[Question]) -> float:
    """The same, if nothing was catalogued: what is outside its bound is left as it is."""
    DIVERGENCES.clear()
    return judged(asked)


def exact(asked: list[Question]) -> float:
    """Their exact answers, each once."""
    start = time.process_time()
    for question in asked:
        if not question.case.malformed:
            for quantity in question.quantities:
                answer_to(question.case, quantity)
    return time.process_time() - start


def large(asked: list[Question]) -> list[Question]:
    """Those of an implementation's first mode about large arrays."""
    return [
        question
        for question in asked
        if question.case.prediction.size >= LARGE
        and question.mode == question.implementation.offered_modes[0]
    ]


def measured(way: str, framework: str, profile: str) -> float:
    """Seconds of a processor, in a process of its own."""
    command = [sys.executable, __file__, "--way", way, framework, profile]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def one(way: str, framework: str, profile: str) -> None:
    """Measures one way and prints the seconds; of the full profile only what is large."""
    load(framework)
    asked = list(questions(list(implementations_of(framework)), profile))
    warnings.simplefilter("ignore")
    ways = {"bare": bare, "compared": compared, "asked": judged, "exact": exact}
    print(ways[way](large(asked) if profile == "full" else asked))


def table(frameworks: list[str], profile: str) -> dict[str, float]:
    """Prints a table, and returns the seconds of all frameworks together."""
    print(
        "| framework | bare calls | compared | ratio | asked and explained | ratio "
        "| exact answers | their share |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    totals = dict.fromkeys(WAYS, 0.0)
    for framework in frameworks:
        seconds = {way: measured(way, framework, profile) for way in WAYS}
        totals = {way: totals[way] + seconds[way] for way in WAYS}
        print(row(framework, seconds), flush=True)
    print(row("together", totals))
    return totals


def row(name: str, seconds: dict[str, float]) -> str:
    """A line of the table."""
    bare, compared, asked, exact = (seconds[way] for way in WAYS)
    return (
        f"| {name} | {bare:.1f} s | {compared:.1f} s | {compared / bare:.2f} "
        f"| {asked:.1f} s | {asked / bare:.2f} | {exact:.1f} s | {exact / asked:.0%} |"
    )


def main(frameworks: list[str]) -> int:
    """Prints both tables, and returns 1 if a bar is missed."""
    print("The quick profile:\n")
    quick = table(frameworks, "quick")
    print(f"\nOf the full profile, in the first mode, what has {LARGE:,} numbers or more:\n")
    wide = table(frameworks, "full")
    bars = (
        ("the ratio", quick["asked"] / quick["bare"], MOST_RATIO),
        ("that of large shapes", wide["asked"] / wide["bare"], MOST_RATIO_OF_LARGE),
        ("the share of exact answers", quick["exact"] / quick["asked"], MOST_SHARE),
    )
    print()
    for name, came_to, most in bars:
        held = "held" if came_to <= most else "missed"
        print(f"- {name} is {came_to:.2f}, the bar is {most:g}: {held}")
    return 0 if all(came_to <= most for _, came_to, most in bars) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        one(*sys.argv[2:5])
    else:
        raise SystemExit(main(sys.argv[1:] or [name for name in FRAMEWORKS if name != "textbook"]))
