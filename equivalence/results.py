"""Runs: the environment and all its findings, as JSON Lines.

Line 1 describes the environment, each further line is one finding, sorted. While a run is going on,
findings are appended as they come and the first line says ``"complete": false``; the finished file
is written anew, sorted, in one step. A file that was cut short is readable up to its last whole
line.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import shutil
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, Any, TextIO

from equivalence.exact import Number
from equivalence.finding import FIELDS, Finding, Verdict, Where, values
from equivalence.garbage import uncollected
from equivalence.records import (
    SCHEMA,
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
    "SCHEMA",
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
    "SchemaError",
    "append",
    "environment_line",
    "finding_line",
    "ordered",
    "parse_environment",
    "parse_finding",
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


class SchemaError(ValueError):
    """A run was written in another schema; the message says which."""


_encode = json.JSONEncoder(allow_nan=False).encode
_NUMBERS = ("got", "exact", "error", "bound", "ulps")
_RECORDS: dict[str, Any] = {
    "frameworks": FrameworkRecord,
    "implementations": ImplementationRecord,
    "divergences": DivergenceRecord,
    "losses": LossRecord,
    "claims": ClaimRecord,
}


def environment_line(environment: Environment) -> str:
    """Line 1 of a run file."""
    fields = {"kind": "environment", **dataclasses.asdict(environment)}
    return json.dumps(fields, sort_keys=True, allow_nan=False)


def finding_line(finding: Finding) -> str:
    """The line of a finding: ``kind`` and ``cell``, then the fields, numbers as [hex, decimal]."""
    fields: dict[str, Any] = {"kind": "finding", "cell": finding.cell}
    fields |= zip(FIELDS, values(finding), strict=True)
    fields["verdict"] = finding.verdict.value
    if (where := finding.where) is not None:
        fields["where"] = {name: getattr(where, name) for name in ("index", "prediction", "target")}
    return _encode(fields)


def _number(pair: Any) -> Number | None:
    if pair is None:
        return None
    number = Number(str(pair[0]), str(pair[1]))
    float(number)  # what is no number is refused here, and not where it is compared
    return number


def parse_finding(line: str) -> Finding:
    """The finding of a line.

    Raises:
        ValueError, KeyError, TypeError, OverflowError, IndexError: If the line is not one that
            ``finding_line`` writes.
    """
    fields = json.loads(line)
    if fields.pop("kind") != "finding":
        message = "not a finding"
        raise ValueError(message)
    fields.pop("cell")
    fields["verdict"] = Verdict(fields["verdict"])
    for name in _NUMBERS:
        fields[name] = _number(fields[name])
    if fields["where"] is not None:
        where = fields["where"]
        fields["where"] = Where(
            index=tuple(where["index"]),
            prediction=tuple(itertools.starmap(Number, where["prediction"])),
            target=tuple(itertools.starmap(Number, where["target"])),
        )
    return Finding(**_known(Finding, fields))


def parse_environment(line: str) -> Environment:
    """The environment of line 1; unknown keys are passed over, so that newer files can be read.

    Raises:
        SchemaError: If it was written in another schema.
        ValueError, KeyError, TypeError: If the line is not one that ``environment_line`` writes.
    """
    fields = json.loads(line)
    if fields.pop("kind") != "environment":
        message = "not an environment"
        raise ValueError(message)
    if fields["schema"] != SCHEMA:
        message = f"schema {fields['schema']}, this version reads {SCHEMA}"
        raise SchemaError(message)
    for name, record in _RECORDS.items():
        fields[name] = tuple(_record(record, entry) for entry in fields[name])
    if fields.get("asked") is not None:
        fields["asked"] = _record(AskedRecord, fields["asked"])
    return Environment(**_known(Environment, fields))


@functools.cache
def _names(kind: Any) -> frozenset[str]:
    return frozenset(attribute.name for attribute in dataclasses.fields(kind))


def _known(kind: Any, fields: dict[str, Any]) -> dict[str, Any]:
    known = _names(kind)
    if fields.keys() == known:
        return fields
    return {name: value for name, value in fields.items() if name in known}


def _record(kind: Any, entry: dict[str, Any]) -> Any:
    values = _known(kind, entry).items()
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values})


def read(path: Path) -> Run:
    """The run in a file.

    Raises:
        RunFileError: If there is no such file, its first line is no environment of this schema, or
            a line before the last cannot be read. A torn last line makes the run incomplete,
            nothing more.
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
        environment = parse_environment(first)
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
    if torn:
        environment = dataclasses.replace(environment, complete=False)
    return Run(environment=environment, findings=ordered(findings))


def _parsed(path: Path, number: int, line: str) -> Finding:
    try:
        return parse_finding(line)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, IndexError) as error:
        message = f"{path}: line {number} is not a finding; delete the line or run again"
        raise RunFileError(message) from error


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings sorted by name; the order in which they were made does not matter."""
    return tuple(sorted(findings, key=lambda finding: finding.name))


def write(run: Run, path: Path) -> None:
    """Writes a run in one step: a reader sees the old file or the whole new one.

    Raises:
        OSError: If the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(environment_line(run.environment) + "\n")
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
                sorted_file.write(environment_line(run.environment).encode() + b"\n")
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
