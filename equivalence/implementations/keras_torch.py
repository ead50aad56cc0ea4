"""Keras on its PyTorch backend: the same translations as on TensorFlow's, other kernels.

The backend is chosen when Keras is imported, so that it is asked in a process that does not ask
Keras on TensorFlow: a worker of ``equivalence run``, or a session that asks nobody else.
"""

from __future__ import annotations

import functools

from equivalence.implementations import keras
from equivalence.implementations import torch_apart as second
from equivalence.implementations import torch_modes as engine
from equivalence.implementations.framework import Framework

framework = Framework(
    name="keras_torch",
    distributions=("keras", "torch"),
    evaluate={
        "eager": engine.evaluate_eager,
        "strided": engine.evaluate_strided,
        "func": engine.evaluate_func,
    },
    absent=functools.partial(keras.runs_elsewhere, "torch"),
    imports=(
        'import os\n\nos.environ["KERAS_BACKEND"] = "torch"\n\n'
        "import keras\nimport numpy as np\nimport torch"
    ),
    scripts={
        "eager": engine.EAGER_SCRIPT,
        "strided": engine.STRIDED_SCRIPT,
        "func": engine.FUNC_SCRIPT,
    },
    array="torch.tensor({values}, dtype=torch.{dtype})",
    apart=second.APART,
    apart_scripts=second.SCRIPTS,
    same_code_as="tensorflow_v2",
    flags=engine.flags,
)

keras.register(framework)
