"""The plan covers: each level in the quick profile, triples in the full one, and every cell.

A framework whose calls are slow is asked pairs in the full one, and Keras on torch each level; who
is another form of somebody, less.
"""

import dataclasses
import itertools

import numpy as np
import pytest

from equivalence import plan
from equivalence.cases.case import BINARY, SPARSE
from equivalence.cases.covering import cover, place, space, tuples, uncovered
from equivalence.cases.edges import EDGES
from equivalence.cases.generation import Spec, levels, target_kind
from equivalence.extent import COMPILED, NOTHING, STRENGTHS, Extent, extent, is_another_column
from equivalence.implementations import FRAMEWORKS, IMPLEMENTATIONS, load
from equivalence.losses import LOSSES

for framework in FRAMEWORKS:
    load(framework)


def distinct():
    """One implementation for each offer."""
    found = {}
    for implementation in IMPLEMENTATIONS.values():
        if implementation.name.partition(".")[0] in FRAMEWORKS:
            found.setdefault((implementation.loss, plan.offer(implementation)), implementation)
    return sorted(found.values(), key=str)


def chosen_by(implementation, asked):
    return plan.chosen(implementation.loss, plan.offer(implementation), asked)


def missing(implementation, strength, within):
    """The combinations of what is offered that are left out where ``within`` is asked."""
    chosen = chosen_by(implementation, within)

    def accepts(spec):
        return plan.offer(implementation).accepts(spec) and within.holds(spec)

    wanted = uncovered(implementation.loss, accepts, chosen, strength)
    assert all(map(accepts, chosen))
    return sorted(map(str, wanted))[:10]


def asked_first(implementation, profile):
    return extent(implementation, implementation.offered_modes[0], profile)


# How many levels the full profile asks together of one form of each function.
MOST = {
    "textbook": 3,
    "sklearn": 3,
    "torch": 3,
    "tensorflow_v1": 2,
    "tensorflow_v2": 2,
    "keras_torch": 1,
}


@pytest.mark.parametrize(("framework", "wanted"), MOST.items())
def test_who_is_asked_less_in_the_full_profile_has_a_twin_that_is_asked_more(framework, wanted):
    ours = [known for known in IMPLEMENTATIONS.values() if known.framework.name == framework]
    assert max(asked_first(known, "full").strength for known in ours) == wanted
    less = [known for known in ours if asked_first(known, "full").strength < wanted]
    for implementation in less:
        assert asked_first(implementation, "full").strength == wanted - 1
        family = (implementation.form_of or implementation.name).partition("[")[0]
        assert any(
            asked_first(known, "full").strength == wanted
            for known in ours
            if known.loss is implementation.loss and known.name.partition("[")[0] == family
        ), implementation
    assert bool(less) == (framework not in {"sklearn", "keras_torch"})


def test_the_quick_profile_asks_each_level_of_ours_and_pairs_of_yours():
    def yours(logits, target, reduction):
        raise NotImplementedError

    for known in asked_alike("quick"):
        assert asked_first(known, "quick").strength == 1
        assert asked_first(dataclasses.replace(known, function=yours), "quick").strength == 2


def cell(spec):
    return target_kind(spec), spec.dtype, spec.reduction


def asked_alike(profile):
    """One implementation for each offer of which as much is asked."""
    found = {}
    for known in IMPLEMENTATIONS.values():
        if known.framework.name in FRAMEWORKS:
            alike = known.loss, plan.offer(known), asked_first(known, profile)
            found.setdefault(alike, known)
    return sorted(found.values(), key=str)


@pytest.mark.parametrize(
    ("implementation", "profile"),
    [(known, profile) for profile in STRENGTHS for known in asked_alike(profile)],
    ids=str,
)
def test_a_first_mode_is_asked_what_its_extent_says_and_every_cell(implementation, profile):
    asked = asked_first(implementation, profile)
    assert missing(implementation, asked.strength, asked) == []
    accepts = plan.offer(implementation).accepts
    offered = set(map(cell, filter(accepts, space(implementation.loss))))
    assert set(map(cell, chosen_by(implementation, asked))) == offered


