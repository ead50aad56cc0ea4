"""Accepting: cells of a run are taken into a baseline, for a reason."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from equivalence.baseline import Baseline
from equivalence.changes import Comparison, compare
from equivalence.measured import is_whole
from equivalence.pairing import Kind
from equivalence.results import AskedRecord, Environment, Run
from equivalence.selection import Selection, Word, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class AcceptError(ValueError):
    """Nothing is accepted; the message says why, and what to do."""


def chosen(words: Iterable[str], cells: Iterable[str]) -> frozenset[str]:
    """The cells that some words name: whole names each name one, all other words are and-ed.

    Raises:
        AcceptError: If a word names none of them, or all together do.
    """
    words, known = list(words), frozenset(cells)
    whole = known.intersection(words)
    parts = [
        Word(text=word.removeprefix("!"), negated=word.startswith("!"))
        for word in words
        if word not in known
    ]
    for word in parts:
        if not word.text or not any(word.matches(cell, "") for cell in known):
            pieces = {piece for cell in known for piece in (cell, *cell.split(":"))}
            near = nearest(word.text, pieces)
            message = f"no cell of the run or the baseline is called {word.text!r}"
            raise AcceptError("; ".join(filter(None, (message, near))))
    selection = Selection(words=tuple(parts))
    taken = frozenset(cell for cell in whole or known if selection.takes(cell))
    if not taken:
        message = f"no cell is called all of {' '.join(words)}: words are and-ed, whole names or-ed"
        raise AcceptError(message)
    return taken


def accepted(
    baseline: Baseline | None, run: Run, words: Iterable[str], because: str
) -> tuple[Baseline, Comparison | None]:
    """A baseline with some cells of a run, and what that changes; None if there was none before.

    Raises:
        AcceptError: If there is no reason, the run is incomplete or of another platform, the words
            name nothing, or nothing that they name has changed.
    """
    if not because.strip():
        message = 'accepting needs a reason: --because "scikit-learn 1.5 clips elsewhere"'
        raise AcceptError(message)
    if not is_whole(run.environment):
        message = "the run is incomplete, and is not accepted; `equivalence run --resume` ends it"
        raise AcceptError(message)
    asked = [finding for finding in run.findings if finding.verdict.asked]
    if baseline is None:
        taken = chosen(words, {finding.cell for finding in asked})
        mine = [finding for finding in asked if finding.cell in taken]
        return Baseline(run=Run.of(run.environment, mine), because=because), None
    before = baseline.run
    _check_platform(before.environment, run.environment)
    cells = {finding.cell for finding in (*before.findings, *asked)}
    taken = chosen(words, cells)
    compared = compare(before, run)
    changes = tuple(change for change in compared.changes if change.cell in taken)
    if not changes:
        message = f"nothing that {' '.join(words)} names has changed; there is nothing to accept"
        raise AcceptError(message)
    gone = {change.cell for change in changes if change.kind is Kind.GONE}
    there = {finding.cell for finding in asked} & taken
    kept = [f for f in before.findings if f.cell not in there and f.cell not in gone]
    findings = [*kept, *(finding for finding in asked if finding.cell in there)]
    reasons = {cell: reason for cell, reason in baseline.reasons.items() if cell not in gone} | {
        change.cell: because for change in changes if change.cell not in gone
    }
    environment = _environment(before.environment, run.environment)
    made = Baseline(run=Run.of(environment, findings), because=baseline.because, reasons=reasons)
    return made, dataclasses.replace(compared, changes=changes)


def _check_platform(before: Environment, after: Environment) -> None:
    if before.system and after.system and before.system != after.system:
        message = (
            f"the baseline is of {before.system}, the run of {after.system}; "
            f"give each platform a file of its own: {after.system}.jsonl"
        )
        raise AcceptError(message)


def _environment(before: Environment, after: Environment) -> Environment:
    """The later environment, and of what it was not asked for what the earlier one says."""
    frameworks = {record.name: record for record in (*before.frameworks, *after.frameworks)}
    divergences = {record.name: record for record in (*before.divergences, *after.divergences)}
    asked = None
    if before.asked is not None and after.asked is not None:
        both = (*before.asked.frameworks, *after.asked.frameworks)
        same = before.asked.select == after.asked.select
        asked = AskedRecord(
            select=after.asked.select if same else (), frameworks=tuple(sorted(set(both)))
        )
    return dataclasses.replace(
        after,
        frameworks=tuple(frameworks[name] for name in sorted(frameworks)),
        divergences=tuple(divergences[name] for name in sorted(divergences)),
        asked=asked,
    )


def located(path: Path, environment: Environment) -> Path:
    """The file of a baseline: of a folder, the one of the platform of a run."""
    return path / f"{environment.system or 'baseline'}.jsonl" if path.is_dir() else path
