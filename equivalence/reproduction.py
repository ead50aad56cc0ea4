"""Reproducing: a finding as a script in plain framework code, with every number written out.

The script is what was measured: the framework's imports, the literal inputs of the case, the
implementation's own source, a print. It needs the framework and nothing of this package.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.answers import QUANTITIES
from equivalence.cases.case import SOFT, SOFT_BINARY, SPARSE, Case, cotangent, encoding
from equivalence.cases.named import named
from equivalence.cases.second_order import direction
from equivalence.implementations.implementation import classes_to
from equivalence.literals import MANY, literal, written

if TYPE_CHECKING:
    from equivalence.finding import Finding
    from equivalence.results import Environment, ImplementationRecord

NUMPY = "import numpy as np"
COTANGENT = "np.resize([1.0, 2.0, 0.5], value.shape)"  # cases.case.cotangent, in the script's words


class ReproductionError(ValueError):
    """A finding cannot be reproduced; the message says why, and what can be done."""


def named_case(loss: str, target: str, reduction: str, dtype: str, origin: str) -> Case:
    """The case of a name, made again.

    Raises:
        ReproductionError: If this version knows no such case.
    """
    try:
        return named(loss, target, reduction, dtype, origin)
    except ValueError as error:
        raise ReproductionError(str(error)) from error


def reproduction(finding: Finding, environment: Environment) -> str:
    """The script that shows a finding in plain framework code.

    Raises:
        ReproductionError: If the case or the implementation is unknown, or nothing was asked.
    """
    if not finding.case:
        message = f"{finding.name} asked nothing: {finding.detail or finding.verdict}"
        raise ReproductionError(message)
    case = named_case(finding.loss, finding.target, finding.reduction, finding.dtype, finding.case)
    record = next(
        (known for known in environment.implementations if known.name == finding.implementation),
        None,
    )
    if record is None or _mode(finding) not in record.scripts:
        message = (
            f"the run says nothing about {finding.implementation}@{finding.mode}; run it again"
        )
        raise ReproductionError(message)
    versions = next(
        (known.versions for known in environment.frameworks if known.name == finding.framework), {}
    )
    return reproduction_of(finding, case, record, versions)


def reproduction_of(
    finding: Finding, case: Case, record: ImplementationRecord, versions: dict[str, str]
) -> str:
    """The same of any case, named or not.

    Raises:
        ReproductionError: If the case cannot be written out.
    """
    axis = record.class_axis if case.loss.has_classes else -1
    try:
        script = _script(finding, record.scripts[_mode(finding)], record, case, axis)
    except ValueError as error:
        message = f"no script: {error}; {finding.name} names the case for equivalence.judge"
        raise ReproductionError(message) from error
    needs_numpy = "np." in script and NUMPY not in record.imports
    return "\n".join(
        [
            *_heading(finding, versions, case, axis),
            *([NUMPY] if needs_numpy else []),
            record.imports,
            "",
            "",
            record.source,
            "",
            "",
            script,
        ]
    )


def _mode(finding: Finding) -> str:
    """The key of the script: the mode, and the quantity if it has a script of its own."""
    apart = finding.quantity in QUANTITIES[3:]
    return f"{finding.mode}.{finding.quantity}" if apart else finding.mode


def _script(
    finding: Finding, template: str, record: ImplementationRecord, case: Case, axis: int
) -> str:
    """The lines that call the function; of a large gradient only the worst number is printed."""
    sparse = encoding(case.target_kind) == SPARSE
    arguments = _arguments(record, case)
    script = template.format(
        prediction=_array(record, case.prediction, axis),
        target=_array(record, case.target, -1 if sparse else axis),
        function=record.function,
        arguments="".join(f", {name}={text}" for name, text in arguments.items()),
        options=", ".join(f"{name}={text}" for name, text in arguments.items()),
        weights=case.weighted_by,
        direction=_array(record, _direction(case), axis),
        cotangent=_cotangent(record, case),
        quantity=finding.quantity if finding.quantity != QUANTITIES[0] else QUANTITIES[1],
        variable="target" if finding.quantity == QUANTITIES[2] else "prediction",
        wanted=_wanted(record, case),
    )
    if case.prediction.dtype.kind in "iub":  # of which nothing can be differentiated
        lines = script.splitlines(keepends=True)
        script = "".join(line for line in lines if ".requires_grad_()" not in line)
    if case.prediction.size < MANY:
        return script
    index = (0,) * case.prediction.ndim
    if finding.where is not None and finding.quantity != QUANTITIES[0]:
        index = finding.where.index
    place = ", ".join(map(str, printed_index(index, axis, QUANTITIES[1])))
    return re.sub(r"(print\(.*gradient.*)\.tolist\(\)", rf"\1[{place}].tolist()", script)


def _wanted(record: ImplementationRecord, case: Case) -> str:
    """Everything that was differentiated in one step: of compiled code it decides the bits."""
    soft = encoding(case.target_kind) in SOFT | SOFT_BINARY
    return "prediction, target" if record.differentiates_target and soft else "prediction"


def _direction(case: Case) -> np.ndarray:
    """Along which second derivatives are taken, in the dtype of the case."""
    return direction(case.prediction.shape).astype(case.prediction.dtype)


def _heading(finding: Finding, versions: dict[str, str], case: Case, axis: int) -> list[str]:
    """Comments: what is shown, with which versions, what was got and what is right."""
    lines = [f"# {finding.name}"]
    if versions:
        said = (f"{package} {version}" for package, version in versions.items())
        lines.append(f"# {', '.join(said)}")
    if case.digest != finding.digest:
        lines.append(
            f"# The case has changed: its digest is {case.digest}, the run's was {finding.digest}."
        )
    if finding.got is not None and finding.exact is not None and finding.where is not None:
        index = printed_index(finding.where.index, axis, finding.quantity)
        at = f" at [{', '.join(map(str, index))}]" if index else ""
        lines.append(
            f"# {finding.quantity}{at}: got {finding.got.decimal}, exactly {finding.exact.decimal}"
        )
    elif finding.detail:
        lines.append(f"# {finding.verdict}: {' '.join(finding.detail.split())}")
    return lines


def printed_index(index: tuple[int, ...], axis: int, quantity: str) -> tuple[int, ...]:
    """The position in what the script prints: with the classes behind the batch if ``axis`` is 1.

    >>> printed_index((0, 5, 2), 1, "gradient")
    (0, 2, 5)
    """
    if axis == -1 or quantity == QUANTITIES[0] or len(index) < 2:
        return index
    return (index[0], index[-1], *index[1:-1])


def _arguments(record: ImplementationRecord, case: Case) -> dict[str, str]:
    """The keyword arguments as they are written."""
    written = {name: _argument(record, value) for name, value in case.options.items()}
    if case.weights is not None:
        written["sample_weight"] = _argument(record, case.weights)
    if record.reduces:  # a misspelt one is an option
        named = repr(record.reductions[case.reduction.kind]).replace("'", '"')
        written.setdefault("reduction", named)
    return written


def _argument(record: ImplementationRecord, value: Any) -> str:
    return (
        _array(record, np.asarray(value))
        if isinstance(value, np.ndarray | np.generic)
        else literal(value)
    )


def _array(record: ImplementationRecord, array: np.ndarray, axis: int = -1) -> str:
    """An array in the framework's words, its classes where it wants them."""
    if array.size >= MANY and axis != -1 and array.ndim > 1:
        values = f"np.moveaxis({written(array)}, -1, {axis})"
    else:
        values = written(classes_to(array, axis))
    words = array.dtype.kind == "U"  # of which frameworks have types of other names, or none
    template = re.sub(r", dtype=[^,)]*", "", record.array) if words else record.array
    return template.format(values=values, dtype=array.dtype.name)


def _cotangent(record: ImplementationRecord, case: Case) -> str:
    """What the value is multiplied by before it is differentiated; NumPy takes its own shape."""
    if case.reduction.kind != "none":
        return literal(cotangent(()))
    if case.malformed:  # what comes back may have any shape
        return COTANGENT.replace("np.", '__import__("numpy").')
    return COTANGENT if NUMPY in record.imports else written(cotangent(case.shape))
