"""What TensorFlow is asked apart: derivatives by the weights, and second derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from equivalence.cases.case import cotangent
from equivalence.implementations.implementation import Call, direction_for
from equivalence.implementations.tensorflow import given

WEIGHTS_SCRIPT = """\
prediction = {prediction}
target = {target}
options = dict({options})
weights = options["{weights}"]
with tf.GradientTape() as tape:
    tape.watch(weights)
    value = {function}(prediction, target, **options)
print("value", value.numpy().tolist())
gradient = tape.gradient(value, weights, tf.constant({cotangent}, value.dtype))
print("weight_gradient", tf.convert_to_tensor(gradient).numpy().tolist())
"""
SECOND_SCRIPT = """\
prediction = {prediction}
target = {target}
with tf.GradientTape() as outer:
    outer.watch(prediction)
    with tf.GradientTape() as inner:
        inner.watch(prediction)
        value = {function}(prediction, target{arguments})
    gradient = inner.gradient(value, prediction, tf.constant({cotangent}, value.dtype))
product = outer.gradient(gradient, prediction, {direction})
print("hessian_vector_product", tf.convert_to_tensor(product).numpy().tolist())
"""


def _upstream(value: Any) -> Any:
    return tf.constant(cotangent(tuple(value.shape)), dtype=value.dtype)


def _array(gradient: Any) -> np.ndarray:
    if gradient is None:
        message = "the gradient is None: the value does not depend on it"
        raise TypeError(message)
    return np.asarray(tf.convert_to_tensor(gradient).numpy())


def weight_gradient(call: Call) -> np.ndarray:
    """Differentiates with respect to the weights, under a tape."""
    prediction, target, arguments = given(call)
    weights = arguments[call.weighted_by]
    with tf.GradientTape() as tape:
        tape.watch(weights)
        value = call.implementation.function(prediction, target, **arguments)
    return _array(tape.gradient(value, weights, output_gradients=_upstream(value)))


def hessian_vector_product(call: Call) -> np.ndarray:
    """Differentiates the gradient once more, under a second tape, along the direction."""
    prediction, target, arguments = given(call)
    with tf.GradientTape() as outer:
        outer.watch(prediction)
        with tf.GradientTape() as inner:
            inner.watch(prediction)
            value = call.implementation.function(prediction, target, **arguments)
        gradient = inner.gradient(value, prediction, output_gradients=_upstream(value))
    along = tf.constant(direction_for(call), dtype=prediction.dtype)
    return _array(outer.gradient(gradient, prediction, output_gradients=along))


APART = {
    "weight_gradient": {"eager": weight_gradient},
    "hessian_vector_product": {"eager": hessian_vector_product},
}
SCRIPTS = {
    "weight_gradient": {"eager": WEIGHTS_SCRIPT},
    "hessian_vector_product": {"eager": SECOND_SCRIPT},
}
