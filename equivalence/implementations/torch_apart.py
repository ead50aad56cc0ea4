"""What PyTorch is asked apart: derivatives by the weights, and second derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from equivalence.implementations.implementation import Call, direction_for
from equivalence.implementations.torch_modes import (
    array,
    as_strided_script,
    given,
    strided,
    tensor,
    upstream,
)

WEIGHTS_SCRIPT = """\
prediction = {prediction}
target = {target}
options = dict({options})
weights = options["{weights}"].requires_grad_()
value = {function}(prediction, target, **options)
print("value", value.tolist())
(gradient,) = torch.autograd.grad(value, weights, torch.tensor({cotangent}, dtype=value.dtype))
print("weight_gradient", gradient.tolist())
"""
STRIDED_WEIGHTS_SCRIPT = as_strided_script(WEIGHTS_SCRIPT)
FUNC_WEIGHTS_SCRIPT = """\
prediction = {prediction}
target = {target}
options = dict({options})
value, vjp = torch.func.vjp(
    lambda weights: {function}(prediction, target, **{{**options, "{weights}": weights}}),
    options["{weights}"],
)
print("value", value.tolist())
(gradient,) = vjp(torch.tensor({cotangent}, dtype=value.dtype))
print("weight_gradient", gradient.tolist())
"""
SECOND_SCRIPT = """\
prediction = {prediction}
target = {target}
prediction.requires_grad_()
value = {function}(prediction, target{arguments})
upstream = torch.tensor({cotangent}, dtype=value.dtype)
(gradient,) = torch.autograd.grad(value, prediction, upstream, create_graph=True)
(product,) = torch.autograd.grad(gradient, prediction, {direction})
print("hessian_vector_product", product.tolist())
"""


def _by_weights(call: Call, prediction: Any, target: Any, arguments: dict[str, Any]) -> np.ndarray:
    weights = arguments[call.weighted_by].requires_grad_()
    value = call.implementation.function(prediction, target, **arguments)
    return array(torch.autograd.grad(value, weights, upstream(value))[0])


def weight_gradient(call: Call) -> np.ndarray:
    """Differentiates with respect to the weights, backwards."""
    return _by_weights(call, *given(call))


def strided_weight_gradient(call: Call) -> np.ndarray:
    """The same, where prediction and target are not contiguous."""
    prediction, target, arguments = given(call)
    return _by_weights(call, strided(prediction), strided(target), arguments)


def func_weight_gradient(call: Call) -> np.ndarray:
    """Differentiates with respect to the weights through ``torch.func.vjp``."""
    prediction, target, arguments = given(call)

    def function(weights: Any) -> Any:
        own = {**arguments, call.weighted_by: weights}
        return call.implementation.function(prediction, target, **own)

    both: Any = torch.func.vjp(function, arguments[call.weighted_by])
    value, vjp = both
    return array(vjp(upstream(value))[0])


def hessian_vector_product(call: Call) -> np.ndarray:
    """Differentiates the gradient once more, backwards, along the direction."""
    prediction, target, arguments = given(call)
    prediction.requires_grad_()
    value = call.implementation.function(prediction, target, **arguments)
    (gradient,) = torch.autograd.grad(value, prediction, upstream(value), create_graph=True)
    along = tensor(direction_for(call))
    (product,) = torch.autograd.grad(gradient, prediction, along)
    return array(product)


APART = {
    "weight_gradient": {
        "eager": weight_gradient,
        "strided": strided_weight_gradient,
        "func": func_weight_gradient,
    },
    "hessian_vector_product": {"eager": hessian_vector_product},
}
SCRIPTS = {
    "weight_gradient": {
        "eager": WEIGHTS_SCRIPT,
        "strided": STRIDED_WEIGHTS_SCRIPT,
        "func": FUNC_WEIGHTS_SCRIPT,
    },
    "hessian_vector_product": {"eager": SECOND_SCRIPT},
}
