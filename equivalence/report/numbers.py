"""The numbers of a finding in words: what was got, what is exact, how far apart, of which input."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from equivalence.finding import Finding, Where, row_shown
from equivalence.report.summary import share
from equivalence.report.words import figure, hexadecimal, listed, magnitude, short, times_bound

if TYPE_CHECKING:
    from equivalence.exact import Number

ROW = 8  # numbers of an input that are printed in a row
# Characters of a decimal in a row: at least so many, so many after the first that differs, and at
# most so many, enough to tell neighbours apart; the hexadecimal form beside it is exact.
LEAST, BEYOND, MOST = 8, 3, 19


def compared(finding: Finding) -> list[str]:
    """What was got, what is exact, and how far apart they are: a line each."""
    numbers = {"got": finding.got, "exact": finding.exact}
    lines = [f"{term:<5} {_number(n)}" for term, n in numbers.items() if n]
    return [*lines, _error(finding)] if finding.error is not None else lines


def figures(finding: Finding) -> str:
    """The same on one line; empty if nothing was returned."""
    if finding.got is None or finding.exact is None:
        return ""
    pairs = zip(finding.got.decimal, finding.exact.decimal, strict=False)
    alike = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    digits = min(max(LEAST, alike + BEYOND), MOST)
    got, exact = _pair(finding.got, digits), _pair(finding.exact, digits)
    return f"got {got}, exact {exact}: {', '.join(size_of_error(finding))}"


def size_of_error(finding: Finding, *, row: bool = True) -> list[str]:
    """The error in ulps and as a fraction of the bound, in a row or in a sentence."""
    if finding.error is None:
        return []
    if not math.isfinite(magnitude(finding.error)):
        return ["infinite error"]
    parts = []
    if finding.ulps is not None:
        parts.append(f"{figure(magnitude(finding.ulps))} ulps")
    if finding.bound is not None:
        fraction = share(finding)
        parts.append(f"{figure(fraction)} × bound" if row else times_bound(fraction))
    return parts


def abridged(decimal: str, digits: int) -> str:
    """A decimal number of at most so many characters before its exponent, which stays.

    >>> abridged("3.100000000000000145004855e-5", 6)
    '3.1000…e-5'
    """
    mantissa, e, exponent = decimal.partition("e")
    if len(mantissa) > digits and "." in mantissa[: digits - 1]:
        return f"{mantissa[:digits]}…{e}{exponent}"
    return decimal


def _pair(number: Number, digits: int) -> str:
    """Decimal, of at most so many characters, and hexadecimal; one word where they are the same."""
    hexed = hexadecimal(number)
    decimal = short(abridged(number.decimal, digits), 40)
    return decimal if decimal == hexed else f"{decimal} {short(hexed, 40)}"


def _number(number: Number, width: int = 0) -> str:
    return f"{short(number.decimal, 60):<{width}}  {short(hexadecimal(number), 40)}"


def _numbers(term: str, numbers: tuple[Number, ...]) -> list[str]:
    """Numbers in decimal and hexadecimal, under a term; narrow enough for a phone."""
    width = max((len(number.decimal) for number in numbers), default=0)
    lines = row_shown([_number(number, min(width, 30)) for number in numbers])
    return [f"{term}  {lines[0]}"] if len(lines) == 1 else [term, *(f"  {line}" for line in lines)]


def inputs(where: Where) -> list[str]:
    """The prediction and the target at a position, a line for each number."""
    lines = []
    if where.prediction:
        lines += _numbers("prediction", where.prediction)
    if where.target:
        lines += _numbers("target", where.target)
    if where.index:
        lines.append(f"position  [{', '.join(map(str, where.index))}]")
    return lines


def input_(where: Where) -> str:
    """The same in a row: decimals that are these very numbers again."""
    parts = [f"[{_row(where.prediction)}]"] if where.prediction else []
    parts += [f"target {_row(where.target)}"] if where.target else []
    return " ".join(parts)


def _row(numbers: tuple[Number, ...]) -> str:
    shown = " ".join(short(number.decimal, 30) for number in numbers[:ROW])
    return f"{shown} …" if len(numbers) > ROW else shown


def _error(finding: Finding) -> str:
    error = magnitude(finding.error)
    if not math.isfinite(error):
        return "error infinite: one of the two is not a finite number"
    parts = size_of_error(finding, row=False)
    if ratio := _ratio(finding):
        parts.append(f"got is {ratio} times exact")
    return f"error {figure(error)}" + (f": {listed(parts)}" if parts else "")


def _ratio(finding: Finding) -> str:
    """Got over exact where that says something: for numbers that are not next to each other."""
    got, exact = magnitude(finding.got), magnitude(finding.exact)
    if not (math.isfinite(got) and math.isfinite(exact)) or not exact or not got:
        return ""
    ratio = got / exact
    return f"{ratio:.7g}" if math.isfinite(ratio) and abs(ratio - 1) > 1e-4 else ""  # in print only
