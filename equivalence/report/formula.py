r"""Formulas: the small part of TeX that docstrings use, as MathML.

What is not understood is shown as it was written; nothing of a formula is ever taken for markup.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass

from markupsafe import Markup

from equivalence.report.words import short, visible

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+(?:\.[0-9]+)?|\s+|.", re.DOTALL)
_LETTERS = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ϵ",
    "varepsilon": "ε",
    "lambda": "λ",
    "mu": "μ",
    "pi": "π",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "theta": "θ",
    "infty": "∞",
    "ell": "ℓ",
}
_OPERATORS = {
    "sum": "∑",
    "prod": "∏",
    "cdot": "·",
    "times": "×",
    "le": "≤",
    "leq": "≤",
    "ge": "≥",
    "geq": "≥",
    "ne": "≠",
    "in": "∈",
    "to": "→",
    "pm": "±",
    "partial": "∂",
    "dots": "…",
    "ldots": "…",
    "lvert": "|",
    "rvert": "|",
    "{": "{",
    "}": "}",
}
_FUNCTIONS = {"log", "exp", "max", "min", "sin", "cos", "tanh", "softmax"}
_SPACES = {"quad": "1em", "qquad": "2em", ",": ".17em", ";": ".28em", " ": ".25em", "!": "-.17em"}
_FRACTIONS = {"frac", "tfrac", "dfrac"}
_LONGEST = 1000  # characters; a docstring's formula has fewer than 200
_DEEPEST = 20


class _UnknownError(ValueError):
    """The formula uses TeX that is not understood here."""


def _tag(name: str, *children: Markup | str, attributes: str = "") -> Markup:
    inside = Markup("").join(children)
    return Markup(f"<{name}{attributes}>") + inside + Markup(f"</{name}>")  # noqa: S704 -- names are literals here


@dataclass(slots=True)
class _Reader:
    tokens: list[str]
    place: int = 0
    depth: int = 0

    def peek(self) -> str:
        while self.place < len(self.tokens) and self.tokens[self.place].isspace():
            self.place += 1
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.place += 1
        if not token:
            message = "the formula ends too early"
            raise _UnknownError(message)
        return token

    def row(self, end: str = "") -> Markup:
        """Everything up to ``end``, which is taken."""
        self.depth += 1
        if self.depth > _DEEPEST:
            message = "the formula is nested too deeply"
            raise _UnknownError(message)
        parts: list[Markup] = []
        while self.peek() != end:
            parts.append(self.scripted())
        if end:
            self.take()
        self.depth -= 1
        return parts[0] if len(parts) == 1 else _tag("mrow", *parts)

    def scripted(self) -> Markup:
        """An atom with its primes, subscript and superscript."""
        base = self.atom()
        above, below, primes = "", "", ""
        while self.peek() in {"^", "_", "'"}:
            mark = self.take()
            if mark == "'":
                primes += "′"
            elif mark == "^":
                above = self.atom()
            else:
                below = self.atom()
        if primes:
            base = _tag("mrow", base, _tag("mo", primes, attributes=' lspace="0"'))
        limits = base in {_tag("mo", _OPERATORS[name]) for name in ("sum", "prod")}
        if above and below:
            return _tag("munderover" if limits else "msubsup", base, below, above)
        if below:
            return _tag("munder" if limits else "msub", base, below)
        return _tag("msup", base, above) if above else base

    def atom(self) -> Markup:
        """One symbol, group, fraction or bracketed part."""
        symbol = self.take()
        if symbol == "{":
            return self.row("}")
        if not symbol.startswith("\\"):
            kind = "mn" if symbol[0].isdigit() else "mi" if symbol.isalpha() else "mo"
            if symbol in {"^", "_", "}", "&", "#", "%", "$", "~"}:
                message = f"{symbol!r} is not expected here"
                raise _UnknownError(message)
            return _tag(kind, "−" if symbol == "-" else symbol)
        name = symbol[1:]
        if name in _FRACTIONS:
            return _tag("mfrac", self.atom(), self.atom())
        if name == "left":
            return self.bracketed()
        if name in _LETTERS:
            return _tag("mi", _LETTERS[name])
        if name in _OPERATORS:
            return _tag("mo", _OPERATORS[name])
        if name in _FUNCTIONS:
            return _tag("mrow", _tag("mi", name), _tag("mspace", attributes=' width=".17em"'))
        if name in _SPACES:
            return _tag("mspace", attributes=f' width="{_SPACES[name]}"')
        message = f"{symbol} is not known"
        raise _UnknownError(message)

    def bracketed(self) -> Markup:
        r"""What stands between ``\left`` and ``\right``."""
        opening = self.take()
        inside = self.row("\\right")
        closing = self.take()
        marks = [
            _tag("mo", "" if mark == "." else mark.removeprefix("\\"))
            for mark in (opening, closing)
        ]
        return _tag("mrow", marks[0], inside, marks[1])


def formula(tex: str) -> Markup:
    r"""A formula as MathML, or as it was written if it is not understood.

    >>> print(formula(r"\tfrac{1}{C}"))
    <math displaystyle="true"><mfrac><mn>1</mn><mi>C</mi></mfrac></math>
    >>> print(formula(r"\unknown <b>"))
    <code>\unknown &lt;b&gt;</code>
    """
    known = None
    if len(tex) <= _LONGEST and visible(tex) == tex:
        with contextlib.suppress(_UnknownError):
            known = _tag(
                "math", _Reader(_TOKEN.findall(tex)).row(), attributes=' displaystyle="true"'
            )
    return known or Markup("<code>{}</code>").format(visible(short(tex)))
