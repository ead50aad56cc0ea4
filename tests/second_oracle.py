"""A second oracle: every loss and gradient in mpmath, one number at a time, as they are defined.

Nothing is shared with ``equivalence.losses``: no shift by the maximum, no log1p, no arrays. At 1400
bits ``log(sum(exp))`` may cancel three hundred decades and still know every digit of a float64.
"""

from fractions import Fraction

import mpmath
import numpy as np

BITS = 1400
mp = mpmath.mp.clone()
mp.prec = BITS
INFINITY = mp.inf


def number(value):
    return value if isinstance(value, mp.mpf) else mp.mpf(float(value))


def times(first, second):
    return mp.mpf(0) if first == 0 else first * second


def log(value):
    return -INFINITY if value == 0 else mp.log(value)


def quotient(first, second):
    if first == 0:
        return mp.mpf(0)
    return INFINITY if second == 0 else first / second


def row_target(case, index):
    """The target of a position as a list of shares, before weights and smoothing."""
    classes = case.prediction.shape[-1]
    if case.target_kind.startswith("sparse"):
        return [mp.mpf(1 if label == case.target[index] else 0) for label in range(classes)]
    return [number(share) for share in case.target[index]]


def row(case, index):
    """One term over classes with its derivatives: the term, d/dprediction, d/dtarget."""
    x = [number(entry) for entry in case.prediction[index]]
    if case.loss.name.startswith("kl"):
        return kullback_leibler(case, x, row_target(case, index))
    if case.loss.name.startswith("focal"):
        return focal_row(case, x, row_target(case, index))
    classes = len(x)
    smoothing = number(case.options.get("label_smoothing", 0))
    weight = [number(entry) for entry in case.options.get("weight", np.ones(classes))]
    target = [(1 - smoothing) * share + smoothing / classes for share in row_target(case, index)]
    q = [w * t for w, t in zip(weight, target, strict=True)]
    slope = [w * (1 - smoothing) for w in weight]
    if case.loss.name == "cross_entropy":
        total = sum(mp.exp(entry) for entry in x)
        surprisal = [log(total) - entry for entry in x]
        # Nothing is left to normalise where every class is masked.
        p = [mp.exp(entry) / total if total else mp.nan for entry in x]
        towards = [known * sum(q) - share for known, share in zip(p, q, strict=True)]
    elif case.loss.name == "negative_log_likelihood":
        surprisal = [-entry for entry in x]
        towards = [-share for share in q]
    else:
        surprisal = [-log(entry) for entry in x]
        towards = [-quotient(share, entry) for share, entry in zip(q, x, strict=True)]
    term = sum(times(share, s) for share, s in zip(q, surprisal, strict=True))
    return term, towards, [times(s, one) for s, one in zip(slope, surprisal, strict=True)]


def kullback_leibler(case, x, target):
    """Each class adds t log t - t log p; the derivative by t is log t + 1 - log p."""
    probabilities = case.loss.name.endswith("probabilities")
    logs = [log(entry) for entry in x] if probabilities else x
    of_target = bool(case.options.get("log_target"))
    shares = [mp.exp(t) for t in target] if of_target else target
    own = target if of_target else [log(t) for t in target]
    term = mp.mpf(0)
    sideways = []
    for share, entropy, surprise in zip(shares, own, logs, strict=True):
        term += times(share, entropy) if share == 0 else share * entropy - share * surprise
        rate = entropy + 1 - surprise
        sideways.append(times(share, rate) if of_target else rate)
    towards = [-s if not probabilities else -quotient(s, p) for s, p in zip(shares, x, strict=True)]
    return term, towards, sideways


def power(base, exponent):
    """A power with 0 ** 0 = 1 and 0 ** -1 = infinity."""
    if base == 0 and exponent < 0:
        return INFINITY
    return mp.mpf(1) if exponent == 0 else mp.power(base, exponent)


