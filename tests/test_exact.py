"""Exact arithmetic: formats, ulps, enclosures, and precision that doubles until it suffices."""

import math
from fractions import Fraction

import flint
import ml_dtypes
import numpy as np
import pytest

from equivalence.exact import (
    FIRST_BITS,
    FORMATS,
    LAST_BITS,
    RADIUS_ULPS,
    Enclosure,
    Number,
    balls,
    certified,
    enclosure,
)

NAMES = tuple(FORMATS)
# Name: unit roundoff, smallest normal, smallest subnormal, largest.
TABLE = {
    "float16": (2**-11, 2**-14, 2**-24, 65504.0),
    "bfloat16": (2**-8, 2**-126, 2**-133, 3.3895313892515355e38),
    "float32": (2**-24, 2**-126, 2**-149, 3.4028234663852886e38),
    "float64": (2**-53, 2**-1022, 5e-324, 1.7976931348623157e308),
}
INFINITE, MISSING = math.inf, math.nan


@pytest.mark.parametrize("name", NAMES)
def test_the_formats_are_those_of_the_dtypes(name):
    format_, info = FORMATS[name], ml_dtypes.finfo(FORMATS[name].dtype)
    unit, normal, subnormal, largest = TABLE[name]
    assert (format_.unit, format_.largest) == (unit, largest)
    assert float(info.eps) == 2 * unit
    assert float(info.smallest_normal) == normal
    assert float(info.smallest_subnormal) == subnormal
    assert float(info.max) == largest
    assert format_.floor == (subnormal if name == "float16" else normal)


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_an_ulp_is_numpys_spacing(name):
    format_ = FORMATS[name]
    rng = np.random.default_rng(1)
    numbers = rng.normal(size=500) * 2.0 ** rng.integers(-30, 15, size=500)
    numbers = np.append(format_.round(numbers), format_.dtype.type([0, 1, 2, 1.5, TABLE[name][2]]))
    spacing = np.spacing(np.abs(numbers)).astype(np.float64)
    assert np.array_equal(format_.ulp(numbers.astype(np.float64)), spacing)


@pytest.mark.parametrize("name", NAMES)
def test_an_ulp_by_hand(name):
    unit, normal, subnormal, _ = TABLE[name]
    exact = np.array([1.0, -1.0, 1.5, 2.0, 2 - 2 * unit, normal, normal / 2, subnormal, 0.0])
    expected = [2 * unit, 2 * unit, 2 * unit, 4 * unit, 2 * unit, *[subnormal] * 4]
    assert FORMATS[name].ulp(exact).tolist() == expected


def test_an_ulp_of_what_is_not_finite_does_not_exist():
    assert np.isnan(FORMATS["float32"].ulp(np.array([INFINITE, -INFINITE, MISSING]))).all()


def test_bfloat16_rounds_to_even():
    rounded = FORMATS["bfloat16"].round([1 + 2**-8, 1 + 3 * 2**-8, 1e39])
    assert rounded.astype(float).tolist() == [1.0, 1 + 2**-6, INFINITE]


def test_rounding_beyond_the_largest_is_silent():
    assert FORMATS["float32"].round([1e39, -1e39]).tolist() == [INFINITE, -INFINITE]


def enclosed(high, low=0.0, radius=0.0):
    return Enclosure(*(np.array(part, dtype=np.float64) for part in (high, low, radius)))


def test_errors_between_finite_numbers_are_exact():
    exact = enclosed([1.0, 0.1], [2**-60, 0.0], [0.0, 0.0])
    assert exact.error(np.array([1.0, 0.1])).tolist() == [2**-60, 0.0]
    assert exact.error(np.array([1.0 + 2**-52, 0.25]))[0] == 2**-52 - 2**-60


@pytest.mark.parametrize(
    ("exact", "got", "error"),
    [
        (INFINITE, INFINITE, 0.0),
        (-INFINITE, -INFINITE, 0.0),
        (INFINITE, -INFINITE, INFINITE),
        (INFINITE, 1e308, INFINITE),
        (INFINITE, MISSING, INFINITE),
        (1.0, INFINITE, INFINITE),
        (1.0, MISSING, INFINITE),
        (1e308, -1e308, INFINITE),
        (MISSING, 1.0, MISSING),
        (MISSING, MISSING, MISSING),
        (MISSING, INFINITE, MISSING),
    ],
)
def test_errors_beside_what_is_not_finite(exact, got, error):
    """In particular NaN is at no finite distance from anything, itself included."""
    found = enclosed([exact], [0.0], [0.0]).error(np.array([got]))[0]
    assert found == error or (math.isnan(found) and math.isnan(error))


def test_a_pair_and_its_radius_hold_the_number():
    with flint.ctx.workprec(400):
        third = enclosure(np.array(flint.arb(1) / 3, dtype=object))
    left = abs(Fraction(1, 3) - Fraction(float(third.high)) - Fraction(float(third.low)))
    assert float(third.high) == 1 / 3
    assert 0 < left <= Fraction(float(third.radius))
    assert third.radius < 2**-105


