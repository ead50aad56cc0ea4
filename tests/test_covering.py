"""The plan covers: every pair of levels in the quick profile, every triple in the full one."""

import itertools

import numpy as np
import pytest

from equivalence import plan
from equivalence.cases.covering import cover, space, tuples, uncovered
from equivalence.cases.generation import Spec, levels
from equivalence.implementations import FRAMEWORKS, IMPLEMENTATIONS, load
from equivalence.losses import LOSSES

for framework in FRAMEWORKS:
    load(framework)


def offer(implementation):
    """What decides the choice: implementations that offer the same are asked the same."""
    return frozenset(
        number
        for number, spec in enumerate(space(implementation.loss))
        if plan.accepts(implementation, spec)
    )


def distinct():
    """One implementation for each offer."""
    found = {}
    for implementation in IMPLEMENTATIONS.values():
        if implementation.name.partition(".")[0] in FRAMEWORKS:
            found.setdefault((implementation.loss.name, offer(implementation)), implementation)
    return sorted(found.values(), key=str)


def missing(implementation, strength, within=None):
    """The combinations that the array of a strength (``within``) leaves out."""
    chosen = plan._chosen(implementation, within or strength)
    wanted = uncovered(
        implementation.loss, lambda spec: plan.accepts(implementation, spec), chosen, strength
    )
    assert all(plan.accepts(implementation, spec) for spec in chosen)
    return sorted(map(str, wanted))[:10]


@pytest.mark.parametrize("implementation", distinct(), ids=str)
def test_the_quick_profile_asks_every_pair(implementation):
    assert plan.STRENGTHS["quick"][0] == 2
    assert missing(implementation, 2) == []


@pytest.mark.parametrize("implementation", distinct(), ids=str)
def test_the_full_profile_asks_every_triple(implementation):
    assert plan.STRENGTHS["full"][0] == 3
    assert missing(implementation, 3) == []


@pytest.mark.parametrize("implementation", distinct(), ids=str)
def test_every_level_that_is_offered_is_asked_in_every_mode(implementation):
    for strength in (*plan.STRENGTHS["quick"], *plan.STRENGTHS["full"]):
        assert missing(implementation, 1, within=strength) == [], strength


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
    before = [plan._chosen(implementation, 2) for implementation in everyone]
    plan._chosen.cache_clear()
    after = [plan._chosen(implementation, 2) for implementation in reversed(everyone)]
    assert before == after[::-1]


def test_who_offers_the_same_is_asked_the_same():
    """So their exact answers are computed once."""
    chosen = {}
    for implementation in IMPLEMENTATIONS.values():
        key = (implementation.loss.name, offer(implementation))
        chosen.setdefault(key, set()).add(plan._chosen(implementation, 2))
    assert {len(different) for different in chosen.values()} == {1}
    assert len(chosen) < len(IMPLEMENTATIONS)


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


def test_a_run_asks_the_pinned_cases_too():
    implementation = IMPLEMENTATIONS["textbook.log_softmax"]
    origins = {question.case.origin for question in plan.questions([implementation], "quick")}
    assert "pinned.tutorial_one_hot" in origins
