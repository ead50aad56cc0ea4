"""A mean that divides by one term too many, as a user would define it in a conftest.py."""

from equivalence.cases.case import ONE_HOT, SOFT
from equivalence.implementations.textbook import framework
from equivalence.losses import negative_log_likelihood


@framework.implements(negative_log_likelihood, targets=ONE_HOT | SOFT)
def wrong(log_probabilities, target, *, reduction="mean"):
    terms = -(target * log_probabilities).sum(-1)
    return {"none": terms, "sum": terms.sum(), "mean": terms.sum() / (terms.size + 1)}[reduction]
