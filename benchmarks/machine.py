"""On what a benchmark ran."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from importlib.util import find_spec

from equivalence.environment import environment

PACKAGES = ("torch", "tensorflow-cpu", "keras", "scikit-learn", "numpy", "ml_dtypes")
_MODULES = {"tensorflow-cpu": "tensorflow", "scikit-learn": "sklearn"}


def machine(packages: tuple[str, ...] = PACKAGES) -> str:
    """The machine and the versions."""
    here = environment(profile="full", command="")
    installed = [name for name in packages if find_spec(_MODULES.get(name, name))]
    versions = [f"{name} {metadata.version(name)}" for name in installed]
    cores = f"{len(os.sched_getaffinity(0))} cores"
    return ", ".join([here.system, cores, f"Python {platform.python_version()}", *versions])
