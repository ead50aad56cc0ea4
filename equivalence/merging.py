"""Merging: one run of several parts, whatever their order."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from equivalence.results import Environment, FrameworkRecord, Run, environment_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.finding import Finding


class MergeError(ValueError):
    """The parts do not belong together; the message says why."""


def merge(runs: Iterable[Run]) -> Run:
    """One run of several parts, of other frameworks or of other selections.

    Raises:
        MergeError: If there is nothing to merge, two parts answer one question differently, or
            they were made with other versions.
    """
    parts = sorted(runs, key=lambda run: environment_line(run.environment))
    if not parts:
        message = "there is nothing to merge"
        raise MergeError(message)
    findings: dict[str, Finding] = {}
    for part in parts:
        for finding in part.findings:
            if findings.setdefault(finding.name, finding) != finding:
                message = f"two answers for {finding.name}: were the runs made on one machine?"
                raise MergeError(message)
    return Run.of(_environment([part.environment for part in parts]), findings.values())


def _environment(parts: list[Environment]) -> Environment:
    """What the parts say together; of what can be said only once, what the first one says."""
    frameworks: dict[str, FrameworkRecord] = {}
    for record in (record for part in parts for record in part.frameworks):
        known = frameworks.get(record.name, record)
        if known.versions != record.versions and not (known.absent or record.absent):
            message = f"two versions of {record.name}: {known.versions} and {record.versions}"
            raise MergeError(message)
        frameworks[record.name] = record if known.absent else known
    divergences: dict[str, Any] = {}
    for entry in (entry for part in parts for entry in part.divergences):
        named = divergences.get(entry.name, entry).implementations
        concerned = tuple(sorted({*named, *entry.implementations}))
        divergences[entry.name] = dataclasses.replace(entry, implementations=concerned)
    return dataclasses.replace(
        parts[0],
        profile=" + ".join(sorted({part.profile for part in parts})),
        command="; ".join(sorted({part.command for part in parts})),
        frameworks=tuple(frameworks[name] for name in sorted(frameworks)),
        implementations=_union(record for part in parts for record in part.implementations),
        divergences=tuple(divergences[name] for name in sorted(divergences)),
        losses=_union(record for part in parts for record in part.losses),
        claims=next((part.claims for part in parts if part.claims), ()),
        complete=all(part.complete for part in parts),
    )


def _union(records: Iterable[Any]) -> tuple[Any, ...]:
    """The records by name; of two of one name the first."""
    named: dict[str, Any] = {}
    for record in records:
        named.setdefault(record.name, record)
    return tuple(named[name] for name in sorted(named))
