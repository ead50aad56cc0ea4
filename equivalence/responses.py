"""What implementations are asked, and what comes back: all at once, or a quantity apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.answers import ALWAYS_ASKED, QUANTITIES
from equivalence.cases.further import has_quantity
from equivalence.cases.remembered import Remembered
from equivalence.expectation import catalogued, expectation
from equivalence.implementations.implementation import apart

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation, Response

_RESPONSES = 16  # kept, so that value and gradients come from one call

_responses: Remembered[Response] = Remembered(_RESPONSES)


def respond(implementation: Implementation, case: Case, mode: str) -> Response:
    """The implementation's response, from one call for all quantities."""
    key = (implementation, case, mode)
    return _responses.of(key, lambda: implementation.respond(case, mode))


def quantities(implementation: Implementation, case: Case) -> tuple[str, ...]:
    """What is asked of an implementation about a case: the value, and the gradients on offer."""
    integers = case.prediction.dtype.kind in "iub"  # nothing is differentiated by them
    if not implementation.differentiates or integers:
        return QUANTITIES[:1]
    return QUANTITIES[: 3 if not case.malformed and implementation.has_target_gradient(case) else 2]


def further(implementation: Implementation, case: Case, mode: str) -> tuple[str, ...]:
    """What may be asked apart of an implementation about a case, in a mode.

    It is asked where it exists for the question, and for what the catalogue says is answered.
    """
    if case.malformed:
        return ()
    offered = [name for name, modes in implementation.framework.apart.items() if mode in modes]

    def known(quantity: str) -> bool:
        if not has_quantity(case, quantity):
            return False
        answered = expectation(case, catalogued(implementation, mode, quantity)).case
        return has_quantity(answered, quantity)

    return tuple(quantity for quantity in offered if known(quantity))


def read(
    implementation: Implementation, case: Case, mode: str, quantity: str
) -> np.ndarray | Exception | None:
    """One quantity of what an implementation returns; None if it returns none."""
    if quantity in ALWAYS_ASKED:
        found: np.ndarray | Exception | None = getattr(
            respond(implementation, case, mode), quantity
        )
        return found
    return apart(implementation, case, mode, quantity)
