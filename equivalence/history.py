"""The history of cells over several releases: what each release changed, as data.

It is written as JSON Lines: line 1 says of what, then a line for each group of cells that have
changed alike, then a line for each change.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from equivalence.changes import Change, Comparison, compare
from equivalence.finding import GRAVITY, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from equivalence.finding import Finding
    from equivalence.results import Run

_RANK = {verdict: rank for rank, verdict in enumerate(GRAVITY)}
NOT_OFFERED = Verdict.INAPPLICABLE.value


class HistoryError(ValueError):
    """A file holds no history; the message says which, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Cells of one implementation in one mode that have changed alike.

    Attributes:
        implementation: ``"sklearn.log_loss_binary@eager"``.
        cells: Their names without it: ``"binary_cross_entropy:binary:mean:float32:value"``.
        states: For each release the gravest verdict, and the divergences met.
    """

    implementation: str
    cells: tuple[str, ...]
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change that a release has made to cells of one implementation.

    Attributes:
        release: In which it shows first.
        before: The release before, of those that were asked.
        what: Its kind: ``"new divergence"``, ``"changed answer"``, ...
        implementation: Whose.
        cells: How many cells.
        finding: One finding that shows it.
        words: What became of that one.
    """

    release: str
    before: str
    what: str
    implementation: str
    cells: int
    finding: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What releases of one package have changed.

    Attributes:
        package: Whose releases.
        releases: Oldest first.
        versions: For each release what else was installed that decides numbers, in words.
        asked: For each release how many cells were asked.
        failing: For each release how many cells fail.
        rows: The cells that have changed.
        steps: The changes.
    """

    package: str
    releases: tuple[str, ...]
    versions: tuple[str, ...]
    asked: tuple[int, ...]
    failing: tuple[int, ...]
    rows: tuple[Row, ...]
    steps: tuple[Step, ...]


def history(
    package: str,
    runs: Sequence[tuple[str, Run]],
    words: Callable[[Change, Comparison], str],
) -> History:
    """The history that several runs make, each with the name of its release.

    Args:
        package: Whose releases.
        runs: Oldest first.
        words: Says a change in one sentence.
    """
    asked = [_cells(run) for _, run in runs]
    steps: list[Step] = []
    changed: set[str] = set()
    for (before, old), (after, new) in itertools.pairwise(runs):
        comparison = compare(old, new)
        mine = [c for c in comparison.changes if c.alarms or c.before is None]
        changed |= {change.cell for change in mine}
        steps += _steps((before, after), mine, comparison, words)
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for cell in sorted(changed):
        question, _, implementation = _parted(cell)
        states = tuple(_state(cells.get(cell, [])) for cells in asked)
        alike.setdefault((implementation, states), []).append(question)
    return History(
        package=package,
        releases=tuple(name for name, _ in runs),
        versions=tuple(_versions(run) for _, run in runs),
        asked=tuple(map(len, asked)),
        failing=tuple(sum(any(f.verdict.fails for f in c) for c in a.values()) for a in asked),
        rows=tuple(
            Row(implementation=implementation, cells=tuple(cells), states=states)
            for (implementation, states), cells in sorted(alike.items())
        ),
        steps=tuple(steps),
    )


def _parted(cell: str) -> tuple[str, str, str]:
    """The question and the implementation of a cell; names of implementations hold no colon."""
    return cell.rpartition(":")


def _cells(run: Run) -> dict[str, list[Finding]]:
    cells: dict[str, list[Finding]] = {}
    for finding in run.findings:
        if finding.verdict.asked:
            cells.setdefault(finding.cell, []).append(finding)
    return cells


def _state(findings: list[Finding]) -> str:
    """The gravest verdict of a cell, and every divergence that its findings name."""
    if not findings:
        return NOT_OFFERED
    worst = min((finding.verdict for finding in findings), key=_RANK.__getitem__)
    names = {name for finding in findings for name in finding.divergences}
    return " ".join([worst.value, *sorted(names)])


def _steps(
    releases: tuple[str, str],
    changes: list[Change],
    comparison: Comparison,
    words: Callable[[Change, Comparison], str],
) -> list[Step]:
    """The changes of one release, those that are alike together."""
    alike: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        known = [
            "" if finding is None else f"{finding.verdict.value} {finding.divergence}"
            for finding in (change.before, change.after)
        ]
        key = (str(change.kind), _parted(change.cell)[2], *known)
        alike.setdefault(key, []).append(change)
    return [
        Step(
            release=releases[1],
            before=releases[0],
            what=key[0],
            implementation=key[1],
            cells=len(group),
            finding=group[0].finding,
            words=words(group[0], comparison),
        )
        for key, group in alike.items()
    ]


def _versions(run: Run) -> str:
    """The installed versions that decide numbers, and Python's."""
    found = {"numpy": run.environment.packages.get("numpy", "")}
    for record in run.environment.frameworks:
        found |= record.versions
    listed = [f"{name} {version}" for name, version in found.items() if version]
    return ", ".join([*listed, run.environment.python])


def write_history(found: History, path: Path) -> None:
    """Writes a history as JSON Lines: sorted keys, one row or change a line.

    Raises:
        OSError: If the file cannot be written.
    """
    head = asdict(found)
    rows, steps = head.pop("rows"), head.pop("steps")
    lines = [{"kind": "history", **head}]
    lines += [{"kind": "row", **row} for row in rows]
    lines += [{"kind": "change", **step} for step in steps]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line, sort_keys=True, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")


def read_history(path: Path) -> History:
    """The history in a file.

    Raises:
        HistoryError: If it cannot be read.
    """
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        head, rest = lines[0], lines[1:]
        if head.pop("kind") != "history":
            raise KeyError("kind")  # noqa: TRY301 - told as every other fault of the file
        rows = tuple(Row(**_fields(line)) for line in rest if line["kind"] == "row")
        steps = tuple(Step(**_fields(line)) for line in rest if line["kind"] == "change")
        return History(**_tuples(head), rows=rows, steps=steps)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        reason = getattr(error, "strerror", None) or "it is no history of releases"
        message = f"{path}: cannot be read ({reason}); `equivalence atlas --make` writes one"
        raise HistoryError(message) from error


def _fields(line: dict[str, Any]) -> dict[str, Any]:
    return _tuples({name: value for name, value in line.items() if name != "kind"})


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
