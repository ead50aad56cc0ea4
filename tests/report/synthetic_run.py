"""Synthetic runs, built from the real types: test data for the report, and nothing else."""

from __future__ import annotations

import hashlib
import math
import random

from equivalence.exact import Number
from equivalence.finding import Finding, Verdict, Where
from equivalence.results import (
    ClaimRecord,
    DivergenceRecord,
    Environment,
    FrameworkRecord,
    ImplementationRecord,
    LossRecord,
    Run,
    ordered,
)

HOSTILE = "</style><script>alert(1)</script>\"'<img src=x onerror=alert(2)>\u202edesrever\u200f \x00{{ 7*7 }}|`"
LONG = "x" * 10_000

FRAMEWORKS = (
    FrameworkRecord(name="textbook", versions={"numpy": "2.4.6"}, flags={}),
    FrameworkRecord(
        name="torch", versions={"torch": "2.13.0+cpu"}, flags={"threads": "1", "mkldnn": "on"}
    ),
    FrameworkRecord(
        name="tensorflow_v1",
        versions={"tensorflow-cpu": "2.21.0", "keras": "3.15.1"},
        flags={"onednn": "on", "threads": "1"},
    ),
    FrameworkRecord(
        name="tensorflow_v2",
        versions={"tensorflow-cpu": "2.21.0", "keras": "3.15.1"},
        flags={"onednn": "on", "threads": "1"},
    ),
    FrameworkRecord(name="sklearn", versions={"scikit-learn": "1.9.1"}, flags={}),
)
ABSENT = FrameworkRecord(
    name="jax", versions={}, flags={}, absent="no module named 'jax'; pip install jax"
)

