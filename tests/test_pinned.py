"""Pinned files are read, printed digits are checked, and a broken file is told in one line."""

from fractions import Fraction

import numpy as np
import pytest

from equivalence.cases.answers import answers
from equivalence.cases.pinned import (
    PinnedCaseError,
    folder,
    library,
    misprints,
    pinned,
    pinned_case,
    read,
)

GOOD = {
    "why": '"because"',
    "source": '"here"',
    "loss": '"cross_entropy"',
    "target_kind": '"sparse"',
    "prediction": "[[0.5, 1.5]]",
    "target": "[1]",
}
BINARY = GOOD | {
    "loss": '"binary_cross_entropy"',
    "target_kind": '"binary"',
    "prediction": "[0.5]",
    "target": "[1]",
}


def written(tmp_path, keys, name="case.toml"):
    path = tmp_path / name
    path.write_text("\n".join(f"{key} = {value}" for key, value in keys.items()))
    return path


def number(exact, index=()):
    return Fraction(float(exact.high[index])) + Fraction(float(exact.low[index]))


@pytest.mark.parametrize("file", library(), ids=lambda file: file.question.name)
def test_the_exact_answers_round_to_the_printed_digits(file):
    assert misprints(file) == ()


@pytest.mark.parametrize("file", library(), ids=lambda file: file.question.name)
def test_every_file_says_why_in_one_sentence(file):
    why = file.question.why
    assert why.endswith(".")
    assert "\n" not in why


def test_every_pinned_case_can_be_made_again_from_its_name():
    assert all(pinned_case(*case.id.split(":")) is case for case in pinned())


def test_names_are_unique():
    assert len({case.id for case in pinned()}) == len(pinned()) > 150


def test_the_files_are_where_the_package_says():
    assert (folder() / "tutorial_sparse.toml").is_file()


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(ValueError, match=r"no pinned case; there are .*pinned\.tutorial_sparse"):
        pinned_case("cross_entropy", "sparse", "mean", "float32", "pinned.nothing")
    with pytest.raises(
        ValueError, match=r"there are cross_entropy:sparse:none:float32:pinned\.unb"
    ):
        pinned_case("cross_entropy", "sparse", "mean_over_batch", "float32", "pinned.unbatched")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_segmentation_mean_is_the_sum_over_18_pixels(dtype):
    parts = ("cross_entropy", "sparse_segmentation"), (dtype, "pinned.tutorial_segmentation")
    total, mean = (
        answers(pinned_case(*parts[0], name, *parts[1])).value.exact for name in ("sum", "mean")
    )
    assert abs(number(total) - 18 * number(mean)) <= Fraction(1, 2**100)


def test_numbers_are_rounded_to_the_dtype_and_hexadecimal_ones_are_exact(tmp_path):
    file = read(written(tmp_path, GOOD | {"prediction": '[[0.1, "0x1.8p-3"]]'}))
    first = next(case for case in file.cases if case.dtype == "float32")
    assert first.prediction.dtype == np.float32
    assert first.prediction.tolist() == [[float(np.float32(0.1)), 0.1875]]


def test_infinite_log_probabilities_are_allowed(tmp_path):
    keys = {"loss": '"negative_log_likelihood"', "prediction": "[[0.0, -inf]]", "target": "[0]"}
    (case, *_) = read(written(tmp_path, GOOD | keys)).cases
    assert case.prediction.tolist() == [[0.0, -np.inf]]


def test_a_wrong_printed_digit_is_found(tmp_path):
    file = read(written(tmp_path, GOOD | {"printed": '{ mean = "0.3133" }'}))
    assert misprints(file) == ()
    file = read(written(tmp_path, GOOD | {"printed": '{ mean = "0.31327" }'}))
    assert "printed 0.31327 at (), exactly 0.313261687518222834" in misprints(file)[0]


