"""The pytest plugin: options, the run file and the page that a session leaves behind, and its summary.

It is loaded in every session where the package is installed. It imports nothing and says nothing unless the
laws are collected or one of its options is given.
"""

from __future__ import annotations

import dataclasses
import json
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equivalence.asking import Request
    from equivalence.results import Environment, Run
    from equivalence.running import Recording

PROPERTY = "equivalence"  # the name under which the laws attach what they found to their reports
FILES = ("run", "html")
REQUEST = pytest.StashKey["Request"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The same words as on the command line."""
    group = parser.getgroup("equivalence", "equivalence: who computes which loss, and how exactly")
    group.addoption(
        "--equivalence-profile",
        default="quick",
        metavar="PROFILE",
        help="quick (every pair of levels; default) or full (every triple)",
    )
    group.addoption(
        "--equivalence-frameworks", metavar="A,B", help="ask only these, which must be there"
    )
    group.addoption("--equivalence-require", default="", metavar="A,B", help="these must be there")
    group.addoption(
        "--equivalence-select",
        action="append",
        default=[],
        metavar="SELECT",
        help="which cells are asked, by parts of their names, ! negates; several are and-ed",
    )
    group.addoption(
        "--equivalence-run",
        metavar="RUN.jsonl",
        help="write the run, one finding a line, as they come",
    )
    group.addoption("--equivalence-html", metavar="PAGE.html", help="write the report")
    group.addoption(
        "--equivalence-strict",
        action="store_true",
        help="fail also where only the catalogue explains a difference",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Checks the options before anything is collected.

    Raises:
        pytest.UsageError: If something that is named is unknown, absent, or cannot be written.
    """
    if hasattr(config, "workerinput"):
        return
    options = config.option
    if options.equivalence_frameworks or options.equivalence_require or options.equivalence_select:
        _check_frameworks(requested(config))
    elif options.equivalence_profile != "quick":
        requested(config)
    for name in FILES:
        if config.getoption(f"equivalence_{name}"):
            _check_writable(Path(config.getoption(f"equivalence_{name}")))
    config.pluginmanager.register(Keeper(config), "equivalence.keeper")


def requested(config: pytest.Config) -> Request:
    """What the options ask for.

    Raises:
        pytest.UsageError: If something that is named is unknown or absent.
    """
    if REQUEST not in config.stash:
        from equivalence.running import request

        options = config.option
        named = options.equivalence_frameworks
        try:
            config.stash[REQUEST] = request(
                options.equivalence_select,
                profile=options.equivalence_profile,
                frameworks=None if named is None else _names(named),
                require=_names(options.equivalence_require),
            )
        except (
            ValueError
        ) as error:  # whatever is wrong with a word or a pinned file, told in one line
            raise pytest.UsageError(str(error)) from error
    return config.stash[REQUEST]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _check_frameworks(request: Request) -> None:
    """Imports what must be there, and what is selected by name."""
    from equivalence.asking import implementations_of
    from equivalence.implementations import FRAMEWORKS, load
    from equivalence.running import absent_message

    named = request.frameworks if request.selection.words else request.required
    for name in named:
        reason = load(name) if name in FRAMEWORKS else ""
        if isinstance(reason, str) and reason and name in request.required:
            raise pytest.UsageError(absent_message(name, reason))
        mine = implementations_of(name)
        try:
            request.selection.check(
                name, [f"{known}@{mode}" for known in mine for mode in known.offered_modes]
            )
        except ValueError as error:
            raise pytest.UsageError(str(error)) from error


def _check_writable(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise pytest.UsageError(
            f"{path} cannot be written ({error.strerror}); name another file"
        ) from error


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What is asked of whom, and who is absent; nothing in sessions that have nothing to do with the laws."""
    if not _collects_laws(config):
        return []
    from equivalence.running import AbsentError, how_to_install, request

    absent = []
    for name in requested(config).frameworks:
        try:
            request(require=[name])
        except AbsentError:
            absent.append(name)
    asked = [name for name in requested(config).frameworks if name not in absent]
    lines = [
        f"equivalence: the {config.option.equivalence_profile} profile, asked of {', '.join(asked) or 'nobody'}"
    ]
    return lines + [f"equivalence: {name} is absent; {how_to_install(name)}" for name in absent]


def _collects_laws(config: pytest.Config) -> bool:
    """Whether the command line names the package or something in it."""
    package = Path(__file__).resolve().parent
    for argument in config.args:
        name = argument.partition("::")[0]
        if config.option.pyargs and name.partition(".")[0] == package.name:
            return True
        path = (config.invocation_params.dir / name).resolve()
        if path == package or package in path.parents:
            return True
    return False


class Keeper:
    """Keeps what the laws find, in the process that reports: the same in one process and with xdist.

    Attributes:
        recording: What was found so far; None until the first law has reported.
        run: The run, once the session has ended.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.recording: Recording | None = None
        self.run: Run | None = None
        self._cells = 0
        self._missing = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes what a law has attached to its report, before others print or write it."""
        mine = [value for name, value in report.user_properties if name == PROPERTY]
        report.user_properties = [pair for pair in report.user_properties if pair[0] != PROPERTY]
        for text in mine if report.when == "call" else ():
            self._take(json.loads(str(text)))

    def _take(self, said: dict[str, Any]) -> None:
        from equivalence.asking import Finished, Judged
        from equivalence.results import ClaimRecord, parse_finding

        if self.recording is None:
            self.recording = self._begin(said)
        if "findings" in said:
            findings = tuple(map(parse_finding, said["findings"]))
            self.recording.take(Judged(findings=findings))
            self.recording.take(Finished(framework="", implementation=""))  # the file is flushed
            self._missing -= 1
        if "claim" in said:
            claims = (*self.recording.environment.claims, ClaimRecord(**said["claim"]))
            ordered = tuple(sorted(claims, key=lambda record: record.number))
            self.recording.environment = dataclasses.replace(
                self.recording.environment, claims=ordered
            )

    def _begin(self, said: dict[str, Any]) -> Recording:
        from equivalence.asking import Loaded
        from equivalence.results import parse_environment, parse_finding
        from equivalence.running import Recording

        environment = parse_environment(said["environment"])
        environment = dataclasses.replace(environment, command=_command(self.config))
        self._missing = said["cells"]
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

    def pytest_sessionfinish(self) -> None:
        """Writes the files; the run is complete if every cell that was collected has reported."""
        if self.recording is None:
            return
        self.run = self.recording.finish(complete=self._missing == 0)
        if self.config.option.equivalence_html:
            Path(self.config.option.equivalence_html).write_text(_page(self.run), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says what the run comes to, framework by framework, with denominators."""
        if self.run is None:
            return
        terminalreporter.section("equivalence")
        for line in _lines(self.run):
            terminalreporter.write_line(line)
        for name in FILES:
            if self.config.getoption(f"equivalence_{name}"):
                terminalreporter.write_line(self.config.getoption(f"equivalence_{name}"))


def _command(config: pytest.Config) -> str:
    return f"pytest {shlex.join(map(str, config.invocation_params.args))}".strip()


def _page(run: Run) -> str:
    from equivalence.finding import Finding
    from equivalence.report import render_html
    from equivalence.reproduction import ReproductionError, reproduction

    def reproduce(finding: Finding) -> str:
        try:
            return reproduction(finding, run.environment)
        except ReproductionError as error:
            return f"# {error}"

    return render_html(run, reproduce=reproduce)


def _lines(run: Run) -> Iterator[str]:
    """The run in a few lines."""
    from equivalence.finding import Verdict
    from equivalence.report import summarise
    from equivalence.running import how_to_install

    summary = summarise(run)
    width = max((len(part.name) for part in summary.frameworks), default=0)
    for part in summary.frameworks:
        others = (
            f"{number:,} {verdict}" for verdict, number in part.findings.present if verdict.asked
        )
        rest = [text for text in others if not text.endswith(f" {Verdict.AGREES}")]
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
