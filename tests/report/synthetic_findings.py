"""The imagined findings of the synthetic runs, ordinary and hostile."""

from __future__ import annotations

import hashlib
import math
import random

from synthetic_data import DENOMINATORS, DIVERGENCES, HOSTILE, LONG

from equivalence.exact import Number
from equivalence.finding import Finding, Verdict, Where


def imagined(
    name: str, target: str, reduction: str, quantity: str, draw: float
) -> tuple[Verdict, str]:
    """What the imagined frameworks do, roughly as the real ones."""
    weighted = draw < 0.2
    if "NONZERO" in name and reduction == "mean" and weighted:
        return Verdict.EXPLAINED, "divides_by_nonzero_weights"
    if name in DIVERGENCES[1].implementations and reduction == "mean" and weighted:
        return Verdict.EXPLAINED, "divides_by_class_weights"
    if "_probabilities" in name and draw < 0.12:
        both = draw < 0.03 and "mean_with" in name
        return Verdict.EXPLAINED, "clips_probabilities" + " + divides_by_class_weights" * both
    if name == "textbook.log_of_softmax" and quantity == "gradient":
        return Verdict.INAPPLICABLE, ""
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
        digest=hashlib.sha256(f"{case}{cell}".encode()).hexdigest()[:16],
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
        bits=f"{chance.getrandbits(48):x}",
        got=Number.of(exact + error),
        exact=Number.of(exact, f"{exact:.17f}48120377"),
        error=Number.of(error),
        bound=Number.of(bound),
        ulps=Number.of(error / ulp),
        where=where,
        detail="expected an answer inside the bound" if verdict is Verdict.DIVERGES else "",
    )


def hostile_findings(chance: random.Random) -> list[Finding]:
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
