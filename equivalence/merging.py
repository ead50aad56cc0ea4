"""Merging: one run of several parts, whatever their order."""

from __future__ import annotations

import dataclasses
from itertools import count
from typing import TYPE_CHECKING, Any

from equivalence.lines import environment_line
from equivalence.results import AskedRecord, Environment, FrameworkRecord, Run
from equivalence.shards import Shard, parse_shard

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from equivalence.finding import Finding


class MergeError(ValueError):
    """The parts do not belong together; the message says why."""


def merge(runs: Iterable[Run], names: Sequence[str] = ()) -> Run:
    """One run of several parts: shards, other frameworks or other selections, in any order.

    Args:
        runs: The parts, made on one platform: system, machine and versions. The processor may be
            another.
        names: Their files, for messages.

    Raises:
        MergeError: If there is nothing to merge, two parts answer one question differently, or
            they were made on other platforms or with other versions.
    """
    runs = list(runs)
    named = dict(zip(map(id, runs), names or map("part {}".format, count(1)), strict=False))
    parts = sorted(runs, key=lambda run: environment_line(run.environment))
    if not parts:
        message = "there is nothing to merge"
        raise MergeError(message)
    environment = _environment([part.environment for part in parts])
    findings: dict[str, tuple[Finding, Run]] = {}
    for part in parts:
        for finding in part.findings:
            name = finding.name
            if name not in findings:
                findings[name] = (finding, part)
                continue
            known, other = findings[name]
            if _answer(known) != _answer(finding):
                both = " and ".join(sorted((named[id(other)], named[id(part)])))
                message = f"two answers for {name}, in {both}; merge only one of them"
                raise MergeError(message)
            if finding.detail < known.detail:
                findings[name] = (finding, part)
    by_name = tuple(findings[name][0] for name in sorted(findings))
    return Run(environment=environment, findings=by_name)


def _answer(finding: Finding) -> Finding:
    """The finding without the words of an exception, which may name the members of a set."""
    raises = finding.detail.find("raises ")
    end = finding.detail.find(":", raises)
    if raises < 0 or end < 0:
        return finding
    return dataclasses.replace(finding, detail=finding.detail[:end])


def _environment(parts: list[Environment]) -> Environment:
    """What the parts say together; of what can be said only once, what the first one says."""
    for what in ("system", "python"):
        said = sorted({value for part in parts if (value := getattr(part, what))})
        if len(said) > 1:
            message = (
                f"the parts were made on {' and '.join(said)}; `equivalence compare` takes both"
            )
            raise MergeError(message)
    packages: dict[str, str] = {}
    for name, version in ((n, v) for part in parts for n, v in sorted(part.packages.items())):
        if packages.setdefault(name, version) != version:
            message = f"two versions of {name}: {packages[name]} and {version}"
            raise MergeError(message)
    frameworks: dict[str, FrameworkRecord] = {}
    for record in (record for part in parts for record in part.frameworks):
        known = frameworks.get(record.name, record)
        if known.versions != record.versions and not (known.absent or record.absent):
            message = f"two versions of {record.name}: {known.versions} and {record.versions}"
            raise MergeError(message)
        frameworks[record.name] = record if known.absent else known
    asked = _asked(parts)
    divergences: dict[str, Any] = {}
    for entry in (entry for part in parts for entry in part.divergences):
        named = divergences.get(entry.name, entry).implementations
        concerned = tuple(sorted({*named, *entry.implementations}))
        divergences[entry.name] = dataclasses.replace(entry, implementations=concerned)
    return dataclasses.replace(
        parts[0],
        profile=" + ".join(sorted({part.profile for part in parts})),
        command=_joined(part.command for part in parts),
        date=min(part.date for part in parts),
        commit=_joined(part.commit for part in parts),
        platform=_joined(part.platform for part in parts),
        packages=dict(sorted(packages.items())),
        frameworks=tuple(frameworks[name] for name in _order(frameworks, asked)),
        implementations=_implementations(parts),
        divergences=tuple(divergences[name] for name in sorted(divergences)),
        losses=tuple({record.name: record for part in parts for record in part.losses}.values()),
        claims=next((part.claims for part in parts if part.claims), ()),
        asked=asked,
        complete=all(part.complete for part in parts),
    )


def _joined(said: Iterable[str]) -> str:
    """What the parts say, each once."""
    return "; ".join(sorted({one for text in said for one in text.split("; ")} - {""}))


def _asked(parts: list[Environment]) -> AskedRecord | None:
    """What the parts were asked for together; None if they are not shards of one run."""
    records = [part.asked for part in parts]
    known = [record for record in records if record is not None]
    if len(known) < len(records) or len({record.select for record in known}) > 1:
        return None
    frameworks = {record.frameworks for record in known}
    shards = [parse_shard(record.shard) for record in known]
    if len(frameworks) > 1 and not all(shard.whole for shard in shards):
        return None
    if len({shard.of for shard in shards}) > 1:
        written = " and ".join(sorted({record.shard or "a whole run" for record in known}))
        message = f"the shards {written} are not of one division"
        raise MergeError(message)
    whole = Shard(parts=frozenset().union(*(shard.parts for shard in shards)), of=shards[0].of)
    order = {name: None for record in known for name in record.frameworks}
    return AskedRecord(
        select=known[0].select,
        frameworks=tuple(order),
        required=tuple(dict.fromkeys(name for record in known for name in record.required)),
        claims=any(record.claims for record in known),
        shard=str(whole),
    )


def _implementations(parts: list[Environment]) -> tuple[Any, ...]:
    """The records by name; of two of one name the one that holds a sweep."""
    records = [record for part in parts for record in part.implementations]
    return _union(sorted(records, key=lambda record: not record.sweep))


def _order(names: Iterable[str], asked: AskedRecord | None) -> list[str]:
    """Frameworks in the order in which they were asked, as in a run that is whole."""
    order = asked.frameworks if asked else ()
    return sorted(names, key=lambda name: (order.index(name) if name in order else -1, name))


def _union(records: Iterable[Any]) -> tuple[Any, ...]:
    """The records by name; of two of one name the first."""
    named: dict[str, Any] = {}
    for record in records:
        named.setdefault(record.name, record)
    return tuple(named[name] for name in sorted(named))
