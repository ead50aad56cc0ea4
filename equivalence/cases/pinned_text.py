"""A case as the text of a file of ``fixtures/cases``, every number as a hexadecimal float."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import SPARSE, encoding

if TYPE_CHECKING:
    from equivalence.cases.case import Case


def pinned_text(case: Case, why: str, source: str) -> str:
    """The file that asks a case, in its dtype and reduction, once it is named and kept.

    Args:
        case: What is asked.
        why: One sentence: what goes wrong, and where.
        source: Where the numbers come from.
    """
    sparse = encoding(case.target_kind) == SPARSE
    lines = {
        "why": _quoted(why),
        "source": _quoted(source),
        "loss": _quoted(case.loss.name),
        "target_kind": _quoted(case.target_kind),
        "prediction": _numbers(case.prediction),
        "target": str(case.target.tolist()) if sparse else _numbers(case.target),
        "dtypes": f"[{_quoted(case.dtype)}]",
        "reductions": f"[{_quoted(case.reduction.name)}]",
    }
    if case.weights is not None:
        lines["weights"] = _numbers(case.weights)
    if case.options:
        options = (f"{name} = {_option(value)}" for name, value in case.options.items())
        lines["options"] = f"{{ {', '.join(options)} }}"
    return "".join(f"{name} = {text}\n" for name, text in lines.items())


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _numbers(array: Any) -> str:
    """Numbers that read well as they are, if they are short; all others in hexadecimal."""

    def written(entry: Any) -> str:
        if isinstance(entry, list):
            return f"[{', '.join(map(written, entry))}]"
        short = repr(float(entry))
        if np.isinf(entry):
            return "inf" if entry > 0 else "-inf"
        return short if len(short) <= len("-1024.0") else _quoted(float(entry).hex())

    return written(np.asarray(array, dtype=np.float64).tolist())


def _option(value: Any) -> str:
    if isinstance(value, bool | int):
        return json.dumps(value)
    return repr(value) if isinstance(value, float) else _numbers(value)
