"""How TensorFlow evaluates: eagerly, as a graph in a session, as a function, compiled by XLA."""

from __future__ import annotations

import os
from collections import OrderedDict
from importlib import metadata
from typing import Any

import numpy as np
import tensorflow as tf

from equivalence.cases.case import cotangent
from equivalence.implementations.implementation import Call, Response

tf.config.threading.set_intra_op_parallelism_threads(1)  # two unpinned runtimes fight for the cores
tf.config.threading.set_inter_op_parallelism_threads(1)

IMPORTS = "import numpy as np\nimport tensorflow as tf"
ARRAY = "tf.constant({values}, dtype=tf.{dtype})"
EAGER_SCRIPT = """\
prediction = {prediction}
target = {target}
with tf.GradientTape() as tape:
    tape.watch({variable})
    value = {function}(prediction, target{arguments})
print("value", value.numpy().tolist())
gradient = tape.gradient(value, {variable}, tf.constant({cotangent}, value.dtype))
print("{quantity}", tf.convert_to_tensor(gradient).numpy().tolist())
"""
GRAPH_SCRIPT = """\
with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    prediction = {prediction}
    target = {target}
    # Fed, as in use: the optimiser computes constants beforehand, some of them to other numbers.
    prediction = tf.compat.v1.placeholder_with_default(prediction, prediction.shape)
    target = tf.compat.v1.placeholder_with_default(target, target.shape)
    value = {function}(prediction, target{arguments})
    (gradient,) = tf.compat.v1.gradients(value, [{variable}], tf.constant({cotangent}, value.dtype))
    print("value", session.run(value).tolist())
    print("{quantity}", session.run(gradient).tolist())
"""
_FUNCTION_SCRIPT = """\
@{decorator}
def step(prediction, target, **options):
    with tf.GradientTape() as tape:
        tape.watch([{{wanted}}])
        value = {{function}}(prediction, target, **options)
    upstream = tf.constant({{cotangent}}, value.dtype)
    return value, tape.gradient(value, [{{wanted}}], upstream)


prediction = {{prediction}}
target = {{target}}
value, gradients = step(prediction, target{{arguments}})
print("value", value.numpy().tolist())
for name, gradient in zip(("gradient", "target_gradient"), gradients):
    print(name, tf.convert_to_tensor(gradient).numpy().tolist())
"""
FUNCTION_SCRIPT = _FUNCTION_SCRIPT.format(decorator="tf.function")
XLA_SCRIPT = _FUNCTION_SCRIPT.format(decorator="tf.function(jit_compile=True)")
# Before 2.14 TensorFlow had a bfloat16 of its own, and took no array of anybody else's.
NEEDS = {"bfloat16": "tensorflow>=2.14"}
STANDS_FOR = {"tensorflow": "tensorflow-cpu"}
SLOWNESS = 2.0  # 5 ms for a call under a tape
GRAPHS = 64  # graphs that are kept for reuse, each with its session
FUNCTIONS = 256  # functions that are kept for reuse


def distributions(*names: str) -> tuple[str, ...]:
    """Those of the named packages that are installed: TensorFlow comes under several names."""
    installed = {distribution.metadata["Name"] for distribution in metadata.distributions()}
    installed |= {str(name).replace("_", "-") for name in installed}
    return tuple(name for name in names if name in installed)


def flags() -> dict[str, str]:
    """The settings that decide TensorFlow's numbers."""
    from tensorflow.python.framework import config  # private, and may move

    return {
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "by default"),
        "intra_op_threads": str(tf.config.threading.get_intra_op_parallelism_threads()),
        "tensor_float_32": str(config.tensor_float_32_execution_enabled()),
    }


def _tensor(value: Any) -> Any:
    return tf.constant(value) if isinstance(value, np.ndarray | np.generic) else value


def given(call: Call) -> tuple[Any, Any, dict[str, Any]]:
    """The prediction, the target and the arguments of a call as tensors."""
    arguments = {name: _tensor(value) for name, value in call.arguments.items()}
    return tf.constant(call.prediction), tf.constant(call.target), arguments


def evaluate_eager(call: Call) -> Response:
    """Runs the function under a gradient tape."""
    prediction, target, arguments = given(call)
    wanted = [prediction, target] if call.target_gradient else [prediction]
    with tf.GradientTape() as tape:
        tape.watch(wanted)
        value = call.implementation.function(prediction, target, **arguments)
    upstream = tf.constant(cotangent(tuple(value.shape)), dtype=value.dtype)
    gradients = tape.gradient(value, wanted, output_gradients=upstream)
    return _response(value.numpy(), [None if g is None else _dense(g) for g in gradients])


def _wanted(call: Call) -> tuple[str, ...]:
    """By what the value is differentiated."""
    return ("prediction", "target") if call.target_gradient else ("prediction",)


def _response(value: np.ndarray, gradients: list[Any]) -> Response:
    arrays = [
        TypeError("the gradient is None: the value does not depend on it")
        if g is None
        else np.asarray(g)
        for g in gradients
    ]
    named = dict(zip(("gradient", "target_gradient"), arrays, strict=False))
    return Response(value=np.asarray(value), **named)


