"""What an unknown difference may be: generic models with grids of parameters, in words."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from equivalence.cases.case import Case
from equivalence.divergences.accumulation import (
    accumulates_in,
    counts_in,
    weighs_along_last_axis,
    weighs_positions_by_class,
)
from equivalence.divergences.axes import takes_softmax_over
from equivalence.divergences.departures import (
    averages_last_axis_first,
    computes_in,
    multiplies_by,
    reduces_to,
)
from equivalence.divergences.gradients import (
    assumes_normalised_targets,
    stops_gradient,
    stops_gradient_of_normaliser,
)
from equivalence.divergences.inputs import (
    counts_ignored_targets,
    flushes_subnormals,
    ignores,
    ignores_sample_weights,
    makes_labels_hard,
    rounds_labels_to,
    smooths_labels,
)
from equivalence.divergences.probabilities import (
    adds_epsilon_inside_logarithms,
    clamps_logarithms,
    clips,
    needs_zero_convention,
    renormalises,
)
from equivalence.losses.reduction import MEAN, NONE, REDUCTIONS, SUM

Model = Callable[[Case], Case | None]

# What is written into programs, and the machine epsilons; 2**-24 and so on are halves of those.
EPSILONS = (
    *(10.0**-exponent for exponent in range(2, 13)),
    1e-14,
    1e-15,
    1e-16,
    1e-20,
    float(np.finfo(np.float32).eps),
    float(np.finfo(np.float64).eps),
)
CLAMPS = (-100.0, -50.0, -20.0, -10.0)
NARROW = ("float16", "bfloat16", "float32")
SMOOTHINGS = (0.01, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hypothesis:
    """One model with its parameters; ``str()`` is what it does, in words.

    Attributes:
        words: What it does, as a predicate: "clips probabilities to [1e-07, 1 - 1e-07]".
        family: Of two hypotheses of one family only one can hold.
        model: The model.
        part: What of a case it changes: ``"loss"``, ``"reduction"``, ``"inputs"`` or ``"dtype"``.
    """

    words: str
    family: str
    model: Model
    part: str

    def __str__(self) -> str:
        return self.words

    __repr__ = __str__

    def applied(self, case: Case) -> Case | None:
        """What is answered instead; None if the case is not concerned, or cannot be changed so."""
        try:
            return self.model(case)
        except (IndexError, TypeError, ValueError):  # shapes that do not go together
            return None


@functools.cache
def hypotheses() -> tuple[Hypothesis, ...]:
    """Every hypothesis; those that apply to dtypes first, then inputs, losses and reductions."""
    return (
        *_dtypes(),
        *_inputs(),
        *_probabilities(),
        *_losses(),
        *_gradients(),
        *_reductions(),
        *_accumulations(),
    )


def _dtypes() -> Iterator[Hypothesis]:
    for dtype in NARROW:
        yield Hypothesis(
            words=f"computes in {dtype}",
            family="dtype",
            model=computes_in(dtype),
            part="dtype",
        )


def _inputs() -> Iterator[Hypothesis]:
    def hypothesis(words: str, family: str, model: Model) -> Hypothesis:
        return Hypothesis(words=words, family=family, model=model, part="inputs")

    for option, words in (
        ("weight", "class weights"),
        ("pos_weight", "the weight of the positive class"),
    ):
        yield hypothesis(f"does not heed {words}", option, ignores(option))
    yield hypothesis("does not heed sample weights", "sample weights", ignores_sample_weights)
    yield hypothesis(
        "broadcasts a weight for each sample along the last axis, not along the first",
        "sample weights",
        weighs_along_last_axis,
    )
    yield hypothesis(
        "broadcasts class weights along the last axis of the terms, whatever their targets are",
        "weight",
        weighs_positions_by_class,
    )
    yield hypothesis("counts targets that are to be ignored", "ignore", counts_ignored_targets)
    for dtype in NARROW:
        yield hypothesis(f"rounds labels to {dtype}", "labels", rounds_labels_to(dtype))
    yield hypothesis("makes soft labels hard", "labels", makes_labels_hard)
    yield hypothesis("flushes subnormal predictions to zero", "subnormals", flushes_subnormals)
    yield hypothesis("does not smooth labels", "smoothing", smooths_labels(lambda *_: 0.0))
    yield hypothesis(
        "smooths labels twice", "smoothing", smooths_labels(lambda asked, _: 2 * asked - asked**2)
    )
    yield hypothesis(
        "shares the label smoothing among the other classes, the target's own excepted",
        "smoothing",
        smooths_labels(lambda asked, classes: asked * classes / max(classes - 1, 1)),
    )
    yield hypothesis(
        "smooths labels by half of what is asked",
        "smoothing",
        smooths_labels(lambda asked, _: asked / 2),
    )
    for epsilon in SMOOTHINGS:
        yield hypothesis(
            f"always smooths labels by {epsilon:g}",
            "smoothing",
            smooths_labels(lambda _, __, epsilon=epsilon: epsilon),  # type: ignore[misc]
        )


def _probabilities() -> Iterator[Hypothesis]:
    def hypothesis(words: str, family: str, model: Model) -> Hypothesis:
        return Hypothesis(words=words, family=family, model=model, part="loss")

    for epsilon in EPSILONS:
        e = f"{epsilon:.3g}"
        yield hypothesis(f"clips probabilities to [{e}, 1 - {e}]", "clip", clips(epsilon))
        yield hypothesis(f"clips probabilities to [{e}, 1]", "clip", clips(epsilon, 1.0))
        yield hypothesis(
            f"clips p and 1 - p, each inside its logarithm, to at least {e}",
            "clip",
            clips(epsilon, np.inf, inside_logarithms=True),
        )
        yield hypothesis(
            f"clips probabilities to [{e}, 1 - {e}], the gradient passing straight through",
            "clip",
            clips(epsilon, passes_gradient=True),
        )
        yield hypothesis(
            f"adds {e} inside the logarithms", "epsilon", adds_epsilon_inside_logarithms(epsilon)
        )
    for least in CLAMPS:
        yield hypothesis(f"clamps logarithms at {least:g}", "clip", clamps_logarithms(least))
    yield hypothesis("divides probabilities by their sum", "renormalise", renormalises)
    yield hypothesis("multiplies 0 by log 0, which is NaN", "zero", needs_zero_convention)


def _losses() -> Iterator[Hypothesis]:
    def hypothesis(words: str, family: str, model: Model) -> Hypothesis:
        return Hypothesis(words=words, family=family, model=model, part="loss")

    yield hypothesis("averages the last axis first", "axis", averages_last_axis_first)
    for axis in (0, 1):
        yield hypothesis(
            f"takes softmax over axis {axis}, not over the classes",
            "softmax",
            takes_softmax_over(axis),
        )
    for base in (2, 10):
        factor = float(1 / np.log(base))
        yield hypothesis(
            f"takes logarithms to the base {base}, so that everything is {factor:.4g} times as "
            "large",
            "factor",
            multiplies_by(factor, f"1 / log {base}"),
        )
    for factor, words in ((0.5, "half"), (2.0, "twice"), (-1.0, "minus")):
        yield hypothesis(f"answers {words} the loss", "factor", multiplies_by(factor, words))


def _gradients() -> Iterator[Hypothesis]:
    def hypothesis(words: str, model: Model) -> Hypothesis:
        return Hypothesis(words=words, family="gradient", model=model, part="loss")

    yield hypothesis("stops the gradient: it is zero", stops_gradient)
    yield hypothesis("stops the gradient of the softmax's normaliser", stops_gradient_of_normaliser)
    yield hypothesis(
        "has the gradient softmax(x) - t, right only for targets that sum to one",
        assumes_normalised_targets,
    )


def _divides_by_classes(case: Case) -> Case | None:
    classes = case.prediction.shape[-1]
    if not case.loss.has_classes or case.reduction.kind != "mean":
        return None
    return multiplies_by(1 / classes, f"1 / {classes} classes", "mean")(case)


def _miscounts(by: int, case: Case) -> Case | None:
    terms = int(np.count_nonzero(case.weighing.counted))
    if case.reduction.kind != "mean" or terms + by <= 0:
        return None
    return multiplies_by(terms / (terms + by), f"{terms} / {terms + by} terms", "mean")(case)


def _reductions() -> Iterator[Hypothesis]:
    def hypothesis(words: str, model: Model) -> Hypothesis:
        return Hypothesis(words=words, family="reduction", model=model, part="reduction")

    for reduction in REDUCTIONS.values():
        if reduction.kind == "mean" and reduction != MEAN:
            yield hypothesis(
                f"divides by the {reduction.denominator}", reduces_to(reduction, "mean")
            )
    yield hypothesis("does not divide a mean: returns the sum", reduces_to(SUM, "mean"))
    yield hypothesis("divides a sum by the number of terms", reduces_to(MEAN, "sum"))
    yield hypothesis("does not reduce a mean: returns the terms", reduces_to(NONE, "mean"))
    yield hypothesis("sums terms that are asked for one by one", reduces_to(SUM, "none"))
    yield hypothesis("averages terms that are asked for one by one", reduces_to(MEAN, "none"))
    yield hypothesis(
        "divides by the number of predictions, terms times classes", _divides_by_classes
    )
    for by, words in ((1, "more"), (-1, "less")):
        yield hypothesis(
            f"divides by one {words} than the number of terms", functools.partial(_miscounts, by)
        )


def _accumulations() -> Iterator[Hypothesis]:
    for dtype in NARROW:
        yield Hypothesis(
            words=f"sums the terms in {dtype}",
            family="accumulation",
            model=accumulates_in(dtype),
            part="reduction",
        )
        yield Hypothesis(
            words=f"rounds what a mean is divided by to {dtype}",
            family="count",
            model=counts_in(dtype),
            part="reduction",
        )
