"""The definitions themselves, in wider numbers and in their own, and exact answers rounded once."""

from __future__ import annotations

import numpy as np

from benchmarks.power.forms.registry import ONE_BY_ONE, SIXTEEN_BITS, form
from benchmarks.power.private import definition_in
from equivalence.cases.answers import answers
from equivalence.cases.case import Case
from equivalence.implementations import Response
from equivalence.implementations.implementation import Call
from equivalence.losses import LOSSES, REDUCTIONS


def correctly_rounded(call: Call) -> Response:
    """The exact answer itself, rounded once to the dtype."""
    options = dict(call.arguments)
    reduction, weights = options.pop("reduction"), options.pop("sample_weight", None)
    sparse = call.target.dtype.kind == "i" and call.implementation.loss.has_classes
    soft = "soft" if call.implementation.loss.has_classes else "soft_binary"
    case = Case(
        loss=call.implementation.loss,
        target_kind="sparse" if sparse else soft,
        prediction=call.prediction,
        target=call.target,
        reduction=REDUCTIONS[reduction],
        dtype=call.prediction.dtype.name,
        origin="rounded.once",
        weights=weights,
        options=options,
    )
    known, dtype = answers(case), call.prediction.dtype
    with np.errstate(over="ignore"):
        return Response(
            value=known.value.exact.high.astype(dtype),
            gradient=known.gradient.exact.high.astype(dtype),
            target_gradient=known.target_gradient.exact.high.astype(dtype),
        )


EVERY = tuple(LOSSES.values())
form("the exact answer, rounded once", EVERY, correctly_rounded)
form("the definition in float64, rounded once", EVERY, definition_in(np.float64))
form("the definition in float32, rounded once", EVERY, definition_in(np.float32), SIXTEEN_BITS)
form("the definition in the dtype", EVERY, definition_in(None), ("float32", "float64"))
# float16 does not hold every 1 / p on the way, and bfloat16 no long sum
form(
    "the definition in the dtype",
    EVERY,
    definition_in(None),
    ("bfloat16",),
    longest=ONE_BY_ONE,
)
