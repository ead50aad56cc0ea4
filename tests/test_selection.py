"""Tests of the words that select cells."""

import pytest

from equivalence.implementations import FRAMEWORKS
from equivalence.selection import SelectError, Selection, nearest, parse

IMPLEMENTATION = "tensorflow_v1.losses.softmax_cross_entropy[MEAN]@graph"
CELL = f"cross_entropy:sparse:mean:float32:gradient:{IMPLEMENTATION}"
KERAS = (
    "cross_entropy:one_hot:sum:float64:value:"
    "tensorflow_v2.keras.CategoricalCrossentropy(from_logits=True)@eager"
)


def test_without_words_everything_is_selected():
    assert Selection().takes(CELL, "normal.rows.plain.0")


@pytest.mark.parametrize(
    "word",
    [
        "cross_entropy",
        "cross_*",
        "sparse:mean",
        "sparse:float32:tensorflow_v1",
        "mean:*:gradient",
        "tensorflow_v1",
        "tensorflow_v1.*",
        "tensorflow_v1.losses.softmax_cross_entropy",
        "tensorflow_v1.losses.softmax_cross_entropy[MEAN]",
        "tensorflow_v1.losses.softmax_cross_entropy@graph",
        "*[MEAN]",
        "*[MEAN]@graph",
        "@graph",
        "tensorflow_v1@graph",
        "normal.*",
        "*.rows.*",
        "gradient:normal.rows.plain.0",
        "!torch",
        "!@eager",
        "!sum",
        CELL,
        f"{CELL}:normal.rows.plain.0",
    ],
)
def test_takes(word):
    assert parse([word]).takes(CELL, "normal.rows.plain.0")


@pytest.mark.parametrize(
    "word",
    ["mean:sparse", "sum", "@eager", "!mean", "torch", "wide_10.*", f"{CELL}:normal.rows.plain.1"],
)
def test_leaves(word):
    assert not parse([word]).takes(CELL, "normal.rows.plain.0")


def test_names_with_brackets_and_signs_match_themselves():
    assert parse([KERAS]).takes(KERAS)
    assert parse([f"{KERAS}:normal.rows.weight+label_smoothing.0"]).takes(
        KERAS, "normal.rows.weight+label_smoothing.0"
    )


def test_words_are_and_ed():
    assert parse(["mean", "!@eager"]).takes(CELL)
    assert not parse(["mean", "!@graph"]).takes(CELL)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["torch.*"], ("torch",)),
        (["mean:tensorflow_v1"], ("tensorflow_v1",)),
        (["tensorflow_*"], ("tensorflow_v1", "tensorflow_v2")),
        (["!tensorflow_*", "!torch.*"], ("textbook", "sklearn", "keras_torch")),
        (["sparse:mean"], FRAMEWORKS),
        (["!torch.nn.*"], FRAMEWORKS),
        ([CELL], ("tensorflow_v1",)),
    ],
)
def test_which_frameworks_are_needed_is_known_from_their_names(words, expected):
    assert tuple(filter(parse(words).concerns, FRAMEWORKS)) == expected


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("torhc", "torch"),
        ("cross_entrop", "cross_entropy"),
        ("mean:float23", "float32"),
        ("pinned.nothing_like_it", "pinned"),
        ("@grahp", "@graph"),
        ("!skleran", "sklearn"),
        ("", "empty"),
        ("mean::float32", "empty"),
    ],
)
def test_unknown_words_name_the_nearest_in_one_line(word, hint):
    with pytest.raises(SelectError, match=hint) as raised:
        parse([word])
    assert "\n" not in str(raised.value)


def test_implementations_are_checked_once_they_are_known():
    with pytest.raises(SelectError, match=r"textbook\.log_softmax"):
        parse(["textbook.log_sotfmax"]).check("textbook", ["textbook.log_softmax@eager"])


def test_nearest_lists_everything_if_nothing_is_near():
    assert nearest("zzz", ["torch", "sklearn"]) == "there are sklearn, torch"
