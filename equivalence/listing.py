"""Listing: what there is of each kind, by name, with some words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.asking import implementations_of
from equivalence.cases import edges
from equivalence.cases.generation import SHAPES, levels
from equivalence.cases.pinned import ORIGIN, library
from equivalence.divergences import DIVERGENCES
from equivalence.environment import loss_record
from equivalence.implementations import FRAMEWORKS, load
from equivalence.losses import LOSSES
from equivalence.running import absent_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rich.console import Console

    from equivalence.cases.case import Encoding
    from equivalence.implementations import Implementation

    Entry = tuple[str, Iterable[str]]


def entries(noun: str, frameworks: Iterable[str], console: Console) -> Iterator[Entry]:
    """The entries of a kind; of all kinds but claims if none is named.

    Args:
        noun: ``"losses"``, ``"implementations"``, ``"divergences"``, ``"cases"`` or ``"claims"``;
            or nothing.
        frameworks: Whose implementations and divergences.
        console: Where it is said which of them are absent.
    """
    names = tuple(frameworks)
    if noun == "claims":
        yield from _claims(present(names, console))
        return
    listed: dict[str, Callable[[], Iterator[Entry]]] = {
        "losses": _losses,
        "implementations": lambda: _implementations(present(names, console)),
        "divergences": lambda: _divergences(names),
        "cases": _cases,
    }
    for each in [noun] if noun else listed:
        yield from listed[each]()


def present(names: Iterable[str], console: Console) -> list[str]:
    """Those that can be imported; of the others it is said that they are absent."""
    present = []
    for name in names:
        absent = load(name) if name in FRAMEWORKS else None
        if isinstance(absent, str):
            console.print(absent_message(name, absent).replace("required and ", ""), soft_wrap=True)
        else:
            present.append(name)
    return present


def _losses() -> Iterator[Entry]:
    for loss in LOSSES.values():
        known = loss_record(loss)
        encodings, *_ = levels(loss)
        what = f"{loss.prediction.replace('_', ' ')}; targets {_joined(encodings)}"
        options = f"; options {', '.join(loss.parameters)}" if loss.parameters else ""
        yield loss.name, (known.summary, what + options, known.formula)


def _joined(encodings: Iterable[Encoding]) -> str:
    return ", ".join(str(encoding.name).lower() for encoding in encodings)


def _implementations(frameworks: Iterable[str]) -> Iterator[Entry]:
    for framework in frameworks:
        for known in implementations_of(framework):
            yield known.name, _implementation(known)


def _implementation(known: Implementation) -> Iterator[str]:
    encodings, *_ = levels(known.loss)
    targets = _joined(encoding for encoding in encodings if encoding in known.targets)
    options = f"; options {', '.join(sorted(known.options))}" if known.options else ""
    yield f"{known.loss}; targets {targets}; reductions {', '.join(known.reductions)}{options}"
    gradients = "gradients" if known.differentiates else "values only"
    yield f"modes {', '.join(known.offered_modes)}; {gradients}"
    yield known.documentation


def _divergences(frameworks: Iterable[str]) -> Iterator[Entry]:
    names = tuple(frameworks)
    for entry in DIVERGENCES.values():
        if any(
            pattern.startswith(f"{name}.") or "*" in pattern[:1]
            for pattern in entry.implementations
            for name in names
        ):
            versions = f"; versions {entry.versions}" if entry.versions else ""
            yield (
                entry.name,
                (
                    entry.summary,
                    f"{entry.standing}: {entry.evidence}",
                    f"of {', '.join(entry.implementations)}{versions}",
                    entry.reference,
                ),
            )


def _cases() -> Iterator[Entry]:
    for file in library():
        asked = file.question
        words = (str(asked.loss), asked.target_kind, *asked.dtypes, *map(str, asked.reductions))
        yield f"{ORIGIN}.{asked.name}", (asked.why, ", ".join(words), asked.source)
    for edge in edges.EDGES.values():
        yield f"{edges.ORIGIN}.{edge}", (edge.why,)
    shapes = [f"{name} {list(shape)}" for name, (shape, _) in SHAPES.items()]
    for loss in LOSSES.values():
        _, _, _, regimes, options, _ = levels(loss)
        yield (
            f"generated cases of {loss}: regime.shape.options.seed",
            (
                f"regimes {', '.join(regimes)}",
                f"shapes {', '.join(shapes)}",
                f"options {', '.join('+'.join(names) or 'plain' for names in options)}",
            ),
        )


def _claims(present: list[str]) -> Iterator[Entry]:
    from equivalence.identities import claims

    for claim in claims(present):
        counterexample = f"counterexample: {claim.counterexample}" if claim.counterexample else ""
        yield f"{claim.number}. {claim.statement}", (claim.verdict, claim.domain, counterexample)
