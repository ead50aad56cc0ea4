"""What is asked: encodings, regimes of predictions, shapes, options, and the exact answers."""

from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE, Case, Encoding

__all__ = ["BINARY", "ONE_HOT", "SOFT", "SOFT_BINARY", "SPARSE", "Case", "Encoding"]
