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

# Those that can share a process with no other: they are asked if they are named, and by the full
# profile where worker processes ask.
ALONE = frozenset({"keras_torch"})

# The modules that must be found where one is installed.
REQUIREMENTS = {
    "textbook": ("numpy",),
    "sklearn": ("sklearn",),
    "torch": ("torch",),
    "tensorflow_v1": ("tensorflow",),
    "tensorflow_v2": ("tensorflow",),
    "keras_torch": ("keras", "torch"),
}

_loaded: dict[str, Framework | str] = {}


def load(name: str) -> Framework | str:
    """The framework, imported with all its implementations; if that fails, the reason in one line.

    It may not be possible to ask it in this process; ``ready`` says so.

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


def ready(name: str) -> str:
    """Makes a framework ready to be asked; why it cannot be in this process, empty if it can.

    Raises:
        KeyError: If the name is not one of ``FRAMEWORKS``.
    """
    framework = load(name)
    return framework if isinstance(framework, str) else framework.absent()


__all__ = [
    "ALONE",
    "FRAMEWORKS",
    "IMPLEMENTATIONS",
    "REQUIREMENTS",
    "Framework",
    "Implementation",
    "Response",
    "load",
    "ready",
]
