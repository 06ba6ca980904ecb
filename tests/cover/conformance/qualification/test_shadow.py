"""The shadow of a run: what is listed, what is not, and which targets it is for."""

from __future__ import annotations

import pytest

from taskconform.conformance.cli.shadowing import check_exact
from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.errors import Refused
from taskconform.conformance.qualification.likeness import Likeness
from taskconform.conformance.qualification.shadow import differences, listed, shrunk, why_inexact
from taskconform.conformance.qualification.variants.registry import together
from taskconform.conformance.records.history import Episode
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.vocabulary.calls import (
    MAIN,
    CreateTask,
    ObjectRef,
    Place,
    ReadDescription,
    ReadRecentTask,
    TypeId,
)
from taskconform.model.vocabulary.outcomes import Interval, Property, Returned, TaskInfo
from taskconform.model.vocabulary.plan import Act
from taskconform.model.vocabulary.words import evolve

CREATE = Act(call=CreateTask(session=MAIN, obj=Place(role="vm"), task_type_id=TypeId(which="work"), cancelable=False))
READ = Act(call=ReadDescription(session=MAIN))
RECENT = Act(call=ReadRecentTask(session=MAIN))
PLAN = (READ, CREATE, RECENT, CREATE, READ)


class Keyless(BuiltinTarget):
    """A server whose CreateTask answers without the required key."""

    def perform(self, call):
        """Answer the call."""
        outcome = super().perform(call)
        return evolve(outcome, value=evolve(outcome.value, key=None)) if isinstance(call, CreateTask) else outcome


def performed(target):
    records, judge = [], Judge()
    Executor(target=target, judge=judge, record=records.append).run(
        Episode(part="shard-00", number=0, phase="explore", plan=PLAN, declaration=target.declaration)
    )
    judge.end()
    return differences([records], target.declaration, judge.tally), judge.tally


def test_nothing_is_listed_of_the_specification_itself():
    found, tally = performed(BuiltinTarget({}))
    assert tally.total_calls > len(PLAN)
    assert found == []


def test_what_no_clause_covers_is_listed_with_the_fewest_steps():
    target = together(["tasks-have-names"])
    found, tally = performed(target)
    assert not tally.seen
    [(one, times)] = found
    assert one.kind == ("CreateTask", "TaskInfo.name")
    assert (one.expected, times) == ("unset", 1)
    small = shrunk(one, target, tally)
    [shown] = listed([(small, times)])
    assert len(one.plan) == 2
    assert len(shown.steps) == 1
    assert shown.observed.endswith("_Task")


def test_what_a_clause_covers_is_not_listed():
    found, tally = performed(Keyless({}))
    assert tally.seen
    assert found == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"capabilities": ("reset",)}, "it does not declare clock"),
        ({"exclusive": False}, "others may act on it"),
        ({"settling": 1.0}, "it takes time to settle"),
        ({"recorded": "whole"}, "it is a recording"),
        ({"extension_key": "org.example"}, "its places and accounts are not those of the built-in target"),
    ],
)
def test_an_inexact_target_is_told_why(changes, why):
    declaration = BuiltinTarget({}).declaration
    assert why_inexact(declaration) == ""
    assert why_inexact(evolve(declaration, **changes)).startswith(why)


def test_an_inexact_target_is_refused(monkeypatch):
    target = BuiltinTarget({})
    target._declaration = evolve(target.declaration, capabilities=("reset",))
    monkeypatch.setattr("taskconform.conformance.targets.naming.open_named", lambda *_: target)
    with pytest.raises(Refused, match="--shadow cannot be used with builtin: it does not declare clock"):
        check_exact("builtin", {})


def test_names_of_a_server_stand_for_ours_and_not_for_each_other():
    at, call = Interval(earliest=1, latest=1), ReadRecentTask(session=MAIN)

    def listing(*names):
        return Returned(value=Property(value=tuple(ObjectRef(type="Task", value=name) for name in names)), at=at)

    likeness = Likeness()
    assert likeness.apart(call, listing("a", "b"), listing("x", "y")) is None
    assert likeness.apart(call, listing("a"), listing("x")) is None
    assert likeness.apart(call, listing("a"), listing("y")) is not None
    made = Returned(value=TaskInfo(key="c", task=ObjectRef(type="Task", value="c")), at=at)
    assert likeness.apart(call, made, made) is None
    assert likeness.apart(call, listing("d"), listing("c")) is not None