def test_a_radius_is_never_rounded_down():
    """At 200 bits the rest is known beyond float64's digits; the radius still covers it."""
    for number in range(3, 200, 2):
        with flint.ctx.workprec(1000):
            ball = flint.arb(1) / number
        pair = enclosure(np.array([ball], dtype=object))
        near = Fraction(float(pair.high[0])) + Fraction(float(pair.low[0]))
        assert abs(Fraction(1, number) - near) <= Fraction(float(pair.radius[0]))


def test_infinite_balls_with_a_finite_radius_are_infinite():
    """Infinity plus log 2 is infinity, whatever is not known of log 2."""
    log2, infinity = flint.arb(2).log(), flint.arb(INFINITE)
    array = np.array([infinity + log2, -infinity, -(infinity + log2), flint.arb(MISSING)])
    assert enclosure(array).high.tolist()[:3] == [INFINITE, -INFINITE, -INFINITE]
    assert math.isnan(enclosure(array).high[3])
    assert math.isnan(enclosure(np.array([flint.arb(1, INFINITE)])).high[0])


def test_plain_floats_among_balls_are_taken_as_they_are():
    assert enclosure(np.array([0.0, -INFINITE, flint.arb(2)], dtype=object)).high.tolist() == [
        0.0,
        -INFINITE,
        2.0,
    ]


def test_balls_are_exact_and_keep_the_shape():
    array = np.array([[0.1, -0.0, 5e-324], [INFINITE, 1e308, -2.5]])
    exact = balls(array)
    assert exact.shape == (2, 3)
    assert all(ball.is_exact() for ball in exact.ravel())
    assert [float(ball) for ball in exact.ravel()] == array.ravel().tolist()


def counting(formula):
    precisions = []

    def evaluate():
        precisions.append(flint.ctx.prec)
        return (np.array([formula(flint.arb(1))], dtype=object),)

    return evaluate, precisions


def test_precision_doubles_until_a_cancellation_is_seen_through():
    """log(1 + exp(-300)) needs 433 bits before its first digit, without log1p."""
    evaluate, precisions = counting(lambda one: (one + (-300 * one).exp()).log())
    (exact,) = certified(evaluate, FORMATS["float64"])
    assert precisions == [FIRST_BITS, 2 * FIRST_BITS, 4 * FIRST_BITS]
    assert float(exact.high[0]) == math.exp(-300)
    assert exact.radius[0] <= RADIUS_ULPS * FORMATS["float64"].ulp(exact.high)[0]


def test_precision_is_not_doubled_where_the_first_suffices():
    evaluate, precisions = counting(lambda one: (-300 * one).exp().log1p())
    certified(evaluate, FORMATS["float64"])
    assert precisions == [FIRST_BITS]


def test_a_narrower_format_is_content_with_less():
    evaluate, precisions = counting(lambda one: (one + (-60 * one).exp()).log())
    certified(evaluate, FORMATS["float16"])
    assert precisions == [FIRST_BITS]


def test_the_working_precision_is_put_back():
    before = flint.ctx.prec
    certified(counting(lambda one: (one + (-300 * one).exp()).log())[0], FORMATS["float64"])
    assert flint.ctx.prec == before


def test_what_cannot_be_certified_is_said():
    evaluate, precisions = counting(lambda one: flint.arb(one, 0.5))
    with pytest.raises(ArithmeticError, match="not certain to 1/1000 ulp of float32 at 8192 bits"):
        certified(evaluate, FORMATS["float32"])
    assert precisions[-1] == LAST_BITS


def test_infinite_and_missing_answers_are_certain():
    answer = (np.array([flint.arb(INFINITE), flint.arb(MISSING)], dtype=object),)
    (exact,) = certified(lambda: answer, FORMATS["float64"])
    assert exact.high[0] == INFINITE
    assert math.isnan(exact.high[1])


def test_numbers_are_printed_for_machines_and_for_people():
    assert Number.of(0.1) == ("0x1.999999999999ap-4", "0.1")
    assert float(Number.of(-math.pi)) == -math.pi
    assert Number.of(1.5, "3/2").decimal == "3/2"


def test_exact_digits_go_beyond_float64():
    (exact,) = certified(lambda: (np.array([flint.arb(2).log()]),), FORMATS["float64"])
    assert exact.digits((0,)).decimal == "0.6931471805599453094172321"
    assert exact.digits((0,)).hex == math.log(2).hex()
    less = exact._replace(radius=np.array([1e-12]))
    assert less.digits((0,)).decimal == "0.69314718056"
    assert less.digits((0,)).hex == math.log(2).hex()
    assert enclosed([-INFINITE], [0.0], [0.0]).digits((0,)).decimal == "-inf"
