"""The tables of the page: Markdown, every number with its denominator."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from benchmarks.power.alarms import Judged
from benchmarks.power.mutants import Mutant
from benchmarks.power.scoring import Score
from benchmarks.power.vacuity import KINDS
from equivalence.exact import FORMATS
from equivalence.finding import Verdict


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; what is behind the first column stands right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"


def share(part: int, whole: int) -> str:
    """A count with its denominator, and in percent."""
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "0 of 0"


def by_family(columns: dict[str, dict[Mutant, bool]]) -> str:
    """How many mutants each column catches, by the kind of their fault."""
    every = next(iter(columns.values()))
    families = sorted({mutant.family for mutant in every})

    def caught(column: dict[Mutant, bool], family: str) -> int:
        return sum(found for mutant, found in column.items() if mutant.family == family)

    rows: list[Sequence[object]] = []
    for family in families:
        size = sum(mutant.family == family for mutant in every)
        rows.append([family, size, *(caught(column, family) for column in columns.values())])
    totals = [share(sum(column.values()), len(every)) for column in columns.values()]
    return table(["fault", "mutants", *columns], [*rows, ["**all**", len(every), *totals]])


def by_loss(columns: dict[str, dict[Mutant, bool]]) -> str:
    """How many mutants of each loss each column catches."""
    every = next(iter(columns.values()))
    rows: list[Sequence[object]] = []
    for loss in dict.fromkeys(mutant.loss for mutant in every):
        size = sum(mutant.loss is loss for mutant in every)
        found = [
            sum(one for mutant, one in column.items() if mutant.loss is loss)
            for column in columns.values()
        ]
        rows.append([f"`{loss}`", size, *found])
    return table(["loss", "mutants", *columns], rows)


def by_fault(columns: dict[str, dict[Mutant, bool]]) -> str:
    """How many distinct faults each column catches in every loss that has them."""
    rows: list[Sequence[object]] = []
    for name, column in columns.items():
        faults: dict[str, list[bool]] = defaultdict(list)
        for mutant, found in column.items():
            faults[mutant.name.partition(".")[2]].append(found)
        always = sum(map(all, faults.values()))
        once = sum(map(any, faults.values()))
        rows.append([name, share(always, len(faults)), share(once, len(faults))])
    return table(["", "faults caught in every loss", "in at least one"], rows)


def each(quick: dict[Mutant, Score], full: dict[Mutant, Score], usual: dict[Mutant, str]) -> str:
    """A line for each mutant: its fault, its regime, and what found it."""
    rows: list[Sequence[object]] = []
    for mutant, score in quick.items():
        if mutant not in full:
            late = ""
        else:
            late = f"`{full[mutant].first}`" if full[mutant].caught else "**missed**"
        rows.append(
            [
                f"`{mutant}`: {mutant.fault}",
                mutant.regime,
                f"{score.caught} of {score.asked}",
                f"`{score.first}`" if score.caught else f"full: {late}" if late else "missed",
                usual[mutant],
            ]
        )
    header = ["mutant", "smallest regime", "caught in quick", "first finding", "usual checks"]
    return table(header, rows)


def missed(scores: Iterable[Score]) -> list[Mutant]:
    """The mutants that a profile does not catch."""
    return [score.mutant for score in scores if score.mutant and not score.caught]


def of_alarms(results: Sequence[Judged]) -> str:
    """A line for each form, over all losses."""
    rows: list[Sequence[object]] = []
    ordered = sorted(results, key=lambda result: result.form.name)
    for name, group in itertools.groupby(ordered, key=lambda result: result.form.name):
        several = list(group)
        verdicts = sum((result.verdicts for result in several), Counter[Verdict]())
        rows.append(_line(name, several, verdicts))
    every = sum((result.verdicts for result in results), Counter[Verdict]())
    rows.append(_line("**all**", results, every))
    header = ["form", "losses", "cases", *FORMATS, "findings", "undefined", "alarms"]
    return table([*header, "largest error / bound"], rows)


def _line(name: str, several: Sequence[Judged], verdicts: Counter[Verdict]) -> Sequence[object]:
    dtypes = sum((result.dtypes for result in several), Counter[str]())
    return [
        name,
        len({result.form.loss for result in several}),
        f"{sum(result.cases for result in several):,}",
        *(f"{dtypes[dtype]:,}" for dtype in FORMATS),
        f"{sum(verdicts.values()):,}",
        f"{verdicts[Verdict.UNDEFINED]:,}",
        sum(len(result.alarms) for result in several),
        f"{max(result.largest for result in several):.2f}",
    ]


def of_vacuity(found: Counter[tuple[str, Verdict]], asked: int) -> str:
    """A line for each kind of comparison that could not fail, or hardly."""
    verdicts = list(dict.fromkeys(verdict for _, verdict in found))
    rows = [
        [kind, *(f"{found[kind, verdict]:,}" for verdict in verdicts)]
        for kind in KINDS
        if any(found[kind, verdict] for verdict in verdicts)
    ]
    return table([f"of {asked:,} findings", *map(str, verdicts)], rows)
