"""What a divergence is: the question that an implementation answers instead of the one asked."""

from __future__ import annotations

import fnmatch
import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from equivalence.cases.case import Case

if TYPE_CHECKING:
    from equivalence.implementations import Implementation

# What a model may say of a case: it does not concern it (None), another case is answered instead
# (perhaps the same with a weaker bound), or an exception of this type is raised.
Model = Callable[[Case], Case | type[Exception] | None]

_AnyModel = TypeVar("_AnyModel", bound=Model)

DIVERGENCES: dict[str, Divergence] = {}


class Standing(str, Enum):
    """Whether a divergence is meant. Its value is the words that are printed everywhere.

    It is by design if it is documented or a plain convention. It is a defect candidate, to be
    reported upstream, if it contradicts the framework's own documentation, its own other functions
    or modes, or the mathematics.
    """

    BY_DESIGN = "by design"
    DEFECT = "defect candidate"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Divergence:
    """A catalogued departure of some implementations; ``str()`` is its name.

    Attributes:
        name: As in ``Finding.divergence``.
        implementations: Patterns of the names of the implementations concerned, ``@mode`` behind
            them if only one mode is; ``*`` matches anything.
        model: From the case that is asked to the case that is answered.
        versions: The versions of the framework's package for which it is known to hold.
        reference: The URL of the documentation or source that says so.
        reason: What happens, in a full sentence, and why.
        standing: Whether it is meant.
        evidence: What says so: the documentation, a plain convention; or what it contradicts.
        malformed: Whether it is about malformed questions; else it is about all others.
        only: The quantities concerned; empty for all.
    """

    name: str
    implementations: tuple[str, ...]
    model: Model
    versions: str
    reference: str
    reason: str
    standing: Standing
    evidence: str
    malformed: bool = False
    only: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__

    @property
    def summary(self) -> str:
        """The first sentence of the reason."""
        paragraph = self.reason.strip().split("\n\n")[0].replace("\n", " ")
        return paragraph.partition(". ")[0].rstrip(".") + "."

    def concerns(self, implementation: Implementation, mode: str) -> bool:
        """Whether it is catalogued for an implementation in a mode at the installed version."""
        names = (_plain(implementation.name), _plain(f"{implementation.name}@{mode}"))
        if not any(map(_any_of(self.implementations).match, names)):
            return False
        package, specifiers = _requirement(self.versions)
        _, installed = implementation.framework.installed(package)
        return not installed or specifiers.contains(installed, prereleases=True)


def _requirement(versions: str) -> tuple[str, SpecifierSet]:
    """The package, empty for the framework's first, and its versions."""
    if versions[:1].isalpha():
        requirement = Requirement(versions)
        return requirement.name, requirement.specifier
    return "", SpecifierSet(versions)


@functools.cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """What matches one of the patterns at least."""
    return re.compile("|".join(fnmatch.translate(_plain(pattern)) for pattern in patterns))


def _plain(name: str) -> str:
    """Brackets are no character class here."""
    return name.replace("[", "<").replace("]", ">")


def divergence(
    *implementations: str,
    versions: str,
    reference: str,
    name: str = "",
    reason: str = "",
    by_design: str = "",
    defect: str = "",
    malformed: bool = False,
    only: tuple[str, ...] = (),
) -> Callable[[_AnyModel], _AnyModel]:
    """Catalogues the decorated model for the implementations that match a pattern.

    Where several divergences concern one implementation they are applied in the order of the
    catalogue.

    Args:
        implementations: Patterns of names; ``*`` matches anything.
        versions: The versions concerned, of the framework's first package or of a named one
            (``"keras>=3.0"``); empty for all.
        reference: The URL of the documentation or source that says so.
        name: Its name; by default the function's.
        reason: What happens and why; by default the function's docstring.
        by_design: The evidence that it is meant: the documentation, or a plain convention.
        defect: The evidence that it is not: the framework's own documentation, other functions or
            modes of its own, or the mathematics, that it contradicts. One of both is given.
        malformed: Whether the model is about malformed questions: which exception is raised, or
            which well-formed question is answered. All others never see one.
        only: The quantities concerned; by default all.

    Raises:
        ValueError: If the name is taken, there is no implementation, no reason or no reference, or
            it is not said whether it is meant.
    """

    def register(model: _AnyModel) -> _AnyModel:
        full = name or model.__name__
        why = inspect.cleandoc(reason or model.__doc__ or "")
        if full in DIVERGENCES:
            message = f"the divergence {full!r} is already in the catalogue"
            raise ValueError(message)
        if not implementations:
            message = f"the divergence {full!r} names no implementation that it concerns"
            raise ValueError(message)
        if not why or not reference:
            message = f"the divergence {full!r} needs a reason and a reference"
            raise ValueError(message)
        if bool(by_design) == bool(defect):
            message = f"the divergence {full!r} needs evidence: by_design= or defect=, one of both"
            raise ValueError(message)
        DIVERGENCES[full] = Divergence(
            name=full,
            implementations=implementations,
            model=model,
            versions=versions,
            reference=reference,
            reason=why,
            standing=Standing.DEFECT if defect else Standing.BY_DESIGN,
            evidence=by_design or defect,
            malformed=malformed,
            only=only,
        )
        return model

    return register
