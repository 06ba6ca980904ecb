"""Specification and oracle against each other over the small scope: nothing that conforms is rejected, and what the
exploration counts is what it did."""

from __future__ import annotations

from collections import Counter

import pytest

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.qualification.choosing import NOT_OURS_TO_TELL
from taskconform.conformance.qualification.exploration import (
    compare,
    compared_by_name,
    every_choice,
    exhaust,
    explore,
)
from taskconform.conformance.qualification.mutants.registry import UNPROVED, mutant_names
from taskconform.conformance.records.history import Episode
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.builtin.specification import Replacement, specified
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.spec import life
from taskconform.model.spec import step as stepping
from taskconform.model.spec.choices import DEFAULT
from taskconform.model.spec.faults import FaultRaised, fault
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.words import evolve
from taskconform.strategies.tours.graph import plan_of, tours
from taskconform.strategies.tours.scope import first_state, offered

CHOICES = dict(every_choice())


def test_every_interpretation_of_every_open_clause_is_a_choice():
    open_clauses = {one.id: {each.id for each in one.readings} for one in CLAUSES.values() if one.level == "Q"}
    fields = {key.replace(".", "_").replace("-", "_"): values for key, values in open_clauses.items()}
    assert set(DEFAULT.__struct_fields__) == set(fields)
    chosen = {key: {getattr(DEFAULT, key)} for key in fields}
    for name in CHOICES.keys() - {"default"}:
        key, _, value = name.partition("=")
        chosen[key].add(value)
    for key, value in NOT_OURS_TO_TELL:
        assert value not in chosen[key]
        chosen[key].add(value)
    assert chosen == fields


@pytest.mark.parametrize("name", CHOICES)
def test_no_sequence_is_rejected_under_any_choice(name):
    found = exhaust(2, CHOICES[name])
    assert found.sequences > 100
    assert not found.rejected
    assert not explore(3, CHOICES[name]).rejected


def test_sequences_that_are_merged_are_counted():
    assert exhaust(3).sequences == sum(1 for _ in _sequences(3))


def _sequences(depth):
    """Yield every sequence once more, written plainly."""
    state = first_state()
    for call in (calls.Login(session="main", account="primary"), calls.Login(session="other", account="second")):
        state, _ = stepping.step(evolve(state, now=state.now + 1_000), call)
    register = calls.RegisterExtension(
        session="main", key="org.taskconform.suite", version="1", task_ids=("org.taskconform.suite.work",)
    )
    state, _ = stepping.step(state, register)
    waiting = [(state, 0)]
    while waiting:
        state, length = waiting.pop()
        if length == depth:
            yield state
        else:
            waiting.extend((stepping.step(state, call)[0], length + 1) for call in offered(state))


def test_a_wrong_server_is_rejected():
    def forgetful(original, state, call, choices):
        try:
            return original(state, call, choices)
        except FaultRaised:
            fault("NotFound", "whatever it is")

    found = explore(3, specified([Replacement(original=life.update_progress, function=forgetful)]))
    named = {said.partition(":")[0] for said in found.rejected}
    assert "life.progress-state" in named <= {"life.progress-state", "life.progress-clamp", "life.progress"}
    assert all(isinstance(path[-1], calls.UpdateProgress) for path in found.rejected.values())


@pytest.mark.parametrize("part", range(4))
def test_every_mutant_that_shows_is_rejected_by_a_right_clause_or_listed(part):
    names = mutant_names()[part::4]
    found = {name: compared_by_name(3, name) for name in names}
    shown = {name for name, one in found.items() if one.shows}
    assert len(shown) > 15
    assert {name for name in shown if not found[name].is_rejected(name)} == UNPROVED.keys() & set(names)


def test_a_mutant_that_is_right_does_not_show():
    compared = compare(3, specified([Replacement(original=life.cancel_task, function=unchanged)]))
    assert compared.explored.calls > 3_000
    assert compared.shows is None
    assert not compared.explored.rejected


def unchanged(original, state, call, choices):
    return original(state, call, choices)


def test_tours_are_plans_that_any_target_can_perform():
    found = tours(3)
    assert max(map(len, found)) <= 16
    made = Counter(type(call) for tour in found for call in tour)
    assert {calls.CancelTask, calls.ResetCollector, calls.Logout, calls.UnregisterExtension} <= set(made)
    judge = Judge()
    executor = Executor(target=BuiltinTarget({}), judge=judge, record=lambda _: None)
    for number, tour in enumerate(found):
        executor.run(Episode(part="0", number=number, phase="explore", plan=plan_of(tour), directed=False))
    judge.end()
    assert not judge.tally.shortest
    assert judge.tally.exercised["life.final"] > 100
    assert executor.calls > sum(map(len, found))
