"""Implementations that are asked as any other, but stay out of the registry."""

import inspect

import numpy as np

from equivalence.cases.case import cotangent
from equivalence.comparison import judge
from equivalence.implementations import IMPLEMENTATIONS, Framework, Response
from equivalence.plan import questions


def _value_only(call):
    """Calls the function in float64 and rounds what it returns once."""
    wide = {
        name: value.astype(np.float64) if isinstance(value, np.ndarray | np.generic) else value
        for name, value in call.arguments.items()
    }
    target = call.target if call.target.dtype.kind == "i" else call.target.astype(np.float64)
    with np.errstate(all="ignore"):
        value = call.implementation.function(call.prediction.astype(np.float64), target, **wide)
        return Response(value=np.asarray(value).astype(call.prediction.dtype))


def framework(name, evaluate=_value_only, *, differentiates=False):
    return Framework(
        name=name,
        distributions=(),
        evaluate={"eager": evaluate},
        imports="import numpy as np",
        scripts={"eager": ""},
        array="np.array({values}, dtype=np.{dtype})",
        differentiates=differentiates,
    )


def private(owner, loss, function, **offer):
    """The function as an implementation of the loss, registered and taken out again."""
    owner.implements(loss, **offer)(function)
    return IMPLEMENTATIONS.pop(f"{owner.name}.{offer.get('name') or function.__name__}")


def findings(implementation, profile="quick"):
    """Every finding of a profile, one after the other."""
    for question in questions([implementation], profile):
        for quantity in question.quantities:
            yield judge(implementation, question.case, quantity, question.mode)


def definition_in(number):
    """Evaluates a loss's own definition and gradient in a number type, and rounds once.

    ``number`` is None for the dtype under test itself. The reduction is written out here.
    """

    def evaluate(call):
        loss, options = call.implementation.loss, dict(call.arguments)
        kind = np.dtype(number or call.prediction.dtype)
        dtype = call.prediction.dtype
        reduction = options.pop("reduction")
        weights = np.asarray(options.pop("sample_weight", 1.0)).astype(kind)
        ignored = options.pop("ignore_index", None)
        prediction, target = call.prediction.astype(kind), call.target
        shape = prediction.shape[:-1] if loss.has_classes else prediction.shape
        counted = np.ones(shape, dtype=bool)
        if target.dtype.kind == "i" and loss.has_classes:
            counted = np.asarray(target != ignored)
            target = (np.arange(prediction.shape[-1]) == target[..., None]) & counted[..., None]
        target = target.astype(kind)
        parameters = {name: np.asarray(value).astype(kind) for name, value in options.items()}
        with np.errstate(all="ignore"):
            terms = np.asarray(loss.definition(prediction, target, **parameters))
            gradients = loss.gradient(prediction, target, **parameters)
            factor = np.where(counted, np.broadcast_to(weights, shape), kind.type(0))
            if reduction == "mean":
                factor = factor / kind.type(counted.sum())
            weighted = np.where(factor == 0, 0, terms * np.where(factor == 0, 1, factor))
            weighted = weighted if counted.any() or reduction != "mean" else terms * np.nan
            value = weighted if reduction == "none" else weighted.sum()
            upstream = factor * cotangent(shape).astype(kind) if reduction == "none" else factor
            upstream = upstream[..., None] if loss.has_classes else upstream
            scaled = [np.where(upstream == 0, 0, upstream * slope) for slope in gradients]
            rounded = [np.asarray(array).astype(dtype) for array in (value, *scaled)]
        return Response(
            value=rounded[0],
            gradient=rounded[1],
            target_gradient=rounded[2] if call.target_gradient else None,
        )

    return evaluate


def options_for(loss):
    """A function that offers every option of a loss; its body is never run."""
    names = ["ignore_index"] if loss.has_classes else []
    names += [*loss.parameters, "sample_weight", "reduction"]
    keyword = inspect.Parameter.KEYWORD_ONLY

    def every_option(prediction, target):
        raise NotImplementedError

    positional = list(inspect.signature(every_option).parameters.values())
    every = [*positional, *(inspect.Parameter(name, keyword) for name in names)]
    every_option.__signature__ = inspect.Signature(every)
    return every_option
