"""What a user's own comparison catches: a mutant beside the right one, on ordinary inputs."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.power.asked import right
from benchmarks.power.mutants import Mutant
from benchmarks.power.private import answering
from equivalence.cases.case import Case
from equivalence.exact import FORMATS
from equivalence.losses import REDUCTIONS, Loss
from equivalence.losses.loss import LOGITS, PROBABILITIES

BATCHES, ROWS, CLASSES = 20, 32, 10
FIXED = 1e-5
QUANTITIES = ("value", "gradient", "target_gradient")

Check = Callable[[np.ndarray, np.ndarray], bool]


def with_assert_close(got: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether ``torch.testing.assert_close`` passes, at its default tolerances."""
    import torch

    try:
        torch.testing.assert_close(torch.tensor(got), torch.tensor(wanted), equal_nan=True)
    except AssertionError:
        return False
    return True


def with_allclose(got: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether ``numpy.allclose`` is true, at its default tolerances."""
    return bool(np.allclose(got, wanted, equal_nan=True))


def with_fixed(got: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether no number is further away than 1e-5."""
    with np.errstate(invalid="ignore"):
        same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
        return bool(np.all(same | (np.abs(got - wanted) <= FIXED)))


def _prediction(loss: Loss, rng: np.random.Generator) -> np.ndarray:
    logits = rng.normal(size=(ROWS, CLASSES) if loss.has_classes else (ROWS,))
    if loss.prediction == LOGITS:
        return logits
    if not loss.has_classes:
        return np.asarray(1 / (1 + np.exp(-logits)))
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return np.asarray(shares if loss.prediction == PROBABILITIES else np.log(shares))


def _option(name: str, rng: np.random.Generator) -> Any:
    ordinary = {
        "weight": lambda: rng.uniform(0.5, 2, CLASSES),
        "pos_weight": lambda: np.array(rng.uniform(0.5, 2)),
        "label_smoothing": lambda: 0.1,
        "gamma": lambda: 1.5,
        "alpha": lambda: 0.25,
        "ignore_index": lambda: -100,
    }
    return ordinary[name]()


def _target(loss: Loss, kind: str, rng: np.random.Generator, *, ignoring: bool) -> np.ndarray:
    if not loss.has_classes:
        hard = rng.integers(0, 2, ROWS).astype(np.float64)
        return hard if kind == "binary" else rng.uniform(size=ROWS)
    labels = rng.integers(0, CLASSES, ROWS)
    if kind == "sparse":
        return np.where(rng.random(ROWS) < 0.1, -100, labels) if ignoring else labels
    shares = rng.dirichlet(np.ones(CLASSES), ROWS)
    return np.eye(CLASSES)[labels] if kind == "one_hot" else shares


@functools.cache
def batches(loss: Loss) -> tuple[Case, ...]:
    """Twenty random batches of normal logits (or what softmax makes of them), in two dtypes.

    They go through the encodings, the reductions and the options, half of them without any: a user
    who offers an option tests it.
    """
    kinds = ("sparse", "one_hot", "soft") if loss.has_classes else ("binary", "soft_binary")
    options = [name for name in loss.parameters if name != "log_target"]
    options += ["sample_weight", *(["ignore_index"] if loss.has_classes else [])]
    chosen: list[Case] = []
    reductions = itertools.cycle(("mean", "none", "sum", "mean", "sum"))
    for number, reduction in zip(range(BATCHES), reductions, strict=False):
        rng = np.random.default_rng([number, len(loss.name)])
        option = options[number // 2 % len(options)] if number % 2 else ""
        kind = "sparse" if option == "ignore_index" else kinds[number % len(kinds)]
        prediction = _prediction(loss, rng)
        target = _target(loss, kind, rng, ignoring=option == "ignore_index")
        weights = rng.uniform(0.5, 2, ROWS) if option == "sample_weight" else None
        given = {option: _option(option, rng)} if option not in {"", "sample_weight"} else {}
        for dtype in ("float32", "float64"):
            round_ = FORMATS[dtype].round
            chosen.append(
                Case(
                    loss=loss,
                    target_kind=kind,
                    prediction=round_(prediction),
                    target=target if kind == "sparse" else round_(target),
                    reduction=REDUCTIONS[reduction],
                    dtype=dtype,
                    origin=f"ordinary.{number}",
                    weights=None if weights is None else round_(weights),
                    options=MappingProxyType(
                        {k: round_(v) if isinstance(v, np.ndarray) else v for k, v in given.items()}
                    ),
                )
            )
    return tuple(chosen)


@functools.cache
def _right_answers(loss: Loss) -> tuple[Any, ...]:
    known = answering(loss, right, "right")
    return tuple(known.respond(case, "eager") for case in batches(loss))


def catches(mutant: Mutant, check: Check) -> bool:
    """Whether a check fails on any batch, for the value or for a gradient."""
    entrant = answering(mutant.loss, mutant.answer, "usual")
    for case, wanted in zip(batches(mutant.loss), _right_answers(mutant.loss), strict=True):
        response = entrant.respond(case, "eager")
        for quantity in QUANTITIES:
            got, expected = getattr(response, quantity), getattr(wanted, quantity)
            if got is None or expected is None:
                continue
            if isinstance(got, Exception) or got.shape != expected.shape:
                return True
            if not check(got, expected):
                return True
    return False
