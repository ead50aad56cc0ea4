"""Sets of requirements: what an environment holds, and which frameworks they concern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from equivalence.selection import nearest
from equivalence.upgrading.errors import UpgradeError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Which frameworks a distribution decides the numbers of.
CONCERNED = {
    "scikit-learn": ("sklearn",),
    "scipy": ("sklearn",),
    "torch": ("torch",),
    "tensorflow": ("tensorflow_v1", "tensorflow_v2"),
    "tensorflow-cpu": ("tensorflow_v1", "tensorflow_v2"),
    "keras": ("tensorflow_v2",),
    "tf-keras": ("tensorflow_v2",),
    "numpy": ("textbook",),
}
# What a framework needs beside its requirement, where that does not say so itself: releases built
# against NumPy 1 that allow NumPy 2, and a backend. (distribution, versions, what it needs)
COMPANIONS = (
    ("scikit-learn", "<1.3", "numpy<2"),
    ("torch", "<2.3", "numpy<2"),
)
BACKENDS = ("tensorflow", "tensorflow-cpu")
NEEDS_BACKEND = ("keras",)
# What is only used where a variable says so.
SWITCHES = {"tf-keras": ("TF_USE_LEGACY_KERAS", "1")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What one environment holds.

    Attributes:
        words: As they were given, each a requirement of pip.
        added: What is added because some release needs it and does not say so.
        variables: What the suite's own processes are told, beside the environment's variables.
    """

    words: tuple[str, ...]
    added: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join(self.words)

    @property
    def names(self) -> tuple[str, ...]:
        """The distributions named, as an index spells them."""
        return tuple(canonicalize_name(Requirement(word).name) for word in self.words)

    @property
    def frameworks(self) -> tuple[str, ...]:
        """Those of the distributions named that decide numbers."""
        return tuple(name for name in self.names if name in CONCERNED)

    @property
    def pinned(self) -> bool:
        """Whether every requirement names one version."""
        return all(_pin(Requirement(word)) is not None for word in self.words)

    @property
    def label(self) -> str:
        """A short name for columns and files: ``scikit-learn-1.4.2``."""
        kept = (word.replace("==", "-") for word in self.words)
        return "+".join("".join(c if c.isalnum() or c in ".-" else "_" for c in w) for w in kept)


def parse(text: str, extra: Iterable[str] = ()) -> Requirements:
    """A set of requirements, written with blanks between them.

    Args:
        text: ``"scikit-learn==1.4.2"``, or ``"keras==3.0.5 tensorflow-cpu==2.16.2"``.
        extra: Further requirements of every environment.

    Raises:
        UpgradeError: If something in it is no requirement.
    """
    words = tuple(text.split())
    if not words:
        message = "an empty requirement; write it as pip takes it: 'scikit-learn==1.5.2'"
        raise UpgradeError(message)
    for word in (*words, *extra):
        _checked(word)
    every = (*words, *extra)
    named = {canonicalize_name(Requirement(word).name) for word in every}
    switches = tuple(setting for name, setting in SWITCHES.items() if name in named)
    return Requirements(words=words, added=_companions(every), variables=switches)


def _checked(word: str) -> Requirement:
    try:
        return Requirement(word)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        hint = word.replace("=", "==") if word.count("=") == 1 and "<" not in word else ""
        near = f"; perhaps {hint!r}" if hint and ">" not in word else ""
        message = f"{word!r} is no requirement ({reason}){near}; 'scikit-learn==1.5.2' is one"
        raise UpgradeError(message) from error


def _pin(requirement: Requirement) -> Version | None:
    """The one version that a requirement allows."""
    for specifier in requirement.specifier:
        if specifier.operator in {"==", "==="} and not specifier.version.endswith(".*"):
            try:
                return Version(specifier.version)
            except InvalidVersion:
                return None
    return None


def _companions(words: tuple[str, ...]) -> tuple[str, ...]:
    known = {str(canonicalize_name(Requirement(w).name)): Requirement(w) for w in words}
    added = [
        needed
        for name, versions, needed in COMPANIONS
        if name in known
        and (pin := _pin(known[name])) is not None
        and pin in SpecifierSet(versions)
        and Requirement(needed).name not in known
    ]
    if known.keys() & set(NEEDS_BACKEND) and not known.keys() & set(BACKENDS):
        added.append("tensorflow-cpu")
    return tuple(added)


def concerned(sets: Iterable[Requirements]) -> tuple[str, ...]:
    """The frameworks whose numbers the named distributions decide.

    Raises:
        UpgradeError: If a set concerns none.
    """
    found: list[str] = []
    for requirements in sets:
        mine = [name for known in requirements.names for name in CONCERNED.get(known, ())]
        if not mine:
            near = nearest(requirements.names[0], CONCERNED)
            message = (
                f"{str(requirements)!r} concerns no framework that is known here"
                f"{f'; {near}' if near else ''}; or name them: --frameworks sklearn"
            )
            raise UpgradeError(message)
        found += mine
    return tuple(dict.fromkeys(found))
