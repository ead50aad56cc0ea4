"""Losses in PyTorch, each with two faults; copied to a conftest.py and explained."""

import torch

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY
from equivalence.implementations.needs import COLUMNS, ROWS, SEGMENTATION
from equivalence.implementations.torch import framework

BATCHED = frozenset((ROWS, COLUMNS, SEGMENTATION))


def reduced(terms, reduction):
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


@framework.implements(losses.cross_entropy_from_probabilities, targets=ONE_HOT | SOFT)
def clips_and_divides_by_weights(probabilities, target, *, sample_weight=None, reduction="mean"):
    safe = probabilities.clamp(1e-7, 1 - 1e-7)
    terms = -(target * safe.log()).sum(dim=min(1, probabilities.ndim - 1))
    if sample_weight is None:
        return reduced(terms, reduction)
    weights = sample_weight.broadcast_to(terms.shape)
    terms = terms * weights
    return terms.sum() / weights.sum() if reduction == "mean" else reduced(terms, reduction)


@framework.implements(losses.binary_cross_entropy, targets=BINARY | SOFT_BINARY, shapes=BATCHED)
def adds_epsilon_and_averages_rows(probability, target, *, reduction="mean"):
    presence, absence = (probability + 1e-8).log(), (1 - probability + 1e-8).log()
    terms = -(target * presence + (1 - target) * absence)
    return reduced(terms.mean(dim=-1), reduction)


@framework.implements(losses.binary_cross_entropy_with_logits, targets=BINARY | SOFT_BINARY)
def forgets_pos_weight_and_counts_nonzero_weights(
    logit, target, *, pos_weight=None, sample_weight=None, reduction="mean"
):
    zero = torch.zeros_like(logit)
    terms = target * torch.logaddexp(zero, -logit) + (1 - target) * torch.logaddexp(zero, logit)
    if sample_weight is None:
        return reduced(terms, reduction)
    weights = sample_weight.broadcast_to(terms.shape)
    terms = terms * weights
    return terms.sum() / (weights != 0).sum() if reduction == "mean" else reduced(terms, reduction)


@framework.implements(losses.binary_cross_entropy_with_logits, targets=BINARY | SOFT_BINARY)
def clips_the_sigmoid_and_always_smooths(logit, target, *, reduction="mean"):
    probability = torch.sigmoid(logit).clamp(1e-6, 1 - 1e-6)
    smoothed = target * 0.9 + 0.05
    terms = -(smoothed * probability.log() + (1 - smoothed) * (1 - probability).log())
    return reduced(terms, reduction)


@framework.implements(losses.cross_entropy_from_probabilities, targets=ONE_HOT | SOFT)
def normalises_and_adds_epsilon(probabilities, target, *, reduction="mean"):
    classes = min(1, probabilities.ndim - 1)
    share = probabilities / probabilities.sum(dim=classes, keepdim=True)
    return reduced(-(target * (share + 1e-3).log()).sum(dim=classes), reduction)


@framework.implements(losses.cross_entropy, targets=ONE_HOT | SOFT)
def detaches_the_normaliser_and_divides_by_everything(logits, target, *, reduction="mean"):
    classes = min(1, logits.ndim - 1)
    largest = logits.detach().max(dim=classes, keepdim=True).values
    shifted = logits - largest
    normaliser = shifted.exp().sum(dim=classes, keepdim=True).log().detach()
    terms = (target * (normaliser - shifted)).sum(dim=classes)
    return terms.sum() / logits.numel() if reduction == "mean" else reduced(terms, reduction)


@framework.implements(losses.cross_entropy, targets=ONE_HOT | SOFT)
def clips_the_softmax_and_miscounts(logits, target, *, reduction="mean"):
    classes = min(1, logits.ndim - 1)
    probability = torch.softmax(logits, dim=classes).clamp(1e-7, 1 - 1e-7)
    terms = -(target * probability.log()).sum(dim=classes)
    return terms.sum() / (terms.numel() + 1) if reduction == "mean" else reduced(terms, reduction)