MULTICLASS = (
    "sparse",
    "one_hot",
    "soft",
    "sparse_segmentation",
    "one_hot_segmentation",
    "soft_segmentation",
)
BINARY = ("binary", "soft_binary", "binary_segmentation", "soft_binary_segmentation")
LOSSES = {
    "cross_entropy": (
        MULTICLASS,
        r"L = \sum_c w_c \left((1 - \varepsilon) t_c + \tfrac{\varepsilon}{C}\right)"
        r" \left(\log \sum_k e^{x_k} - x_c\right)",
    ),
    "negative_log_likelihood": (MULTICLASS, r"L = -\sum_c w_c t_c \log p_c"),
    "cross_entropy_from_probabilities": (
        MULTICLASS,
        r"L = -\sum_c w_c \left((1 - \varepsilon) t_c + \tfrac{\varepsilon}{C}\right) \log p_c",
    ),
    "binary_cross_entropy": (
        BINARY,
        r"L = -t' \log p - (1 - t') \log (1 - p), \qquad t' = (1 - \varepsilon) t + \varepsilon / 2",
    ),
    "binary_cross_entropy_with_logits": (
        BINARY,
        r"L = w t' \log(1 + e^{-x}) + (1 - t') \log(1 + e^{x})",
    ),
}
_V1_MEANS = (
    "[MEAN]",
    "[SUM_BY_NONZERO_WEIGHTS]",
    "[SUM_OVER_BATCH_SIZE]",
    "[SUM_OVER_NONZERO_WEIGHTS]",
)
_KERAS_MEANS = ("[sum_over_batch_size]", "[mean_with_sample_weight]")
# Per loss: the implementation, the target kinds it takes ("" for all), and its several means.
NAMES = {
    "cross_entropy": (
        ("textbook.log_of_softmax", "", ()),
        ("textbook.times_log_softmax", "", ()),
        ("textbook.soft_cross_entropy", "soft", ()),
        ("torch.cross_entropy", "", ()),
        ("torch.CrossEntropyLoss", "", ()),
        ("tensorflow_v1.nn.sparse_softmax_cross_entropy_with_logits", "sparse", ()),
        ("tensorflow_v1.nn.softmax_cross_entropy_with_logits", "soft", ()),
        ("tensorflow_v1.nn.softmax_cross_entropy_with_logits_v2", "soft", ()),
        ("tensorflow_v1.losses.sparse_softmax_cross_entropy", "sparse", _V1_MEANS),
        ("tensorflow_v1.losses.softmax_cross_entropy", "soft", _V1_MEANS),
        ("tensorflow_v2.nn.sparse_softmax_cross_entropy_with_logits", "sparse", ()),
        ("tensorflow_v2.nn.softmax_cross_entropy_with_logits", "soft", ()),
        ("tensorflow_v2.SparseCategoricalCrossentropy", "sparse", _KERAS_MEANS),
        ("tensorflow_v2.CategoricalCrossentropy", "soft", _KERAS_MEANS),
    ),
    "negative_log_likelihood": (("torch.nll_loss", "sparse", ()), ("torch.NLLLoss", "sparse", ())),
    "cross_entropy_from_probabilities": (
        ("textbook.probabilities", "", ()),
        ("tensorflow_v2.SparseCategoricalCrossentropy_probabilities", "sparse", _KERAS_MEANS),
        ("tensorflow_v2.CategoricalCrossentropy_probabilities", "soft", _KERAS_MEANS),
        ("sklearn.log_loss", "", ()),
    ),
    "binary_cross_entropy": (
        ("textbook.binary_cross_entropy", "", ()),
        ("torch.binary_cross_entropy", "", ()),
        ("torch.BCELoss", "", ()),
        ("tensorflow_v1.losses.log_loss", "", _V1_MEANS),
        ("tensorflow_v2.BinaryCrossentropy_probabilities", "", _KERAS_MEANS),
        ("sklearn.log_loss_binary", "", ()),
    ),
    "binary_cross_entropy_with_logits": (
        ("textbook.sigmoid_then_bce", "", ()),
        ("torch.binary_cross_entropy_with_logits", "", ()),
        ("torch.BCEWithLogitsLoss", "", ()),
        ("tensorflow_v1.nn.sigmoid_cross_entropy_with_logits", "", ()),
        ("tensorflow_v1.losses.sigmoid_cross_entropy", "", _V1_MEANS),
        ("tensorflow_v2.BinaryCrossentropy", "", _KERAS_MEANS),
    ),
}
DIVERGENCES = (
    DivergenceRecord(
        name="divides_by_nonzero_weights",
        implementations=("tensorflow_v1.losses.*",),
        summary="Divides by the number of non-zero weights, not by the number of terms.",
        reason="Divides by the number of non-zero weights, not by the number of terms. SUM_BY_NONZERO_WEIGHTS is the"
        " default of tf.compat.v1.losses: a weight of zero takes its term out of the mean altogether, while any other"
        " weight leaves the denominator as it is.",
        versions=">=1.0",
        reference="https://www.tensorflow.org/api_docs/python/tf/compat/v1/losses/Reduction",
    ),
    DivergenceRecord(
        name="divides_by_class_weights",
        implementations=(
            "torch.cross_entropy",
            "torch.CrossEntropyLoss",
            "torch.nll_loss",
            "torch.NLLLoss",
        ),
        summary="Divides by the sum of the targets' class weights.",
        reason="Divides by the sum of the targets' class weights. With class weights, torch's mean is a weighted"
        " average; every other framework divides by the number of terms.",
        versions=">=0.4",
        reference="https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html",
    ),
    DivergenceRecord(
        name="clips_probabilities",
        implementations=("tensorflow_v2.*",),
        summary="Clips probabilities to [1e-7, 1 - 1e-7] before the logarithm.",
        reason="Clips probabilities to [1e-7, 1 - 1e-7] before the logarithm. The loss can never exceed 16.118, and its"
        " gradient is zero outside the interval: a confident mistake stops learning.",
        versions=">=2.0",
        reference="https://github.com/keras-team/keras/blob/master/keras/src/backend/config.py",
    ),
    DivergenceRecord(
        name="naive_softmax",
        implementations=("textbook.*",),
        summary="Overflows: exp(x) is taken before the division.",
        reason="Overflows: exp(x) is taken before the division. Beyond 88 in float32, exp is infinite and the quotient"
        " is not a number.",
        versions="",
        reference="https://doi.org/10.1093/imanum/draa038",
    ),
    DivergenceRecord(
        name="refuses_soft_targets",
        implementations=("sklearn.*",),
        summary="Refuses targets that are no class labels.",
        reason="Refuses targets that are no class labels. log_loss takes labels only.",
        versions="",
        reference="https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html",
    ),
)
CLAIMS = (
    ClaimRecord(
        number=1,
        statement="CrossEntropyLoss is NLLLoss after LogSoftmax.",
        verdict="holds",
        domain="every case asked: 214 of 214, float32 and float64",
        counterexample="",
    ),
    ClaimRecord(
        number=2,
        statement="“mean” divides the sum by batch × product of the other dimensions.",
        verdict="holds within a domain",
        domain="no class weights, no ignored target",
        counterexample="weight = [1, 2], targets [0, 1]: torch divides by 3, not by 2",
    ),
    ClaimRecord(
        number=7,
        statement="F.binary_cross_entropy is identical to sklearn.metrics.log_loss.",
        verdict="fails",
        domain="0 < p < 1 and targets 0 or 1",
        counterexample="p = 0, target 1: torch clamps the log at -100, sklearn clips p to eps and gives 36.04",
    ),
)
DENOMINATORS = {
    "divides_by_nonzero_weights": "number of non-zero sample weights",
    "divides_by_class_weights": "sum of the targets' class weights",
}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _targets(loss: str, takes: str) -> tuple[str, ...]:
    kinds = LOSSES[loss][0]
    return tuple(kind for kind in kinds if not takes or ("sparse" in kind) == (takes == "sparse"))


