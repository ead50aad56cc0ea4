"""Baselines: runs that were accepted, one line a cell, for one platform.

A baseline is JSON Lines: a header with the environment, a line for each divergence that it names,
then a line for each cell of which something was asked, sorted:

    {"kind": "cell", "cell": "loss:target:...", "verdict": "explained", "share": "3.1e+06",
     "questions": "9f3c51a80d42", "divergence": "clips_to_machine_epsilon",
     "answers": {"pinned.far": ["explained", DIGEST, BITS, SHARE, GOT, {"divergence": ...}], ...},
     "because": "scikit-learn 1.5 clips elsewhere"}

``share`` is the largest error as a fraction of its bound, ``questions`` a digest of all that was
asked, ``because`` the reason for which the cell was accepted, where it is not the header's. A
platform is a system and a machine, ``linux-x86_64``: versions, flags and the processor stand in
the header, and a comparison prints first where they differ.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from equivalence import results
from equivalence.exact import Number
from equivalence.finding import GRAVITY, Finding, Verdict, Where
from equivalence.measured import framework_of
from equivalence.pairing import raised, shape
from equivalence.results import DivergenceRecord, Environment, Run, RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SCHEMA = 1
_HEADER = ("implementations", "divergences", "losses", "claims", "complete", "schema")
_AGAIN = "restore it (`git checkout`) or accept a run again"
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A run that was accepted.

    Attributes:
        run: What it says, as a run: its findings have what a comparison reads, and no more.
        because: Why it was accepted in the first place.
        reasons: Why cells were accepted later, by cell.
    """

    run: Run
    because: str
    reasons: dict[str, str] = field(default_factory=dict)


class BaselineError(RunFileError):
    """A baseline cannot be read; the message says which, where, and what to do."""


def write(baseline: Baseline, path: Path) -> None:
    """Writes a baseline in one step: a reader sees the old file or the whole new one.

    Raises:
        OSError: If the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text("".join(f"{line}\n" for line in lines(baseline)), encoding="utf-8")
    part.replace(path)


def lines(baseline: Baseline) -> Iterable[str]:
    """The lines of a baseline: the header, the divergences that it names, the cells."""
    cells: dict[str, list[Finding]] = {}
    for finding in results.ordered(baseline.run.findings):
        if finding.verdict.asked:
            cells.setdefault(finding.cell, []).append(finding)
    environment = baseline.run.environment
    fields = dataclasses.asdict(environment)
    header = {
        "kind": "baseline",
        "schema": SCHEMA,
        "cells": len(cells),
        "because": baseline.because,
        "environment": {name: fields[name] for name in sorted(fields) if name not in _HEADER},
    }
    yield json.dumps(header, allow_nan=False)
    named = {name for finding in baseline.run.findings for name in finding.divergence.split(" + ")}
    for record in sorted(environment.divergences, key=lambda record: record.name):
        if record.name in named:
            entry = {"kind": "divergence", "name": record.name, "summary": record.summary}
            yield json.dumps(entry)
    for cell in sorted(cells):
        yield _cell_line(cell, cells[cell], baseline.reasons.get(cell, ""))


def _cell_line(cell: str, findings: list[Finding], because: str) -> str:
    worst = min(findings, key=lambda finding: GRAVITY.index(finding.verdict))
    shares = [finding.share for finding in findings if finding.error is not None]
    names = {name for finding in findings for name in finding.divergence.split(" + ")} - {""}
    line = {
        "kind": "cell",
        "cell": cell,
        "verdict": str(worst.verdict),
        "share": _figure(max(shares)) if shares else "",
        "questions": _questions({finding.case: finding.digest for finding in findings}),
        "divergence": " + ".join(sorted(names)),
        "answers": {finding.case: _answer(finding) for finding in findings},
    }
    return json.dumps(line | ({"because": because} if because else {}), allow_nan=False)


def _figure(number: float) -> str:
    return f"{number:.3g}"


def _questions(digests: dict[str, str]) -> str:
    """The digest of all that a cell was asked."""
    text = "\n".join(f"{case} {digest}" for case, digest in sorted(digests.items()))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _answer(finding: Finding) -> list[Any]:
    """What is kept of an answer."""
    share = "" if finding.error is None else _figure(finding.share)
    got = "" if finding.got is None else repr(float(finding.got))
    more: dict[str, Any] = {}
    if finding.divergence:
        more["divergence"] = finding.divergence
    if finding.returned:
        more["returned"] = finding.returned
    if detail := _detail(finding):
        more["detail"] = detail
    if finding.verdict.fails and finding.error is not None and finding.bound is not None:
        more |= {"error": repr(float(finding.error)), "bound": repr(float(finding.bound))}
        more["index"] = list(finding.where.index) if finding.where else []
    kept: list[Any] = [str(finding.verdict), finding.digest, finding.bits, share, got]
    return [*kept, more] if more else kept


def _detail(finding: Finding) -> str:
    """What is kept of the sentence: an exception's type, a shape, and what is said of a failure."""
    if exception := raised(finding):
        return f"raises {exception}"
    if found := shape(finding):
        return f"returned the shape {found}"
    return finding.detail if finding.verdict.fails else ""


