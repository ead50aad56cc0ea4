"""Claims 6 to 9: binary cross-entropy."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from equivalence.cases.case import BINARY, SOFT_BINARY, Case
from equivalence.cases.generation import Spec
from equivalence.exact import FORMATS
from equivalence.expectation import catalogued, expectation
from equivalence.identities.claim import (
    Evidence,
    allowance,
    answer,
    claim,
    generated,
    inside,
    question,
    read,
    text,
    together,
)
from equivalence.implementations import IMPLEMENTATIONS
from equivalence.losses import MEAN, NONE, SUM

BCE, LOG_LOSS = "torch.binary_cross_entropy", "sklearn.log_loss_binary"
CLASSES, WITH_LOGITS = "torch.cross_entropy", "torch.binary_cross_entropy_with_logits"
LOGITS_CLASS, SIGMOID_FIRST = "torch.nn.BCEWithLogitsLoss", "torch.sigmoid+nn.BCELoss"
INTERIOR = ("sigmoid_normal", "uniform", "half")
FURTHEST = 8  # the logit up to which a sigmoid keeps half of float32's digits


@claim(6, "BCELoss needs targets that are exactly 0 or 1.", "torch")
def bce_needs_hard_targets() -> Evidence:
    """The claim expects soft targets to be refused; what is returned is compared."""

    def soft(spec: Spec) -> bool:
        return spec.encoding == SOFT_BINARY and not spec.regime.startswith("exactly")

    small = question("binary_cross_entropy", "soft_binary", [0.5], [0.25])
    outside = question("binary_cross_entropy", "soft_binary", [0.5], [1.5])
    drawn = generated(BCE, keep=soft)
    # 1 - 2**-20 is 1 in float16, where the formula is infinite.
    cases = [case for case in drawn if np.all(np.isfinite(answer(case).exact.high))]
    right = sum(inside(read(BCE, case), answer(case)) for case in cases)
    taken = [case for case in (small, *cases) if not isinstance(read(BCE, case), Exception)]
    refused = read(BCE, outside)
    exact = answer(small).exact.digits(()).decimal[:10]
    return Evidence(
        domain=f"nowhere in [0, 1]: soft targets are taken, and the formula's value is returned "
        f"wherever it is finite, in {right} of {len(cases)} cases; "
        f"the target 1.5 gives {text(refused)}",
        contradictions=(
            f"p = 0.5, t = 0.25: {text(read(BCE, small))}, exactly {exact}",
            *(case.id for case in taken[1:]),
        )
        if taken
        else (),
    )


@claim(7, "binary_cross_entropy is identical to sklearn's log_loss.", "torch", "sklearn")
def bce_is_log_loss() -> Evidence:
    """Interior probabilities without weights; then both ends, weights, soft targets, small p."""

    def kept(spec: Spec) -> bool:
        return spec.encoding == BINARY and spec.regime in INTERIOR and not spec.options

    cases = generated(BCE, LOG_LOSS, keep=kept)
    broken = [case.id for case in cases if not _same_log_loss(case)]
    ask = functools.partial(question, "binary_cross_entropy")
    outside = (
        ("p = 0, t = 1", ask("binary", [0.0], [1], dtype="float64")),
        ("p = 1, t = 0", ask("binary", [1.0], [0], dtype="float64")),
        (
            "p = [.5, .5], weights [1, 3]",
            ask("binary", [0.5] * 2, [1, 0], weights=[1, 3]),
        ),
        ("p = 0.5, t = 0.5", ask("soft_binary", [0.5], [0.5], dtype="float64")),
        ("float32 p = 1e-5, t = 0", ask("binary", [1e-5], [0])),
    )
    counterexamples = [
        f"{what}: {text(first)} and {text(second)}"
        for what, case in outside
        for first, second in ((read(BCE, case), read(LOG_LOSS, case)),)
        if not together(first, second, 2 * allowance(answer(case)))
    ]
    return Evidence(
        domain=f"0 < p < 1 (regimes {', '.join(INTERIOR)}), hard targets, no weights, up to "
        f"sklearn's rounding of 1 - p: {len(cases) - len(broken)} of {len(cases)} cases",
        contradictions=tuple(broken),
        counterexamples=tuple(counterexamples),
    )


def _same_log_loss(case: Case) -> bool:
    """Whether they differ by no more than both bounds and u / (1 - p), the rounding of 1 - p."""
    p, t = case.prediction.astype(np.float64), case.target.astype(np.float64)
    rounding = FORMATS[case.dtype].unit * (1 - t) / (1 - p)
    total = float(np.sum(rounding) if case.reduction == SUM else np.mean(rounding))
    allowed = 2 * allowance(answer(case)) + total
    return together(read(BCE, case), read(LOG_LOSS, case), allowed)


@claim(
    8,
    "With two classes softmax degenerates to sigmoid: softmax([0, x])[1] = sigmoid(x), "
    "and the losses with it.",
    "torch",
)
def two_classes_are_binary() -> Evidence:
    """The exact answers coincide; torch's two functions do within the sum of their bounds."""
    binary = [
        replace(case, reduction=NONE)
        for case in generated(WITH_LOGITS, keep=lambda spec: not spec.options, numbers_matter=False)
        if len(case.shape) == 1
    ]
    pairs = [(case, _two_classes(case)) for case in binary]
    broken = [case.id for case, twin in pairs if not _coincide(case, twin)]
    near = question("binary_cross_entropy_with_logits", "binary", [17], [1], reduction=NONE)
    weighted = replace(
        question("binary_cross_entropy_with_logits", "binary", [0], [1], pos_weight=2),
        reduction=MEAN,
    )
    classes = question("cross_entropy", "sparse", [[0, 0]], [1], weight=[1, 2])
    values = read(CLASSES, _two_classes(near)), read(WITH_LOGITS, near)
    means = read(CLASSES, classes), read(WITH_LOGITS, weighted)
    counterexamples = []
    if not together(*values, 2 * allowance(answer(near))):
        counterexamples.append(
            f"in the digits of a small loss: float32 x = 17, t = 1 gives {text(values[0])} with "
            f"two classes and {text(values[1])} with one"
        )
    if not together(*means, 2 * allowance(answer(weighted))):
        counterexamples.append(
            f"weighted means: x = 0, t = 1, weight 2 gives {text(means[0])} and {text(means[1])}"
        )
    return Evidence(
        domain=f"exactly in mathematics, value and gradient, and in torch within the sum of the "
        f"two bounds that the catalogue grants: {len(pairs) - len(broken)} of {len(pairs)} cases",
        contradictions=tuple(broken),
        counterexamples=tuple(counterexamples),
    )


