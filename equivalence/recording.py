"""Recording: a run that is going on, in memory and in its file."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from equivalence.asking import Request
from equivalence.environment import environment, extended
from equivalence.events import Event, Examined, Finished, Judged, Loaded, Lost
from equivalence.implementations import REQUIREMENTS
from equivalence.results import Environment, Run, append, arrange, write, write_again
from equivalence.resuming import check_same

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.finding import Finding


def installed(framework: str) -> bool:
    """Whether a framework can be found, without importing it."""
    needed = REQUIREMENTS.get(framework, ())
    return all(importlib.util.find_spec(name) is not None for name in needed)


@dataclass(slots=True, kw_only=True)
class Recording:
    """A run that is going on: collects events, and writes them to a file as they come.

    Attributes:
        environment: What is known of it so far.
        order: The order of the frameworks.
        path: The file; None if none is written.
        findings: What was found so far.
        lost: Why some questions could not be asked.
        before: The run that this one goes on with, if it does.
        planned: How many questions each implementation is asked.
        judged: How many of them were judged.
    """

    environment: Environment
    order: tuple[str, ...]
    path: Path | None = None
    findings: list[Finding] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    before: Run | None = None
    planned: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    _known: set[str] = field(default_factory=set)
    _file: TextIO | None = None
    _begun: bool = False  # whether the lines of the file are the findings, in their order

    def take(self, event: Event) -> None:
        """Records what happened.

        Raises:
            ResumeError: If a framework is not the one with which the run began.
        """
        if isinstance(event, Loaded):
            self._load(event)
        elif isinstance(event, Judged):
            self.judged[event.findings[0].implementation] += 1
            new = self._new(event.findings)
            self.findings.extend(new)
            if self._file is not None:  # what is finished outlives whatever may kill this process
                append(new, self._file)
                self._file.flush()
        elif isinstance(event, Finished):
            if event.sweep or event.shrunk:
                self._remember(event)
        elif isinstance(event, Examined):
            self.environment = dataclasses.replace(self.environment, claims=event.claims)
        elif isinstance(event, Lost):
            self.lost.append(f"{event.framework}: {event.reason}")

    def resume(self, before: Run, findings: Iterable[Finding]) -> None:
        """Goes on with a run that was cut short: its findings, and what it says of itself."""
        self.before = before
        self.findings = list(findings)
        self._known = {finding.name for finding in self.findings}
        self.environment = dataclasses.replace(before.environment, complete=False)

    def _load(self, event: Loaded) -> None:
        record = event.record
        if self.before is not None:
            check_same(record, self.before)
        if record.absent and installed(record.name):
            self.lost.append(f"{record.name}: {record.absent}")
        self.planned.update(dict(event.questions))
        self.environment = extended(
            self.environment, record, event.implementations, event.divergences, self.order
        )
        for known in self.before.environment.implementations if self.before else ():
            if known.framework == record.name:
                self._remember(
                    Finished(
                        framework=known.framework,
                        implementation=known.name,
                        sweep=known.sweep,
                        shrunk=known.shrunk,
                    )
                )
        new = self._new(event.findings)
        self.findings.extend(new)
        if event.questions or self.findings:
            self._rewrite(new)

    def _new(self, findings: tuple[Finding, ...]) -> list[Finding]:
        """The findings that the run did not have before it was cut short."""
        return [finding for finding in findings if finding.name not in self._known]

    @property
    def unasked(self) -> list[str]:
        """What was not asked that should have been, as lines to print."""
        there = {record.name for record in self.environment.frameworks}
        lines = [f"{name}: nothing was asked" for name in self.order if name not in there]
        broken = [record for record in self.environment.frameworks if record.absent]
        lines += [f"{r.name}: no cell of it, {r.absent}" for r in broken if installed(r.name)]
        left = self.planned - self.judged
        return lines + [
            f"{name}: {number:,} of {self.planned[name]:,} questions"
            for name, number in left.items()
        ]

    def _remember(self, event: Finished) -> None:
        """Puts what an implementation ended with into its record, which is written in the end."""
        records = (
            dataclasses.replace(
                record,
                sweep=event.sweep or record.sweep,
                shrunk={**record.shrunk, **event.shrunk},
            )
            if record.name == event.implementation
            else record
            for record in self.environment.implementations
        )
        self.environment = dataclasses.replace(self.environment, implementations=tuple(records))

    def _rewrite(self, new: Iterable[Finding]) -> None:
        """Writes the first line anew, with what is new behind, and leaves the file open for more.

        All is written where it has not begun yet, or somebody has taken the file away.
        """
        if self.path is None:
            return
        begun = self._file is not None and self.path.exists()
        self.close()
        if begun:
            unfinished = dataclasses.replace(self.environment, complete=False)
            write_again(unfinished, new, self.path)
        else:
            begun_with = self.run(complete=False)
            self.findings = list(begun_with.findings)  # in the order of the lines
            write(begun_with, self.path)
        self._file, self._begun = self.path.open("a", encoding="utf-8"), True

    def run(self, *, complete: bool) -> Run:
        """The run so far."""
        made = dataclasses.replace(self.environment, complete=complete and not self.lost)
        return Run.of(made, self.findings)

    def finish(self, *, complete: bool = True) -> Run:
        """The run, also written to the file, sorted."""
        self.close()
        run = self.run(complete=complete)
        if self.path is not None:
            if self._begun:
                arrange(run, self.findings, self.path)
            else:
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
    made = dataclasses.replace(made, asked=request.record)
    return Recording(environment=made, order=request.frameworks, path=path)
