"""What decides the numbers of a run: versions, flags, the machine, and the words of findings."""

from __future__ import annotations

import dataclasses
import inspect
import os
import platform
import re
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from equivalence.divergences import DIVERGENCES
from equivalence.losses import LOSSES
from equivalence.results import (
    DivergenceRecord,
    Environment,
    FrameworkRecord,
    ImplementationRecord,
    LossRecord,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.implementations import Framework, Implementation
    from equivalence.losses import Loss

PACKAGES = ("loss-equivalence", "numpy", "ml_dtypes", "python-flint")
# The variables that decide numbers: threads, and which instructions the kernels may use.
SETTINGS = (
    "ATEN_CPU_CAPABILITY",
    "KERAS_BACKEND",
    "MKL_CBWR",
    "MKL_NUM_THREADS",
    "NPY_DISABLE_CPU_FEATURES",
    "OMP_NUM_THREADS",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_NUM_THREADS",
    "TF_USE_LEGACY_KERAS",
    "XLA_FLAGS",
)
_FORMULA = re.compile(r"^\.\. math:: (.*?)(?:\n\s*\n|\Z)", re.DOTALL | re.MULTILINE)


def environment(*, profile: str, command: str) -> Environment:
    """The environment before any framework is loaded; ``extended`` adds what each of them says."""
    return Environment(
        profile=profile,
        command=command,
        date=_date(),
        commit=_commit(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        platform=f"{platform.platform()}, {_processor()}",
        system=system(),
        settings={name: os.environ[name] for name in SETTINGS if os.environ.get(name)},
        packages=_versions(PACKAGES),
        frameworks=(),
        losses=tuple(map(loss_record, LOSSES.values())),
    )


def extended(
    before: Environment,
    framework: FrameworkRecord,
    implementations: Iterable[ImplementationRecord],
    divergences: Iterable[DivergenceRecord],
    order: tuple[str, ...],
) -> Environment:
    """The environment with one more framework; the order in which they come makes no difference."""

    def place(record: FrameworkRecord) -> tuple[int, str]:
        return (order.index(record.name) if record.name in order else len(order), record.name)

    merged = {record.name: record for record in before.divergences}
    for record in divergences:
        known = merged.get(record.name, record)
        both = tuple(sorted({*known.implementations, *record.implementations}))
        merged[record.name] = dataclasses.replace(known, implementations=both)
    frameworks = {record.name: record for record in (*before.frameworks, framework)}
    named = {record.name: record for record in (*before.implementations, *implementations)}
    return dataclasses.replace(
        before,
        frameworks=tuple(sorted(frameworks.values(), key=place)),
        implementations=tuple(named[name] for name in sorted(named)),
        divergences=tuple(merged[name] for name in sorted(merged)),
    )


def framework_record(framework: Framework) -> FrameworkRecord:
    """A framework that is loaded: its versions and the flags that decide numbers.

    Both are sorted, as in a run file, so that a page made of either is the same.
    """
    return FrameworkRecord(
        name=framework.name,
        versions=dict(sorted(framework.versions.items())),
        flags=dict(sorted(framework.flags().items())),
    )


def _scripts(framework: Framework) -> dict[str, str]:
    """The scripts by mode; those of a quantity that is asked apart by ``mode.quantity``."""
    apart = {
        f"{mode}.{quantity}": script
        for quantity, scripts in framework.apart_scripts.items()
        for mode, script in scripts.items()
    }
    return {**framework.scripts, **apart}


def implementation_record(implementation: Implementation) -> ImplementationRecord:
    """An implementation: everything that its reproduction needs."""
    framework = implementation.framework
    try:
        source = implementation.source
    except (OSError, TypeError, StopIteration):  # defined at a prompt: there is no source to show
        source = f"# the source of {implementation} is not available"
    return ImplementationRecord(
        name=implementation.name,
        framework=framework.name,
        loss=implementation.loss.name,
        documentation=implementation.documentation,
        source=source,
        scripts=_scripts(framework),
        class_axis=implementation.class_axis,
        function=implementation.function.__name__,
        imports=framework.imports,
        array=framework.array,
        reductions=dict(implementation.reductions),
        reduces="reduction" in inspect.signature(implementation.function).parameters,
        differentiates_target=implementation.differentiates_target,
    )


def divergence_records(implementations: Iterable[Implementation]) -> tuple[DivergenceRecord, ...]:
    """The catalogue's entries that concern some of these implementations, as installed."""
    concerned = {
        entry: tuple(
            sorted(
                known.name
                for known in implementations
                if any(entry.concerns(known, mode) for mode in known.offered_modes)
            )
        )
        for entry in DIVERGENCES.values()
    }
    return tuple(
        DivergenceRecord(
            name=entry.name,
            implementations=names,
            summary=entry.summary,
            reason=entry.reason,
            versions=entry.versions,
            reference=entry.reference,
            standing=entry.standing.value,
            evidence=entry.evidence,
        )
        for entry, names in concerned.items()
        if names
    )


def loss_record(loss: Loss) -> LossRecord:
    """A loss: the first sentence and the first formula of its docstring."""
    text = inspect.cleandoc(loss.documentation)
    formula = _FORMULA.search(text)
    return LossRecord(
        name=loss.name,
        summary=text.partition("\n")[0],
        formula=" ".join(formula[1].split()) if formula else "",
    )


def system() -> str:
    """The platform of a baseline: the system and the machine, as in ``"linux-x86_64"``."""
    return f"{platform.system()}-{platform.machine()}".lower()


def _date() -> str:
    """The time in UTC; SOURCE_DATE_EPOCH, where it is set, replaces it."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(epoch) if epoch.isdigit() else int(time.time())
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _commit() -> str:
    """The commit of the checkout in the current folder, with ``-dirty`` if it is changed."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _processor() -> str:
    """The name of the processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _versions(names: tuple[str, ...]) -> dict[str, str]:
    installed = (next(iter(metadata.distributions(name=name)), None) for name in names)
    return {name: found.version for name, found in zip(names, installed, strict=True) if found}
