"""The page: everything is measured once, and then written down."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

from benchmarks.machine import machine
from benchmarks.power import tables, usual_checks, vacuity
from benchmarks.power.alarms import Judged, judged
from benchmarks.power.mutants import Mutant
from benchmarks.power.scoring import Score, score
from equivalence.finding import Verdict
from equivalence.losses import Loss
from equivalence.results import Run

PACKAGES = ("torch", "numpy", "ml_dtypes")
QUICK_BAR, CASES_BAR = 0.95, 100_000
EVERY_SECOND = 2  # question of the full profile is asked of the forms: enough for the bar

MUTANTS = """\
{faults} faults, as {mutants} mutants: each is a right implementation in which one thing was changed
(`benchmarks/power/mutants/`). A profile catches a mutant if a finding fails that is not one of the
right implementation too. The usual checks compare the mutant with the right implementation on
{checks.BATCHES} random batches of {checks.ROWS} rows of normal logits, half of them with options,
in float32 and float64, values and gradients.
"""
FORMS = """\
Right implementations in other forms (`benchmarks/power/forms/`): none may be accused. Sums that are
formed one by one are asked up to 64 summands only, in four lanes up to 256: their error grows with
the number, and the bounds are those of sums in blocks. None is asked about logits whose difference
does not fit their dtype.
"""


@dataclass(slots=True, kw_only=True)
class Measured:
    """What was measured.

    Attributes:
        quick: The score of each mutant in the quick profile.
        full: Likewise in the full profile, until it was caught; empty if that was not asked.
        usual: Which usual checks catch each mutant.
        accused: What the right implementations are accused of that mutants are made from.
        alarms: What the forms were found to be.
        vacuous: Findings of a run that could not fail, or hardly, by kind and verdict.
        findings: How many findings the run has.
        wrongly: How many that could not fail count as agreement.
    """

    quick: dict[Mutant, Score] = field(default_factory=dict)
    full: dict[Mutant, Score] = field(default_factory=dict)
    usual: dict[str, dict[Mutant, bool]] = field(default_factory=dict)
    accused: dict[str, list[Score]] = field(default_factory=dict)
    alarms: list[Judged] = field(default_factory=list)
    vacuous: Counter[tuple[str, Verdict]] = field(default_factory=Counter)
    findings: int = 0
    wrongly: int = 0

    @property
    def missed_bars(self) -> list[str]:
        """The figures that do not hold, in words."""
        found = []
        share = sum(bool(s.caught) for s in self.quick.values()) / max(len(self.quick), 1)
        if share < QUICK_BAR:
            found.append(f"quick catches {share:.1%}, not {QUICK_BAR:.0%}")
        found += [f"full misses {mutant}" for mutant, s in self.full.items() if not s.caught]
        found += [f"{one.form}: {alarm}" for one in self.alarms for alarm in one.alarms]
        cases = sum(result.cases for result in self.alarms)
        if self.full and cases < CASES_BAR:
            found.append(f"{cases:,} cases were judged, not {CASES_BAR:,}")
        if self.wrongly:
            found.append(f"{self.wrongly} findings count as agreement and could not fail")
        return found


def measure(losses: Sequence[Loss], run: Run, *, short: bool = False) -> Measured:
    """Everything of some losses; in short the quick profile, each mutant until it is caught."""
    made = Measured()
    checks = {"allclose": usual_checks.with_allclose, "1e-5": usual_checks.with_fixed}
    if find_spec("torch"):
        checks = {"assert_close": usual_checks.with_assert_close} | checks
    for loss in losses:
        print(f"{loss} ...", file=sys.stderr, flush=True)
        _take(made.quick, made.accused, "quick", score(loss, "quick", first_only=short))
        if not short:
            _take(made.full, made.accused, "full", score(loss, "full", first_only=True))
        profile, step = ("quick", 1) if short else ("full", EVERY_SECOND)
        made.alarms += judged(loss, profile, step=step)
    for name, check in checks.items():
        made.usual[name] = {mutant: usual_checks.catches(mutant, check) for mutant in made.quick}
    found = list(vacuity.vacuous(run.findings))
    made.vacuous, made.findings = vacuity.counted(found), len(run.findings)
    made.wrongly = len(vacuity.wrongly_counted(found))
    return made


def _take(
    into: dict[Mutant, Score], accused: dict[str, list[Score]], profile: str, scores: list[Score]
) -> None:
    for one in scores:
        if one.mutant is not None:
            into[one.mutant] = one
        else:
            accused.setdefault(profile, []).append(one)


def render(made: Measured, *, seconds: float) -> str:
    """The page in Markdown."""
    caught = {"quick": {mutant: bool(s.caught) for mutant, s in made.quick.items()}}
    if made.full:
        caught["full"] = {mutant: bool(s.caught) for mutant, s in made.full.items()}
    columns = caught | made.usual
    usual = {
        mutant: ", ".join(name for name, column in made.usual.items() if column[mutant]) or "none"
        for mutant in made.quick
    }
    right = [
        f"{profile}: {sum(s.caught for s in scores)} of {sum(s.asked for s in scores):,} findings"
        for profile, scores in made.accused.items()
    ]
    faults = len({mutant.name.partition(".")[2] for mutant in made.quick})
    command = "make benchmark" if made.full else "python -m benchmarks.power --quick"
    parts = [
        "# Power: what the suite catches, and what it does not cry about\n",
        f"Made by `{command}`, not by hand ({machine(PACKAGES)}; {seconds:.0f} s of processor).\n",
        "## Mutants\n",
        MUTANTS.format(faults=faults, mutants=len(made.quick), checks=usual_checks),
        tables.by_family(columns),
        tables.by_fault(columns),
        tables.by_loss(columns),
        f"The right implementations that mutants are made from fail in {'; '.join(right)}.\n",
        "## False alarms\n",
        FORMS,
        tables.of_alarms(made.alarms),
        "## Comparisons that could not fail\n",
        tables.of_vacuity(made.vacuous, made.findings),
        f"{made.wrongly} of them count as agreement though no number could be wrong.\n",
        "## What is missed\n",
        *(
            f"- `{mutant}` in {name}: {mutant.regime}"
            for name, scores in (("quick", made.quick), ("full", made.full))
            for mutant in tables.missed(scores.values())
        ),
        "\n## Every mutant\n",
        tables.each(made.quick, made.full, usual),
    ]
    return "\n".join(parts)