BROKEN = {
    "TOML": (GOOD | {"target": "[1"}, "cannot be read as TOML: ", "mend that line"),
    "unknown_key": (GOOD | {"wieghts": "[1.0]"}, "wieghts", "did you mean 'weights'?"),
    "unknown_loss": (GOOD | {"loss": '"cros_entropy"'}, "loss = 'cros_", "mean 'cross_entropy'?"),
    "loss_is_no_text": (GOOD | {"loss": "3"}, "loss = 3", "there are binary"),
    "unknown_kind": (GOOD | {"target_kind": '"binary"'}, "target_kind = 'binary'", "there are sp"),
    "unknown_dtype": (GOOD | {"dtypes": '["float23"]'}, "dtypes = 'float23'", "mean 'float32'?"),
    "no_dtypes": (GOOD | {"dtypes": "[]"}, "dtypes = []", "write a list, such as ['float32'"),
    "twice": (GOOD | {"reductions": '["sum", "sum"]'}, "reductions = [", "named only once"),
    "unknown_reduction": (
        GOOD | {"reductions": '["mean_over_batches"]'},
        "reductions = 'mean_over_batches'",
        "did you mean 'mean_over_batch'?",
    ),
    "options_no_table": (GOOD | {"options": "3"}, "options = 3", "write a table"),
    "unknown_option": (
        GOOD | {"options": "{ label_smooting = 0.1 }"},
        "options = 'label_smooting'",
        "did you mean 'label_smoothing'?",
    ),
    "option_of_another_loss": (
        GOOD | {"options": "{ pos_weight = 2 }"},
        "pos_weight",
        "there are w",
    ),
    "smoothing": (
        GOOD | {"options": "{ label_smoothing = 2 }"},
        "label_smoothing = 2",
        "in [0, 1]",
    ),
    "focus": (
        GOOD | {"loss": '"focal_cross_entropy"', "options": "{ gamma = -1 }"},
        "gamma = -1",
        "0 or more",
    ),
    "ignored": (GOOD | {"options": "{ ignore_index = 1.5 }"}, "ignore_index = 1.5", "whole number"),
    "class_weights": (
        GOOD | {"options": "{ weight = [1] }"},
        "weight = [1]",
        "shape (1,), not (2,)",
    ),
    "negative": (
        GOOD | {"options": "{ weight = [1, -1] }"},
        "weight = [1.0, -1.0]",
        "not negative",
    ),
    "sample_weights": (GOOD | {"weights": "[1, 2]"}, "weights = [1, 2]", "broadcast to (1,)"),
    "target_shape": (
        GOOD | {"target": "[0, 1]"},
        "target = [0, 1]",
        "the prediction asks for (1,)",
    ),
    "ragged": (GOOD | {"prediction": "[[1], [1, 2]]"}, "prediction = [[1], [", "different lengths"),
    "empty": (GOOD | {"prediction": "[]"}, "prediction = []", "one number for each class"),
    "rank": (GOOD | {"prediction": "[[[0.5, 1.5]]]"}, "target_kind = 'sparse'", "_segmentation if"),
    "label": (GOOD | {"target": "[2]"}, "target = 2", "there are classes 0 to 1"),
    "negative_label": (GOOD | {"target": "[-100]"}, "target = -100", "needs options.ignore_index"),
    "label_no_integer": (GOOD | {"target": "[0.5]"}, "target = 0.5", "a whole number"),
    "label_infinite": (GOOD | {"target": "[inf]"}, "target = inf", "a whole number"),
    "nan": (GOOD | {"prediction": "[[nan, 1]]"}, "prediction = nan", "NaN is no question"),
    "boolean": (GOOD | {"prediction": "[[true, 1]]"}, "prediction = True", "write a number"),
    "text": (GOOD | {"prediction": '[["1.5", 1]]'}, "prediction = '1.5'", "hexadecimal"),
    "float32": (
        GOOD | {"prediction": "[[1e40, 1]]"},
        "prediction = 1e+40",
        "float32 ends at 3.40282",
    ),
    "huge": (GOOD | {"prediction": f"[[{10**400}, 1]]"}, "prediction = 1000", "float64 holds"),
    "infinite_logit": (
        GOOD | {"prediction": "[[inf, 1]]"},
        "prediction = inf",
        "a logit is finite",
    ),
    "probability": (BINARY | {"prediction": "[1.5]"}, "prediction = 1.5", "lies in [0, 1]"),
    "binary_target": (BINARY | {"target": "[0.5]"}, "target = [0.5]", "name 'soft_binary'"),
    "soft_target": (
        BINARY | {"target_kind": '"soft_binary"', "target": "[1.5]"},
        "target = [1.5]",
        "in [0, 1]",
    ),
    "one_hot": (
        GOOD | {"target_kind": '"one_hot"', "target": "[[1, 1]]"},
        "target = [[1, 1]]",
        "has one 1; for others name 'soft'",
    ),
    "no_sentence": (GOOD | {"why": '" "'}, "why = ' '", "write a sentence"),
    "printed_nan": (GOOD | {"printed": '{ mean = "nan" }'}, "printed.mean = 'nan'", "no NaN"),
    "printed_float": (GOOD | {"printed": "{ mean = 1.4 }"}, "printed.mean = 1.4", "as a string"),
    "printed_shape": (GOOD | {"printed": '{ none = "1" }'}, "printed.none = '1'", "shape (1,)"),
    "printed_unasked": (
        GOOD | {"reductions": '["sum"]', "printed": '{ mean = "1" }'},
        "printed = 'mean'",
        "there are sum",
    ),
    "printed_no_table": (GOOD | {"printed": "3"}, "printed = 3", "write a table"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_in_one_line(name, tmp_path):
    keys, key_and_value, way_out = BROKEN[name]
    path = written(tmp_path, keys)
    with pytest.raises(PinnedCaseError) as caught:
        read(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: ")
    assert key_and_value in line
    assert way_out in line


@pytest.mark.parametrize("key", GOOD)
def test_a_missing_key_is_named(key, tmp_path):
    path = written(tmp_path, {name: value for name, value in GOOD.items() if name != key})
    with pytest.raises(
        PinnedCaseError, match=f"{key} is missing; every file has why, source, loss"
    ):
        read(path)


def test_a_name_that_cannot_be_part_of_an_id_is_refused(tmp_path):
    with pytest.raises(PinnedCaseError, match=r"'my case.toml': use small letters, digits and _"):
        read(written(tmp_path, GOOD, "my case.toml"))


def test_a_file_that_is_not_utf8_is_told_in_one_line(tmp_path):
    path = tmp_path / "case.toml"
    path.write_bytes(b"why = '\xff'")
    with pytest.raises(PinnedCaseError, match="cannot be read as TOML"):
        read(path)
