"""Reading what was recorded: a run, or a baseline, whose lines ``baseline`` describes."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from equivalence.baseline import SCHEMA, Baseline, questions_digest
from equivalence.exact import Number
from equivalence.finding import Finding, Verdict, Where
from equivalence.lines import parse_environment
from equivalence.measured import framework_of
from equivalence.records import SCHEMA as RUN_SCHEMA
from equivalence.records import DivergenceRecord, Environment
from equivalence.results import Run, RunFileError, read

if TYPE_CHECKING:
    from pathlib import Path

_AGAIN = "restore it (`git checkout`) or accept a run again"
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError)


class BaselineError(RunFileError):
    """A baseline cannot be read; the message says which, where, and what to do."""


def baseline_in(path: Path) -> Baseline:
    """The baseline in a file.

    Raises:
        BaselineError: If there is no such file, or it is not a whole baseline of this schema: the
            message names the line.
    """
    text = _text(path, "`equivalence compare BASELINE RUN --accept ... --because ...` writes one")
    first, *rest = text.split("\n")
    header = _header(path, first)
    torn = rest.pop() if rest else first
    divergences: list[DivergenceRecord] = []
    findings: list[Finding] = []
    reasons: dict[str, str] = {}
    seen: set[str] = set()
    for number, line in enumerate(rest, start=2):
        try:
            fields = json.loads(line)
            kind = fields["kind"]
            if kind == "divergence":
                divergences.append(_divergence(fields))
                continue
            if kind != "cell":
                raise ValueError(kind)
            mine = [
                _finding(fields["cell"], case, kept) for case, kept in fields["answers"].items()
            ]
            asked = {finding.case: finding.digest for finding in mine}
            reason = str(fields.get("because", ""))
        except _BROKEN as error:
            message = f"{path}: line {number} is no line of a baseline; {_AGAIN}"
            raise BaselineError(message) from error
        cell = fields["cell"]
        if cell in seen:
            message = f"{path}: line {number} names {cell} for the second time; delete one of them"
            raise BaselineError(message)
        if questions_digest(asked) != fields.get("questions"):
            message = f"{path}: line {number}: the questions of {cell} were edited; {_AGAIN}"
            raise BaselineError(message)
        seen.add(cell)
        findings += mine
        reasons |= {cell: reason} if reason else {}
    if torn or len(seen) != header["cells"]:
        message = f"{path}: cut short, {len(seen)} of {header['cells']} cells are there; {_AGAIN}"
        raise BaselineError(message)
    environment = dataclasses.replace(header["environment"], divergences=tuple(divergences))
    run = Run.of(environment, findings)
    return Baseline(run=run, because=header["because"], reasons=reasons)


def _text(path: Path, way_out: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        message = f"{path}: cannot be read ({reason}); {way_out}"
        raise BaselineError(message) from error


def _header(path: Path, line: str) -> dict[str, Any]:
    """The header: how many cells there are, why they were accepted, and the environment."""
    no_baseline = (
        f"{path}: line 1 is not the header of a baseline, which `equivalence compare` writes"
    )
    try:
        fields = json.loads(line)
        kind, schema = fields["kind"], fields.get("schema")
    except _BROKEN as error:
        raise BaselineError(no_baseline) from error
    if kind == "environment":
        message = f"{path} is a run, which nobody has accepted; a baseline is needed here"
        raise BaselineError(message)
    if kind != "baseline":
        raise BaselineError(no_baseline)
    if schema != SCHEMA:
        message = f"{path}: schema {schema}, this version reads {SCHEMA}; upgrade loss-equivalence"
        raise BaselineError(message)
    try:
        environment = _environment(fields["environment"])
        return {
            "cells": int(fields["cells"]),
            "because": str(fields["because"]),
            "environment": environment,
        }
    except _BROKEN as error:
        raise BaselineError(no_baseline) from error


def _environment(fields: dict[str, Any]) -> Environment:
    empty: dict[str, Any] = {
        name: [] for name in ("implementations", "divergences", "losses", "claims")
    }
    whole = fields | empty | {"kind": "environment", "schema": RUN_SCHEMA, "complete": True}
    environment, _ = parse_environment(json.dumps(whole))
    return environment


def _divergence(fields: dict[str, Any]) -> DivergenceRecord:
    return DivergenceRecord(
        name=str(fields["name"]),
        implementations=(),
        summary=str(fields["summary"]),
        reason=str(fields["summary"]),
        versions="",
        reference="",
    )


def _finding(cell: str, case: str, kept: list[Any]) -> Finding:
    loss, target, reduction, dtype, quantity, who = cell.split(":", 5)
    implementation, _, mode = who.rpartition("@")
    verdict, digest, bits, share, got, more = (*kept, {})[:6]
    error, bound = more.get("error", share), more.get("bound", "1.0")
    index = tuple(int(place) for place in more["index"]) if "index" in more else None
    return Finding(
        loss=loss,
        target=target,
        reduction=reduction,
        denominator="",
        dtype=dtype,
        quantity=quantity,
        implementation=implementation,
        framework=framework_of(cell),
        mode=mode,
        case=case,
        digest=str(digest),
        verdict=Verdict(verdict),
        got=_number(got),
        error=_number(error),
        bound=_number(bound) if error else None,
        where=None if index is None else Where(index=index),
        divergence=str(more.get("divergence", "")),
        returned=str(more.get("returned", "")),
        detail=str(more.get("detail", "")),
        bits=str(bits),
    )


def _number(text: str) -> Number | None:
    return Number.of(float(text)) if text else None


def recorded(path: Path) -> Run:
    """What is in a file, be it a run or a baseline.

    Raises:
        RunFileError: If it is neither; the message says which file, which line, and what to do.
    """
    try:
        with path.open(encoding="utf-8") as file:
            kind = json.loads(file.readline())["kind"]
    except (OSError, *_BROKEN):
        kind = ""
    return baseline_in(path).run if kind == "baseline" else read(path)
