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
from equivalence.finding import GRAVITY, Finding, joined
from equivalence.pairing import raised, shape
from equivalence.results import Run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SCHEMA = 1
_NOT_KEPT = ("implementations", "divergences", "losses", "claims", "complete", "schema")


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
        "environment": {name: fields[name] for name in sorted(fields) if name not in _NOT_KEPT},
    }
    yield json.dumps(header, allow_nan=False)
    named = {name for finding in baseline.run.findings for name in finding.divergences}
    for record in sorted(environment.divergences, key=lambda record: record.name):
        if record.name in named:
            entry = {"kind": "divergence", "name": record.name, "summary": record.summary}
            yield json.dumps(entry)
    for cell in sorted(cells):
        yield _cell_line(cell, cells[cell], baseline.reasons.get(cell, ""))


def _cell_line(cell: str, findings: list[Finding], because: str) -> str:
    worst = min(findings, key=lambda finding: GRAVITY.index(finding.verdict))
    shares = [f.share for f in findings if f.error is not None and f.share == f.share]
    names = {name for finding in findings for name in finding.divergences}
    line = {
        "kind": "cell",
        "cell": cell,
        "verdict": str(worst.verdict),
        "share": _figure(max(shares)) if shares else "",
        "questions": questions_digest({finding.case: finding.digest for finding in findings}),
        "divergence": joined(sorted(names)),
        "answers": {finding.case: _answer(finding) for finding in findings},
    }
    return json.dumps(line | ({"because": because} if because else {}), allow_nan=False)


def _figure(number: float) -> str:
    return f"{number:.3g}"


def questions_digest(digests: dict[str, str]) -> str:
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
