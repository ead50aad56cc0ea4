"""What each framework calls a loss: the call, the native reductions, and the options it takes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.finding import Verdict
from equivalence.report.counts import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.finding import Finding
    from equivalence.results import ImplementationRecord, Run

KINDS = ("none", "sum", "mean")


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """One function of a framework, with all its means.

    Attributes:
        name: Without the native name of a mean.
        call: What a user of the framework writes.
        documentation: Its address.
        reductions: The native names by kind of reduction, those that it has.
        options: For each option of the loss how its questions came out; None if none was asked.
    """

    name: str
    call: str
    documentation: str
    reductions: tuple[tuple[str, ...], ...]
    options: tuple[Counts | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Translations:
    """The translations of one loss, and the options that were asked of any of them."""

    options: tuple[str, ...]
    rows: tuple[Translation, ...]


def call(source: str) -> str:
    r"""The expression that a translation returns, on one line; else the source.

    >>> call("def f(x, t, *, reduction):\n    return torch.loss(\n        x, t)")
    'torch.loss(x, t)'
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return " ".join(source.split())
    returned = [
        node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value
    ]
    return ast.unparse(returned[-1]) if returned else " ".join(source.split())


def base(implementation: str) -> str:
    """The name of the function, whichever of its means it is."""
    return implementation.partition("[")[0]


def options_of(case: str) -> tuple[str, ...]:
    """The options in the name of a generated case.

    >>> options_of("normal.rows.weight+ignore_index.0")
    ('weight', 'ignore_index')
    """
    parts = case.split(".")
    return tuple(parts[2].split("+")) if len(parts) == 4 else ()


def _asked(findings: Iterable[Finding]) -> dict[tuple[str, str], dict[str, list[Verdict]]]:
    """The verdicts of each loss and function by option."""
    asked: dict[tuple[str, str], dict[str, list[Verdict]]] = {}
    for finding in findings:
        for option in options_of(finding.case) if finding.verdict.asked else ():
            key = (finding.loss, base(finding.implementation))
            asked.setdefault(key, {}).setdefault(option, []).append(finding.verdict)
    return asked


def translations(run: Run) -> dict[str, Translations]:
    """The translations of each loss, in the order of the run."""
    asked = _asked(run.findings)
    grouped: dict[str, dict[str, list[ImplementationRecord]]] = {}
    for record in run.environment.implementations:
        grouped.setdefault(record.loss, {}).setdefault(base(record.name), []).append(record)
    found = {}
    for loss, functions in grouped.items():
        options = tuple(
            sorted({option for name in functions for option in asked.get((loss, name), {})})
        )
        rows = tuple(
            Translation(
                name=name,
                call=call(records[0].source),
                documentation=records[0].documentation,
                reductions=tuple(_native(records, kind) for kind in KINDS),
                options=tuple(
                    Counts.of(verdicts) if verdicts else None
                    for verdicts in (asked.get((loss, name), {}).get(option) for option in options)
                ),
            )
            for name, records in functions.items()
        )
        found[loss] = Translations(options=options, rows=rows)
    return found


def _native(records: list[ImplementationRecord], kind: str) -> tuple[str, ...]:
    """The native names of a kind of reduction."""
    return tuple(
        dict.fromkeys(record.reductions[kind] for record in records if kind in record.reductions)
    )
