"""What TensorFlow is asked apart: derivatives by the weights, and second derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from equivalence.cases.case import cotangent
from equivalence.implementations.implementation import Call, direction_for
from equivalence.implementations.tensorflow import given, in_function, in_graph

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
GRAPH_WEIGHTS_SCRIPT = """\
with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    prediction = {prediction}
    target = {target}
    options = dict({options})
    # Fed, as in use: the optimiser computes constants beforehand, some of them to other numbers.
    prediction = tf.compat.v1.placeholder_with_default(prediction, prediction.shape)
    target = tf.compat.v1.placeholder_with_default(target, target.shape)
    weights = options["{weights}"]
    weights = tf.compat.v1.placeholder_with_default(weights, weights.shape)
    value = {function}(prediction, target, **{{**options, "{weights}": weights}})
    (gradient,) = tf.compat.v1.gradients(value, [weights], tf.constant({cotangent}, value.dtype))
    print("value", session.run(value).tolist())
    print("weight_gradient", session.run(gradient).tolist())
"""
FUNCTION_WEIGHTS_SCRIPT = """\
@tf.function
def step(prediction, target, weights, **options):
    with tf.GradientTape() as tape:
        tape.watch(weights)
        value = {function}(prediction, target, **{{**options, "{weights}": weights}})
    return value, tape.gradient(value, weights, tf.constant({cotangent}, value.dtype))


prediction = {prediction}
target = {target}
options = dict({options})
value, gradient = step(prediction, target, options.pop("{weights}"), **options)
print("value", value.numpy().tolist())
print("weight_gradient", tf.convert_to_tensor(gradient).numpy().tolist())
"""
XLA_WEIGHTS_SCRIPT = FUNCTION_WEIGHTS_SCRIPT.replace(
    "@tf.function", "@tf.function(jit_compile=True)"
)
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


def graph_weight_gradient(call: Call) -> np.ndarray:
    """Differentiates with respect to the weights, in a graph and its session."""
    return _array(in_graph(call, (call.weighted_by,))[1][0])


def function_weight_gradient(call: Call) -> np.ndarray:
    """Differentiates with respect to the weights, within a ``tf.function``."""
    return _array(in_function(call, (call.weighted_by,))[1][0])


def xla_weight_gradient(call: Call) -> np.ndarray:
    """Differentiates with respect to the weights, compiled by XLA."""
    return _array(in_function(call, (call.weighted_by,), compiled=True)[1][0])


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
    "weight_gradient": {
        "eager": weight_gradient,
        "graph": graph_weight_gradient,
        "function": function_weight_gradient,
        "xla": xla_weight_gradient,
    },
    "hessian_vector_product": {"eager": hessian_vector_product},
}
SCRIPTS = {
    "weight_gradient": {
        "eager": WEIGHTS_SCRIPT,
        "graph": GRAPH_WEIGHTS_SCRIPT,
        "function": FUNCTION_WEIGHTS_SCRIPT,
        "xla": XLA_WEIGHTS_SCRIPT,
    },
    "hessian_vector_product": {"eager": SECOND_SCRIPT},
}
