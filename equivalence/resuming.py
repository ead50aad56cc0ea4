"""Resuming: going on with a run that was cut short, where nothing has changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.circumstances import differences
from equivalence.finding import Finding, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from equivalence.results import Environment, FrameworkRecord, Run

_MAY_DIFFER = {"commit", "platform", "profile"}
_ANEW = "begin anew, without --resume"


class ResumeError(ValueError):
    """A run cannot be gone on with; the message says why, and what to do."""


def check_resumable(path: Path, run: Run, environment: Environment) -> None:
    """Checks that a run says what it was asked for, and was made with what there is now.

    A framework that was absent may be there by now: it is asked then.

    Raises:
        ResumeError: If not.
    """
    if run.environment.asked is None:
        message = f"{path} does not say what it was asked for; {_ANEW}"
        raise ResumeError(message)
    absent = {record.name for record in run.environment.frameworks if record.absent}
    found = [
        one
        for one in differences(run.environment, environment)
        if one.name not in _MAY_DIFFER | absent
    ]
    if found:
        message = f"{path} was made with another environment: {found[0]}; {_ANEW}"
        raise ResumeError(message)


def check_same(record: FrameworkRecord, before: Run) -> None:
    """Checks that a framework is the one with which a run began; one that was absent may be there.

    Raises:
        ResumeError: If not.
    """
    known = {each.name: each for each in before.environment.frameworks}.get(record.name)
    if known is None or known.absent or known == record:
        return
    was, now = {**known.versions, **known.flags}, {**record.versions, **record.flags}
    changed = (
        f"{name} {was[name]} → {now.get(name)}" for name in was if was[name] != now.get(name)
    )
    what = record.absent or next(changed, "it has other flags")
    message = f"{record.name} is not as it was when the run began: {what}; {_ANEW}"
    raise ResumeError(message)


def kept(run: Run) -> tuple[Finding, ...]:
    """The findings that stay; a question over which the process died is asked again."""
    return tuple(finding for finding in run.findings if finding.verdict is not Verdict.CRASHED)
