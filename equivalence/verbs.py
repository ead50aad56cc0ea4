"""What the verbs of the command line do."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equivalence import results
from equivalence.catalogue import defects, page, unexplained
from equivalence.discovery import discovery
from equivalence.divergences import DIVERGENCES
from equivalence.explanation import again, explanation
from equivalence.finding import Verdict
from equivalence.garbage import uncollected
from equivalence.github import append_summary, workflow_commands
from equivalence.guard import against_baseline, compare_verb, earlier_run, merge_verb, page_of
from equivalence.listing import entries, present
from equivalence.merging import merge
from equivalence.progress import Progress
from equivalence.recorded import recorded
from equivalence.recording import record
from equivalence.report import render_markdown
from equivalence.report.as_json import render_json
from equivalence.reproduction import reproduction
from equivalence.running import AbsentError, UnknownError, events, request, resume
from equivalence.selection import ORDER, NothingSelectedError, SelectError, parse
from equivalence.terminal import (
    command,
    print_facts,
    print_list,
    print_run,
    resuming,
    stderr,
    stdout,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.asking import Request
    from equivalence.recording import Recording
    from equivalence.results import Environment, Run

FAILS, INCOMPLETE = 1, 3
FOLDER = Path("reports")
_PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
PROCESSES = min(2, _PROCESSORS or 1)  # worker processes, if no number is given


class UsageError(ValueError):
    """The command cannot be carried out as it was given; the message says why."""


def _writable(path: Path) -> Path:
    """The path, once it is sure that a file can be written there.

    Raises:
        UsageError: If not.
    """
    try:
        there = path.exists()
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
        path.open("a").close()
        if not there:
            path.unlink()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"{path} cannot be written ({reason}); name another file"
        raise UsageError(message) from error
    return path


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def bare(_: argparse.Namespace) -> int:
    """The quick profile on what is installed, a table, and the report."""
    options = argparse.Namespace(select=[], profile="quick", frameworks=None, require=())
    options.output, options.html, options.shard = FOLDER / "run.jsonl", FOLDER / "index.html", ""
    options.processes = options.resume = options.baseline = options.time_limit = None
    return run(options)


def run(options: argparse.Namespace) -> int:
    """Asks the selected questions, writes the files, prints the table."""
    output = _writable(Path(options.output)) if options.output else None
    page = _writable(Path(options.html)) if options.html else None
    options.processes = PROCESSES if options.processes is None else options.processes
    asked, recording = _begin(options, output)
    output = recording.path
    complete = True
    before = signal.signal(signal.SIGTERM, _stop)
    happening = events(asked, options.processes, options.time_limit)
    try:
        with Progress(console=stderr()) as progress, closing(happening):
            for event in happening:
                recording.take(event)
                progress.watch(event)
    except KeyboardInterrupt:
        complete = False
    except AbsentError:
        if not any(finding.case for finding in recording.findings):
            raise
        complete = False
    finally:
        recording.close()
        signal.signal(signal.SIGTERM, before)
    if complete and not recording.findings and not recording.lost and asked.shard.whole:
        raise NothingSelectedError(_nothing(options.select, recording.environment))
    with uncollected():
        made = recording.finish(complete=complete)
        told = _tell(made, output, page, options.baseline, recording.unasked)
    if not made.findings and not asked.shard.whole:
        stdout().print(f"The shard {asked.shard} holds nothing of what is selected.")
    return told


def _begin(options: argparse.Namespace, output: Path | None) -> tuple[Request, Recording]:
    """What is asked, and where it is recorded: anew, or in a run that was cut short."""
    try:
        if options.resume is None:
            asked = request(
                options.select,
                profile=options.profile or "quick",
                frameworks=options.frameworks,
                require=options.require,
                shard=options.shard,
                processes=options.processes,
            )
            return asked, record(asked, command=options.command, path=output)
        others = (options.select, options.profile, options.frameworks, options.require)
        if any((*others, options.shard, output)):
            message = (
                "--resume asks what is left of what the run was asked for, and writes to its file; "
                "leave SELECT, --profile, --frameworks, --require, --shard and -o out"
            )
            raise UsageError(message)
        return resume(Path(options.resume), command=options.command)
    except UnknownError as error:
        raise UsageError(str(error)) from error


def _nothing(select: list[str], environment: Environment) -> str:
    absent = [f"{record.name} is absent" for record in environment.frameworks if record.absent]
    words = " ".join(map(shlex.quote, select))
    nothing = (
        f"nothing is selected by {words}; the parts are {ORDER}"
        if words
        else "there is nobody to be asked"
    )
    return "; ".join([nothing, *absent])


def _tell(
    run: Run, output: Path | None, page: Path | None, baseline: str | None, unasked: list[str]
) -> int:
    """Prints the table, writes the reports, and returns the exit status."""
    console = stdout()
    print_run(run, console)
    earlier = earlier_run(baseline, run)
    if page is not None:
        page.write_text(page_of(run, earlier), encoding="utf-8")
    if problem := append_summary(run, earlier):
        stderr().print(f"equivalence: {problem}", soft_wrap=True)
    for line in workflow_commands(run):
        print(line, flush=True)  # noqa: T201 - a command to the runner, not a line of the table
    last = page or output
    hint = "equivalence run -o run.jsonl --html page.html" if last is None else str(last)
    console.print(f"\n{hint}", soft_wrap=True)
    status = FAILS if any(finding.verdict.fails for finding in run.findings) else 0
    if baseline is not None:
        status = against_baseline(run, earlier, baseline, output)
    if not run.environment.complete:
        kept = f"; {output} holds what was found" if output else ""
        stderr().print(f"equivalence: the run is incomplete{kept}", soft_wrap=True)
        for line in unasked:
            stderr().print(f"  not measured: {line}", soft_wrap=True)
        if output:
            stderr().print(f"  {resuming(str(output))}", soft_wrap=True)
        return INCOMPLETE
    return status


def report(options: argparse.Namespace) -> int:
    """Makes a report of one or more runs."""
    output = Path(options.output) if options.output else None
    if output is None and options.format == "html":
        output = Path(options.runs[0]).with_suffix(".html")
    if output is not None:
        if output.exists() and any(
            output.samefile(path) for path in options.runs if Path(path).exists()
        ):
            message = f"{output} is a run that is read; name another file"
            raise UsageError(message)
        _writable(output)
    with uncollected():
        runs = {path: results.read(Path(path)) for path in options.runs}
        made = merge(list(runs.values()))
    for path in (path for path, one in runs.items() if not one.environment.complete):
        more = f"; `{resuming(path)}` asks the rest" if runs[path].environment.asked else ""
        stderr().print(f"equivalence: {path} was cut short{more}", soft_wrap=True)
    baseline = recorded(Path(options.baseline)) if options.baseline else None
    renders = {
        "html": lambda: page_of(made, baseline),
        "markdown": lambda: render_markdown(made, baseline=baseline),
        "json": lambda: render_json(made),
    }
    with uncollected():
        text = renders[options.format]()
    if output is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    else:
        output.write_text(text, encoding="utf-8")
        stdout().print(str(output), soft_wrap=True)
    return 0


def explain(options: argparse.Namespace) -> int:
    """Asks a finding again, and says it in words; or says what a divergence is."""
    if options.name in DIVERGENCES:
        known = DIVERGENCES[options.name]
        print_list([(known.name, (known.reason, ", ".join(known.implementations)))], stdout())
        stdout().print(f"    versions {known.versions or 'all'}; {known.reference}", soft_wrap=True)
        return 0
    finding, environment = again(options.name, options.profile)
    console = stdout()
    console.print(finding.name, style="bold", soft_wrap=True)
    print_facts(explanation(finding, environment), console)
    if finding.verdict is Verdict.DIVERGES and finding.case:
        print_facts(discovery(finding, options.profile), console)
    if finding.case:
        console.print(f"\n{command('reproduce', finding.name)}", soft_wrap=True)
    return FAILS if finding.verdict.fails else 0


def reproduce(options: argparse.Namespace) -> int:
    """Prints a finding as plain framework code."""
    if options.name in DIVERGENCES:
        message = f"{options.name} is a divergence: `equivalence explain {options.name}` says whose"
        raise UsageError(message)
    if options.run:
        run = results.read(Path(options.run))
        selection = parse([options.name])
        found = [
            finding
            for finding in run.findings
            if selection.takes(finding.cell, finding.case) and finding.case
        ]
        if not found:
            message = f"{options.run} holds nothing that is called {options.name!r}"
            raise SelectError(message)
        finding = max(found, key=lambda each: (each.verdict.fails, each.share))
        environment = run.environment
    else:
        finding, environment = again(options.name, options.profile)
    sys.stdout.write(reproduction(finding, environment))
    return 0


def list_(options: argparse.Namespace) -> int:
    """Prints what there is."""
    try:
        asked = request(frameworks=options.frameworks, profile="full", processes=1)  # everyone
    except UnknownError as error:
        raise UsageError(str(error)) from error
    if (options.defects or options.markdown or options.open) and options.noun != "divergences":
        message = "--defects, --markdown and --open are of: equivalence list divergences"
        raise UsageError(message)
    if options.open:
        print_list(unexplained(results.read(Path(options.open))), stdout())
    elif options.markdown:
        sys.stdout.write(page(present(asked.frameworks, stderr())))
    elif options.defects:
        stderr().print("each is asked for its smallest input, which takes a minute or two")
        print_list(defects(present(asked.frameworks, stderr())), stdout())
    else:
        print_list(entries(options.noun or "", asked.frameworks, stderr()), stdout())
    return 0


VERBS: dict[str | None, Callable[[Any], int]] = {
    None: bare,
    "run": run,
    "report": report,
    "compare": compare_verb,
    "merge": merge_verb,
    "explain": explain,
    "reproduce": reproduce,
    "list": list_,
}
