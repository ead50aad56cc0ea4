"""How PyTorch evaluates: eagerly, through functional transforms, and compiled."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import torch

from equivalence.cases.case import cotangent
from equivalence.implementations.implementation import Call, Response

torch.set_num_threads(1)  # two unpinned runtimes in one process fight for the cores

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
RECOMPILATIONS = 4096  # beyond the limit of a function (8) the compiler would go on uncompiled

EAGER_SCRIPT = """\
prediction = {prediction}
target = {target}
{variable}.requires_grad_()
value = {function}(prediction, target{arguments})
print("value", value.tolist())
(gradient,) = torch.autograd.grad(value, {variable}, torch.tensor({cotangent}, dtype=value.dtype))
print("{quantity}", gradient.tolist())
"""
FUNC_SCRIPT = """\
prediction = {prediction}
target = {target}
value, vjp = torch.func.vjp(
    lambda {variable}: {function}(prediction, target{arguments}), {variable}
)
print("value", value.tolist())
(gradient,) = vjp(torch.tensor({cotangent}, dtype=value.dtype))
print("{quantity}", gradient.tolist())
"""
COMPILE_SCRIPT = """\
prediction = {prediction}
target = {target}
wanted = [{wanted}]
for tensor in wanted:
    tensor.requires_grad_()
value = torch.compile({function}, fullgraph=True, dynamic=True)(prediction, target{arguments})
print("value", value.tolist())
gradients = torch.autograd.grad(value, wanted, torch.tensor({cotangent}, dtype=value.dtype))
for name, gradient in zip(("gradient", "target_gradient"), gradients):
    print(name, gradient.tolist())
"""


def tensor(value: Any) -> Any:
    """Arrays as tensors of their own memory; anything else as it is."""
    if not isinstance(value, np.ndarray | np.generic):
        return value
    array = np.array(value)
    if array.dtype.kind == "U":  # there are no tensors of words, and it says so
        return torch.tensor(array.tolist())
    if array.dtype == BFLOAT16:  # unknown to torch.from_numpy
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def array(tensor: Any) -> np.ndarray:
    """A tensor as an array."""
    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:  # unknown to Tensor.numpy
        return np.asarray(tensor.view(torch.int16).numpy().view(BFLOAT16))
    return np.asarray(tensor.numpy())


def strided(tensor: torch.Tensor) -> torch.Tensor:
    """The same numbers elsewhere in memory: images channels-last, others turned and spaced out."""
    if tensor.ndim > 3:
        last = torch.channels_last if tensor.ndim == 4 else torch.channels_last_3d
        return tensor.to(memory_format=last)
    axes = tuple(reversed(range(tensor.ndim)))
    turned = tensor.permute(axes)
    return torch.stack([turned, turned], -1)[..., 0].permute(axes)


def as_strided_script(script: str) -> str:
    """The script of the same call, where prediction and target are not contiguous."""
    laid_out = script.replace("{prediction}", "strided({prediction})")
    laid_out = laid_out.replace("{target}", "strided({target})")
    return f"{inspect.getsource(strided)}\n\n{laid_out}"


STRIDED_SCRIPT = as_strided_script(EAGER_SCRIPT)


def given(call: Call) -> tuple[Any, Any, dict[str, Any]]:
    """The prediction, the target and the arguments of a call as tensors."""
    arguments = {name: tensor(value) for name, value in call.arguments.items()}
    return tensor(call.prediction), tensor(call.target), arguments


def upstream(value: Any) -> Any:
    """What a value is multiplied by before it is differentiated."""
    return torch.tensor(cotangent(tuple(value.shape)), dtype=value.dtype)


def _response(value: Any, gradients: tuple[Any, ...]) -> Response:
    names = ("gradient", "target_gradient")
    found = {name: array(gradient) for name, gradient in zip(names, gradients, strict=False)}
    return Response(value=array(value), **found)


def _differentiated(
    call: Call, function: Any, laid_out: Callable[[Any], Any] = lambda tensor: tensor
) -> Response:
    """Calls the function on tensors that record, and differentiates what comes back."""
    prediction, target, arguments = given(call)
    prediction, target = laid_out(prediction), laid_out(target)
    wanted = (prediction, target) if call.target_gradient else (prediction,)
    if not prediction.dtype.is_floating_point and not prediction.dtype.is_complex:
        return Response(value=array(function(prediction, target, **arguments)))
    for one in wanted:
        one.requires_grad_()
    value = function(prediction, target, **arguments)
    return _response(value, torch.autograd.grad(value, wanted, upstream(value)))


def evaluate_eager(call: Call) -> Response:
    """Runs the function and differentiates it backwards."""
    return _differentiated(call, call.implementation.function)


def evaluate_strided(call: Call) -> Response:
    """Runs the function on tensors that are not contiguous."""
    return _differentiated(call, call.implementation.function, strided)


def evaluate_func(call: Call) -> Response:
    """Runs the function through ``torch.func.vjp``."""
    prediction, target, arguments = given(call)
    wanted = (prediction, target) if call.target_gradient else (prediction,)

    def function(*inputs: Any) -> Any:
        given = inputs if call.target_gradient else (*inputs, target)
        return call.implementation.function(*given, **arguments)

    both: Any = torch.func.vjp(function, *wanted)
    value, vjp = both
    return _response(value, vjp(upstream(value)))


@functools.cache
def _compiled(function: Any) -> Any:
    import torch._dynamo
    import torch._inductor.config

    torch._dynamo.config.recompile_limit = RECOMPILATIONS  # noqa: SLF001 - the only way
    torch._dynamo.config.accumulated_recompile_limit = RECOMPILATIONS  # noqa: SLF001 - same
    torch._inductor.config.compile_threads = 1  # noqa: SLF001 - no processes of its own
    return torch.compile(function, fullgraph=True, dynamic=True)


def evaluate_compile(call: Call) -> Response:
    """Runs the function compiled by inductor, which compiles anew for each signature it meets."""
    return _differentiated(call, _compiled(call.implementation.function))


def _twice(prediction: Any) -> Any:
    return prediction * 2


@functools.cache
def compile_is_unavailable() -> str:
    """Why nothing can be compiled here, in one line; empty if it can."""
    try:
        _compiled(_twice)(torch.ones(2))
    except Exception as error:  # noqa: BLE001 - no compiler, no headers: each is told its own way
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return f"torch.compile cannot run: {type(error).__name__}: {lines[0] if lines else ''}"
    return ""


def flags() -> dict[str, str]:
    """The settings that decide PyTorch's numbers."""
    return {
        "threads": str(torch.get_num_threads()),
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
        "onednn": str(torch.backends.mkldnn.is_available()),  # type: ignore[no-untyped-call]
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }
