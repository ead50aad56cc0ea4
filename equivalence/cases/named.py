"""Cases by their names, whatever made them: generated, pinned, or at an edge."""

from __future__ import annotations

from equivalence.cases import edges, pinned
from equivalence.cases.case import Case
from equivalence.cases.generation import from_name

_MAKERS = {pinned.ORIGIN: pinned.pinned_case, edges.ORIGIN: edges.edge_case}


def named(loss: str, kind: str, reduction: str, dtype: str, origin: str) -> Case:
    """The case of a name, made again; the parts are those of ``Case.id``.

    Raises:
        ValueError: If there is no such case; the message says which part is unknown.
    """
    make = _MAKERS.get(origin.partition(".")[0], from_name)
    return make(loss, kind, reduction, dtype, origin)
