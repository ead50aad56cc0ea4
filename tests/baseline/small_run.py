"""A small real run, and the same in which one finding is another one."""

import dataclasses

from equivalence.finding import Verdict

WORDS = ["binary_cross_entropy", "float32"]
RUN = ["run", *WORDS, "--frameworks", "textbook,sklearn", "-n", "0"]


def altered(run, which=lambda finding: finding.verdict is Verdict.AGREES, **fields):
    """The run with one finding that is another one, and that finding as it was."""
    place = next(i for i, f in enumerate(run.findings) if f.verdict.asked and which(f))
    finding = run.findings[place]
    other = dataclasses.replace(finding, **({"bits": "other"} | fields))
    findings = (*run.findings[:place], other, *run.findings[place + 1 :])
    return dataclasses.replace(run, findings=findings), finding


DIVERGES = dict(verdict=Verdict.DIVERGES, detail="the error is 9 times the bound")
