"""Layouts of NumPy arrays in memory: the same numbers in another order."""

from __future__ import annotations

import inspect

import numpy as np


def strided(array: np.ndarray) -> np.ndarray:
    """The same numbers in Fortran's order, the first axis backwards."""
    return np.asfortranarray(array[::-1])[::-1] if array.ndim else array


STRIDED = inspect.getsource(strided) + "\n\n"


def strided_script(script: str) -> str:
    """The script with the prediction and the target laid out so."""
    laid_out = script.replace("{prediction}", "strided({prediction})")
    return STRIDED + laid_out.replace("{target}", "strided({target})")
