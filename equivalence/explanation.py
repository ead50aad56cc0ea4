"""Explaining: a finding asked again, and said in words."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.further import answer_to
from equivalence.comparison import judge
from equivalence.divergences import DIVERGENCES
from equivalence.events import Loaded
from equivalence.expectation import expectation
from equivalence.finding import Finding, Verdict, row_shown
from equivalence.implementations import IMPLEMENTATIONS
from equivalence.recording import record
from equivalence.report.summary import summarise
from equivalence.report.words import MEANINGS, figure, hexadecimal, magnitude, plural, times_bound
from equivalence.reproduction import ReproductionError, named_case
from equivalence.running import AbsentError, absent_message, events, request
from equivalence.selection import ORDER, SelectError, nearest

if TYPE_CHECKING:
    from equivalence.asking import Request
    from equivalence.cases.case import Case
    from equivalence.exact import Number
    from equivalence.results import Environment, Run


def again(name: str, profile: str = "quick") -> tuple[Finding, Environment]:
    """Asks a finding again; of a cell, or of any word of a selection, the gravest finding.

    Args:
        name: A finding's name, a cell's id, or a word of a selection.
        profile: Which cases a cell has. A finding's own case is asked whatever the profile.

    Raises:
        AbsentError: If its framework is not installed.
        SelectError: If there is nothing of that name.
        ReproductionError: If this version knows no such case.
    """
    asked = request([name], profile=profile)
    if len(asked.frameworks) == 1:
        asked = dataclasses.replace(asked, required=asked.frameworks)
        if name.count(":") == ORDER.count(":") and not {"*", "?", "!"}.intersection(name):
            return _one(name, asked)
    recording = record(asked)
    for event in events(asked):
        recording.take(event)
    return _gravest(name, recording.finish())


def _gravest(name: str, run: Run) -> tuple[Finding, Environment]:
    absent = [framework for framework in run.environment.frameworks if framework.absent]
    if not run.findings and absent:
        raise AbsentError(absent_message(absent[0].name, absent[0].absent))
    if not run.findings:
        profile = run.environment.profile
        message = f"{name!r} selects nothing of the {profile} profile; the parts are {ORDER}"
        raise SelectError(message)
    summary = summarise(run)
    gravest = (*summary.failing, *summary.catalogued, *summary.cells)[0]
    return gravest.worst, run.environment


def _one(name: str, asked: Request) -> tuple[Finding, Environment]:
    """The finding of a full name."""
    *parts, quantity, who, origin = name.split(":")
    implementation, _, mode = who.rpartition("@")
    recording = record(asked)
    recording.take(next(event for event in events(asked) if isinstance(event, Loaded)))
    known = IMPLEMENTATIONS.get(implementation)
    if known is None or mode not in known.offered_modes:
        there = (
            f"{other}@{mode}" for other in IMPLEMENTATIONS.values() for mode in other.offered_modes
        )
        message = f"nothing is called {who!r}; {nearest(who, there)}"
        raise SelectError(message)
    case = named_case(parts[0], parts[1], parts[2], parts[3], origin)
    try:
        return judge(known, case, quantity, mode), recording.environment
    except ValueError as error:
        raise ReproductionError(str(error)) from error


def explanation(finding: Finding, environment: Environment) -> list[tuple[str, list[str]]]:
    """A finding in words: for each heading, its lines."""
    record_ = next(
        (known for known in environment.implementations if known.name == finding.implementation),
        None,
    )
    versions = next(
        (known.versions for known in environment.frameworks if known.name == finding.framework), {}
    )
    parts: list[tuple[str, list[str]]] = []
    if finding.case:
        case = named_case(
            finding.loss, finding.target, finding.reduction, finding.dtype, finding.case
        )
        parts.append(("question", _question(finding, case)))
    if finding.where is not None:
        parts.append(("position", [str(list(finding.where.index))] if finding.where.index else []))
        for heading in ("prediction", "target"):
            numbers = list(map(_number, getattr(finding.where, heading)))
            parts.append((heading, row_shown(numbers)))
    parts.append(("got", [_number(finding.got)] if finding.got else []))
    parts.append(("exact", [_number(finding.exact)] if finding.exact else []))
    parts.append(("error", [_error(finding)] if finding.error else []))
    parts.append(("verdict", [f"{finding.verdict}: {MEANINGS[finding.verdict]}", finding.detail]))
    parts.append(("divides by", [finding.denominator]))
    for entry in environment.divergences:
        if entry.name in finding.divergences:
            since = f"versions {entry.versions}" if entry.versions else "every version"
            reason = [" ".join(paragraph.split()) for paragraph in entry.reason.split("\n\n")]
            parts.append(("because", [f"{entry.name} ({since})", *reason, entry.reference]))
    parts.append(("predicted", _predicted(finding)))
    parts.append(
        ("versions", [", ".join(f"{name} {version}" for name, version in versions.items())])
    )
    parts.append(("documented", [record_.documentation if record_ else ""]))
    return [(heading, [line for line in lines if line]) for heading, lines in parts if any(lines)]


_WORDS = {
    "value": "the value",
    "gradient": "the gradient with respect to the prediction",
    "target_gradient": "the gradient with respect to the target",
    "weight_gradient": "the gradient with respect to the weights, without axes of one,",
    "hessian_vector_product": "the second derivative along 1, 2, 1/2, 1, ...",
}


def _question(finding: Finding, case: Case) -> list[str]:
    """What was asked, without its numbers."""
    classes = (
        f", {plural(case.prediction.shape[-1], 'class', 'classes')}"
        if case.loss.has_classes
        else ""
    )
    shape = f"terms of shape {list(case.shape)}" if case.shape else "a single term"
    what = _WORDS[finding.quantity]
    options = [f"{name} {_brief(value)}" for name, value in case.options.items()]
    if case.weights is not None:
        options.append(f"sample weights {_brief(case.weights)}")
    return [
        f"{what} of {case.loss}, reduction {case.reduction}, {case.dtype}",
        f"{shape}{classes}, {case.target_kind.replace('_', ' ')} targets",
        f"with {', '.join(options)}" if options else "",
        f"malformed: {case.malformed}" if case.malformed else "",
    ]


def _predicted(finding: Finding) -> list[str]:
    """What the models of the catalogue answer at the position, and how far from that got is."""
    catalogued = finding.verdict in {Verdict.EXPLAINED, Verdict.INACCURATE}
    if not catalogued or finding.got is None or finding.error is None or finding.where is None:
        return []
    case = named_case(finding.loss, finding.target, finding.reduction, finding.dtype, finding.case)
    said = expectation(case, tuple(DIVERGENCES[name] for name in finding.divergences))
    answer, index = answer_to(said.case, finding.quantity), finding.where.index
    exact, bound = answer.exact.at(index), float(answer.granted[index])
    error = float(exact.error(np.float64(float(finding.got))))
    apart = "which is what was got" if not error else ""
    if error and bound and math.isfinite(error):  # else it lies beyond the largest number
        apart = f"got is {figure(error)} from it, {times_bound(error / bound)} {figure(bound)}"
    return [_number(answer.exact.digits(index)), apart]


def _brief(value: object) -> str:
    text = str(value.tolist()) if hasattr(value, "tolist") else str(value)
    return text if len(text) <= 100 else f"{text[:100]}..."


def _number(number: Number) -> str:
    return f"{number.decimal}  ({hexadecimal(number)})"


def _error(finding: Finding) -> str:
    ulps = f"{figure(magnitude(finding.ulps))} ulps of {finding.dtype}"
    of_bound = f"{times_bound(finding.share)} {figure(magnitude(finding.bound))}"
    return f"{figure(magnitude(finding.error))}: {ulps}, {of_bound}"
