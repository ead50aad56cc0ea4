"""What ``equivalence upgrade``, ``since``, ``atlas`` and ``init`` do."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equivalence.changes import Comparison, compare
from equivalence.history import History, HistoryError, history, read_history, write_history
from equivalence.implementations import FRAMEWORKS
from equivalence.report.against import sentence, words
from equivalence.report.atlas import render_atlas, render_atlas_markdown
from equivalence.report.compared import render_comparison_markdown, render_text
from equivalence.report.html import render_html
from equivalence.reproduction import ReproductionError, reproduction
from equivalence.running import PROFILES
from equivalence.selection import nearest
from equivalence.selection import parse as parse_select
from equivalence.terminal import stderr, stdout
from equivalence.upgrading.bisection import bisected
from equivalence.upgrading.environments import Builder, build, default_cache, find_uv, this_python
from equivalence.upgrading.errors import INCOMPLETE, USAGE, UnknownNameError, UpgradeError
from equivalence.upgrading.explaining import explained
from equivalence.upgrading.measuring import Question, measure
from equivalence.upgrading.requirements import Requirements, concerned, parse
from equivalence.upgrading.versions import between, minors, parsed, released
from equivalence.upgrading.workflow import write_workflow

if TYPE_CHECKING:
    import argparse

    from packaging.version import Version

    from equivalence.finding import Finding
    from equivalence.results import Run

FOLDER = Path("reports/upgrade")
FAILS = 1
ATLAS = Path("fixtures/atlas")


def _say(text: str) -> None:
    stderr().print(f"equivalence: {text}", soft_wrap=True)


def _builder(options: argparse.Namespace) -> Builder:
    return Builder(
        cache=(Path(options.cache) if options.cache else default_cache()).absolute(),
        python=options.python or this_python(),
        extra=tuple(word for text in options.extra for word in text.split()),
        uv="" if options.pip else find_uv(),
        say=_say,
    )


def _question(options: argparse.Namespace, sets: list[Requirements]) -> Question:
    """What is asked in every environment.

    Raises:
        SelectError: If a word can match nothing.
        UpgradeError: If a framework or the profile is unknown, or none is concerned.
    """
    parse_select(options.select)
    if options.profile not in PROFILES:
        message = f"there is no profile {options.profile!r}; {nearest(options.profile, PROFILES)}"
        raise UpgradeError(message)
    for name in options.frameworks or ():
        if name not in FRAMEWORKS:
            message = f"the framework {name!r} is unknown; {nearest(name, FRAMEWORKS)}"
            raise UpgradeError(message)
    frameworks = options.frameworks or concerned(sets)
    selection = parse_select(options.select)
    chosen = tuple(name for name in frameworks if selection.concerns(name))
    return Question(
        select=tuple(options.select), profile=options.profile, frameworks=chosen or frameworks
    )


def upgrade(options: argparse.Namespace) -> int:
    """Asks two or more sets of requirements, and says what is new from one to the next."""
    builder = _builder(options)
    sets = [parse(text, builder.extra) for text in options.requirements]
    if len(sets) < 2:
        message = (
            "one set of requirements is no upgrade; name two or more: equivalence upgrade "
            "'scikit-learn==1.4.2' 'scikit-learn==1.5.2'"
        )
        raise UpgradeError(message)
    question = _question(options, sets)
    folder = Path(options.output) if options.output else FOLDER
    _writable(folder)
    runs = [
        (made, measure(made, question, builder, folder / f"{made.label}.jsonl")) for made in sets
    ]
    comparisons = [
        explained(compare(old, new), before, after, builder)
        for (before, old), (after, new) in itertools.pairwise(runs)
    ]
    if len(runs) == 2:
        return _pair(runs, comparisons[0], folder)
    return _matrix(runs, comparisons, folder)


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder} cannot be made ({error.strerror}); name another folder: -o FOLDER"
        raise UpgradeError(message) from error


def _pair(runs: list[tuple[Requirements, Run]], comparison: Comparison, folder: Path) -> int:
    (before, old), (after, new) = runs
    console = stdout()
    console.print(f"{before} → {after}", style="bold", soft_wrap=True)
    console.print(render_text(comparison), end="", soft_wrap=True)
    for change in comparison.alarms:
        if change.reason and change.after is not None:
            console.print(f"\n{change.cell}\n  search: {change.reason}", soft_wrap=True)
    page = folder / "index.html"
    page.write_text(render_html(new, reproduce=_scripts(new), baseline=old), encoding="utf-8")
    _summary(folder, f"# {before} → {after}\n\n{render_comparison_markdown(comparison)}")
    console.print(f"\n{page}", soft_wrap=True)
    return comparison.status


def _scripts(run: Run) -> Callable[[Finding], str]:
    def script(finding: Finding) -> str:
        try:
            return reproduction(finding, run.environment)
        except ReproductionError as error:
            return f"# {error}"

    return script


def _matrix(
    runs: list[tuple[Requirements, Run]], comparisons: list[Comparison], folder: Path
) -> int:
    made = history("upgrade", [(str(name), run) for name, run in runs], words)
    console = stdout()
    for ((before, _), (after, _)), comparison in zip(
        itertools.pairwise(runs), comparisons, strict=True
    ):
        console.print(f"{before} → {after}", style="bold", soft_wrap=True)
        console.print(f"  {sentence(comparison)}", soft_wrap=True)
    (folder / "index.html").write_text(render_atlas([made]), encoding="utf-8")
    _summary(folder, render_atlas_markdown([made]))
    console.print(f"\n{folder / 'index.html'}", soft_wrap=True)
    statuses = [comparison.status for comparison in comparisons]
    return max(statuses)


def _summary(folder: Path, text: str) -> None:
    """Writes the Markdown, and appends it to the summary of the job, if this is one."""
    (folder / "summary.md").write_text(text, encoding="utf-8")
    job = os.environ.get("GITHUB_STEP_SUMMARY")
    if job:
        try:
            with Path(job).open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            _say(f"{job} cannot be written ({error.strerror})")


def since(options: argparse.Namespace) -> int:
    """Bisects the released versions of a package to the one that changed a cell."""
    options.select = [options.cell]
    options.frameworks = options.frameworks or None
    builder = _builder(options)
    package = parse(options.package, builder.extra)
    if len(package.words) != 1 or any(mark in options.package for mark in "=<>~"):
        message = f"{options.package!r} is no name of a package; 'scikit-learn' is one"
        raise UpgradeError(message)
    question = _question(options, [package])
    known = released(options.package, builder.python)
    first, last = options.first or str(known[0]), options.last or str(known[-1])
    versions = between(known, first, last)
    _say(f"{len(versions)} releases of {options.package}, {versions[0]} to {versions[-1]}")
    with tempfile.TemporaryDirectory(prefix="equivalence-") as scratch:
        asked: list[Version] = []

        def ask(version: Version) -> Run | None:
            made = parse(f"{options.package}=={version}", builder.extra)
            try:
                run = measure(made, question, builder, Path(scratch) / f"{version}.jsonl")
            except UnknownNameError:
                raise
            except UpgradeError as error:
                _say(f"{version} is passed over: {error}")
                return None
            asked.append(version)
            return run

        turn = bisected(versions, ask, _say)
    console = stdout()
    if len(asked) < 2:
        message = f"fewer than two releases of {options.package} can be asked here"
        raise UpgradeError(message, INCOMPLETE)
    if turn is None:
        console.print(
            f"{options.package} {min(asked)} and {max(asked)} are alike in {options.cell}; "
            "what has changed and changed back is not looked for",
            soft_wrap=True,
        )
        return 0
    console.print(
        f"{options.package} {turn.after} changed {options.cell} (after {turn.before}):",
        style="bold",
        soft_wrap=True,
    )
    console.print(render_text(turn.comparison), end="", soft_wrap=True)
    return 0


def atlas(options: argparse.Namespace) -> int:
    """The page of the histories that are committed; with ``--make``, asks releases for one."""
    output = Path(options.output or "reports/atlas.html")
    _writable(output.parent)
    if options.make:
        _make(options, output)
        return 0
    files = [Path(name) for name in options.files] or committed()
    if not files:
        message = f"there is no history in {ATLAS}; `equivalence atlas --make PACKAGE` makes one"
        raise UpgradeError(message)
    try:
        histories = [read_history(file) for file in files]
    except HistoryError as error:
        raise UpgradeError(str(error)) from error
    _page(histories, output)
    return 0


def committed() -> list[Path]:
    """The histories that are committed: in the package of a wheel, or in the checkout."""
    here = Path(__file__).resolve()
    folders = (here.parents[1] / ATLAS, here.parents[2] / ATLAS)
    return next((found for folder in folders if (found := sorted(folder.glob("*.jsonl")))), [])


def _make(options: argparse.Namespace, output: Path) -> None:
    builder = _builder(options)
    package = options.make
    if options.runs:  # asked before, one file a release
        versions = parsed([Path(name).stem.rpartition("-")[2] for name in options.runs])
        from equivalence import results

        by_version = {Path(n).stem.rpartition("-")[2]: Path(n) for n in options.runs}
        runs = [(str(version), results.read(by_version[str(version)])) for version in versions]
    else:
        known = released(package, builder.python)
        chosen = minors(between(known, options.first or str(known[0]), options.last or "9999"))
        question = _question(options, [parse(package)])
        runs = []
        for version in chosen:
            made = parse(f"{package}=={version}", builder.extra)
            file = output.parent / "atlas" / f"{made.label}.jsonl"
            try:
                build(made, builder)
            except UpgradeError as error:
                if error.status != USAGE:  # the index does not answer: that is no release's fault
                    raise
                _say(f"{version} is passed over: {error}")
                continue
            runs.append((str(version), measure(made, question, builder, file)))
        if not runs:
            message = f"no release of {package} can be asked here"
            raise UpgradeError(message, INCOMPLETE)
    made_history: History = history(package, runs, words)
    file = ATLAS / f"{options.name or package}.jsonl"
    write_history(made_history, file)
    stdout().print(str(file), soft_wrap=True)
    _page([made_history], output)


def _page(histories: list[History], output: Path) -> None:
    output.write_text(render_atlas(histories), encoding="utf-8")
    stdout().print(str(output), soft_wrap=True)


def init(options: argparse.Namespace) -> int:
    """Writes a workflow."""
    path = write_workflow(options.where, Path(options.output or ""), force=options.force)
    stdout().print(str(path), soft_wrap=True)
    return 0


VERBS: dict[str, Callable[[Any], int]] = {
    "upgrade": upgrade,
    "since": since,
    "atlas": atlas,
    "init": init,
}