def _verdict(
    name: str, target: str, reduction: str, quantity: str, draw: float
) -> tuple[Verdict, str]:
    """What the imagined frameworks do, roughly as the real ones."""
    weighted = draw < 0.2
    if "NONZERO" in name and reduction == "mean" and weighted:
        return Verdict.EXPLAINED, "divides_by_nonzero_weights"
    if name in DIVERGENCES[1].implementations and reduction == "mean" and weighted:
        return Verdict.EXPLAINED, "divides_by_class_weights"
    if "_probabilities" in name and draw < 0.12:
        return Verdict.EXPLAINED, "clips_probabilities"
    if name == "textbook.log_of_softmax" and draw < 0.1:
        return Verdict.INACCURATE, "naive_softmax"
    if name.startswith("sklearn") and "soft" in target:
        return Verdict.REFUSES, "refuses_soft_targets"
    if draw > 0.985:
        return Verdict.UNDEFINED, ""
    return Verdict.AGREES, ""


def finding(
    cell: dict[str, str], case: str, verdict: Verdict, divergence: str, chance: random.Random
) -> Finding:
    exact = chance.uniform(0.01, 20)
    bound = exact * 2.0 ** (-22 if cell["dtype"] == "float32" else -51)
    ulp = 2.0 ** (math.floor(math.log2(exact)) - (23 if cell["dtype"] == "float32" else 52))
    share = {
        Verdict.AGREES: chance.random() ** 2,
        Verdict.INACCURATE: 10 ** chance.uniform(1, 3),
    }.get(verdict, 10 ** chance.uniform(3, 7))
    error = min(share * bound, exact / 2)
    mean = cell["reduction"].startswith("mean")
    names = dict(
        **cell,
        denominator=(DENOMINATORS.get(divergence, "number of terms not ignored") if mean else ""),
        case=case,
        digest=_digest(case + cell["loss"]),
        verdict=verdict,
        divergence=divergence,
    )
    prediction = tuple(Number.of(round(chance.uniform(-30, 30), 4)) for _ in range(5))
    where = Where(index=(3,), prediction=prediction, target=(Number.of(2),))
    if verdict is Verdict.UNDEFINED:
        got = chance.choice((math.nan, 0.0))
        return Finding(
            **names, got=Number.of(got), exact=Number.of(math.nan), detail="all targets are ignored"
        )
    if verdict in {Verdict.REFUSES, Verdict.CRASHED}:
        return Finding(**names, detail="ValueError: Mix of label input types (string and number)")
    if verdict is Verdict.INAPPLICABLE:
        return Finding(**names, detail="has no gradient")
    return Finding(
        **names,
        got=Number.of(exact + error),
        exact=Number.of(exact, f"{exact:.17f}48120377"),
        error=Number.of(error),
        bound=Number.of(bound),
        ulps=Number.of(error / ulp),
        where=where,
        detail="expected an answer inside the bound" if verdict is Verdict.DIVERGES else "",
    )


