"""Keras on any backend: translations are written once, and registered with each framework.

There is one backend in a process, and whoever runs a translation has chosen it before. So nothing
here imports Keras until a function is called.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.implementations.framework import Framework
    from equivalence.losses import Loss

DOCUMENTATION = "https://keras.io/api/losses/probabilistic_losses/"
REDUCTIONS: dict[str, str | tuple[str, ...]] = {
    "none": "none",
    "sum": "sum",
    "mean": ("sum_over_batch_size", "mean", "mean_with_sample_weight"),
}
MEANS = {"mean": "keras>=3.7", "mean_with_sample_weight": "keras>=3.7"}

_translations: list[tuple[Loss, dict[str, Any], Callable[..., Any]]] = []


def legacy() -> bool:
    """Whether ``tf_keras`` is asked for, by the variable that makes it ``tf.keras`` too."""
    return os.environ.get("TF_USE_LEGACY_KERAS") in {"1", "true", "True"}


def module() -> str:
    """The module that is Keras here: ``keras``, or ``tf_keras``, which is Keras 2 since 2.16."""
    return "tf_keras" if legacy() else "keras"


def runs_elsewhere(backend: str) -> str:
    """Why Keras cannot run on a backend in this process, in one line; empty if it can.

    The backend is chosen when Keras is imported: here, unless it has been before.
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = backend
    chosen = importlib.import_module("keras").backend.backend()
    return "" if chosen == backend else f"Keras runs on {chosen} in this process; ask for it alone"


class _Keras:
    """Keras, imported when it is first used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(module()), name)


keras: Any = _Keras()


def translates(loss: Loss, **offer: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Takes the decorated function for Keras' translation of a loss; see ``Framework.implements``.

    The offer names it, without a prefix.
    """

    def take(function: Callable[..., Any]) -> Callable[..., Any]:
        _translations.append((loss, offer, function))
        return function

    return take


def register(framework: Framework, *, prefix: str = "") -> None:
    """Registers every translation with a framework, each name behind the prefix."""
    for module in ("keras_classes", "keras_functions", "keras_axes", "keras_focal"):
        importlib.import_module(f"equivalence.implementations.{module}")
    for loss, offer, function in _translations:
        named = {
            option: prefix + value if option in {"name", "form_of"} else value
            for option, value in offer.items()
        }
        framework.implements(loss, **named)(function)
