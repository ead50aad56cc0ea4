"""Reproducing: a finding as a script in plain framework code, with every number written out.

The script is what was measured: the framework's imports, the literal inputs of the case, the
implementation's own source, a print. It needs the framework and nothing of this package.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.answers import QUANTITIES
from equivalence.cases.case import SOFT, SOFT_BINARY, SPARSE, Case, cotangent, encoding
from equivalence.cases.generation import from_name
from equivalence.cases.pinned import ORIGIN, pinned_case
from equivalence.implementations.implementation import classes_to

if TYPE_CHECKING:
    from equivalence.finding import Finding
    from equivalence.results import Environment, ImplementationRecord

WIDTH = 100  # columns beyond which a literal is broken into rows
NUMPY = "import numpy as np"
COTANGENT = "np.resize([1.0, 2.0, 0.5], value.shape)"  # cases.case.cotangent, in the script's words


class ReproductionError(ValueError):
    """A finding cannot be reproduced; the message says why, and what can be done."""


def named_case(loss: str, target: str, reduction: str, dtype: str, origin: str) -> Case:
    """The case of a name, made again, pinned or generated.

    Raises:
        ReproductionError: If this version knows no such case.
    """
    make = pinned_case if origin.startswith(f"{ORIGIN}.") else from_name
    try:
        return make(loss, target, reduction, dtype, origin)
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
    if record is None or finding.mode not in record.scripts:
        message = (
            f"the run says nothing about {finding.implementation}@{finding.mode}; run it again"
        )
        raise ReproductionError(message)
    axis = record.class_axis if case.loss.has_classes else -1
    sparse = encoding(case.target_kind) == SPARSE
    script = record.scripts[finding.mode].format(
        prediction=_array(record, classes_to(case.prediction, axis)),
        target=_array(record, case.target if sparse else classes_to(case.target, axis)),
        function=record.function,
        arguments="".join(f", {name}={text}" for name, text in _arguments(record, case).items()),
        cotangent=_cotangent(record, case),
        quantity=finding.quantity if finding.quantity != QUANTITIES[0] else QUANTITIES[1],
        variable="target" if finding.quantity == QUANTITIES[2] else "prediction",
        wanted=_wanted(record, case),
    )
    return "\n".join(
        [
            *_heading(finding, environment, case, axis),
            record.imports,
            "",
            "",
            record.source,
            "",
            "",
            script,
        ]
    )


def _wanted(record: ImplementationRecord, case: Case) -> str:
    """Everything that was differentiated in one step: of compiled code it decides the bits."""
    soft = encoding(case.target_kind) in SOFT | SOFT_BINARY
    return "prediction, target" if record.differentiates_target and soft else "prediction"


def _heading(finding: Finding, environment: Environment, case: Case, axis: int) -> list[str]:
    """Comments: what is shown, with which versions, what was got and what is right."""
    lines = [f"# {finding.name}"]
    lines += [
        f"# {', '.join(f'{package} {version}' for package, version in framework.versions.items())}"
        for framework in environment.frameworks
        if framework.name == finding.framework and framework.versions
    ]
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
    if record.reduces:
        written["reduction"] = repr(record.reductions[case.reduction.kind]).replace("'", '"')
    return written


def _argument(record: ImplementationRecord, value: Any) -> str:
    return (
        _array(record, np.asarray(value))
        if isinstance(value, np.ndarray | np.generic)
        else literal(value)
    )


def _array(record: ImplementationRecord, array: np.ndarray) -> str:
    return record.array.format(values=literal(array), dtype=array.dtype.name)


def _cotangent(record: ImplementationRecord, case: Case) -> str:
    """What the value is multiplied by before it is differentiated; NumPy takes its own shape."""
    if case.reduction.kind != "none":
        return literal(cotangent(()))
    return COTANGENT if NUMPY in record.imports else literal(cotangent(case.shape))


def literal(value: Any) -> str:
    """A number or an array as Python text that gives the same bits again.

    >>> literal(np.array([[0.1, -np.inf]], dtype=np.float32))
    '[[0.1, -float("inf")]]'
    """
    return _nested(value, "") if isinstance(value, np.ndarray) else _number(value)


def _nested(array: np.ndarray, indent: str) -> str:
    """The array on one line; if that is too long, its rows on lines of their own."""
    if array.ndim == 0:
        return _number(array[()])
    deeper = indent + "    "
    items = [_nested(part, deeper) for part in array]
    text = f"[{', '.join(items)}]"
    if len(text) + len(indent) <= WIDTH:
        return text
    lines = items if array.ndim > 1 else [""]
    for item in items if array.ndim == 1 else ():
        if len(lines[-1]) + len(item) + len(deeper) > WIDTH - 2:
            lines.append("")
        lines[-1] += f", {item}" if lines[-1] else item
    body = "".join(f"{deeper}{line},\n" for line in lines)
    return f"[\n{body}{indent}]"


def _number(value: Any) -> str:
    """The shortest decimal that is this number again, also when it is read as a double first."""
    if isinstance(value, bool | int | np.integer):
        return str(int(value))
    wide = float(value)
    if math.isnan(wide):
        return 'float("nan")'
    if math.isinf(wide):
        return 'float("inf")' if wide > 0 else '-float("inf")'
    if not isinstance(value, np.generic):
        return repr(wide)
    short = str(value)
    return short if float(type(value)(float(short))) == wide else repr(wide)