def focal_row(case, x, target):
    """(1 - p)^gamma times -log p, differentiated by p and then, from logits, by the softmax."""
    smoothing, gamma = number(case.options.get("label_smoothing", 0)), case.options.get("gamma", 2)
    alpha, gamma = number(case.options.get("alpha", 1)), number(gamma)
    logits = not case.loss.name.endswith("probabilities")
    total = sum(mp.exp(entry) for entry in x) if logits else mp.mpf(1)
    p = [mp.exp(entry) / total for entry in x] if logits else x
    rest = [
        sum((mp.exp(e) for k, e in enumerate(x) if k != c), mp.mpf(0)) / total
        for c in range(len(x))
    ]
    rest = rest if logits else [1 - entry for entry in x]
    q = [alpha * ((1 - smoothing) * t + smoothing / len(x)) for t in target]
    surprise = [mp.log(total) - entry for entry in x] if logits else [-log(entry) for entry in x]
    each = [times(power(r, gamma), s) for r, s in zip(rest, surprise, strict=True)]
    term = sum((times(share, one) for share, one in zip(q, each, strict=True)), mp.mpf(0))
    sideways = [alpha * (1 - smoothing) * one for one in each]
    steep = [
        times(gamma, times(s, power(r, gamma - 1))) for r, s in zip(rest, surprise, strict=True)
    ]
    if not logits:
        slopes = [
            times(power(r, gamma), quotient(mp.mpf(1), e)) for r, e in zip(rest, x, strict=True)
        ]
        return term, [-times(w, a + b) for w, a, b in zip(q, slopes, steep, strict=True)], sideways
    by_log = [w * (power(r, gamma) + e * s) for w, r, e, s in zip(q, rest, p, steep, strict=True)]
    towards = [e * sum(by_log) - own for e, own in zip(p, by_log, strict=True)]
    return term, towards, sideways


def binary_focal(case, x, t):
    """alpha_t (1 - p_t)^gamma CE, differentiated factor by factor."""
    gamma, alpha = number(case.options.get("gamma", 2)), case.options.get("alpha")
    if case.loss.name.endswith("logits"):
        p, absent = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
        positive, negative, inner_slope = mp.log(1 + mp.exp(-x)), mp.log(1 + mp.exp(x)), p * absent
        towards = (1 - t) * p - t * absent
    else:
        p, absent, inner_slope = x, 1 - x, mp.mpf(1)
        positive, negative = -log(x), -log(1 - x)
        towards = quotient(1 - t, 1 - x) - quotient(t, x)
    entropy = times(t, positive) + times(1 - t, negative)
    miss = t * absent + (1 - t) * p
    weight = mp.mpf(1) if alpha is None else t * number(alpha) + (1 - t) * (1 - number(alpha))
    tilt = mp.mpf(0) if alpha is None else 2 * number(alpha) - 1
    focus = power(miss, gamma)
    steep = times(gamma, times(entropy, power(miss, gamma - 1)))
    first = weight * (times((1 - 2 * t) * inner_slope, steep) + times(focus, towards))
    if mp.isinf(towards):  # the logarithm's own slope is the larger
        first = weight * times(focus, towards)
    second = weight * (times(absent - p, steep) + times(focus, positive - negative))
    return weight * times(focus, entropy), first, second + times(tilt, times(focus, entropy))


def single(case, index):
    """One binary term with its derivatives."""
    x = number(case.prediction[index])
    smoothing = number(case.options.get("label_smoothing", 0))
    t = (1 - smoothing) * number(case.target[index]) + smoothing / 2
    if "focal" in case.loss.name:
        term, towards, sideways = binary_focal(case, x, t)
        return term, [towards], [(1 - smoothing) * sideways]
    if case.loss.name == "binary_cross_entropy":
        term = -times(t, log(x)) - times(1 - t, log(1 - x))
        towards = quotient(1 - t, 1 - x) - quotient(t, x)
        return term, [towards], [times(1 - smoothing, log(1 - x) - log(x))]
    weights = np.broadcast_to(case.options.get("pos_weight", 1.0), case.shape)
    w = number(weights[index])
    positive, negative = mp.log(1 + mp.exp(-x)), mp.log(1 + mp.exp(x))
    p = 1 / (1 + mp.exp(-x))
    term = w * t * positive + (1 - t) * negative
    towards = (1 - t) * p - w * t * (1 / (1 + mp.exp(x)))
    return term, [towards], [(1 - smoothing) * (w * positive - negative)]


def weights_of(case):
    ones = np.ones(case.shape)
    passed = np.ones(()) if case.weights is None else np.asarray(case.weights)
    return passed, ones if case.weights is None else np.broadcast_to(passed, case.shape)


def is_ignored(case, index):
    ignored = case.options.get("ignore_index")
    return (
        ignored is not None
        and case.target_kind.startswith("sparse")
        and case.target[index] == ignored
    )


