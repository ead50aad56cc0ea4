"""Who answers: the frameworks under test and their translations of the losses.

No framework is imported by importing this package: ``load`` does it, for those that are asked for.
"""

from __future__ import annotations

import importlib
import os

from equivalence.implementations.framework import IMPLEMENTATIONS, Framework
from equivalence.implementations.implementation import Implementation, Response

# The order of import. torch must come before TensorFlow: loading it afterwards can crash the
# process (keras-team/keras, conftest.py says the same).
FRAMEWORKS = ("textbook", "sklearn", "torch", "tensorflow_v1", "tensorflow_v2", "keras_torch")

# What to install where one is absent.
REQUIREMENTS = {
    "textbook": "numpy",
    "sklearn": "scikit-learn",
    "torch": "torch",
    "tensorflow_v1": "tensorflow",
    "tensorflow_v2": "tensorflow",
    "keras_torch": "keras",
}

_loaded: dict[str, Framework | str] = {}


def load(name: str) -> Framework | str:
    """The framework, imported with all its implementations; if that fails, the reason in one line.

    Raises:
        KeyError: If the name is not one of ``FRAMEWORKS``.
    """
    if name not in FRAMEWORKS:
        raise KeyError(name)
    if name not in _loaded:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        try:
            _loaded[name] = importlib.import_module(f"equivalence.implementations.{name}").framework
        except Exception as error:  # noqa: BLE001 - a broken installation raises anything
            _loaded[name] = f"{type(error).__name__}: {error}".splitlines()[0]
    return _loaded[name]


__all__ = [
    "FRAMEWORKS",
    "IMPLEMENTATIONS",
    "REQUIREMENTS",
    "Framework",
    "Implementation",
    "Response",
    "load",
]
