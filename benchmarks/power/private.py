"""Implementations that are asked as any other, but stay out of the registry."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.power.asked import Asked, read, right
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.comparison import judge
from equivalence.finding import Finding
from equivalence.implementations import IMPLEMENTATIONS, Framework, Implementation, Response
from equivalence.implementations.implementation import Call
from equivalence.implementations.numpy_layouts import strided
from equivalence.losses import Loss
from equivalence.plan import questions

Evaluate = Callable[[Call], Response]


def _value_only(call: Call) -> Response:
    """Calls the function in float64 and rounds what it returns once."""
    wide = {
        name: value.astype(np.float64) if isinstance(value, np.ndarray | np.generic) else value
        for name, value in call.arguments.items()
    }
    target = call.target if call.target.dtype.kind == "i" else call.target.astype(np.float64)
    with np.errstate(all="ignore"):
        value = call.implementation.function(call.prediction.astype(np.float64), target, **wide)
        return Response(value=np.asarray(value).astype(call.prediction.dtype))


def framework(
    name: str,
    evaluate: Evaluate | Mapping[str, Evaluate] = _value_only,
    *,
    differentiates: bool = False,
) -> Framework:
    """A framework of NumPy with one mode, or with several."""
    modes = {"eager": evaluate} if callable(evaluate) else evaluate
    return Framework(
        name=name,
        distributions=(),
        evaluate=modes,
        imports="import numpy as np",
        scripts=dict.fromkeys(modes, ""),
        array="np.array({values}, dtype=np.{dtype})",
        differentiates=differentiates,
    )


def private(
    owner: Framework, loss: Loss, function: Callable[..., Any], **offer: Any
) -> Implementation:
    """The function as an implementation of the loss, registered and taken out again."""
    owner.implements(loss, **offer)(function)
    return IMPLEMENTATIONS.pop(f"{owner.name}.{offer.get('name') or function.__name__}")


def findings(implementation: Implementation, profile: str = "quick") -> Iterator[Finding]:
    """Every finding of a profile, one after the other."""
    for question in questions([implementation], profile):
        for quantity in question.quantities:
            yield judge(implementation, question.case, quantity, question.mode)


def definition_in(number: Any) -> Evaluate:
    """Evaluates a loss's own definition and gradient in a number type, and rounds once.

    ``number`` is None for the dtype under test itself.
    """

    def evaluate(call: Call) -> Response:
        with np.errstate(all="ignore"):
            return right(read(call, number))

    return evaluate


def options_for(loss: Loss) -> Callable[..., Any]:
    """A function that offers every option of a loss; its body is never run."""
    names = ["ignore_index"] if loss.has_classes else []
    names += [*loss.parameters, "sample_weight", "reduction"]
    keyword = inspect.Parameter.KEYWORD_ONLY

    def every_option(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    positional = list(inspect.signature(every_option).parameters.values())
    every = [*positional, *(inspect.Parameter(name, keyword) for name in names)]
    every_option.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
    return every_option


def offering_all(loss: Loss, evaluate: Evaluate | Mapping[str, Evaluate], name: str) -> Any:
    """An implementation of a loss that offers every encoding, option, dtype and gradient."""
    return private(
        framework(name, evaluate, differentiates=True),
        loss,
        options_for(loss),
        targets=SPARSE | ONE_HOT | SOFT if loss.has_classes else BINARY | SOFT_BINARY,
        differentiates_target=True,
    )


def answering(loss: Loss, answer: Callable[[Asked], Response], name: str) -> Implementation:
    """An implementation of a loss that answers in NumPy, also what is strided in memory."""

    def eager(call: Call) -> Response:
        with np.errstate(all="ignore"):
            return answer(read(call))

    def of_strided(call: Call) -> Response:
        prediction, target = strided(call.prediction), strided(call.target)
        return eager(replace(call, prediction=prediction, target=target))

    made: Implementation = offering_all(loss, {"eager": eager, "strided": of_strided}, name)
    return made
