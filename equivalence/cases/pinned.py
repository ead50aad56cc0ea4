"""Pinned cases: questions that are written down, one readable TOML file each.

A file in ``fixtures/cases`` asks one question in some dtypes and reductions. Its keys::

    why = "One sentence: what goes wrong here, and where."       # required
    source = "Where the numbers come from."                      # required
    loss = "cross_entropy"                                       # required
    target_kind = "sparse"                                       # required
    prediction = [[0.5, "0x1.8p-3", 1.0]]                        # required; classes last
    target = [2]                                                 # required
    weights = [2.0]                    # sample weights: a number, or of the terms' rank
    dtypes = ["float32", "float64"]                              # these are the default
    reductions = ["none", "sum", "mean"]                         # these are the default
    options = { weight = [1.0, 2.0, 3.0], ignore_index = -100 }  # label_smoothing, gamma, ...
    printed = { none = ["1.23"], mean = "1.23" }  # to these digits the exact answer rounds

Numbers are rounded to the dtype; a string holds a hexadecimal float.
"""

from __future__ import annotations

import functools
import sys
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from equivalence.cases.answers import answers
from equivalence.cases.case import Case
from equivalence.cases.pinned_file import PinnedCaseError
from equivalence.cases.pinned_question import Question, question

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ORIGIN = "pinned"


class Pinned(NamedTuple):
    """A file, and the cases that it asks: every dtype in every reduction."""

    question: Question
    cases: tuple[Case, ...]


def folder() -> Path:
    """Where the files are: inside an installed wheel, beside the package in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "fixtures"
    return (inside if inside.is_dir() else package.parent / "fixtures") / "cases"


def read(path: Path) -> Pinned:
    """The cases of one file.

    Raises:
        PinnedCaseError: If the file is broken; one line with file, key, value and way out.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        message = f"{path}: cannot be read as TOML: {reason}; mend that line"
        raise PinnedCaseError(message) from error
    asked = question(path, table)
    return Pinned(asked, tuple(_cases(asked)))


def _cases(asked: Question) -> list[Case]:
    cases = []
    for dtype in asked.dtypes:
        prediction, weights = asked.rounded("prediction", dtype), asked.rounded("weights", dtype)
        target = np.array(asked.target) if asked.sparse else asked.rounded("target", dtype)
        options = {name: asked.rounded(name, dtype) for name in asked.options}
        for reduction in asked.reductions:
            case = Case(
                loss=asked.loss,
                target_kind=asked.target_kind,
                prediction=prediction,
                target=target,
                reduction=reduction,
                dtype=dtype,
                origin=f"{ORIGIN}.{asked.name}",
                weights=weights,
                options=MappingProxyType(options),
            )
            cases.append(case)
    return cases


@functools.cache
def library() -> tuple[Pinned, ...]:
    """Every file of ``fixtures/cases`` in the order of their names.

    Raises:
        PinnedCaseError: If a file is broken; the first one is named.
    """
    return tuple(read(path) for path in sorted(folder().glob("*.toml")))


@functools.cache
def pinned() -> tuple[Case, ...]:
    """Every pinned case: each file in its dtypes and reductions.

    Raises:
        PinnedCaseError: If a file is broken; the first one is named.
    """
    return tuple(case for file in library() for case in file.cases)


def pinned_case(loss: str, kind: str, reduction: str, dtype: str, origin: str) -> Case:
    """The pinned case of a name, made again; the parts are those of ``Case.id``.

    Raises:
        ValueError: If there is no such case; the message names the file's cases, or all files.
    """
    wanted = f"{loss}:{kind}:{reduction}:{dtype}:{origin}"
    asked = [case for case in pinned() if case.origin == origin]
    for case in asked:
        if case.id == wanted:
            return case
    files = (f"{ORIGIN}.{file.question.name}" for file in library())
    there = ", ".join(case.id for case in asked) or ", ".join(files)
    message = f"{wanted!r} is no pinned case; there are {there}"
    raise ValueError(message)


def misprints(file: Pinned) -> tuple[str, ...]:
    """Where the printed numbers of a file are not what the exact answers round to."""
    wrong = []
    for case in file.cases:
        printed = file.question.printed.get(case.reduction.name)
        if printed is None:
            continue
        exact = answers(case).value.exact
        for index in np.ndindex(exact.high.shape):
            text = str(np.array(printed)[index])
            if not _rounds_to(float(exact.high[index]), float(exact.low[index]), text):
                digits = exact.digits(index).decimal
                wrong.append(f"{case.id}: printed {text} at {index}, exactly {digits}")
    return tuple(wrong)


def _rounds_to(high: float, low: float, text: str) -> bool:
    """Whether the number ``high + low`` rounds to the digits of the text."""
    if not np.isfinite(high) or not np.isfinite(float(text)):
        return high == float(text)
    mantissa, _, exponent = text.lower().partition("e")
    unit = Fraction(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    return abs(Fraction(high) + Fraction(low) - Fraction(text)) <= unit / 2


__all__ = [
    "Pinned",
    "PinnedCaseError",
    "folder",
    "library",
    "misprints",
    "pinned",
    "pinned_case",
    "read",
]
