"""Claims 1 to 5: cross-entropy over classes."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from equivalence.cases.case import ONE_HOT, SOFT, SPARSE, Case
from equivalence.cases.generation import Spec
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
    with_reduction,
)
from equivalence.implementations import IMPLEMENTATIONS
from equivalence.losses import NONE, SUM

LOSS_CLASS, COMPOSITION = "torch.nn.CrossEntropyLoss", "torch.nn.LogSoftmax+nn.NLLLoss"
TORCH = "torch.cross_entropy"
LARGEST_LOGIT = 128  # float32's exp has overflowed long before


@claim(1, "CrossEntropyLoss is NLLLoss after LogSoftmax.", "torch")
def cross_entropy_is_nll_after_log_softmax() -> Evidence:
    """Bit for bit, on every case that both take; then what only one of them takes."""
    cases = generated(LOSS_CLASS, COMPOSITION, numbers_matter=False)
    same = [case for case in cases if _identical(case)]
    soft = question("cross_entropy", "soft", [[0, 0]], [[0.5, 0.5]])
    smoothed = question("cross_entropy", "sparse", [[0, 0]], [0], label_smoothing=0.1)
    counterexamples = [
        f"{what}: CrossEntropyLoss {text(read(LOSS_CLASS, case))}, NLLLoss {text(missing)}"
        for what, case in (
            ("logits [[0, 0]], target [[.5, .5]]", soft),
            ("label smoothing 0.1", smoothed),
        )
        if isinstance(missing := read(COMPOSITION, case), Exception)
    ]
    return Evidence(
        domain=f"class indices, class weights and ignored targets included, every reduction, value "
        f"and gradient: the same bits in {len(same)} of {len(cases)} cases",
        contradictions=tuple(case.id for case in cases if case not in same),
        counterexamples=tuple(counterexamples),
    )


def _identical(case: Case) -> bool:
    return all(
        np.array_equal(
            np.asarray(read(LOSS_CLASS, case, quantity)),
            np.asarray(read(COMPOSITION, case, quantity)),
            equal_nan=True,
        )
        for quantity in ("value", "gradient")
    )


@claim(2, '"mean" divides the sum by the batch times the product of the other dimensions.', "torch")
def mean_divides_by_the_number_of_terms() -> Evidence:
    """The mean times the number of terms is the sum; weighted indices and ignored ones break it."""

    def kept(spec: Spec) -> bool:
        weighted = "weight" in spec.options and spec.encoding == SPARSE
        return spec.reduction == "mean" and "ignore_index" not in spec.options and not weighted

    means = generated(TORCH, keep=kept, numbers_matter=False)
    broken = [case.id for case in means if not _sum_over_terms(case)]
    ask = functools.partial(question, "cross_entropy", "sparse")
    weighted = ask([[0, 0]], [0], weight=[2, 1])
    ignored = ask([[0, 0], [0, 0]], [0, -100], ignore_index=-100)
    counterexamples = [
        f"{what}: the sum over {case.target.size} is {text(np.asarray(total) / case.target.size)}, "
        f"the mean {text(read(TORCH, case))}"
        for what, case in (
            ("logits [[0, 0]], target [0], class weights [2, 1]", weighted),
            ("logits [[0, 0], [0, 0]], targets [0, ignored]", ignored),
        )
        if not _sum_over_terms(case)
        for total in (read(TORCH, replace(case, reduction=SUM)),)
    ]
    return Evidence(
        domain=f"no ignored targets, and class weights only with one-hot or soft targets: "
        f"{len(means) - len(broken)} of {len(means)} cases of every shape",
        contradictions=tuple(broken),
        counterexamples=tuple(counterexamples),
    )


def _sum_over_terms(case: Case) -> bool:
    total = replace(case, reduction=SUM)
    count = int(np.prod(case.shape, dtype=int))
    allowed = count * allowance(answer(case)) + allowance(answer(total))
    scaled = np.asarray(read(TORCH, case), dtype=np.float64) * count
    return together(scaled, read(TORCH, total), allowed)


PAIRS = (
    (TORCH, TORCH),
    (
        "tensorflow_v1.nn.sparse_softmax_cross_entropy_with_logits",
        "tensorflow_v1.nn.softmax_cross_entropy_with_logits_v2",
    ),
    (
        "tensorflow_v2.nn.sparse_softmax_cross_entropy_with_logits",
        "tensorflow_v2.nn.softmax_cross_entropy_with_logits",
    ),
)


@claim(
    3,
    "One-hot targets give what sparse targets give; soft targets generalise both; "
    "TensorFlow takes them directly.",
    "torch",
    "tensorflow_v1",
    "tensorflow_v2",
)
def one_hot_is_sparse_and_soft_is_both() -> Evidence:
    """A soft target's loss is the sum of the sparse losses, each times the target's share."""

    def kept(spec: Spec) -> bool:
        means = spec.reduction == "mean" and "weight" in spec.options
        return spec.encoding == SPARSE and "ignore_index" not in spec.options and not means

    def soft(spec: Spec) -> bool:
        plain = spec.reduction == "none" and not spec.options
        return spec.encoding == SOFT and plain and spec.shape in {"unbatched", "rows", "image"}

    broken, count = [], 0
    for sparse, dense in PAIRS:
        hard = generated(sparse, keep=kept, strength=1, numbers_matter=False)
        mixed = generated(dense, keep=soft, strength=1, numbers_matter=False)
        broken += [case.id for case in hard if not _one_hot_agrees(sparse, dense, case)]
        broken += [case.id for case in mixed if not _is_mixture(sparse, dense, case)]
        count += len(hard) + len(mixed)
    index = question("cross_entropy", "sparse", [[0, 0]], [0], weight=[2, 1])
    one_hot = question("cross_entropy", "one_hot", [[0, 0]], [[1, 0]], weight=[2, 1])
    first, second = read(TORCH, index), read(TORCH, one_hot)
    weighted = (
        f"torch's mean of logits [[0, 0]], class weights [2, 1]: target [0] gives {text(first)}, "
        f"target [[1, 0]] gives {text(second)}"
    )
    differ = not together(first, second, allowance(answer(index), answer(one_hot)))
    return Evidence(
        domain=f"no ignored targets, and no class weights in a mean: {count - len(broken)} of "
        f"{count} cases of torch, tf.compat.v1.nn and tf.nn, value and gradient",
        contradictions=tuple(broken),
        counterexamples=(weighted,) if differ else (),
    )


def _one_hot_agrees(sparse: str, dense: str, case: Case) -> bool:
    kind = case.target_kind.replace("sparse", "one_hot")
    target = case.distribution.astype(case.prediction.dtype)
    twin = replace(case, target_kind=kind, target=target)
    return all(
        together(
            read(sparse, case, quantity),
            read(dense, twin, quantity),
            allowance(answer(case, quantity), answer(twin, quantity)),
        )
        for quantity in ("value", "gradient")
    )


def _is_mixture(sparse: str, dense: str, case: Case) -> bool:
    """Whether the term of a soft target is the mixture of the terms of the classes."""
    mixture, allowed = np.zeros(case.shape), allowance(answer(case))
    for index in range(case.prediction.shape[-1]):
        kind = case.target_kind.replace("soft", "sparse")
        labels = np.full(case.shape, index, dtype=np.int64)
        single = replace(case, target_kind=kind, target=labels)
        share = case.target[..., index].astype(np.float64)
        mixture = mixture + share * np.asarray(read(sparse, single), dtype=np.float64)
        allowed = allowed + share * allowance(answer(single))
    return together(read(dense, case), mixture, allowed)


@claim(
    4,
    "The loss of a pixel in segmentation is the classification loss of that pixel.",
    "torch",
    "tensorflow_v1",
)
def segmentation_is_classification_of_pixels() -> Evidence:
    """Each framework on an image, classes where it wants them, and on the list of its pixels."""
    names = (TORCH, PAIRS[1][0])
    both = [
        (name, case)
        for name in names
        for case in generated(
            name,
            keep=lambda spec: spec.encoding in SPARSE | ONE_HOT,
            numbers_matter=False,
        )
        if case.target_kind.endswith("_segmentation") and case.reduction == NONE
    ]
    broken = [f"{name}: {case.id}" for name, case in both if not _pixels_agree(name, case)]
    small = question(
        "cross_entropy", "sparse_segmentation", [[[0, 2], [0, 0]]], [[0, 0]], reduction=NONE
    )
    implementation = IMPLEMENTATIONS[TORCH]
    call = replace(implementation.call(small), prediction=small.prediction)
    unmoved = implementation.framework.evaluate[implementation.offered_modes[0]](call).value
    last = (
        f"classes last in torch, where the length equals the number of classes: logits "
        f"[[[0, 2], [0, 0]]], targets [[0, 0]] silently give {text(unmoved)}, "
        f"not {text(read(TORCH, small))}"
    )
    differ = not together(unmoved, read(TORCH, small), 2 * allowance(answer(small)))
    return Evidence(
        domain=f"classes second in torch, last in TensorFlow: {len(both) - len(broken)} of "
        f"{len(both)} cases, pixel by pixel",
        contradictions=tuple(broken),
        counterexamples=(last,) if differ else (),
    )


def _pixels_agree(name: str, case: Case) -> bool:
    rows = replace(
        case,
        target_kind=case.target_kind.removesuffix("_segmentation"),
        prediction=case.prediction.reshape(-1, case.prediction.shape[-1]),
        target=case.target.reshape((-1, *case.target.shape[case.prediction.ndim - 1 :])),
    )
    value = np.reshape(np.asarray(read(name, rows)), case.shape)
    return together(value, read(name, case), 2 * allowance(answer(case)))


@claim(5, "log_softmax is more stable than log(softmax), and a good deal faster.", "textbook")
def log_softmax_is_more_stable() -> Evidence:
    """Who stays inside the bound; how fast they are is measured by benchmarks/log_softmax.py."""
    stable, naive = "textbook.log_softmax", "textbook.log_of_softmax"
    cases = with_reduction(
        generated(stable, keep=lambda spec: spec.reduction == "none", numbers_matter=False), NONE
    )
    broken = [case.id for case in cases if not inside(read(stable, case), answer(case))]
    good = sum(inside(read(naive, case), answer(case)) for case in cases)
    failing = []
    for logits, target in (([0, 1], [1, 0]), ([0, -1], [0, 1])):
        for size in range(1, LARGEST_LOGIT):
            scaled = [size * logit for logit in logits]
            case = question("cross_entropy", "one_hot", [scaled], [target], reduction=NONE)
            if not inside(read(naive, case), answer(case)):
                failing.append((size, scaled, target, read(naive, case), read(stable, case)))
                break
    where = "; ".join(
        f"float32 logits {logits}, target {target}: log(softmax) gives {text(lost)}, "
        f"log_softmax {text(kept)}"
        for _, logits, target, lost, kept in sorted(failing, key=lambda found: found[0])
    )
    return Evidence(
        domain=f"log_softmax is inside the bound in {len(cases) - len(broken)} of {len(cases)} "
        f"cases, log(softmax) in {good}; it fails first at {where}; the speed is measured by "
        f"benchmarks/log_softmax.py",
        contradictions=tuple(broken),
    )
