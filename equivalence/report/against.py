"""What is new against an earlier run, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from equivalence.finding import Verdict, separated
from equivalence.measured import framework_of
from equivalence.pairing import Kind, raised, shape
from equivalence.report.words import figure, listed, magnitude, plural, times_bound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.changes import Change, Comparison
    from equivalence.finding import Finding

SHOWN = 50  # changed cells that are listed
_ENOUGH = 8  # groups of cells that were not measured
_PLAIN = {Verdict.AGREES: "agreement", Verdict.UNDEFINED: "no exact answer"}


def sentence(comparison: Comparison) -> str:
    """The comparison in one sentence, with its denominators."""
    same = f"{comparison.same:,} {'is' if comparison.same == 1 else 'are'} as before"
    parts = [f"{kind} {number:,}" for kind, number in comparison.counts().items()]
    both = f"Of {plural(comparison.cells, 'cell')} in both runs, {same}"
    said = "; ".join((both, ", ".join(parts))) if parts else both
    bits = f"{comparison.other_bits:,} of {plural(comparison.questions, 'answer')}"
    other = f" Other bits inside the bound: {bits}." if comparison.other_bits else ""
    asked = comparison.not_asked
    left = f" Not asked this time: {plural(asked, 'cell')} of the earlier run." if asked else ""
    return f"{said}.{other}{left}"


def verdict(comparison: Comparison) -> str:
    """What it comes to: what is to be heard, or that nothing is."""
    if not comparison.complete:
        return "Incomplete: not everything was measured."
    if comparison.alarms:
        return f"{plural(len(comparison.alarms), 'change')} to look at."
    return "Nothing new fails, and no answer has changed."


def environment(comparison: Comparison) -> str:
    """What was not the same when the runs were made, in one sentence."""
    if not comparison.environment:
        return "The environment is the same."
    return f"Not the same: {'; '.join(map(str, comparison.environment))}."


def missing(comparison: Comparison) -> list[str]:
    """What was not measured, and what to do about it; nothing if both runs are whole."""
    lines = [
        f"The {'earlier' if name == 'before' else 'later'} run is incomplete: it was cut "
        "short, and `equivalence run --resume RUN.jsonl` goes on with it, or it lacks a framework "
        "or a shard."
        for name in comparison.incomplete
    ]
    lines += [f"{name} is absent now: {reason}" for name, reason in comparison.absent]
    if comparison.unmeasured:
        number = plural(len(comparison.unmeasured), "cell")
        lines.append(f"Not measured: {number}: {groups(comparison.unmeasured)}.")
    return lines


def groups(cells: Iterable[str]) -> str:
    """Cells by implementation and mode, or by framework where there are many, as SELECT takes them.

    >>> groups(["loss:sparse:mean:float32:value:torch.nll_loss@eager"])
    'loss:sparse:mean:float32:value:torch.nll_loss@eager'
    """
    cells = list(cells)
    for name in (str, _implementation, framework_of):
        counted: dict[str, int] = {}
        for cell in cells:
            counted[name(cell)] = counted.get(name(cell), 0) + 1
        if len(counted) <= _ENOUGH or name is framework_of:
            break
    return ", ".join(
        group if number == 1 else f"{group} ({number:,})" for group, number in counted.items()
    )


def _implementation(cell: str) -> str:
    return cell.split(":", 5)[-1]


def words(change: Change, comparison: Comparison) -> str:
    """What became of a cell, in one sentence, divergences in the words of the catalogue."""
    before, after = change.before, change.after
    many = f"{change.questions} of {plural(change.of, 'question')}"
    if change.kind is Kind.QUESTION:
        fails = f"; one {said(after, comparison)}" if after and after.verdict.fails else ""
        why = "another question is asked, so that answers cannot be compared"
        if comparison.incomplete and None in (before, after):
            why = "asked in one of the two runs only, of which one was cut short"
        return f"{many}: {why}{fails}"
    if after is None:
        reason = f": {change.reason}" if change.reason else ""
        return f"not offered any more{reason}; was {said(before, comparison)}"
    if before is None:
        return f"asked for the first time: {said(after, comparison)}"
    if change.kind in {Kind.GROWN, Kind.SHRUNK}:
        old, new = times_bound(before.share), times_bound(after.share)
        return f"the largest error was {old}, is {new}"
    if change.kind is Kind.RETURNED:
        return f"{many}: was {_returned(before)}, now {_returned(after)}"
    return f"{many}: was {said(before, comparison)}; now {said(after, comparison)}"


def numbers(change: Change) -> str:
    """What came back before and now, and what is exact; empty where it is not one number."""
    before, after = change.before, change.after
    if before is None or after is None or change.kind is Kind.QUESTION:
        return ""
    parts = [
        f"{name} {number.decimal}"
        for name, number in (
            ("was", before.got),
            ("is", after.got),
            ("exactly", after.exact or before.exact),
        )
        if number is not None
    ]
    return ", ".join(parts) if before.got is not None or after.got is not None else ""


def said(finding: Finding | None, comparison: Comparison) -> str:
    """A finding as it is put into a sentence: explained by what, how wrong, or raising what."""
    if finding is None:
        return "nothing"
    verdict, share = finding.verdict, finding.share
    size = times_bound(share) if share and not math.isnan(share) else ""
    if exception := raised(finding):
        return f"{verdict}: raises {exception}"
    if finding.divergence:
        how = f", {size}" if size and math.isfinite(share) else ""
        return f"{verdict} by {explained(finding.divergence, comparison)}{how}"
    if verdict is Verdict.UNDEFINED:
        got = "nothing" if finding.got is None else figure(magnitude(finding.got))
        return f"without an exact answer, and {got} came back"
    detail = finding.detail if verdict.fails else size
    return f"{_PLAIN.get(verdict, str(verdict))}{f' ({detail})' if detail else ''}"


def explained(names: str, comparison: Comparison) -> str:
    """Divergences with what the catalogue says they do."""
    known = {record.name: record.summary for record in comparison.catalogue}
    parts = [
        f"{name} ({known[name].rstrip('.')})" if known.get(name) else name
        for name in separated(names)
    ]
    return listed(parts)


def _returned(finding: Finding) -> str:
    if found := shape(finding):
        return f"the shape {found}"
    return finding.returned or f"{finding.dtype} in the shape that was asked for"
