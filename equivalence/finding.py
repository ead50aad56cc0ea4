"""What a finding is: an implementation's response to a case, judged."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from equivalence.exact import Number


ROW_SHOWN = 12  # numbers of a row that are printed


def row_shown(numbers: Sequence[str]) -> list[str]:
    """The numbers of a row that are printed; "…" stands for more.

    >>> row_shown("1")
    ['1']
    """
    more = ["…"] if len(numbers) > ROW_SHOWN else []
    return [*numbers[:ROW_SHOWN], *more]


class Verdict(str, Enum):
    """What became of a question. Its value is the word that is printed everywhere."""

    AGREES = "agrees"
    EXPLAINED = "explained"
    INACCURATE = "inaccurate"
    REFUSES = "refuses"
    UNDEFINED = "undefined"
    DIVERGES = "diverges"
    RETIRED = "retired"
    CRASHED = "crashed"
    INAPPLICABLE = "inapplicable"
    ABSENT = "absent"

    def __str__(self) -> str:
        return self.value

    @property
    def fails(self) -> bool:
        """Whether it makes a run fail."""
        return self in {Verdict.DIVERGES, Verdict.RETIRED, Verdict.CRASHED}

    @property
    def catalogued(self) -> bool:
        """Whether it passes only because the catalogue knows it (amber)."""
        return self in {Verdict.EXPLAINED, Verdict.INACCURATE, Verdict.REFUSES}

    @property
    def asked(self) -> bool:
        """Whether it counts in a denominator."""
        return self not in {Verdict.INAPPLICABLE, Verdict.ABSENT}


# From the gravest to the mildest: a cell shows the gravest of its findings.
GRAVITY = (
    Verdict.CRASHED,
    Verdict.DIVERGES,
    Verdict.RETIRED,
    Verdict.EXPLAINED,
    Verdict.INACCURATE,
    Verdict.REFUSES,
    Verdict.AGREES,
    Verdict.UNDEFINED,
    Verdict.ABSENT,
    Verdict.INAPPLICABLE,
)


_JOIN = " + "


def joined(names: Iterable[str]) -> str:
    """The names of several divergences as one text.

    >>> joined(["clips", "divides"])
    'clips + divides'
    """
    return _JOIN.join(names)


def separated(text: str) -> tuple[str, ...]:
    """The names that were joined.

    >>> separated("clips + divides"), separated("")
    (('clips', 'divides'), ())
    """
    return tuple(text.split(_JOIN)) if text else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The position of the largest error, and the numbers that were given there.

    Attributes:
        index: Into the quantity, classes last; empty for a scalar.
        prediction: The row of predictions there, or all if few: the first ``ROW_SHOWN``, and one
            more if there are more.
        target: The class index, or the row of target probabilities.
    """

    index: tuple[int, ...]
    prediction: tuple[Number, ...] = ()
    target: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One implementation's response to one quantity of one case, judged.

    Attributes:
        loss: The loss's name, as are target (kind), reduction, dtype: parts of the cell.
        denominator: What the implementation's mean divides by here, in words; empty for none and
            sum.
        quantity: One of ``cases.answers.QUANTITIES``.
        implementation: ``"torch.cross_entropy"``; for one of several means ``"...[MEAN]"``.
        mode: How it was run: ``"eager"``, ``"graph"``, ``"xla"``, ...
        case: The origin of the case, unique within the cell; ``""`` if nothing was asked.
        digest: A hash of everything that was asked.
        got: The implementation's number at the worst position.
        exact: The exact number there.
        error: Their distance.
        bound: The largest error allowed there.
        ulps: The error in ulps of the dtype at the exact number.
        where: The worst position and its inputs.
        divergence: The names of the catalogued divergences that explain the finding, as ``joined``.
        returned: The dtype of what came back, if it is not the question's.
        detail: One sentence: the exception, the shape, what was expected instead.
        bits: A hash of all the numbers that came back; empty if none did.
    """

    loss: str
    target: str
    reduction: str
    denominator: str
    dtype: str
    quantity: str
    implementation: str
    framework: str
    mode: str
    case: str
    digest: str
    verdict: Verdict
    got: Number | None = None
    exact: Number | None = None
    error: Number | None = None
    bound: Number | None = None
    ulps: Number | None = None
    where: Where | None = None
    divergence: str = ""
    returned: str = ""
    detail: str = ""
    bits: str = ""

    @property
    def cell(self) -> str:
        """The id of the cell that the finding belongs to."""
        question = f"{self.loss}:{self.target}:{self.reduction}:{self.dtype}:{self.quantity}"
        return f"{question}:{self.implementation}@{self.mode}"

    @property
    def name(self) -> str:
        """The cell and the case: what ``equivalence explain`` and ``reproduce`` take."""
        return f"{self.cell}:{self.case}" if self.case else self.cell

    @property
    def divergences(self) -> tuple[str, ...]:
        """The names of the catalogued divergences that explain the finding."""
        return separated(self.divergence)

    @property
    def share(self) -> float:
        """The error as a fraction of the bound; infinite if there is no finite error."""
        if self.error is None or self.bound is None:
            return float("inf") if self.verdict.fails else 0.0
        error, bound = float(self.error), float(self.bound)
        return error / bound if bound > 0 else (0.0 if error == 0 else float("inf"))

    def __reduce__(self) -> tuple[Any, ...]:
        """Many of them go from process to process; dataclasses would look up each field."""
        return _restored, (values(self),)

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict}" + (f" ({self.detail})" if self.detail else "")

    __repr__ = __str__


FIELDS = tuple(field.name for field in fields(Finding))
values = attrgetter(*FIELDS)


def _restored(those: tuple[Any, ...]) -> Finding:
    return Finding(**dict(zip(FIELDS, those, strict=True)))
