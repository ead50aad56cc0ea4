"""Faulty implementations, each made from a right one by changing one thing."""

from benchmarks.power.mutants import (
    gradients,
    labels,
    logits,
    numbers,
    options,
    probabilities,
    reductions,
    sizes,
    special,
    weights,
)
from benchmarks.power.mutants.registry import MUTANTS, Mutant

__all__ = [
    "MUTANTS",
    "Mutant",
    "gradients",
    "labels",
    "logits",
    "numbers",
    "options",
    "probabilities",
    "reductions",
    "sizes",
    "special",
    "weights",
]
