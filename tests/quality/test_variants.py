"""The oracle against servers that differ from ours only where the pages allow it: no divergence, no reading emptied."""

from __future__ import annotations

import re
from functools import cache

import pytest

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.perform import unrecorded
from taskconform.conformance.engine.profile import STRUNG, Profile, Shard
from taskconform.conformance.qualification.drawn import Drawn
from taskconform.conformance.qualification.variants.registry import all_variants, together
from taskconform.conformance.qualification.variants.variant import Variant
from taskconform.conformance.qualification.watched import AND, AT_A_TIME, combinations, watch
from taskconform.conformance.records.history import Episode
from taskconform.conformance.targets.builtin.specification import Replacement
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.spec import life
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.plan import Act
from taskconform.model.vocabulary.words import evolve

VARIANTS = all_variants()

SHORT = Profile(
    name="short",
    exercised=1,
    shards=(
        *(Shard(theme=theme, rounds=1) for theme in (*STRUNG, "lives")),
        Shard(theme="lives", steps=50, budget=600),
        Shard(theme="crowds", steps=12, budget=600),
        *(Shard(theme=theme, steps=6, budget=200) for theme in STRUNG),
        Shard(theme="free", steps=60, budget=500),
        Shard(theme="limits", steps=12, budget=300),
    ),
)


@cache
def plans(seed):
    """Drawn once for all variants."""
    return Drawn(SHORT, seed)


@pytest.mark.parametrize("name", VARIANTS)
def test_what_is_permitted_raises_no_alarm(name):
    watched = watch(name, plans(1))
    assert watched.alarms == ()
    assert watched.calls


def test_an_ended_session_may_be_told_of_an_object_without_its_property():
    target, judge = together(["faults-in-missing-set"]), Judge()
    create = c.CreateTask(session=c.MAIN, obj=c.Place(role="vm"), task_type_id=c.TypeId(which="work"), cancelable=True)
    plan = (
        Act(call=c.Login(session="s", account="second")),
        Act(call=create),
        Act(call=c.Logout(session="s")),
        Act(call=c.RetrieveReported(session="s", tasks=(c.Made(step=1),))),
    )
    executor = Executor(target=target, judge=judge, record=unrecorded)
    executor.run(Episode(part="p", number=0, phase="explore", plan=plan))
    assert not judge.tally.shortest
    assert executor.calls == len(plan) + 2  # the main session's login, and its extension


def test_a_session_that_comes_back_under_its_name_is_another_one():
    target, judge = together(["session.outlive-live=gone"]), Judge()
    create = c.CreateTask(session="s", obj=c.Place(role="vm"), task_type_id=c.TypeId(which="work"), cancelable=True)
    plan = (
        Act(call=c.Login(session="s", account="second")),
        Act(call=create),
        Act(call=c.ReadTaskInfo(session=c.MAIN, tasks=(c.Made(step=1),))),
        Act(call=c.Logout(session="s")),
        Act(call=c.Login(session="s", account="restricted")),
        Act(call=c.SetTaskState(session=c.MAIN, task=c.Made(step=1), state="running")),
    )
    executor = Executor(target=target, judge=judge, record=unrecorded)
    executor.run(Episode(part="p", number=0, phase="explore", plan=plan))
    assert not judge.tally.shortest
    assert executor.calls == len(plan) + 2


@pytest.mark.parametrize("names", tuple(combinations(10)))
def test_what_is_permitted_is_permitted_together(names):
    assert len(names.split(AND)) == AT_A_TIME
    watched = watch(names, plans(2))
    assert watched.alarms == ()
    assert watched.calls


def test_an_alarm_is_noted(monkeypatch):
    """What no page permits is an alarm, whatever it is called."""

    def backward(original, state, call, choices):
        return original(state, evolve(call, percent_done=100 - call.percent_done), choices)

    wrong = (Replacement(original=life.update_progress, function=backward),)
    monkeypatch.setitem(VARIANTS, "backward", Variant(name="backward", says="", by="", replacements=wrong))
    assert "life.progress" in {alarm.partition(":")[0] for alarm in watch("backward", plans(1)).alarms}


def test_every_variant_says_what_it_changes_and_what_permits_it():
    assert len(VARIANTS) >= 220
    for variant in VARIANTS.values():
        assert variant.says
        assert variant.by
        for clause in re.findall(r"\b(?!vim|vmodl)[a-z]+\.[a-z][a-z0-9-]+\b", variant.by):
            assert clause in CLAUSES, f"{variant.name}: {clause}"
        for clause, reading in re.findall(r"\b((?!vim|vmodl)[a-z]+\.[a-z][a-z0-9-]+): ([a-z0-9-]+)", variant.by):
            readings = {each.id for each in CLAUSES[clause].readings}
            assert not readings or reading in readings or reading == "by", f"{variant.name}: {clause}: {reading}"


def test_several_at_once_are_each_of_them():
    names = [
        "page.direction=newest-first",
        "filter.time-edge=outside",
        "jitter",
        "clock-known-roughly",
        "two-collectors",
    ]
    target = together(names)
    assert target.server.max_collector == 2
    chosen = target.specification.choices
    assert (chosen.page_direction, chosen.filter_time_edge) == ("newest-first", "outside")
    assert {cls.__name__ for cls in type(target).__mro__} > {"JitterTarget", "RoughTarget"}
    assert target.call_time() != 1_000
