"""Keras on its PyTorch backend: the same translations as on TensorFlow's, other tensors.

The backend is chosen when Keras is imported, so that it needs a process that has not done so, nor
will: a worker of ``equivalence run``, or ``pytest --equivalence-frameworks=keras_torch``.
"""

from __future__ import annotations

import os
import sys

from equivalence.implementations import keras
from equivalence.implementations import torch_modes as engine
from equivalence.implementations.framework import Framework

if "equivalence.implementations.tensorflow_v2" in sys.modules:
    message = "Keras runs on TensorFlow in this process; ask for keras_torch alone"
    raise ImportError(message)

os.environ["KERAS_BACKEND"] = "torch"

if keras.keras.backend.backend() != "torch":
    message = f"Keras has been imported with the backend {keras.keras.backend.backend()}"
    raise ImportError(message)

framework = Framework(
    name="keras_torch",
    distributions=("keras", "torch"),
    evaluate={"eager": engine.evaluate_eager, "strided": engine.evaluate_strided},
    imports=(
        'import os\n\nos.environ["KERAS_BACKEND"] = "torch"\n\n'
        "import keras\nimport numpy as np\nimport torch"
    ),
    scripts={"eager": engine.EAGER_SCRIPT, "strided": engine.STRIDED_SCRIPT},
    array="torch.tensor({values}, dtype=torch.{dtype})",
    flags=engine.flags,
)
implements = framework.implements

keras.register(framework)
