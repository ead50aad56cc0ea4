"""What improvements of speed gained: commits beside their parents, in turn, as whole processes.

Each is checked out into a worktree and run there, with the packages that are installed here. Run
it as ``python -m benchmarks.improvements``, in a clone with its history: ten minutes.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import usage

ROOT = Path(__file__).parents[1]
TURNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """A commit that was meant to make something faster; the table says whether it did.

    Attributes:
        commit: Its hash.
        what: What it did.
        arguments: What is run, behind ``equivalence``.
    """

    commit: str
    what: str
    arguments: tuple[str, ...]

    @property
    def words(self) -> str:
        """The command as a user would type it."""
        return " ".join(["equivalence", *self.arguments])


def asking(framework: str) -> tuple[str, ...]:
    """The quick profile of a framework, in one process."""
    return ("run", "--frameworks", framework, "-n", "0")


IMPROVEMENTS = (
    Improvement(
        commit="97ef6a2ecf",
        what="What has no radius at the first precision is looked at once more, at the last",
        arguments=asking("textbook"),
    ),
    Improvement(
        commit="3ef8b50",
        what="Parts of a formula are computed once; the same bits are judged once",
        arguments=asking("torch"),
    ),
    Improvement(
        commit="3ef8b50",
        what="The same, where modes share their cases",
        arguments=(*asking("torch"), "--profile", "full", "--shard", "1/12"),
    ),
    Improvement(
        commit="efea1d0",
        what="Possible specs are found once for all regimes",
        arguments=asking("sklearn"),
    ),
    Improvement(
        commit="858ed75",
        what="Large shapes: second derivatives in a wider format, infinities are confirmed there",
        arguments=(
            *("run", "edge.more_terms_than_float16_counts", "--profile", "full"),
            *("--frameworks", "torch", "-n", "0"),
        ),
    ),
)


def git(*words: str) -> bool:
    """Runs git here, and says whether it did what it was told."""
    command = ["git", *words]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    return done.returncode == 0


@contextlib.contextmanager
def worktree(commit: str, folder: Path) -> Iterator[Path | None]:
    """A checkout of a commit; None if this clone does not have it."""
    place = folder / commit.replace("^", "-before")
    made = git("worktree", "add", "--detach", str(place), commit)
    try:
        yield place if made else None
    finally:
        if made:
            git("worktree", "remove", "--force", str(place))


def seconds(improvement: Improvement, place: Path) -> float:
    """What one process of it costs in a checkout, in seconds of a processor."""
    output = ["-o", str(place / "made")] if len(improvement.arguments) > 1 else []
    command = ["-m", "equivalence", *improvement.arguments, *output]
    return usage(command, (0, 1), place).processor


def row(improvement: Improvement, folder: Path) -> str:
    """The line of a commit: the medians before and after it, in turn."""
    told = f"| {improvement.what} | `{improvement.words}` "
    commit = improvement.commit
    with worktree(f"{commit}^", folder) as parent, worktree(commit, folder) as child:
        if parent is None or child is None:
            return f"{told}| not in this clone | | |"
        taken = [[seconds(improvement, place) for place in (parent, child)] for _ in range(TURNS)]
    before, after = map(statistics.median, zip(*taken, strict=True))
    return f"{told}| {before:.1f} s | {after:.1f} s | {after / before:.2f} |"


def main() -> int:
    """Prints the table."""
    print("| what was done | command | before | after | ratio |")
    print("|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for improvement in IMPROVEMENTS:
            print(row(improvement, Path(folder)), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