def read(path: Path) -> Baseline:
    """The baseline in a file.

    Raises:
        BaselineError: If there is no such file, or it is not a whole baseline of this schema: the
            message names the line.
    """
    text = _text(path, "`equivalence compare BASELINE RUN --accept ... --because ...` writes one")
    first, *rest = text.split("\n")
    header = _header(path, first)
    torn = rest.pop() if rest else first
    divergences: list[DivergenceRecord] = []
    findings: list[Finding] = []
    reasons: dict[str, str] = {}
    seen: set[str] = set()
    for number, line in enumerate(rest, start=2):
        try:
            fields = json.loads(line)
            kind = fields["kind"]
            if kind == "divergence":
                divergences.append(_divergence(fields))
                continue
            if kind != "cell":
                raise ValueError(kind)
            mine = [
                _finding(fields["cell"], case, kept) for case, kept in fields["answers"].items()
            ]
            asked = {finding.case: finding.digest for finding in mine}
            reason = str(fields.get("because", ""))
        except _BROKEN as error:
            message = f"{path}: line {number} is no line of a baseline; {_AGAIN}"
            raise BaselineError(message) from error
        cell = fields["cell"]
        if cell in seen:
            message = f"{path}: line {number} names {cell} for the second time; delete one of them"
            raise BaselineError(message)
        if _questions(asked) != fields.get("questions"):
            message = f"{path}: line {number}: the questions of {cell} were edited; {_AGAIN}"
            raise BaselineError(message)
        seen.add(cell)
        findings += mine
        reasons |= {cell: reason} if reason else {}
    if torn or len(seen) != header["cells"]:
        message = f"{path}: cut short, {len(seen)} of {header['cells']} cells are there; {_AGAIN}"
        raise BaselineError(message)
    environment = dataclasses.replace(header["environment"], divergences=tuple(divergences))
    run = Run.of(environment, findings)
    return Baseline(run=run, because=header["because"], reasons=reasons)


def _text(path: Path, way_out: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        message = f"{path}: cannot be read ({reason}); {way_out}"
        raise BaselineError(message) from error


def _header(path: Path, line: str) -> dict[str, Any]:
    """The header: how many cells there are, why they were accepted, and the environment."""
    no_baseline = (
        f"{path}: line 1 is not the header of a baseline, which `equivalence compare` writes"
    )
    try:
        fields = json.loads(line)
        kind, schema = fields["kind"], fields.get("schema")
    except _BROKEN as error:
        raise BaselineError(no_baseline) from error
    if kind == "environment":
        message = f"{path} is a run, which nobody has accepted; a baseline is needed here"
        raise BaselineError(message)
    if kind != "baseline":
        raise BaselineError(no_baseline)
    if schema != SCHEMA:
        message = f"{path}: schema {schema}, this version reads {SCHEMA}; upgrade loss-equivalence"
        raise BaselineError(message)
    try:
        environment = _environment(fields["environment"])
        return {
            "cells": int(fields["cells"]),
            "because": str(fields["because"]),
            "environment": environment,
        }
    except _BROKEN as error:
        raise BaselineError(no_baseline) from error


def _environment(fields: dict[str, Any]) -> Environment:
    empty: dict[str, Any] = {
        name: [] for name in ("implementations", "divergences", "losses", "claims")
    }
    whole = fields | empty | {"kind": "environment", "schema": results.SCHEMA, "complete": True}
    return results.parse_environment(json.dumps(whole))


def _divergence(fields: dict[str, Any]) -> DivergenceRecord:
    return DivergenceRecord(
        name=str(fields["name"]),
        implementations=(),
        summary=str(fields["summary"]),
        reason=str(fields["summary"]),
        versions="",
        reference="",
    )


def _finding(cell: str, case: str, kept: list[Any]) -> Finding:
    loss, target, reduction, dtype, quantity, who = cell.split(":", 5)
    implementation, _, mode = who.rpartition("@")
    verdict, digest, bits, share, got, more = (*kept, {})[:6]
    error, bound = more.get("error", share), more.get("bound", "1.0")
    index = tuple(int(place) for place in more["index"]) if "index" in more else None
    return Finding(
        loss=loss,
        target=target,
        reduction=reduction,
        denominator="",
        dtype=dtype,
        quantity=quantity,
        implementation=implementation,
        framework=framework_of(cell),
        mode=mode,
        case=case,
        digest=str(digest),
        verdict=Verdict(verdict),
        got=_number(got),
        error=_number(error),
        bound=_number(bound) if error else None,
        where=None if index is None else Where(index=index),
        divergence=str(more.get("divergence", "")),
        returned=str(more.get("returned", "")),
        detail=str(more.get("detail", "")),
        bits=str(bits),
    )


def _number(text: str) -> Number | None:
    return Number.of(float(text)) if text else None


def recorded(path: Path) -> Run:
    """What is in a file, be it a run or a baseline.

    Raises:
        RunFileError: If it is neither; the message says which file, which line, and what to do.
    """
    try:
        with path.open(encoding="utf-8") as file:
            kind = json.loads(file.readline())["kind"]
    except (OSError, *_BROKEN):
        kind = ""
    return read(path).run if kind == "baseline" else results.read(path)
