"""Sets of requirements, released versions, and the bisection of them."""

import pytest

from equivalence.upgrading import measuring
from equivalence.upgrading.errors import UpgradeError
from equivalence.upgrading.requirements import concerned, parse
from equivalence.upgrading.versions import between, minors, parsed


@pytest.mark.parametrize(
    ("text", "names", "added"),
    [
        ("scikit-learn==1.2.2", ("sklearn",), ("numpy<2",)),
        ("scikit-learn==1.2.2 numpy==1.23.5", ("sklearn", "textbook"), ()),
        ("scikit_learn==1.3.2", ("sklearn",), ()),
        ("keras==3.0.5", ("tensorflow_v2",), ("tensorflow-cpu",)),
        ("keras==3.0.5 tensorflow-cpu==2.16.2", ("tensorflow_v2", "tensorflow_v1"), ()),
        ("tf-keras==2.16.0", ("tensorflow_v2",), ()),
        ("torch==2.1.2", ("torch",), ("numpy<2",)),
    ],
)
def test_a_set_concerns_frameworks_and_brings_companions(text, names, added):
    made = parse(text)
    assert concerned([made]) == names
    assert made.added == added


def test_a_set_that_names_tf_keras_switches_it_on_and_no_other_does():
    switched = (("TF_USE_LEGACY_KERAS", "1"),)
    assert parse("tf-keras==2.16.0").variables == switched
    assert parse("tensorflow-cpu==2.16.2", ["tf_keras==2.16.0"]).variables == switched
    assert parse("keras==3.12.4").variables == ()


@pytest.mark.parametrize("text", ["tf-keras==2.16.0", "keras==3.12.4"])
def test_the_suite_in_an_environment_is_told_which_keras(text, monkeypatch, tmp_path):
    requirements, name = parse(text), "TF_USE_LEGACY_KERAS"
    monkeypatch.setenv(name, "true")  # the user's own is not passed on
    told = {}
    monkeypatch.setattr(measuring.subprocess, "run", lambda *_, env, **__: told.update(env))
    measuring.call(tmp_path, ["run"], requirements)
    assert told.get(name) == dict(requirements.variables).get(name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scikit-learn=1.4.2", "perhaps 'scikit-learn==1.4.2'"),
        ("", "an empty requirement"),
        ("scikit-lern==1.4.2", "the nearest is scikit-learn"),
        ("requests", "--frameworks"),
    ],
)
def test_what_is_no_requirement_of_a_framework_is_told(text, words):
    with pytest.raises(UpgradeError, match=words) as told:
        concerned([parse(text)])
    assert told.value.status == 2
    assert "\n" not in str(told.value)


def test_labels_are_names_of_files():
    assert parse("scikit-learn==1.4.2").label == "scikit-learn-1.4.2"
    assert parse("keras>=3,<4 numpy").label == "keras__3__4+numpy"
    assert not parse("keras>=3").pinned


KNOWN = parsed(["1.0", "1.1.0", "1.1.3", "1.2.0rc1", "1.2.0", "1.2.2", "1.9.0", "1.9.1", "1.10.0"])


def test_the_last_version_means_all_its_patches():
    assert list(map(str, between(KNOWN, "1.1", "1.9")))[-1] == "1.9.1"
    assert list(map(str, minors(between(KNOWN, "1.1", "1.9")))) == ["1.1.3", "1.2.2", "1.9.1"]


@pytest.mark.parametrize("bounds", [("1.2.1", "1.2.2"), ("x", "1.9"), ("9", "10")])
def test_bounds_that_hold_no_two_releases_are_told(bounds):
    with pytest.raises(UpgradeError):
        between(KNOWN, *bounds)
