"""Synthetic runs, built from the real types: test data for the report, and nothing else."""

from __future__ import annotations

import random

import numpy as np
from synthetic_data import (
    ABSENT,
    CLAIMS,
    DIVERGENCES,
    FRAMEWORKS,
    HOSTILE,
    LONG,
    LOSSES,
    MULTICLASS,
    NAMES,
    SCRIPT,
    SOURCE,
)
from synthetic_findings import finding, hostile_findings, imagined

from equivalence.cases.answers import answers
from equivalence.cases.sweeping import sweep
from equivalence.finding import Finding, Verdict
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


def _targets(loss: str, takes: str) -> tuple[str, ...]:
    kinds = LOSSES[loss][0]
    return tuple(kind for kind in kinds if not takes or ("sparse" in kind) == (takes == "sparse"))


def _modes(framework: str, *, wide: bool) -> tuple[str, ...]:
    modes = {"tensorflow_v1": ("eager", "graph")}
    if wide:
        modes |= {"torch": ("eager", "compile"), "tensorflow_v2": ("eager", "function", "xla")}
    return modes.get(framework, ("eager",))


def _quantities(name: str, target: str) -> tuple[str, ...]:
    if name.startswith("sklearn"):
        return ("value",)
    both = ("value", "gradient")
    return (*both, "target_gradient") if "v2" in name and "soft" in target else both


def _cells(losses: tuple[str, ...], dtypes: tuple[str, ...], *, wide: bool) -> list[dict[str, str]]:
    offers = [(loss, *names) for loss in losses for names in NAMES[loss]]
    return [
        {
            "loss": loss,
            "target": target,
            "reduction": reduction,
            "dtype": dtype,
            "quantity": quantity,
            "implementation": name + suffix,
            "framework": name.partition(".")[0],
            "mode": mode,
        }
        for loss, name, takes, means in offers
        for reduction in ("none", "sum", "mean")
        for suffix in (means if means and reduction == "mean" else ("",))
        for mode in _modes(name.partition(".")[0], wide=wide)
        for target in _targets(loss, takes)
        for dtype in dtypes
        for quantity in _quantities(name, target)
    ]


def _red(cell: dict[str, str], case: int) -> tuple[Verdict, str] | None:
    """Where something fails: two implementations, two cells each."""
    at = (cell["implementation"], cell["target"], cell["quantity"])
    if at == ("tensorflow_v2.BinaryCrossentropy[mean_with_sample_weight]", "soft_binary", "value"):
        return (Verdict.DIVERGES, "") if case < 3 else None
    if at[:2] == ("torch.BCELoss", "binary") and cell["dtype"] + cell["reduction"] == "float64mean":
        return (Verdict.RETIRED, "divides_by_class_weights") if not case else None
    return None


def make(
    *,
    seed: int = 1,
    cases: int = 8,
    losses: tuple[str, ...] = tuple(LOSSES),
    dtypes: tuple[str, ...] = ("float32", "float64"),
    wide: bool = False,
    red: bool = True,
    complete: bool = True,
    absent: bool = True,
    hostile: bool = False,
) -> Run:
    """A run that looks like a real one; ``hostile`` puts attacks into every text it can hold."""
    chance = random.Random(seed)
    findings = []
    for cell in _cells(losses, dtypes, wide=wide):
        for case in range(cases):
            origin = f"wide.columns.weight+ignore.{case}"
            verdict, divergence = imagined(
                cell["implementation"],
                cell["target"],
                cell["reduction"],
                cell["quantity"],
                chance.random(),
            )
            if red and (fails := _red(cell, case)):
                verdict, divergence = fails
            findings.append(finding(cell, origin, verdict, divergence, chance))
    if hostile:
        findings += hostile_findings(chance)
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
            source=SOURCE + evil,
            scripts={},
            class_axis=1,
            reductions={"none": "none", "mean": "MEAN"},
            sweep=_sweep(loss, name),
        )
        for loss, names in NAMES.items()
        for name, _, _ in names
    )


def _sweep(loss: str, name: str) -> dict[str, str]:
    """The exact numbers; some imagined implementations clip them."""
    kind = "sparse" if LOSSES[loss][0] is MULTICLASS else "binary"
    case = sweep(loss, kind)
    numbers = np.float32(answers(case).value.exact.high).astype(float)
    if name.endswith("_probabilities"):
        numbers = np.minimum(numbers, 16.118095)
    text = " ".join(map(float.hex, numbers.tolist()))
    return {"target": kind, "digest": case.digest, "value": text}


def script(worst: Finding) -> str:
    """Stands for ``equivalence.reproduce``: as long as a real script."""
    return f"# {worst.name}\n{SCRIPT}"
