"""Records: what a run says about itself beside its findings; line 1 of its file."""

from __future__ import annotations

from dataclasses import dataclass, field

SCHEMA = 1


DIED = "died"  # the key of a sweep over which a process died


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkRecord:
    """A framework as it was met: its versions and flags, or why it is absent."""

    name: str
    versions: dict[str, str]
    flags: dict[str, str]
    absent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImplementationRecord:
    """An implementation: enough to print its reproduction without importing its framework.

    Attributes:
        scripts: For each mode a script with ``{prediction}``, ``{target}``, ``{arguments}``, ... to
            be filled in.
        class_axis: Where the framework wants the classes: 1 or -1.
        function: The name of the function in the source.
        imports: The lines with which a script begins.
        array: How an array is written, from ``{values}`` and ``{dtype}``.
        reductions: The native names by kind of reduction.
        reduces: Whether the function is told the reduction.
        sweep: What it returned along a range of magnitudes (``sweeping.swept``); if the process
            died of it, how, by ``DIED``.
        shrunk: For some cases that fail a small input, what was got, and a script.
        differentiates_target: Whether it is differentiated with respect to soft targets too.
    """

    name: str
    framework: str
    loss: str
    documentation: str
    source: str
    scripts: dict[str, str]
    class_axis: int
    function: str = ""
    imports: str = ""
    array: str = ""
    reductions: dict[str, str] = field(default_factory=dict)
    reduces: bool = True
    sweep: dict[str, str] = field(default_factory=dict)
    shrunk: dict[str, dict[str, str]] = field(default_factory=dict)
    differentiates_target: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DivergenceRecord:
    """A catalogued divergence: whose, what it does, since when, and where that is documented.

    Whether it is by design or a defect candidate stands in ``standing``, why in ``evidence``.
    """

    name: str
    implementations: tuple[str, ...]
    summary: str
    reason: str
    versions: str
    reference: str
    standing: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRecord:
    """A loss: its formula in TeX and the first sentence of its docstring."""

    name: str
    summary: str
    formula: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRecord:
    """A claim of the tutorial: where it holds, and the smallest counterexample outside."""

    number: int
    statement: str
    verdict: str
    domain: str
    counterexample: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRecord:
    """What a run was asked for: enough to go on with it, and to say what it left out.

    Attributes:
        select: The words of the selection.
        frameworks: Of whom.
        required: Who had to be there.
        claims: Whether the tutorial's claims were examined.
        shard: Which part of it this is, ``"1/3"``, ``"1,3/4"`` once merged; empty if it is whole.
    """

    select: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    claims: bool = False
    shard: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What decides the numbers of a run, and the vocabulary that its findings use.

    Attributes:
        system: The system and the machine, ``"linux-x86_64"``: the platform of a baseline.
        settings: The variables that decide numbers, those that are set.
        asked: What it was asked for; None if a session of pytest, or an older version, made it.
    """

    profile: str
    command: str
    date: str
    commit: str
    python: str
    platform: str
    packages: dict[str, str]
    frameworks: tuple[FrameworkRecord, ...]
    implementations: tuple[ImplementationRecord, ...] = ()
    divergences: tuple[DivergenceRecord, ...] = ()
    losses: tuple[LossRecord, ...] = ()
    claims: tuple[ClaimRecord, ...] = ()
    system: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    asked: AskedRecord | None = None
    complete: bool = False
    schema: int = SCHEMA