def test_other_forms_are_asked_malformed_edges_only_in_the_quick_profile():
    beside = [known for known in IMPLEMENTATIONS.values() if known.form_of]
    assert len(beside) == 12 + 7 + 9  # on both backends; with the classes second; modules of torch
    for implementation in beside:
        asked = [q.case for q in plan.planned([implementation], "quick")]
        edges = [case for case in asked if case.origin.startswith("edge.")]
        assert bool(edges) != is_another_column(implementation)
        assert all(case.malformed for case in edges)


def edges_of(implementation, profile):
    questions = (q for q in plan.planned([implementation], profile) if q.mode == "eager")
    return [q.case for q in questions if q.case.origin.startswith("edge.")]


def test_every_edge_is_asked_of_somebody_in_the_quick_profile():
    """In some kind of target, in float32; those that are large are asked in the full one."""
    met = {profile: set() for profile in STRENGTHS}
    for profile, known in itertools.product(STRENGTHS, IMPLEMENTATIONS.values()):
        if known.name.partition(".")[0] in FRAMEWORKS:
            plain = (case for case in edges_of(known, profile) if case.dtype == "float32")
            met[profile] |= {(str(case.loss), case.origin.partition(".")[2]) for case in plain}
    small = {(loss, name) for loss, name in met["full"] if not EDGES[name].large}
    assert met["quick"] == small


def test_the_quick_profile_asks_an_edge_in_one_kind_of_target_and_yours_in_every_one(monkeypatch):
    known = IMPLEMENTATIONS["torch.cross_entropy"]
    ours = edges_of(known, "quick")
    assert len({case.origin for case in ours}) == len(ours)
    monkeypatch.setattr("equivalence.written.of_this_package", lambda _: False)
    monkeypatch.setattr("equivalence.extent.of_this_package", lambda _: False)
    plan._questions.cache_clear()
    yours = edges_of(known, "quick")
    plan._questions.cache_clear()
    kinds = {case.target_kind for case in yours if case.origin == "edge.no_rows"}
    assert kinds == {"sparse", "one_hot", "soft"}


@pytest.mark.parametrize("mode", ["xla", "compile"])
def test_compiled_code_is_asked_labels_out_of_range(mode):
    """One column of one form of each function that takes labels is."""
    functions = {}
    for known in IMPLEMENTATIONS.values():
        if mode in known.offered_modes and known.targets & (SPARSE | BINARY):
            questions = (q.case for q in plan.planned([known], "full") if q.mode == mode)
            asked = any(case.malformed and "label" in case.origin for case in questions)
            function = (known.form_of or known.name).partition("[")[0]
            functions.setdefault(function, []).append(asked)
    assert functions
    assert not [name for name, asked in functions.items() if not any(asked)]


@pytest.mark.parametrize("implementation", distinct(), ids=str)
def test_every_level_that_is_offered_is_asked_in_every_mode(implementation):
    for mode, profile in itertools.product(implementation.offered_modes, STRENGTHS):
        asked = extent(implementation, mode, profile)
        assert missing(implementation, 1, asked) == [] or asked == NOTHING, mode


@pytest.mark.parametrize("implementation", distinct(), ids=str)
def test_every_mode_is_asked_in_the_full_profile(implementation):
    """Of one form of each function; of the others what is cheap enough for the quick one."""
    less = is_another_column(implementation) or bool(implementation.form_of)
    for mode in implementation.offered_modes:
        asked = extent(implementation, mode, "full")
        assert bool(chosen_by(implementation, asked)) != (less and mode in COMPILED)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_pairs_need_far_fewer_cases_than_all(loss):
    chosen = cover(loss, lambda _: True, 2)
    assert 5 * len(chosen) < len(space(loss))
    assert len(set(chosen)) == len(chosen)


