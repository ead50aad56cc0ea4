"""Runs: the environment and all its findings, as JSON Lines.

Line 1 describes the environment, each further line is one finding, sorted. While a run is going on,
findings are appended as they come and the first line says ``"complete": false``; the finished file
is written anew, sorted, in one step, and says how many there are. A file that was cut short is
readable up to its last whole line.
"""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, TextIO

from equivalence.finding import Finding
from equivalence.garbage import uncollected
from equivalence.lines import (
    SchemaError,
    environment_line,
    finding_line,
    parse_environment,
    parse_finding,
)
from equivalence.records import (
    AskedRecord,
    ClaimRecord,
    DivergenceRecord,
    Environment,
    FrameworkRecord,
    ImplementationRecord,
    LossRecord,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "AskedRecord",
    "ClaimRecord",
    "DivergenceRecord",
    "Environment",
    "Finding",
    "FrameworkRecord",
    "ImplementationRecord",
    "LossRecord",
    "Run",
    "RunFileError",
    "append",
    "arrange",
    "ordered",
    "read",
    "write",
    "write_again",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The environment and all its findings, sorted by name."""

    environment: Environment
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, environment: Environment, findings: Iterable[Finding]) -> Run:
        """The run of some findings, in whatever order they were made."""
        return cls(environment=environment, findings=ordered(findings))


class RunFileError(ValueError):
    """A run file cannot be read; the message says which, where, and what to do."""


def read(path: Path) -> Run:
    """The run in a file.

    Raises:
        RunFileError: If there is no such file, its first line is no environment of this schema, or
            a line before the last cannot be read, or there are more of them than line 1 says. A
            torn last line, or fewer of them, makes the run incomplete, nothing more.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        way_out = f"`equivalence run -o {path}` writes one"
        if path.is_dir():
            way_out = "name a run file in it"
        message = f"{path}: cannot be read ({reason}); {way_out}"
        raise RunFileError(message) from error
    if not text:
        message = f"{path} is empty: nothing was written to it; `equivalence run -o {path}` does"
        raise RunFileError(message)
    first, *lines = text.split("\n")
    torn = lines.pop() if lines else first
    try:
        environment, counted = parse_environment(first)
    except SchemaError as error:
        message = f"{path}: {error}; upgrade loss-equivalence"
        raise RunFileError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path}: line 1 is not the environment of a run, which `equivalence run` writes"
        if first == text and text.startswith('{"asked": '):  # the keys are written in their order
            message = f"{path}: cut short in line 1; `equivalence run -o {path}` writes it again"
        raise RunFileError(message) from error
    with uncollected():
        findings = [_parsed(path, number, line) for number, line in enumerate(lines, start=2)]
    if counted is not None and len(findings) > counted:
        message = (
            f"{path}: holds {len(findings):,} findings, and line 1 says {counted:,}; "
            "delete what was appended, and let `equivalence merge` put runs together"
        )
        raise RunFileError(message)
    if torn or counted not in (None, len(findings)):
        environment = dataclasses.replace(environment, complete=False)
    return Run(environment=environment, findings=ordered(findings))


def _parsed(path: Path, number: int, line: str) -> Finding:
    try:
        return parse_finding(line)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, IndexError) as error:
        message = f"{path}: line {number} is not a finding; delete it and resume, or run again"
        raise RunFileError(message) from error


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings sorted by name; the order in which they were made does not matter."""
    return tuple(sorted(findings, key=lambda finding: finding.name))


def _first_line(run: Run) -> str:
    """Line 1 of the file of a run; of a finished one with the number of its findings."""
    environment = run.environment
    return environment_line(environment, len(run.findings) if environment.complete else None)


def write(run: Run, path: Path) -> None:
    """Writes a run in one step: a reader sees the old file or the whole new one.

    Raises:
        OSError: If the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(_first_line(run) + "\n")
        file.writelines(finding_line(finding) + "\n" for finding in ordered(run.findings))
    part.replace(path)


def arrange(run: Run, findings: list[Finding], path: Path) -> None:
    """Writes a run whose file holds the lines of its findings already, as they were made: sorted.

    It is written anew where the file does not hold a line for each of them.

    Args:
        run: The run.
        findings: Its findings in the order of the lines.
        path: The file.

    Raises:
        OSError: If the folder cannot be written.
    """
    if not path.exists() or not path.stat().st_size:
        write(run, path)
        return
    part = path.with_name(path.name + ".part")
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
        ends = [text.find(b"\n")]
        while ends[-1] >= 0:
            ends.append(text.find(b"\n", ends[-1] + 1))
        whole = len(ends) == len(findings) + 2  # line 1, and where nothing more is found
        if whole:
            names = [finding.name for finding in findings]
            with part.open("wb") as sorted_file:
                sorted_file.write(_first_line(run).encode() + b"\n")
                for place in sorted(range(len(names)), key=names.__getitem__):
                    sorted_file.write(text[ends[place] + 1 : ends[place + 1] + 1])
    if whole:
        part.replace(path)
    else:
        write(run, path)


def write_again(environment: Environment, more: Iterable[Finding], path: Path) -> None:
    """Writes line 1 of a run that is going on anew, and further findings behind it, in one step.

    Raises:
        OSError: If there is no such file, or the folder cannot be written.
    """
    part = path.with_name(path.name + ".part")
    with path.open(encoding="utf-8") as before, part.open("w", encoding="utf-8") as file:
        before.readline()
        file.write(environment_line(environment) + "\n")
        shutil.copyfileobj(before, file)
        append(more, file)
    part.replace(path)


def append(findings: Iterable[Finding], file: TextIO) -> None:
    """Appends findings to the file of a run that is going on."""
    file.writelines(finding_line(finding) + "\n" for finding in findings)
