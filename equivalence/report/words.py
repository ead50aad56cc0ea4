"""The marks, words and numbers of a report: how a verdict, a count and an error are written."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from equivalence.finding import Verdict

if TYPE_CHECKING:
    from equivalence.exact import Number

MARKS = {
    Verdict.CRASHED: "!",
    Verdict.DIVERGES: "✗",
    Verdict.RETIRED: "↻",
    Verdict.EXPLAINED: "≈",
    Verdict.INACCURATE: "±",
    Verdict.REFUSES: "⊘",
    Verdict.AGREES: "✓",
    Verdict.UNDEFINED: "?",
    Verdict.ABSENT: "∅",
    Verdict.INAPPLICABLE: "–",
}
MEANINGS = {
    Verdict.AGREES: "The error is inside the derived bound."
    " Where the exact answer is infinite, the framework's is the same infinity.",
    Verdict.EXPLAINED: "Outside the bound, and inside the bound of another question:"
    " the one that the catalogue says is answered instead.",
    Verdict.INACCURATE: "The right formula with an error beyond the bound,"
    " inside a weaker bound that the catalogue grants with a reason.",
    Verdict.REFUSES: "Raises the exception that the catalogue names.",
    Verdict.UNDEFINED: "No exact answer exists (0/0, all targets ignored)."
    " What was returned is recorded, and is never counted as an agreement.",
    Verdict.DIVERGES: "Differs in any other way, or raises an exception that the catalogue"
    " does not name. It fails the run.",
    Verdict.RETIRED: "The catalogue says that it differs, and it no longer does."
    " It fails the run, so that the entry is removed.",
    Verdict.CRASHED: "The process died. It fails the run; the other questions were asked.",
    Verdict.INAPPLICABLE: "The implementation does not offer the question. It is not counted.",
    Verdict.ABSENT: "The framework is not installed. It is not counted.",
}
# What is wrong, in a few words, where something fails.
NEWS = {
    Verdict.DIVERGES: "differs, and nobody knows why",
    Verdict.RETIRED: "no longer differs as the catalogue says",
    Verdict.CRASHED: "the process died",
}
# What a verdict filters by, and how the page colours it.
TONES = {
    verdict: (
        "fails"
        if verdict.fails
        else "catalogued"
        if verdict.catalogued
        else "agrees"
        if verdict is Verdict.AGREES
        else "undefined"
    )
    for verdict in Verdict
}
LONGEST = 400  # characters of a name or message that are shown

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ud800-\udfff]"
)
_ZEROS = re.compile(r"(\.[0-9a-f]*?)0+(?=p)")


def visible(text: str) -> str:
    r"""The text with control, direction and zero-width characters and surrogates written out.

    >>> visible("a\u202eb")
    'a\\u202eb'
    """
    return _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def short(text: str, longest: int = LONGEST) -> str:
    """The text, cut after ``longest`` characters with a count of the rest.

    >>> short("abcdef", 4)
    'abcd… (2 more characters)'
    """
    rest = len(text) - longest
    return text if rest <= 0 else f"{text[:longest]}… ({rest:,} more characters)"


def plural(number: int, noun: str, nouns: str = "") -> str:
    """A counted noun.

    >>> plural(1, "cell"), plural(2000, "cell")
    ('1 cell', '2,000 cells')
    """
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def listed(words: list[str]) -> str:
    """Words joined as in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return (
        words[0]
        if len(words) == 1
        else ", ".join(words[:-1]) + " and " + words[-1]
        if words
        else ""
    )


def magnitude(number: Number | None) -> float:
    """The number as a float; NaN if there is none, or if its hexadecimal form is not one."""
    try:
        return math.nan if number is None else float(number)
    except (ValueError, OverflowError):
        return math.nan


def figure(number: float) -> str:
    """A number to three significant digits, never rounded onto 1, which is where a bound ends.

    >>> [figure(x) for x in (0.0, 0.25, 0.99999, 1.0, 1.00001, 12345.0, 1234567.0, float("inf"))]
    ['0', '0.25', '0.99999', '1', '1.00001', '12,300', '1.23e6', '∞']
    """
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    for digits in (3, 6, 17):
        text = f"{number:.{digits}g}"
        if float(text) != 1 or number == 1:
            break
    mantissa, _, exponent = text.partition("e")
    if 0 <= int(exponent or 0) < 6:
        return f"{float(text):,.0f}" if exponent else mantissa
    return f"{mantissa}e{int(exponent)}"


def times_bound(share: float) -> str:
    """An error as a fraction of the bound, in words.

    >>> times_bound(0.5), times_bound(3e6)
    ('0.5 of the bound', '3e6 times the bound')
    """
    return f"{figure(share)} of the bound" if share <= 1 else f"{figure(share)} times the bound"


def hexadecimal(number: Number) -> str:
    """The hexadecimal form without the zeros at its end.

    >>> from equivalence.exact import Number
    >>> hexadecimal(Number("0x1.8000000000000p+1", "3.0"))
    '0x1.8p+1'
    """
    return _ZEROS.sub(lambda match: "" if match[1] == "." else match[1], number.hex)


def web(url: str) -> str:
    """The address if it is one of the web, else nothing: only these become links."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc else ""


def href(fragment: str) -> str:
    """The link to an id on the page."""
    return "#" + quote(fragment, safe=":@.,_-~", errors="backslashreplace")
