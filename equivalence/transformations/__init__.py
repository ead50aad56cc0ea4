"""What a loss must say of a changed question, whatever its exact value: shifts, orders, splits.

Each relation changes a case so that the answers are known from each other. It speaks of *undivided*
readings, terms and sums: what a mean divides by is the business of the reductions, and is
multiplied out beforehand.
"""

from equivalence.transformations.changes import CHANGES
from equivalence.transformations.relation import Back, Related, Relation
from equivalence.transformations.twins import TWINS, column

TRANSFORMATIONS = {relation.name: relation for relation in (*CHANGES, *TWINS)}

__all__ = ["TRANSFORMATIONS", "Back", "Related", "Relation", "column"]
