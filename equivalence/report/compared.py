"""A comparison as text, as Markdown and as JSON: what differed around it, then the changes."""

from __future__ import annotations

import json
import math
import shlex
from typing import TYPE_CHECKING, Any

from equivalence.report.against import (
    SHOWN,
    environment,
    missing,
    numbers,
    sentence,
    verdict,
    words,
)
from equivalence.report.markdown import section
from equivalence.report.words import plural, short, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equivalence.changes import Change, Comparison
    from equivalence.finding import Finding
    from equivalence.pairing import Kind

_NOTES = 10  # changed cells of a kind that does not alarm


def render_text(comparison: Comparison) -> str:
    """The comparison for a terminal."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield environment(comparison)
    yield sentence(comparison)
    yield from missing(comparison)
    yield verdict(comparison)
    for (kind, alarms), changes in _by_kind(comparison).items():
        yield ""
        note = "" if alarms else ", for your information"
        yield f"{kind}, {plural(len(changes), 'cell')}{note}"
        shown = SHOWN if alarms else _NOTES
        for change in changes[:shown]:
            yield f"  {visible(change.cell)}"
            yield f"    {short(visible(words(change, comparison)))}"
            if alarms:
                if found := numbers(change):
                    yield f"    {visible(found)}"
                if change.after is not None:
                    yield f"    equivalence explain {shlex.quote(visible(change.finding))}"
        if len(changes) > shown:
            yield f"  and {plural(len(changes) - shown, 'more cell')}"


def _by_kind(comparison: Comparison) -> dict[tuple[Kind, bool], list[Change]]:
    """The changes by kind, those that alarm apart."""
    found: dict[tuple[Kind, bool], list[Change]] = {}
    for change in comparison.changes:
        found.setdefault((change.kind, change.alarms), []).append(change)
    return found


def render_comparison_markdown(comparison: Comparison) -> str:
    """The comparison as a section of a job's summary."""
    return "\n".join(section(comparison)) + "\n"


def render_comparison_json(comparison: Comparison) -> str:
    """The comparison for other programs: one object, numbers that are not finite as strings."""
    fields = {
        "verdict": verdict(comparison),
        "status": comparison.status,
        "complete": comparison.complete,
        "incomplete": list(comparison.incomplete),
        "environment": [
            {"name": found.name, "before": found.before, "after": found.after}
            for found in comparison.environment
        ],
        "cells": comparison.cells,
        "same": comparison.same,
        "questions": comparison.questions,
        "other_bits": comparison.other_bits,
        "not_asked": comparison.not_asked,
        "unmeasured": list(comparison.unmeasured),
        "absent": dict(comparison.absent),
        "changes": [
            {
                "kind": str(change.kind),
                "alarms": change.alarms,
                "cell": change.cell,
                "questions": change.questions,
                "of": change.of,
                "words": words(change, comparison),
                "before": _finding(change.before),
                "after": _finding(change.after),
            }
            for change in comparison.changes
        ],
    }
    return json.dumps(fields, indent=1, allow_nan=False)


def _finding(finding: Finding | None) -> dict[str, Any] | None:
    if finding is None:
        return None
    share = finding.share
    return {
        "finding": finding.name,
        "verdict": str(finding.verdict),
        "divergence": finding.divergence,
        "got": finding.got.decimal if finding.got else None,
        "exact": finding.exact.decimal if finding.exact else None,
        "share": share if math.isfinite(share) else str(share),
        "digest": finding.digest,
        "bits": finding.bits,
        "returned": finding.returned,
        "detail": finding.detail,
    }