def _modes(framework: str, wide: bool) -> tuple[str, ...]:
    if framework == "tensorflow_v1":
        return ("eager", "graph")
    if wide:
        return {"torch": ("eager", "compile"), "tensorflow_v2": ("eager", "function", "xla")}.get(
            framework, ("eager",)
        )
    return ("eager",)


def _cells(losses: tuple[str, ...], wide: bool) -> list[dict[str, str]]:
    cells = []
    for loss, names in ((loss, NAMES[loss]) for loss in losses):
        for name, takes, means in names:
            framework = name.partition(".")[0]
            modes = _modes(framework, wide)
            for reduction in ("none", "sum", "mean"):
                for suffix in means if means and reduction == "mean" else ("",):
                    for mode in modes:
                        for target in _targets(loss, takes):
                            for dtype in ("float32", "float64"):
                                for quantity in ("value", "gradient", "target_gradient"):
                                    if quantity == "target_gradient" and "v2" not in name:
                                        continue
                                    if quantity == "target_gradient" and "soft" not in target:
                                        continue
                                    if framework == "sklearn" and quantity != "value":
                                        continue
                                    cells.append(
                                        dict(
                                            loss=loss,
                                            target=target,
                                            reduction=reduction,
                                            dtype=dtype,
                                            quantity=quantity,
                                            implementation=name + suffix,
                                            framework=framework,
                                            mode=mode,
                                        )
                                    )
    return cells


def make(
    *,
    seed: int = 1,
    cases: int = 8,
    losses: tuple[str, ...] = tuple(LOSSES),
    wide: bool = False,
    red: bool = True,
    complete: bool = True,
    absent: bool = True,
    hostile: bool = False,
) -> Run:
    """A run that looks like a real one; ``hostile`` puts attacks into every text it can hold."""
    chance = random.Random(seed)
    findings = []
    for cell in _cells(losses, wide):
        for case in range(cases):
            origin = f"wide.columns.weight+ignore.{case}"
            verdict, divergence = _verdict(
                cell["implementation"],
                cell["target"],
                cell["reduction"],
                cell["quantity"],
                chance.random(),
            )
            if (
                red
                and cell["implementation"]
                == "tensorflow_v2.BinaryCrossentropy[mean_with_sample_weight]"
            ):
                if cell["quantity"] == "value" and cell["target"] == "soft_binary" and case < 3:
                    verdict, divergence = Verdict.DIVERGES, ""
            if red and cell["implementation"] == "torch.BCELoss" and cell["dtype"] == "float64":
                if cell["target"] == "binary" and cell["reduction"] == "mean" and not case:
                    verdict, divergence = Verdict.RETIRED, "divides_by_class_weights"
            findings.append(finding(cell, origin, verdict, divergence, chance))
    if hostile:
        findings += _hostile_findings(chance)
    evil = HOSTILE if hostile else ""
    environment = Environment(
        profile="quick",
        command="equivalence run --profile quick -o reports/run.jsonl --html reports/index.html"
        + evil,
        date="2026-11-03T09:12:44Z",
        commit="9f2c1e7",
        python="3.11.2",
        platform="Linux 6.1 x86_64, glibc 2.36, AVX2" + evil,
        packages={
            "numpy": "2.4.6",
            "torch": "2.13.0+cpu",
            "tensorflow-cpu": "2.21.0",
            "scikit-learn": "1.9.1",
        },
        frameworks=FRAMEWORKS
        + ((ABSENT,) if absent else ())
        + (
            (FrameworkRecord(name=HOSTILE, versions={HOSTILE: HOSTILE}, flags={HOSTILE: LONG}),)
            if hostile
            else ()
        ),
        implementations=_implementations(evil),
        divergences=DIVERGENCES
        + (
            (
                DivergenceRecord(
                    name=HOSTILE,
                    implementations=(HOSTILE,),
                    summary=HOSTILE,
                    reason=HOSTILE + LONG,
                    versions=HOSTILE,
                    reference="javascript:alert(3)",
                ),
            )
            if hostile
            else ()
        ),
        losses=tuple(
            LossRecord(name=name, summary=f"The {name.replace('_', ' ')}.", formula=formula + evil)
            for name, (_, formula) in LOSSES.items()
        ),
        claims=CLAIMS
        + (
            (
                ClaimRecord(
                    number=9,
                    statement=HOSTILE,
                    verdict=HOSTILE,
                    domain=LONG,
                    counterexample=HOSTILE,
                ),
            )
            if hostile
            else ()
        ),
        complete=complete,
    )
    return Run(environment=environment, findings=ordered(findings))


