"""What a run costs: every benchmark of speed in turn, as one page.

Run it as ``python -m benchmarks.speed [-o PAGE.md] [RUN.jsonl]``; it writes ``docs/speed.md``. The
run is that of which pages are made, by default the quick profile on what is installed, asked anew.
It takes an hour, and wants a machine with nothing else to do. A script that fails
or misses a bar is on the page all the same, and the exit status is 1. The page is written as it
grows, so that what was measured is not lost.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import machine

HERE = Path(__file__).parent
ROOT = HERE.parent
RUN = "RUN"  # stands for the run file among the arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A benchmark on the page.

    Attributes:
        title: What it is about.
        script: Beside this one.
        arguments: Of the script.
        about: What to know of what it prints, and why a bar is missed.
    """

    title: str
    script: str
    arguments: tuple[str, ...] = ()
    about: str


SECTIONS = (
    Section(
        title="Start-up",
        script="startup.py",
        about="What the package costs those who do not use it.",
    ),
    Section(
        title="The profiles",
        script="profiles.py",
        about="Whole processes, on everything that is installed; inductor compiles anew.",
    ),
    Section(
        title="Against the bare calls of the frameworks",
        script="floor.py",
        about=(
            "The bars were measured on a prototype that compared values with a float64 reference. "
            "*Compared* has the exact answers, the bounds and the verdicts, with an empty "
            "catalogue: what is above it pays for explanations, which the prototype had not. Of "
            "large shapes a kernel passes over the numbers a few times, a bound in NumPy dozens "
            "of times. keras_torch is asked by the quick profile where it is named only."
        ),
    ),
    Section(
        title="Where the time of a run goes",
        script="where_time_goes.py",
        about=(
            "Under the profiler, which makes calls of Python dearer than what is compiled: the "
            "framework's own share is larger."
        ),
    ),
    Section(
        title="What was made faster",
        script="improvements.py",
        about=(
            "Each commit beside its parent, in turn, medians of whole processes: imports, which "
            "nothing here makes faster, are in both. Ratios near 1 say that nothing was gained "
            "that can be told from noise."
        ),
    ),
    Section(
        title="Against tests by hand",
        script="by_hand.py",
        about=(
            "Tests by hand compare random numbers of ordinary size with a formula in float64. "
            "They catch what docs/power.md lists under assert_close, less than half; a run pays "
            "for exact answers, bounds and explanations at every end of the range. The last row "
            "is what no judge can save, however little it does."
        ),
    ),
    Section(
        title="The page",
        script="report_page.py",
        arguments=(RUN, "5"),
        about="Opened in Chromium without a script, beside pytest-html's page of as many tests.",
    ),
    Section(
        title="A large run",
        script="large_run.py",
        arguments=(RUN,),
        about="From a run file to a page.",
    ),
    Section(
        title="Growth, and a second process",
        script="growth.py",
        about=(
            "The full profile of torch, by shards; imports, compiled graphs and the plan of each "
            "process are in it."
        ),
    ),
)


def said(section: Section, run: Path) -> tuple[bool, str]:
    """Whether every bar is held, and what the script printed; if it failed, also how."""
    arguments = [str(run) if word == RUN else word for word in section.arguments]
    done = subprocess.run(
        [sys.executable, str(HERE / section.script), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    text = done.stdout.strip()
    if done.returncode and "missed" not in text:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        text = f"{text}\n\nIt ended with {done.returncode}: {last}".strip()
    return done.returncode == 0, text


def part(section: Section, text: str) -> str:
    """A section of the page; what is no table is set as it was printed."""
    shown = text if "|---" in text else f"```text\n{text}\n```"
    words = " ".join([f"benchmarks.{Path(section.script).stem}", *section.arguments])
    return f"## {section.title}\n\n`python -m {words}`: {section.about}\n\n{shown}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the page, and returns 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("run", nargs="?", type=Path, help="a run file, by default asked anew")
    parser.add_argument("-o", "--output", type=Path, help="where the page is written")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        run = given.run or Path(folder) / "run.jsonl"
        if given.run is None:
            asked = [sys.executable, "-m", "equivalence", "run", "-o", str(run)]
            subprocess.run(asked, check=False, capture_output=True)
        parts, missed = [], []
        for section in SECTIONS:
            print(f"{section.script} ...", file=sys.stderr, flush=True)
            ok, text = said(section, run)
            missed += [] if ok else [section.script]
            parts.append(part(section, text))
            if given.output:
                given.output.write_text(page(parts, missed), encoding="utf-8")
    if not given.output:
        sys.stdout.write(page(parts, missed))
    return 1 if missed else 0


def page(parts: Sequence[str], missed: Sequence[str]) -> str:
    """The page of some sections, with the scripts whose bars are missed."""
    verdict = f"Missed in {', '.join(missed)}." if missed else "Every bar is held."
    if len(parts) < len(SECTIONS):
        verdict += f" Not measured yet: {', '.join(one.title for one in SECTIONS[len(parts) :])}."
    made = f"Made by `make benchmark`, not by hand ({machine()})."
    return "\n".join([f"# Speed: what a run costs\n\n{made} {verdict}\n", *parts])


if __name__ == "__main__":
    raise SystemExit(main())
