"""Do PyTorch's, TensorFlow's and scikit-learn's losses give the same number? Who differs, and why.

No framework is imported by importing this package, and nothing else either until it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equivalence.answering import answer
    from equivalence.cases.case import Case
    from equivalence.comparison import judge
    from equivalence.divergences import Divergence, divergence
    from equivalence.finding import Finding, Verdict
    from equivalence.implementations import Framework, Implementation
    from equivalence.losses import Loss, loss
    from equivalence.results import Run
    from equivalence.running import run

__version__ = "0.1.0"
__all__ = [
    "Case",
    "Divergence",
    "Finding",
    "Framework",
    "Implementation",
    "Loss",
    "Run",
    "Verdict",
    "__version__",
    "answer",
    "divergence",
    "judge",
    "loss",
    "run",
]

_WHERE = {
    "Case": "cases.case",
    "Divergence": "divergences",
    "Finding": "finding",
    "Framework": "implementations",
    "Implementation": "implementations",
    "Loss": "losses",
    "Run": "results",
    "Verdict": "finding",
    "answer": "answering",
    "divergence": "divergences",
    "judge": "comparison",
    "loss": "losses",
    "run": "running",
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used."""
    if name not in _WHERE:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
