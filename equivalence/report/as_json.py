"""The JSON report: the counts of a run and of its cells, for other programs."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from equivalence.report.summary import summarise

if TYPE_CHECKING:
    from equivalence.report import Cell, Counts
    from equivalence.results import Run


def render_json(run: Run) -> str:
    """The summary of a run: one object, numbers that are not finite as strings."""
    summary = summarise(run)
    fields = {
        "headline": summary.headline,
        "complete": summary.complete,
        "asked": summary.findings.asked,
        "verdicts": _verdicts(summary.findings),
        "frameworks": {
            record.name: record.versions
            for record in run.environment.frameworks
            if not record.absent
        },
        "absent": {record.name: record.absent for record in summary.absent},
        "implementations": {
            part.name: _verdicts(part.findings) for part in summary.implementations
        },
        "cells": [_cell(cell) for cell in summary.cells],
    }
    return json.dumps(fields, indent=1, allow_nan=False)


def _verdicts(counts: Counts) -> dict[str, int]:
    return {str(verdict): number for verdict, number in counts.present}


def _number(number: float) -> float | str | None:
    return number if math.isfinite(number) else None if math.isnan(number) else str(number)


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "cell": cell.id,
        "verdict": str(cell.verdict),
        "asked": cell.counts.asked,
        "verdicts": _verdicts(cell.counts),
        "ulps": _number(cell.ulps),
        "share": _number(cell.share),
        "denominators": [words for words, _ in cell.denominators],
        "divergences": [name for name, _ in cell.divergences],
        "worst": cell.worst.name,
    }