def divisor(case, kept):
    """The denominator of a mean, counted position by position."""
    name = case.reduction.name
    passed, weights = weights_of(case)
    if name == "mean":
        return mp.mpf(len(kept))
    if name == "mean_over_terms":
        return mp.mpf(int(np.prod(case.shape, dtype=int)))
    if name == "mean_over_batch":
        return mp.mpf(case.shape[0] if case.shape else 1)
    if name == "mean_over_nonzero_weights":
        return mp.mpf(sum(1 for index in kept if weights[index] != 0))
    if name == "mean_over_sample_weights":
        return sum((number(weights[index]) for index in kept), mp.mpf(0))
    if name == "mean_over_passed_weights":
        if case.weights is None:
            return mp.mpf(int(np.prod(case.shape, dtype=int)))
        return sum((number(weight) for weight in passed.ravel()), mp.mpf(0))
    if name == "mean_over_target_weights":
        weight = case.options.get("weight")
        if weight is None:
            return mp.mpf(len(kept))
        return sum(
            (
                share * number(w)
                for index in kept
                for share, w in zip(row_target(case, index), weight, strict=True)
            ),
            mp.mpf(0),
        )
    raise ValueError(name)


def second_answers(case):
    """Value, gradient and target gradient: object arrays of mpf, NaN where no answer exists."""
    indices = list(np.ndindex(case.shape))
    kept = [index for index in indices if not is_ignored(case, index)]
    _, weights = weights_of(case)
    each = case.reduction.name == "none"
    whole = each or case.reduction.name == "sum"
    divided = mp.mpf(1) if whole else divisor(case, kept)
    shape = case.prediction.shape
    values = np.full(case.shape, mp.mpf(0), dtype=object)
    gradient, target_gradient = (np.full(shape, mp.mpf(0), dtype=object) for _ in range(2))
    upstream = (mp.mpf(1), mp.mpf(2), mp.mpf("0.5"))
    for place, index in enumerate(indices):
        if index not in kept or weights[index] == 0:
            continue
        term, towards, sideways = (row if case.loss.has_classes else single)(case, index)
        factor = number(weights[index])
        values[index] = factor * term
        scale = factor * upstream[place % 3] if each else factor
        if divided != 0:
            scale = scale / divided
        if case.loss.has_classes:
            gradient[index] = [times(scale, one) for one in towards]
            target_gradient[index] = [times(scale, one) for one in sideways]
        else:
            gradient[index], target_gradient[index] = scale * towards[0], scale * sideways[0]
    if each:
        return values, gradient, target_gradient
    total = sum(values.ravel().tolist(), mp.mpf(0))
    if divided == 0:
        empty = mp.mpf(0) if case.reduction.empty_is_zero else mp.nan
        return np.array(empty, dtype=object), *(np.full(shape, empty) for _ in range(2))
    return np.array(total / divided, dtype=object), gradient, target_gradient


class Moved:
    """A case with other predictions, of any number of digits."""

    def __init__(self, case, prediction):
        self._case, self.prediction = case, prediction

    def __getattr__(self, name):
        return getattr(self._case, name)


def second_product(case, direction):
    """Second derivatives along a direction, as a difference of gradients.

    In 1400 bits a step of 2**-300 leaves more digits than any float has, where the predictions are
    inside of what they are defined for.
    """
    step = mp.mpf(2) ** -300
    at = np.vectorize(number, otypes=[object])(case.prediction)
    along = step * np.vectorize(number, otypes=[object])(direction)
    above, below = (second_answers(Moved(case, moved))[1] for moved in (at + along, at - along))
    return np.vectorize(lambda one: one / (2 * step), otypes=[object])(above - below)


def fraction(value):
    """A finite mpf as an exact fraction; 0 for what is far below every format."""
    sign, mantissa, exponent, bits = mp.mpf(value)._mpf_
    if exponent + bits < -BITS:
        return Fraction(0)
    return (-1) ** sign * int(mantissa) * Fraction(2) ** exponent


def rounded(value, format_):
    """The nearest number of a format, ties to even, as a fraction; infinity beyond the largest."""
    if value == 0:
        return Fraction(0)
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= Fraction(2) ** exponent > size
    step = max(exponent, format_.minimum_exponent) - format_.precision + 1
    nearest = round(size / Fraction(2) ** step) * Fraction(2) ** step  # round() ties to even
    signed = nearest if value > 0 else -nearest
    return (
        signed if nearest <= Fraction(format_.largest) else float("inf") * (1 if value > 0 else -1)
    )
