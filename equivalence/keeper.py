"""The keeper: what the laws of a session find, kept as a run, in one process or in many."""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equivalence.changes import Comparison
    from equivalence.finding import Finding
    from equivalence.recording import Recording
    from equivalence.results import Run

PROPERTY = "equivalence"  # the name under which the laws attach what they found to their reports
FILES = ("run", "html")


class Keeper:
    """Keeps what the laws find, in the process that reports, which with xdist runs none of them.

    Attributes:
        recording: What was found so far; None until the first law has reported.
        run: The run, once the session has ended.
        earlier: The baseline; None if none is given, or it is not there yet.
        comparison: What is new against it.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.recording: Recording | None = None
        self.run: Run | None = None
        self.earlier: Run | None = None
        self.comparison: Comparison | None = None
        self._cells: dict[str, str] = {}
        self._missing = 0
        self._dead: list[tuple[str, str]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes what a law has attached to its report, before others print or write it."""
        mine = [value for name, value in report.user_properties if name == PROPERTY]
        report.user_properties = [pair for pair in report.user_properties if pair[0] != PROPERTY]
        for text in mine if report.when == "call" else ():
            self._take(json.loads(str(text)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Notes over which cell a worker of xdist died; another goes on behind it."""
        self._dead.append((crashitem, " ".join(str(report.longrepr).split())))
        self._bury()

    def _bury(self) -> None:
        """Reports the cells over which a worker died, as soon as it is known what was asked."""
        from equivalence.events import Finished, Judged

        if self.recording is None:
            return
        for item, reason in self._dead:
            if item in self._cells:
                found = crashed_cell(self._cells[item], f"the process died: {reason}")
                self.recording.take(Judged(findings=(found,)))
                self.recording.take(Finished(framework="", implementation=""))
                self._missing -= 1
        self._dead.clear()

    def _take(self, said: dict[str, Any]) -> None:
        from equivalence.events import Finished, Judged
        from equivalence.lines import parse_finding
        from equivalence.results import ClaimRecord

        if self.recording is None:
            self.recording = self._begin(said)
            self._bury()
        if "findings" in said:
            findings = tuple(map(parse_finding, said["findings"]))
            self.recording.take(Judged(findings=findings))
            self.recording.take(Finished(framework="", implementation=""))  # the file is flushed
            self._missing -= 1
        if "sweep" in said:
            name, sweep = said["sweep"]
            self.recording.take(Finished(framework="", implementation=name, sweep=sweep))
        if "claim" in said:
            claims = (*self.recording.environment.claims, ClaimRecord(**said["claim"]))
            ordered = tuple(sorted(claims, key=lambda record: record.number))
            self.recording.environment = dataclasses.replace(
                self.recording.environment, claims=ordered
            )

    def _begin(self, said: dict[str, Any]) -> Recording:
        from equivalence.events import Loaded
        from equivalence.lines import parse_environment, parse_finding
        from equivalence.recording import Recording

        environment, _ = parse_environment(said["environment"])
        environment = dataclasses.replace(environment, command=_command(self.config))
        self._cells = said["cells"]
        self._missing = len(self._cells)
        order = tuple(record.name for record in environment.frameworks)
        path = self.config.option.equivalence_run
        recording = Recording(
            environment=environment, order=order, path=Path(path) if path else None
        )
        inapplicable = tuple(map(parse_finding, said["inapplicable"]))
        cells = (("cells", self._missing),)
        recording.take(
            Loaded(record=environment.frameworks[0], questions=cells, findings=inapplicable)
        )
        return recording

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Writes the run, which is complete if every cell that was collected has reported.

        A session that passed fails if something is new against the baseline.
        """
        if self.recording is None:
            return
        self.run = self.recording.finish(complete=self._missing == 0)
        if self.config.option.equivalence_baseline:
            self._compare(self.run)
            if self.comparison is not None and self.comparison.status and not session.exitstatus:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _compare(self, run: Run) -> None:
        from equivalence.accepting import located
        from equivalence.changes import compare
        from equivalence.recorded import recorded

        path = located(Path(self.config.option.equivalence_baseline), run.environment)
        if path.exists():
            self.earlier = recorded(path)
            self.comparison = compare(self.earlier, run)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says what the run comes to, with denominators, and makes the page."""
        if self.run is None:
            return
        terminalreporter.write_sep("=", "equivalence")
        for line in (*_lines(self.run), *self._news(self.run)):
            terminalreporter.write_line(line)
        if self.config.option.equivalence_html:
            Path(self.config.option.equivalence_html).write_text(
                _page(self.run, self.earlier), encoding="utf-8"
            )
        _publish(self.run, self.earlier, terminalreporter)
        for name in FILES:
            if self.config.getoption(f"equivalence_{name}"):
                terminalreporter.write_line(self.config.getoption(f"equivalence_{name}"))

    def _news(self, run: Run) -> list[str]:
        """What is new against the baseline, or that there is none yet."""
        from equivalence.accepting import located
        from equivalence.guard import first_time
        from equivalence.report.compared import render_text

        option = self.config.option
        if not option.equivalence_baseline:
            return []
        path = located(Path(option.equivalence_baseline), run.environment)
        if self.comparison is None:
            written = option.equivalence_run
            return [first_time(path, Path(written) if written else None)]
        return [f"Against {path}:", *render_text(self.comparison).rstrip().split("\n")]


def _publish(run: Run, earlier: Run | None, terminalreporter: pytest.TerminalReporter) -> None:
    """Tells a job of GitHub Actions, if this is one."""
    from equivalence.github import append_summary, workflow_commands

    for line in filter(None, (append_summary(run, earlier), *workflow_commands(run))):
        terminalreporter.write_line(line)


def crashed_cell(cell: str, detail: str) -> Finding:
    """The finding of a cell over which the process died; which of its cases it was is not known."""
    from equivalence.finding import Finding, Verdict

    loss, target, reduction, dtype, quantity, who = cell.split(":", 5)
    implementation, _, mode = who.rpartition("@")
    return Finding(
        loss=loss,
        target=target,
        reduction=reduction,
        denominator="",
        dtype=dtype,
        quantity=quantity,
        implementation=implementation,
        framework=implementation.partition(".")[0],
        mode=mode,
        case="",
        digest="",
        verdict=Verdict.CRASHED,
        detail=detail,
    )


def _command(config: pytest.Config) -> str:
    return f"pytest {shlex.join(map(str, config.invocation_params.args))}".strip()


def _page(run: Run, earlier: Run | None) -> str:
    from equivalence.report import render_html
    from equivalence.reproduction import ReproductionError, reproduction

    def reproduce(finding: Finding) -> str:
        try:
            return reproduction(finding, run.environment)
        except ReproductionError as error:
            return f"# {error}"

    return render_html(run, reproduce=reproduce, baseline=earlier)


def _lines(run: Run) -> Iterator[str]:
    """The run in a few lines."""
    from equivalence.finding import Verdict
    from equivalence.report import summarise
    from equivalence.running import how_to_install

    summary = summarise(run)
    width = max((len(part.name) for part in summary.frameworks), default=0)
    for part in summary.frameworks:
        pairs = [pair for pair in part.findings.present if pair[0].asked]
        rest = [f"{verdict} {number:,}" for verdict, number in pairs if verdict != Verdict.AGREES]
        if part.findings.asked:
            yield f"{part.name:<{width}}  {', '.join((str(part.findings), *rest))}"
    for record in summary.absent:
        yield f"{record.name:<{width}}  absent ({record.absent}); {how_to_install(record.name)}"
    for claim in run.environment.claims:
        parts = (
            f"claim {claim.number}: {claim.statement}",
            claim.verdict,
            claim.domain,
            claim.counterexample,
        )
        yield "\n    ".join(filter(None, parts))
    if summary.findings.asked:
        yield f"{summary.headline} {summary.rest}".rstrip()
    if not run.environment.complete:
        yield "The run is incomplete: not every cell was asked."