def _implementations(evil: str) -> tuple[ImplementationRecord, ...]:
    return tuple(
        ImplementationRecord(
            name=name,
            framework=name.partition(".")[0],
            loss=loss,
            documentation="https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html",
            source=f"def {name.rpartition('.')[2]}(logits, target, *, weight=None, reduction='mean'):\n"
            f"    return F.cross_entropy(logits, target, weight=weight, reduction=reduction)\n{evil}",
            scripts={},
            class_axis=1,
        )
        for loss, names in NAMES.items()
        for name, _, _ in names
    )


def _hostile_findings(chance: random.Random) -> list[Finding]:
    findings = []
    for verdict in Verdict:
        for text in (HOSTILE, LONG):
            cell = dict(
                loss=text,
                target=text,
                reduction="mean",
                dtype=text,
                quantity=text,
                implementation=text,
                framework=HOSTILE,
                mode=text,
            )
            findings.append(
                Finding(
                    **cell,
                    denominator=text,
                    case=f"{verdict}{text}",
                    digest="0",
                    verdict=verdict,
                    got=Number("not hexadecimal", text),
                    exact=Number("0x1p+0", text),
                    error=Number("nan", "nan"),
                    bound=Number("inf", "inf"),
                    ulps=Number("0x1p+9999", text),
                    where=Where(index=(1,), prediction=(Number(text, text),), target=()),
                    divergence=text if verdict.catalogued else "",
                    detail=text,
                )
            )
    findings.append(finding(cell | {"loss": "other"}, "x", Verdict.CRASHED, "", chance))
    return findings


def script(worst: Finding) -> str:
    """Stands for ``equivalence.reproduce``: as long as a real script."""
    return (
        f"# {worst.name}\n"
        "import torch\nimport torch.nn.functional as F\n\n"
        "prediction = torch.tensor([[0.2870, 0.2232, 0.6423, 0.6035], [0.4180, 0.9434, 0.6034, 0.5521],\n"
        "                           [0.0026, 0.4993, 0.7166, 0.2258]], dtype=torch.float32, requires_grad=True)\n"
        "target = torch.tensor([0, 2, 1])\n"
        "weight = torch.tensor([1.0, 2.0, 0.5, 1.0])\n\n"
        "def cross_entropy(logits, target, *, weight=None, ignore_index=-100, reduction='mean'):\n"
        "    return F.cross_entropy(logits, target, weight=weight, ignore_index=ignore_index, reduction=reduction)\n\n"
        "value = cross_entropy(prediction, target, weight=weight)\n"
        "print(value.item().hex())\n"
    )