def _two_classes(case: Case) -> Case:
    """The same question with the logits [0, x] and the targets [1 - t, t]."""
    logits = np.stack([np.zeros_like(case.prediction), case.prediction], axis=-1)
    target = np.stack([1 - case.target, case.target], axis=-1).astype(case.prediction.dtype)
    return replace(
        question("cross_entropy", "soft", logits, target, dtype=case.dtype),
        reduction=case.reduction,
    )


def _coincide(case: Case, twin: Case) -> bool:
    """Whether the exact answers overlap, and the readings agree, in value and in d/dx."""
    for quantity in ("value", "gradient"):
        one, other = answer(case, quantity), answer(twin, quantity)
        last = (..., 1) if quantity == "gradient" else (...,)
        apart = (one.exact.high - other.exact.high[last]) + (one.exact.low - other.exact.low[last])
        hard = np.all((case.target == 0) | (case.target == 1))  # 1 - t was not rounded
        if hard and np.any(np.abs(apart) > FORMATS["float64"].unit * one.bound):
            return False
        second = read(CLASSES, twin, quantity)
        second = second[last] if isinstance(second, np.ndarray) else second
        granted = _granted(WITH_LOGITS, case, quantity)
        if not together(read(WITH_LOGITS, case, quantity), second, granted + other.bound[last]):
            return False
    return True


def _granted(name: str, case: Case, quantity: str) -> np.ndarray:
    """The bound that the catalogue grants an implementation: wider where its formula cancels."""
    implementation = IMPLEMENTATIONS[name]
    entries = catalogued(implementation, implementation.offered_modes[0])
    return answer(expectation(case, entries).case, quantity).bound


@claim(9, "BCEWithLogitsLoss is sigmoid followed by BCELoss, only more stable.", "torch")
def bce_with_logits_is_sigmoid_then_bce() -> Evidence:
    """A sigmoid rounds p by u p, which moves log(1 - p) by u exp(x): that much is granted."""
    grid = np.linspace(-FURTHEST, FURTHEST, 16 * FURTHEST + 1)
    cases = [_logit(x, t) for x in grid.tolist() for t in (0, 1)]
    broken = [text(case.prediction) for case in cases if not _sigmoid_agrees(case)]
    counterexamples = []
    worse = next((x for x in range(200) if not _sigmoid_agrees(_logit(x, 0))), None)
    if worse is not None:
        case = _logit(worse, 0)
        counterexamples.append(
            f"float32 x = {worse}, t = 0: {text(read(LOGITS_CLASS, case))} with logits, "
            f"{text(read(SIGMOID_FIRST, case))} by sigmoid and BCELoss"
        )
    for x in range(-1, -200, -1):
        case = _logit(x, 0)
        first, second = read(LOGITS_CLASS, case), read(SIGMOID_FIRST, case)
        if inside(second, answer(case)) and not inside(first, answer(case)):
            far = _logit(-17, 0)
            counterexamples.append(
                f"less stable with logits for negative x and t = 0, from x = {x} on: {text(first)} "
                f"and {text(second)}, exactly {answer(case).exact.digits((0,)).decimal[:12]}; at "
                f"x = -17 {text(read(LOGITS_CLASS, far))} and {text(read(SIGMOID_FIRST, far))}"
            )
            break
    return Evidence(
        domain=f"|x| <= {FURTHEST} in float32, up to the rounding of the probability, u exp|x|: "
        f"{len(cases) - len(broken)} of {len(cases)} cases",
        contradictions=tuple(broken),
        counterexamples=tuple(counterexamples),
    )


def _logit(x: float, target: int) -> Case:
    return question("binary_cross_entropy_with_logits", "binary", [x], [target], reduction=NONE)


def _sigmoid_agrees(case: Case) -> bool:
    x = np.abs(case.prediction.astype(np.float64))
    granted = 4 * FORMATS[case.dtype].unit * (1 + np.exp(x))
    both = read(LOGITS_CLASS, case), read(SIGMOID_FIRST, case)
    return together(*both, 2 * allowance(answer(case)) + granted)
