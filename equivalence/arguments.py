"""The arguments of the verbs of the upgrade guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

COMPARISONS = ("text", "markdown", "json")
_CHANGES = """\
Exit status 0: nothing new fails and no answer has changed; 1: something does or has; 3: one of the
two is incomplete. Accepting takes cells of AFTER into the baseline BEFORE, which it makes if it is
not there; it needs a reason, and is refused where CI is set. Whole names of cells are or-ed.

"""


def add_guard(verb: Callable[..., argparse.ArgumentParser], notes: str) -> None:
    """Adds the verbs that compare and merge runs.

    Args:
        verb: Adds a verb of a name, a summary, an example and notes.
        notes: What SELECT matches, and the exit statuses.
    """
    compare = verb(
        "compare",
        "say what is new in a run against an earlier one",
        "equivalence compare baselines/linux-x86_64.jsonl run.jsonl\n"
        "  equivalence compare baseline.jsonl run.jsonl --accept 'torch*' --because 'torch 2.13'",
        f"{notes}{_CHANGES}",
    )
    compare.add_argument(
        "before", metavar="BEFORE", help="a run, a baseline, or a folder with one for the platform"
    )
    compare.add_argument("after", metavar="AFTER", help="a run or a baseline")
    compare.add_argument("--html", metavar="PAGE.html", help="write the report of AFTER")
    compare.add_argument("--format", default="text", help="text (default), markdown or json")
    compare.add_argument(
        "--accept", nargs="+", metavar="CELL", help="take these cells into BEFORE; see SELECT"
    )
    compare.add_argument("--because", metavar="TEXT", help="why they are accepted")

    merge = verb(
        "merge",
        "make one run of several parts: shards, or other frameworks",
        "equivalence merge part1.jsonl part2.jsonl -o run.jsonl",
    )
    merge.add_argument("runs", nargs="+", metavar="RUN.jsonl", help="in any order")
    merge.add_argument("-o", "--output", required=True, metavar="OUT.jsonl", help="the one run")
