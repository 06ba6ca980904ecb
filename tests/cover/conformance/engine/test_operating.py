"""Plans whose tasks come from operations: how they are made of others, and what they come to."""

from __future__ import annotations

import pytest

from taskconform.conformance.engine.binding import Bindings
from taskconform.conformance.engine.plan import digest_of, draw_shard
from taskconform.conformance.engine.profile import PROFILES, Shard
from taskconform.conformance.targets.builtin.target import BuiltinTarget
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.plan import Act, Bulk, Pause, Together, planned_calls, references
from taskconform.model.vocabulary.words import evolve
from taskconform.strategies.drawing.operating import BOTH, CREATED, STARTED, operated, source_of

THEMES = sorted({shard.theme for shard in PROFILES["quick"].shards})


def shard(theme):
    return (
        Shard(theme=theme, rounds=1)
        if theme not in {"free", "sizes", "wear"}
        else Shard(theme=theme, budget=300, steps=20)
    )


def calls_of(plan):
    for step in plan:
        if isinstance(step, Act):
            yield step.call
        elif isinstance(step, Together):
            yield from step.calls


def made_by_client(plan):
    calls = sum(isinstance(call, c.CreateTask) for call in calls_of(plan))
    return calls + sum(isinstance(step, Bulk) and step.operation is None for step in plan)


def started(plan):
    calls = sum(isinstance(call, c.StartOperation) for call in calls_of(plan))
    return calls + sum(isinstance(step, Bulk) and step.operation is not None for step in plan)


@pytest.mark.parametrize("theme", THEMES)
def test_without_operations_plans_stay_as_they_are(theme):
    plans = draw_shard(0, shard(theme), 3)
    assert digest_of(plans) == digest_of(draw_shard(0, shard(theme), 3, CREATED))
    assert operated(plans, CREATED) == plans
    assert not any(map(started, plans))


@pytest.mark.parametrize("theme", THEMES)
def test_without_create_task_every_task_is_of_an_operation(theme):
    plans, before = draw_shard(0, shard(theme), 3, STARTED), draw_shard(0, shard(theme), 3)
    assert not any(made_by_client(plan) for plan in plans[: len(before)])
    assert sum(map(started, plans)) >= sum(map(made_by_client, before)) > 0
    for plan in plans:
        for number, step in enumerate(plan):
            assert all(made.step < number for made in references(step))
        assert planned_calls(plan)


@pytest.mark.parametrize("theme", THEMES)
def test_with_both_some_plans_have_both(theme):
    before, plans = draw_shard(0, shard(theme), 3), draw_shard(0, shard(theme), 3, BOTH)
    same = [one == other for one, other in zip(before, plans, strict=False)]
    assert sum(same) >= len(before) * 2 / 3 - 1
    mixed = [plan for plan, is_same in zip(plans, same, strict=False) if not is_same]
    assert all(started(plan) for plan in mixed)


def test_a_move_of_an_operation_becomes_a_wait_for_its_end():
    made = c.Made(step=0)
    create = c.CreateTask(
        session="main", obj=c.Place(role="vm", index=2), task_type_id=c.TypeId(which="work"), cancelable=False
    )
    moves = [c.SetTaskState(session="main", task=made, state=state) for state in ("running", "success")]
    plan = (Act(call=create, look=True), *(Act(call=move, look=True) for move in moves), Act(call=evolve(create)))
    (found,) = operated([plan], STARTED)
    read = Act(call=c.ReadTaskInfo(session="main", tasks=(made,)))
    start = c.StartOperation(session="main", operation=c.Offered(index=0), entity=c.Place(role="vm", index=2))
    assert found[0] == Act(call=start, look=True)
    assert found[1] == read
    assert (type(found[2]), found[2].unless_ended, found[3]) == (Pause, made, read)
    assert isinstance(found[4].call, c.StartOperation)


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({}, CREATED),
        ({"without": "CreateTask"}, CREATED),
        ({"operations": "yes"}, BOTH),
        ({"operations": "yes", "without": "CreateTask"}, STARTED),
    ],
)
def test_the_declaration_says_where_tasks_come_from(options, source):
    assert source_of(BuiltinTarget(options).declaration) == source


def test_a_place_that_has_an_operation_is_taken():
    declaration = BuiltinTarget({"operations": "yes"}).declaration
    call = c.StartOperation(session="main", operation=c.Offered(index=5), entity=c.Place(role="hidden"))
    offered = Bindings(declaration).offered(call)
    assert (offered.operation, offered.entity) == ("Rename_Task", declaration.places["hidden"][0].ref)
    brief = evolve(call, operation=c.Offered(index=1, brief=True), entity=c.Place(role="host"))
    assert Bindings(declaration).offered(brief).operation == "CreateSnapshot_Task"
