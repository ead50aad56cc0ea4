"""What the verbs of the upgrade guard do: compare, accept, merge."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from equivalence import baseline, results
from equivalence.accepting import AcceptError, accepted, located
from equivalence.changes import compare
from equivalence.measured import is_whole
from equivalence.merging import merge as merged
from equivalence.recorded import baseline_in, recorded
from equivalence.report import render_html
from equivalence.report.compared import (
    render_comparison_json,
    render_comparison_markdown,
    render_text,
)
from equivalence.report.words import plural
from equivalence.reproduction import ReproductionError, reproduction
from equivalence.terminal import print_run, stderr, stdout

if TYPE_CHECKING:
    import argparse

    from equivalence.finding import Finding
    from equivalence.results import Run

INCOMPLETE = 3
_RENDERS = {
    "text": render_text,
    "markdown": render_comparison_markdown,
    "json": render_comparison_json,
}


def compare_verb(options: argparse.Namespace) -> int:
    """Says what is new in a run against an earlier one; or accepts some of it.

    Raises:
        RunFileError: If a file is neither a run nor a baseline.
        AcceptError: If nothing is accepted.
    """
    after = recorded(Path(options.after))
    before = located(Path(options.before), after.environment)
    if options.accept is not None or options.because is not None:
        return _accept(before, options)
    if not before.exists():
        print(first_time(before, Path(options.after)))  # noqa: T201 - as the table would
        return 0 if is_whole(after.environment) else INCOMPLETE
    earlier = recorded(before)
    comparison = compare(earlier, after)
    text = _RENDERS[options.format](comparison)
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    if options.html:
        page = Path(options.html)
        page.write_text(page_of(after, earlier), encoding="utf-8")
        stderr().print(str(page), soft_wrap=True)
    return comparison.status


def _accept(path: Path, options: argparse.Namespace) -> int:
    """Takes cells of a run into a baseline, and shows what they were and what they are."""
    if options.accept is None:
        message = "--because is the reason for --accept CELL ..."
        raise AcceptError(message)
    if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
        message = (
            "nothing is accepted where CI is set: a job would accept what it should report; "
            f"accept it on your own machine and commit {path}"
        )
        raise AcceptError(message)
    before = baseline_in(path) if path.exists() else None
    run = results.read(Path(options.after))
    made, comparison = accepted(before, run, options.accept, options.because or "")
    baseline.write(made, path)
    cells = {finding.cell for finding in made.run.findings}
    console = stdout()
    if comparison is None:
        print_run(made.run, console)
    else:
        for change in render_text(comparison).split("\n\n")[1:]:
            console.print(change.rstrip(), soft_wrap=True)
    number = len(cells if comparison is None else {change.cell for change in comparison.changes})
    console.print(
        f"\n{path}: accepted {plural(number, 'cell')} of {len(cells):,}, because {options.because}",
        soft_wrap=True,
    )
    return 0


def first_time(path: Path, run: Path | None) -> str:
    """What is said where there is no baseline yet."""
    there = run or "RUN.jsonl"
    words = shlex.join(
        ["equivalence", "compare", str(path), str(there), "--accept", "*", "--because", "REASON"]
    )
    return f"{path} is not there yet: nothing was compared. To accept the run: {words}"


def earlier_run(baseline: str | None, run: Run) -> Run | None:
    """The baseline for a run; None if there is none yet.

    Raises:
        RunFileError: If it cannot be read.
    """
    path = None if baseline is None else located(Path(baseline), run.environment)
    return recorded(path) if path is not None and path.exists() else None


def against_baseline(run: Run, earlier: Run | None, baseline: str, output: Path | None) -> int:
    """Prints what is new in a run against a baseline, and returns the exit status."""
    path = located(Path(baseline), run.environment)
    if earlier is None:
        stdout().print(f"\n{first_time(path, output)}", soft_wrap=True)
        return 0
    comparison = compare(earlier, run)
    stdout().print(f"\nAgainst {path}:", soft_wrap=True)
    stdout().print(render_text(comparison).rstrip(), soft_wrap=True)
    return comparison.status


def merge_verb(options: argparse.Namespace) -> int:
    """Makes one run of several parts.

    Raises:
        RunFileError: If a part is no run.
        MergeError: If the parts do not belong together.
    """
    paths = [Path(path) for path in options.runs]
    run = merged([results.read(path) for path in paths], names=[str(path) for path in paths])
    results.write(run, Path(options.output))
    console = stdout()
    console.print(f"{options.output}: {plural(len(run.findings), 'finding')}", soft_wrap=True)
    shard = run.environment.asked.shard if run.environment.asked else ""
    if shard or not run.environment.complete:
        lacking = f": it has the shards {shard}" if shard else ""
        stderr().print(f"equivalence: the run is incomplete{lacking}", soft_wrap=True)
        return INCOMPLETE
    return 0


def page_of(run: Run, baseline: Run | None = None) -> str:
    """The page of a run, with what is new against a baseline."""
    return render_html(run, reproduce=lambda finding: _script(finding, run), baseline=baseline)


def _script(finding: Finding, run: Run) -> str:
    try:
        return reproduction(finding, run.environment)
    except ReproductionError as error:
        return f"# {error}"
