"""PyTorch as a framework: its modes, its scripts, its layout."""

from __future__ import annotations

from equivalence.implementations import torch_apart as second
from equivalence.implementations import torch_modes as engine
from equivalence.implementations.framework import Framework

DOCUMENTATION = "https://docs.pytorch.org/docs/stable/generated/torch.nn."
# Kernels of 16 bits that came late, on the processor: those of negative log-likelihood, and of
# binary cross-entropy from probabilities.
HALF = {"float16": "torch>=2.4"}
SIXTEEN_BITS = {**HALF, "bfloat16": "torch>=2.4"}

framework = Framework(
    name="torch",
    distributions=("torch",),
    evaluate={
        "eager": engine.evaluate_eager,
        "strided": engine.evaluate_strided,
        "func": engine.evaluate_func,
        "compile": engine.evaluate_compile,
    },
    unavailable={"compile": engine.compile_is_unavailable},
    imports=(
        "import numpy as np\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn"
    ),
    scripts={
        "eager": engine.EAGER_SCRIPT,
        "strided": engine.STRIDED_SCRIPT,
        "func": engine.FUNC_SCRIPT,
        "compile": engine.COMPILE_SCRIPT,
    },
    array="torch.tensor({values}, dtype=torch.{dtype})",
    class_axis=1,
    apart=second.APART,
    apart_scripts=second.SCRIPTS,
    flags=engine.flags,
)
implements = framework.implements