class _Graph:
    """A function built once for a signature: ranks, dtypes and the constants among its options."""

    def __init__(self, call: Call, wanted: tuple[str, ...]) -> None:
        v1 = tf.compat.v1
        self.inputs: dict[str, Any] = {}
        with tf.Graph().as_default() as graph:
            given = {"prediction": call.prediction, "target": call.target, **call.arguments}
            for name, array in given.items():
                if isinstance(array, np.ndarray | np.generic):
                    rank = [None] * np.ndim(array)
                    self.inputs[name] = v1.placeholder(array.dtype, rank, name=name)
            options = {name: self.inputs.get(name, value) for name, value in call.arguments.items()}
            prediction, target = self.inputs["prediction"], self.inputs["target"]
            self.value = call.implementation.function(prediction, target, **options)
            self.cotangent = v1.placeholder(self.value.dtype, self.value.shape)
            differentiated = [self.inputs[name] for name in wanted]
            self.gradients = v1.gradients(self.value, differentiated, [self.cotangent])
            self.session = v1.Session(graph=graph)

    def run(self, call: Call) -> tuple[np.ndarray, list[Any]]:
        arrays = {"prediction": call.prediction, "target": call.target, **call.arguments}
        feed = {placeholder: arrays[name] for name, placeholder in self.inputs.items()}
        # The shape of a mode's value is known only by running it, where a dimension is unknown.
        shape = self.value.shape
        if not shape.is_fully_defined():
            shape = np.shape(self.session.run(self.value, feed))
        feed[self.cotangent] = cotangent(tuple(shape))
        present = [g for g in self.gradients if g is not None]
        value, *found = self.session.run([self.value, *present], feed)
        rest = iter(found)
        return value, [None if g is None else next(rest) for g in self.gradients]


_graphs: OrderedDict[tuple[Any, ...], _Graph] = OrderedDict()


def _signature(call: Call) -> tuple[Any, ...]:
    """What a graph is built for: the function, ranks, dtypes, and options that are no arrays."""
    signature: list[Any] = [call.implementation.function]
    for array in (call.prediction, call.target):
        signature += [array.dtype.name, array.ndim]
    for name, value in sorted(call.arguments.items()):
        placed = isinstance(value, np.ndarray | np.generic)
        signature.append((name, value.dtype.name, np.ndim(value)) if placed else (name, value))
    return tuple(signature)


def in_graph(call: Call, wanted: tuple[str, ...]) -> tuple[np.ndarray, list[Any]]:
    """The value and the derivatives that are wanted, from a graph that is kept, in its session."""
    key = (wanted, *_signature(call))
    if key not in _graphs:
        _graphs[key] = _Graph(call, wanted)
        while len(_graphs) > GRAPHS:
            _, oldest = _graphs.popitem(last=False)
            oldest.session.close()
    return _graphs[key].run(call)


def evaluate_graph(call: Call) -> Response:
    """Runs the function as a graph in a session; graphs are built once per signature and reused."""
    return _response(*in_graph(call, _wanted(call)))


class _Function:
    """A ``tf.function`` for one signature and shape, returning the value and its derivatives."""

    def __init__(self, call: Call, wanted: tuple[str, ...], *, compiled: bool) -> None:
        function, arrays = call.implementation.function, _arrays(call)
        constants = {name: value for name, value in call.arguments.items() if name not in arrays}

        def step(prediction: Any, target: Any, options: dict[str, Any]) -> tuple[Any, list[Any]]:
            given = {"prediction": prediction, "target": target, **options}
            by = [given[name] for name in wanted]
            with tf.GradientTape() as tape:
                tape.watch(by)
                value = function(prediction, target, **options, **constants)
            upstream = tf.constant(cotangent(tuple(value.shape)), value.dtype)
            return value, tape.gradient(value, by, upstream)

        specs = {name: _spec(array) for name, array in arrays.items()}
        self.run_step = tf.function(step, jit_compile=compiled).get_concrete_function(
            _spec(call.prediction), _spec(call.target), specs
        )

    def run(self, call: Call) -> tuple[np.ndarray, list[Any]]:
        arrays = {name: tf.constant(array) for name, array in _arrays(call).items()}
        prediction, target = tf.constant(call.prediction), tf.constant(call.target)
        value, gradients = self.run_step(prediction, target, arrays)
        return value.numpy(), [None if g is None else _dense(g) for g in gradients]


def _arrays(call: Call) -> dict[str, Any]:
    """The options that are fed, not built in."""
    return {
        name: value
        for name, value in call.arguments.items()
        if isinstance(value, np.ndarray | np.generic)
    }


def _spec(array: Any) -> Any:
    return tf.TensorSpec(np.shape(array), array.dtype)


def _dense(gradient: Any) -> np.ndarray:
    return np.asarray(tf.convert_to_tensor(gradient).numpy())


_functions: OrderedDict[tuple[Any, ...], _Function] = OrderedDict()


def in_function(
    call: Call, wanted: tuple[str, ...], *, compiled: bool = False
) -> tuple[np.ndarray, list[Any]]:
    """The value and the derivatives that are wanted, from a ``tf.function`` that is kept."""
    shapes = [np.shape(array) for array in (call.prediction, call.target, *_arrays(call).values())]
    key = (compiled, wanted, *shapes, *_signature(call))
    if key not in _functions:
        _functions[key] = _Function(call, wanted, compiled=compiled)
        while len(_functions) > FUNCTIONS:
            _functions.popitem(last=False)
    return _functions[key].run(call)


def evaluate_function(call: Call) -> Response:
    """Runs the function as a ``tf.function``; it is traced once for each shape."""
    return _response(*in_function(call, _wanted(call)))


def evaluate_xla(call: Call) -> Response:
    """Runs the function compiled by XLA; it is compiled once for each shape."""
    return _response(*in_function(call, _wanted(call), compiled=True))
