"""Failures: what a failing law says, in words and not as a traceback."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from equivalence.finding import Finding, row_shown
from equivalence.generated import told
from equivalence.report.words import figure, hexadecimal, magnitude, plural, times_bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from equivalence.exact import Number
    from equivalence.generated import Searched
    from equivalence.identities import Claim, Examined
    from equivalence.items import Relating
    from equivalence.relations import Disagreement

    Judged = Callable[[Sequence[Finding]], None]
    Holds = Callable[[Relating], None]
    Examine = Callable[[Claim], Examined]


def passes(findings: Sequence[Finding], *, strict: bool = False) -> None:
    """Fails with every finding that fails; if strict, also where only the catalogue explains it.

    Raises:
        pytest.fail.Exception: If there is one.
    """
    failing = [
        finding
        for finding in findings
        if finding.verdict.fails or (strict and finding.verdict.catalogued)
    ]
    if failing:
        verb = "fails" if len(failing) == 1 else "fail"
        head = f"{len(failing)} of {plural(len(findings), 'case')} {verb}"
        _fail(head, map(described, failing))


def agrees(disagreements: Sequence[Disagreement]) -> None:
    """Fails with every pair that disagrees.

    Raises:
        pytest.fail.Exception: If there is one.
    """
    if disagreements:
        _fail(plural(len(disagreements), "disagreement"), map(opposed, disagreements))


def none_of(problems: Sequence[str]) -> None:
    """Fails with every problem.

    Raises:
        pytest.fail.Exception: If there is one.
    """
    if problems:
        _fail(plural(len(problems), "problem"), problems)


def held(searched: Searched, folder: str | None = None) -> None:
    """Fails with the smallest counterexample; its pinned files are written beside, when asked.

    Raises:
        pytest.fail.Exception: If there is one.
        pytest.skip.Exception: If the catalogue says that the relation is owed nowhere.
    """
    example = searched.counterexample
    if example is not None:
        for name, text in example.texts.items() if folder else ():
            path = Path(str(folder)) / f"{name}.toml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        _fail("the smallest counterexample:", told(example))
    if not searched.compared:
        pytest.skip("the questions that are answered instead keep no such relation")


def _fail(head: str, paragraphs: Iterable[str]) -> NoReturn:
    pytest.fail("\n\n".join((head, *paragraphs)), pytrace=False)


def described(finding: Finding) -> str:
    """A finding: the numbers at the worst position, its inputs, and the command that shows more."""
    lines = [f"{finding.case}: {finding.verdict}"]
    for name, text in (
        ("got", _number(finding.got)),
        ("exact", _number(finding.exact)),
        ("error", _error(finding)),
        ("at", str(list(finding.where.index)) if finding.where and finding.where.index else ""),
        ("prediction", _numbers(finding.where.prediction) if finding.where else ""),
        ("target", _numbers(finding.where.target) if finding.where else ""),
        ("catalogue", finding.divergence),
        ("detail", finding.detail),
        ("more", _command(finding.name)),
    ):
        if text:
            lines.append(f"  {name:<10} {text}")
    return "\n".join(lines)


def opposed(found: Disagreement) -> str:
    """Two readings of one question that cannot both be right, and the commands that show more."""
    lines = [
        f"{one} says {_number(number)}" for one, number in zip(found.labels, found.got, strict=True)
    ]
    where = f" at {list(found.index)}" if found.index else ""
    error, bound = figure(magnitude(found.error)), figure(magnitude(found.bound))
    apart = f"{error} apart{where}; both may err by {bound} together"
    return "\n  ".join((lines[0], lines[1], apart, *map(_command, dict.fromkeys(found.names))))


def _number(number: Number | None) -> str:
    return "" if number is None else f"{number.decimal} ({hexadecimal(number)})"


def _numbers(numbers: Sequence[Number]) -> str:
    return ", ".join(row_shown(list(map(_number, numbers))))


def _error(finding: Finding) -> str:
    if finding.error is None:
        return ""
    size, ulps = figure(magnitude(finding.error)), figure(magnitude(finding.ulps))
    bound = figure(magnitude(finding.bound))
    return f"{size}: {ulps} ulps of {finding.dtype}, {times_bound(finding.share)} {bound}"


def _command(name: str) -> str:
    return f"equivalence explain {shlex.quote(name)}"
