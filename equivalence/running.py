"""Running: the selected questions, asked of the frameworks that are installed, into a run."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from equivalence import workers
from equivalence.asking import Event, Examined, Finished, Judged, Loaded, Lost, Request, in_process
from equivalence.cases.pinned import pinned
from equivalence.environment import environment, extended
from equivalence.implementations import FRAMEWORKS, IMPLEMENTATIONS, REQUIREMENTS
from equivalence.plan import STRENGTHS
from equivalence.results import Environment, Run, append, write
from equivalence.selection import nearest, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from equivalence.finding import Finding

PROFILES = tuple(STRENGTHS)


class AbsentError(ValueError):
    """A framework that was asked for is not installed; the message says how to install it."""


class UnknownError(ValueError):
    """There is no such framework or profile; the message names the nearest."""


def known_frameworks() -> tuple[str, ...]:
    """The frameworks of this package, in the order of import, and those that the user has added."""
    added = {known.framework.name for known in IMPLEMENTATIONS.values()} - set(FRAMEWORKS)
    return (*FRAMEWORKS, *sorted(added))


def how_to_install(framework: str) -> str:
    """The pip command that installs a framework."""
    return f'pip install "loss-equivalence[{framework.partition("_")[0]}]"'


def absent_message(framework: str, reason: str = "") -> str:
    """One line: a framework that was asked for is absent, and how to install it."""
    because = f" ({reason})" if reason else ""
    return f"{framework} is required and absent{because}; {how_to_install(framework)}"


def _installed(framework: str) -> bool:
    """Whether a framework can be found, without importing it."""
    names = {framework, framework.partition("_")[0], REQUIREMENTS.get(framework, "")} - {""}
    return framework not in FRAMEWORKS or any(
        importlib.util.find_spec(name) is not None for name in names
    )


def request(
    select: Iterable[str] = (),
    *,
    profile: str = "quick",
    frameworks: Iterable[str] | None = None,
    require: Iterable[str] = (),
) -> Request:
    """What a run is to ask, checked before anything is imported.

    Args:
        select: Words of a selection, and-ed.
        profile: ``"quick"`` or ``"full"``.
        frameworks: The only ones that are asked; by default all that are installed.
        require: Those that must be there.

    Raises:
        PinnedCaseError: If a file of pinned cases is broken.
        AbsentError: If a framework that is named in ``frameworks`` or ``require`` is not installed.
        SelectError: If a word can match nothing.
        UnknownError: If a framework or the profile is unknown.
    """
    select = [select] if isinstance(select, str) else list(select)
    named, require = None if frameworks is None else list(frameworks), list(require)
    if profile not in PROFILES:
        message = f"the profile {profile!r} is unknown; {nearest(profile, PROFILES)}"
        raise UnknownError(message)
    known = known_frameworks()
    for name in [*(named or ()), *require]:
        if name not in known:
            message = f"the framework {name!r} is unknown; {nearest(name, known)}"
            raise UnknownError(message)
        if not _installed(name):
            raise AbsentError(absent_message(name))
    pinned()  # a broken file is told before anything is asked
    selection = parse(select)
    asked = (name for name in known if named is None or name in named or name in require)
    return Request(
        selection=selection,
        profile=profile,
        frameworks=tuple(name for name in asked if selection.concerns(name)),
        required=tuple(dict.fromkeys((*(named or ()), *require))),
        claims=not select and named is None,
    )


def events(request: Request, processes: int = 0) -> Generator[Event]:
    """What happens while a request is asked; findings are the same with any number of processes.

    Args:
        request: What is asked.
        processes: How many worker processes; 0 asks in this one.

    Raises:
        AbsentError: If a required framework cannot be imported.
        SelectError: If the selection names an implementation that its framework does not have.
    """
    for event in workers.pool(request, processes) if processes else in_process(request):
        if (
            isinstance(event, Loaded)
            and event.record.absent
            and event.record.name in request.required
        ):
            raise AbsentError(absent_message(event.record.name, event.record.absent))
        yield event


@dataclass(slots=True, kw_only=True)
class Recording:
    """A run that is going on: collects events, and writes them to a file as they come.

    Attributes:
        environment: What is known of it so far.
        order: The order of the frameworks.
        path: The file; None if none is written.
        findings: What was found so far.
        lost: Why some questions could not be asked.
    """

    environment: Environment
    order: tuple[str, ...]
    path: Path | None = None
    findings: list[Finding] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    _file: TextIO | None = None

    def take(self, event: Event) -> None:
        """Records what happened."""
        if isinstance(event, Loaded):
            self.environment = extended(
                self.environment, event.record, event.implementations, event.divergences, self.order
            )
            self.findings.extend(event.findings)
            if event.questions or self.findings:
                self._rewrite()
        elif isinstance(event, Judged):
            self.findings.extend(event.findings)
            if self._file is not None:
                append(event.findings, self._file)
        elif isinstance(event, Finished):
            if event.sweep:
                self._remember(event)
            if self._file is not None:
                self._file.flush()
        elif isinstance(event, Examined):
            self.environment = dataclasses.replace(self.environment, claims=event.claims)
        elif isinstance(event, Lost):
            self.lost.append(f"{event.framework}: {event.reason}")

    def _remember(self, event: Finished) -> None:
        """Puts the sweep of an implementation into its record, which is written in the end."""
        records = (
            dataclasses.replace(record, sweep=event.sweep)
            if record.name == event.implementation
            else record
            for record in self.environment.implementations
        )
        self.environment = dataclasses.replace(self.environment, implementations=tuple(records))

    def _rewrite(self) -> None:
        """Writes the file anew, because its first line has changed, and leaves it open for more."""
        if self.path is None:
            return
        self.close()
        write(self.run(complete=False), self.path)
        self._file = self.path.open("a", encoding="utf-8")

    def run(self, *, complete: bool) -> Run:
        """The run so far."""
        made = dataclasses.replace(self.environment, complete=complete and not self.lost)
        return Run.of(made, self.findings)

    def finish(self, *, complete: bool = True) -> Run:
        """The run, also written to the file, sorted."""
        self.close()
        run = self.run(complete=complete)
        if self.path is not None:
            write(run, self.path)
        return run

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def record(request: Request, *, command: str = "", path: Path | None = None) -> Recording:
    """A recording of a request; its file is written as soon as something is selected."""
    made = environment(
        profile=request.profile, command=command or " ".join(map(os.path.basename, sys.argv))
    )
    return Recording(environment=made, order=request.frameworks, path=path)


def run(
    select: Iterable[str] = (),
    *,
    profile: str = "quick",
    frameworks: Iterable[str] | None = None,
    require: Iterable[str] = (),
    processes: int = 0,
    path: str | os.PathLike[str] | None = None,
    watch: Callable[[Event], None] = lambda _: None,
) -> Run:
    """Asks every selected question and judges the answers.

    Args:
        select: Words that match parts of cell ids, and-ed: ``["sparse:mean", "torch.*",
            "!@graph"]``.
        profile: ``"quick"`` (every pair of levels) or ``"full"`` (every triple).
        frameworks: The only ones that are asked; by default all that are installed.
        require: Frameworks that must be there.
        processes: How many worker processes; 0 asks in this one, where also your own
            implementations are known.
        path: A run file, to which findings are appended as they come.
        watch: Is told each event.

    Returns:
        The environment and all findings, sorted.

    Raises:
        AbsentError: If a framework that is named is not installed.
        SelectError: If a word can match nothing.
        UnknownError: If a framework or the profile is unknown.

    >>> found = run(["negative_log_likelihood:one_hot:sum:float64:value"], frameworks=["textbook"])
    >>> found.environment.complete, {finding.implementation for finding in found.findings}
    (True, {'textbook.product_with_target'})
    """
    asked = request(select, profile=profile, frameworks=frameworks, require=require)
    recording = record(asked, path=None if path is None else Path(path))
    with closing(events(asked, processes)) as happening, closing(recording):
        for event in happening:
            recording.take(event)
            watch(event)
    return recording.finish()
