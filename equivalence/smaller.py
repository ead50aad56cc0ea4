"""Smaller: the inputs of what fails, shrunk while its framework is still loaded.

A report is made from a run file, without any framework. So a run keeps, for a few of the red
findings of each implementation, a small input that shows the same, and a script with it. What the
catalogue explains is many times more; there the smallest of the cases asked has to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.case import SPARSE, encoding
from equivalence.environment import framework_record, implementation_record
from equivalence.finding import Verdict
from equivalence.literals import MANY, literal, written
from equivalence.reproduction import ReproductionError, named_case, reproduction_of
from equivalence.shrinking import smallest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.cases.case import Case
    from equivalence.finding import Finding
    from equivalence.implementations import Implementation

SHRUNK = 4  # cells of an implementation whose inputs are shrunk
ATTEMPTS = 150  # smaller inputs that are tried for each: some seconds for all
NUMBERS = 10_000  # of a prediction that is shrunk: a larger one takes too long to be asked again


def shrunk(implementation: Implementation, failing: Iterable[Finding]) -> dict[str, dict[str, str]]:
    """The small inputs of some findings that fail, and the scripts that show them.

    Args:
        implementation: Which gave them, its framework loaded.
        failing: In the order in which they were made. The first of each cell is shrunk, in the
            implementation's first mode; the others may compile anew for every input.

    Returns:
        For each of a few cells ``"input"``, ``"got"`` and ``"script"``.
    """
    found: dict[str, dict[str, str]] = {}
    for finding in failing:
        plain = finding.mode == implementation.offered_modes[0]
        if len(found) >= SHRUNK:
            break
        if finding.verdict is Verdict.DIVERGES and plain and finding.cell not in found:
            told = _told(implementation, finding)
            if told:
                found[finding.cell] = told
    return found


def _told(implementation: Implementation, finding: Finding) -> dict[str, str]:
    try:
        parts = (finding.loss, finding.target, finding.reduction, finding.dtype, finding.case)
        case = named_case(*parts)
        if case.malformed or case.prediction.size > NUMBERS:
            return {}
        small, shown = smallest(implementation, case, finding, ATTEMPTS)
        record = implementation_record(implementation)
        versions = framework_record(implementation.framework).versions
        script = reproduction_of(shown, small, record, versions)
    except (ReproductionError, ArithmeticError, ValueError):
        return {}  # a small input less; what was asked is in the run
    script = f"# a smaller input of\n{script}"
    return {"input": arguments(small), "got": outcome(shown), "script": script}


def outcome(finding: Finding) -> str:
    """What was got and what is exact, on one line."""
    got = finding.got.decimal if finding.got is not None else finding.detail
    exact = f", exactly {finding.exact.decimal}" if finding.exact is not None else ""
    at = f" at {list(finding.where.index)}" if finding.where and finding.where.index else ""
    return f"{finding.quantity}{at}: {got}{exact}"


def arguments(case: Case) -> str:
    """A small case on one line."""
    sparse = encoding(case.target_kind) == SPARSE
    parts = {
        "prediction": _brief(case.prediction),
        "target": str(case.target.tolist())
        if sparse and case.target.size < MANY
        else _brief(case.target),
        **{name: _option(value) for name, value in case.options.items()},
    }
    if case.weights is not None:
        parts["sample_weight"] = _option(case.weights)
    if case.target.dtype.name != ("int64" if sparse else case.dtype):
        parts["target"] += f" ({case.target.dtype.name})"
    parts.setdefault("reduction", str(case.reduction))
    return f"{case.dtype}: " + ", ".join(f"{name} = {text}" for name, text in parts.items())


def _brief(array: np.ndarray) -> str:
    try:
        return written(array)
    except ValueError as error:
        return f"({error})"


def _option(value: object) -> str:
    array = isinstance(value, np.ndarray | np.generic)
    return literal(np.asarray(value)) if array else literal(value)
