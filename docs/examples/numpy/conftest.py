import numpy as np

from equivalence.cases.case import BINARY, SOFT_BINARY
from equivalence.implementations.textbook import framework
from equivalence.losses import binary_cross_entropy_with_logits


@framework.implements(binary_cross_entropy_with_logits, targets=BINARY | SOFT_BINARY)
def my_binary_cross_entropy(logit, target, *, reduction="mean"):
    terms = np.maximum(logit, 0) - logit * target + np.log1p(np.exp(-np.abs(logit)))
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]
