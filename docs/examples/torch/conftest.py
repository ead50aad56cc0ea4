import torch.nn.functional as F

from equivalence.cases.case import ONE_HOT, SOFT
from equivalence.implementations.torch import framework
from equivalence.losses import cross_entropy


@framework.implements(cross_entropy, targets=ONE_HOT | SOFT)
def my_cross_entropy(logits, target, *, reduction="mean"):
    classes = min(1, logits.ndim - 1)  # second, also in images; alone if there is no batch
    terms = -(target * F.log_softmax(logits, dim=classes)).sum(dim=classes)
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]