def test_a_left_out_case_is_noticed():
    loss = LOSSES["cross_entropy"]
    chosen = cover(loss, lambda _: True, 2)
    assert uncovered(loss, lambda _: True, chosen, 2) == set()
    assert any(
        uncovered(loss, lambda _: True, chosen[:number] + chosen[number + 1 :], 2)
        for number in range(0, len(chosen), 10)
    )
    assert uncovered(loss, lambda _: True, chosen[: len(chosen) // 2], 2)


def test_the_choice_does_not_depend_on_who_else_is_asked():
    """The same specs come out whether the implementations are asked for forwards or backwards."""
    everyone = distinct()
    pairs = Extent(2)
    before = [chosen_by(implementation, pairs) for implementation in everyone]
    plan.chosen.cache_clear()
    after = [chosen_by(implementation, pairs) for implementation in reversed(everyone)]
    assert before == after[::-1]


def test_nobody_is_asked_what_they_do_not_offer():
    assert cover(LOSSES["cross_entropy"], lambda _: False, 2) == ()


def test_combinations_are_numbered_apart():
    rows = np.array(list(itertools.product(range(2), range(3), range(2))))
    numbers = tuples(rows, 2)
    assert numbers.shape == (12, 3)
    assert len(np.unique(numbers)) == 2 * 3 + 2 * 2 + 3 * 2


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_every_level_is_possible_somewhere(loss):
    for factor, wanted in enumerate(levels(loss)):
        assert {spec[factor] for spec in space(loss)} == set(wanted), Spec._fields[factor]


def test_the_quick_profile_asks_other_modes_of_one_form_of_each_function():
    for known in IMPLEMENTATIONS.values():
        if known.name.partition(".")[0] in FRAMEWORKS:
            modes = known.offered_modes[1:]
            asked = [mode for mode in modes if extent(known, mode, "quick") != NOTHING]
            another = is_another_column(known) or known.form_of
            assert bool(asked) == bool(set(modes) - COMPILED and not another), known


@pytest.mark.parametrize("profile", STRENGTHS)
@pytest.mark.parametrize("implementation", distinct(), ids=str)
def test_what_is_generated_for_another_mode_is_asked_in_the_first_one_too(implementation, profile):
    first, *others = implementation.offered_modes
    asked = set(plan.specs(implementation, first, profile))
    for mode in others:
        assert asked.issuperset(plan.specs(implementation, mode, profile))


# How many questions there is time for: the quick profile is to end in a minute, the full in 15, on
# two slow cores. Ask fewer elsewhere before you raise one of these.
LIMITS = {
    "textbook": (1_000, 12_000),
    "sklearn": (320, 3_000),
    "torch": (2_600, 45_000),
    "tensorflow_v1": (1_650, 9_000),
    "tensorflow_v2": (3_000, 14_000),
    "keras_torch": (2_600, 9_000),
}


@pytest.mark.parametrize(("framework", "limits"), LIMITS.items())
def test_no_more_is_asked_than_there_is_time_for(framework, limits):
    ours = [known for known in IMPLEMENTATIONS.values() if known.framework.name == framework]
    for profile, limit in zip(STRENGTHS, limits, strict=True):
        asked = sum(1 for _ in plan.planned(ours, profile))
        assert limit / 2 < asked < limit, profile


def test_every_pinned_question_is_asked_of_somebody_in_the_quick_profile():
    """Each file, under each mean that somebody is asked in the full one."""
    met = {profile: set() for profile in STRENGTHS}
    for profile, known in itertools.product(STRENGTHS, IMPLEMENTATIONS.values()):
        if known.name.partition(".")[0] in FRAMEWORKS:
            for case in (question.case for question in plan.planned([known], profile)):
                if case.origin.startswith("pinned."):
                    mean = case.reduction.name if case.reduction.kind == "mean" else ""
                    met[profile].add((case.origin, mean))
    assert {file for file, _ in met["quick"]} == {file for file, _ in met["full"]}
    assert {(file, mean) for file, mean in met["full"] - met["quick"] if mean} == set()


def test_a_run_asks_the_pinned_cases_too():
    implementation = IMPLEMENTATIONS["textbook.log_softmax"]
    origins = {question.case.origin for question in plan.questions([implementation], "quick")}
    assert "pinned.tutorial_one_hot" in origins


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_a_spec_stands_where_it_is_found(loss):
    every = space(loss)
    assert [place(loss, spec) for spec in every] == list(range(len(every)))
    impossible = every[0]._replace(shape="unbatched", options=("sample_weight",))
    with pytest.raises(KeyError, match="sample_weight"):
        place(loss, impossible)
