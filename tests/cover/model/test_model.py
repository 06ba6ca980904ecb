"""The model: one call at a time, on worlds made by hand. Each case is a sentence of the API page."""

from __future__ import annotations

from typing import get_origin

import pytest

from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.oracle.belief import Belief
from taskconform.model.oracle.checks import RULES
from taskconform.model.oracle.expect import CHECKED_BY, METHODS, advance, expect
from taskconform.model.oracle.findings import Broken, Held, Shown
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import NO_TASK
from taskconform.model.vocabulary.declaration import About, Account, Declaration, Entity
from taskconform.model.vocabulary.outcomes import (
    SECOND,
    Fault,
    Faulted,
    Interval,
    LocalizableMessage,
    Lost,
    Property,
    Returned,
    TaskInfo,
    TaskReason,
    UserSession,
)
from taskconform.model.vocabulary.words import evolve

VM = c.ObjectRef(type="VirtualMachine", value="vm-1")
KEY = "org.example.suite"
KINDS = {
    "InvalidState": ("InvalidState", "VimFault", "MethodFault"),
    "InvalidArgument": ("InvalidArgument", "RuntimeFault", "MethodFault"),
    "NotSupported": ("NotSupported", "RuntimeFault", "MethodFault"),
    "ManagedObjectNotFound": ("ManagedObjectNotFound", "RuntimeFault", "MethodFault"),
    "NotAuthenticated": ("NotAuthenticated", "NoPermission", "SecurityError", "RuntimeFault", "MethodFault"),
    "NotFound": ("NotFound", "VimFault", "MethodFault"),
    "RequestCanceled": ("RequestCanceled", "RuntimeFault", "MethodFault"),
}


def fault(kind):
    return Fault(kind=kind, kinds=KINDS[kind])


def declared(**more):
    about = About(
        name="made by hand",
        full_name="made by hand 8",
        vendor="nobody",
        version="8",
        build="1",
        api_type="VirtualCenter",
        api_version="8.0.3.0",
    )
    given = {
        "name": "by hand",
        "about": about,
        "capabilities": ("clock", "reset", "second-user", "restricted"),
        "accounts": (
            Account(name="primary", user_name="Ada"),
            Account(name="second", user_name="Bo"),
            Account(name="restricted", user_name="Cy", lacks=("Task.Create", "Task.Update", "Global.CancelTask")),
        ),
        "places": {
            "vm": (Entity(ref=VM, name="first"),),
            "hidden": (Entity(ref=c.ObjectRef(type="Folder", value="group-9"), name="shed"),),
        },
        "extension_key": KEY,
        "exclusive": True,
        "settling": 0.0,
    }
    return Declaration(**(given | more))


class Told:
    """A world that is told what a target answered, and says what it thinks of it."""

    def __init__(self, **more):
        self.world = Belief(declaration=declared(**more))
        self.now = 1_000_000 * SECOND
        self.returns(c.Login(session="main", account="primary"), UserSession(user_name="Ada"))
        self.returns(
            c.RegisterExtension(session="main", key=KEY, version="1", task_ids=(f"{KEY}.work",)),
            None,
        )

    def tell(self, call, outcome):
        expected = expect(self.world, call)
        findings = expected.judge(outcome)
        self.world = advance(self.world, call, outcome, expected)
        return findings

    def at(self):
        self.now += 1_000
        return Interval(earliest=self.now, latest=self.now)

    def returns(self, call, value):
        return self.tell(call, Returned(value=value, at=self.at()))

    def faults(self, call, kind):
        return self.tell(call, Faulted(fault=fault(kind), at=self.at()))

    def create(self, number=1, **more):
        given = {"session": "main", "obj": VM, "task_type_id": f"{KEY}.work", "cancelable": False}
        call = c.CreateTask(**(given | more))
        info = self.info(number, cancelable=call.cancelable, queue_time=self.now + 1_000)
        findings = self.returns(call, info)
        return info, findings

    @staticmethod
    def info(number=1, **more):
        given = {
            "key": f"task-{number}",
            "task": c.ObjectRef(type="Task", value=f"task-{number}"),
            "description_id": f"{KEY}.work",
            "state": "queued",
            "cancelled": False,
            "cancelable": False,
            "reason": TaskReason(kind="TaskReasonUser", user_name="Ada"),
            "queue_time": 1_000_000 * SECOND,
            "event_chain_id": 0,
            "entity": VM,
            "entity_name": "first",
        }
        return TaskInfo(**(given | more))

    def read(self, info, session="main"):
        return self.returns(c.ReadTaskInfo(session=session, tasks=(info.task,)), (Property(value=info),))

    def set(self, info, state, **more):
        """SetTaskState taken, and the info as a conforming server has it afterwards."""
        call = c.SetTaskState(session="main", task=info.task, state=state, **more)
        findings = self.returns(call, None)
        stamp = {"running": "start_time", "success": "complete_time", "error": "complete_time"}.get(state)
        info = evolve(info, state=state, result=more.get("result"), **({stamp: self.now} if stamp else {}))
        if more.get("fault"):
            info = evolve(info, error=fault(more["fault"]))
        return info, findings

    def list(self, *infos, session="main"):
        refs = tuple(info.task for info in infos)
        return self.returns(c.ReadRecentTask(session=session), Property(value=refs))


@pytest.fixture
def told():
    return Told()


def broken(findings):
    return sorted({found.clause for found in findings if isinstance(found, Broken)})


def held(findings):
    return {found.clause for found in findings if isinstance(found, Held)}


# --- faults are conditions --------------------------------------------------------------------------------------------


def test_without_a_condition_a_call_must_succeed(told):
    info, _ = told.create()
    told.read(info)
    assert broken(told.faults(c.SetTaskState(session="main", task=info.task, state="running"), "InvalidState")) == [
        "life.set-state"
    ]


def test_with_a_condition_it_must_fault_with_a_kind_of_it(told):
    info, _ = told.create()
    told.read(info)
    cancel = c.CancelTask(session="main", task=info.task)
    assert broken(told.returns(cancel, None)) == ["life.cancel-unsupported"]
    other = Told()
    info, _ = other.create()
    other.read(info)
    assert broken(other.faults(cancel, "InvalidState")) == ["life.cancel-unsupported"]
    third = Told()
    info, _ = third.create()
    third.read(info)
    assert held(third.faults(cancel, "NotSupported")) == {"life.cancel-unsupported"}


def test_with_two_conditions_either_fault_is_right_and_proves_nothing(told):
    info, _ = told.create()
    told.read(info)
    call = c.SetTaskState(session="restricted", task=info.task, state="running", result="x")
    told.returns(c.Login(session="restricted", account="restricted"), UserSession(user_name="Cy"))
    for kind in ("InvalidState",):
        assert told.faults(call, kind) == []
    assert broken(told.faults(call, "InvalidArgument")) == ["life.privilege-update", "life.result"]


def test_a_move_that_the_text_is_silent_on_may_be_refused_as_such_whatever_goes_with_it(told):
    info, _ = told.create()
    told.read(info)
    info, _ = told.set(info, "running")
    call = c.SetTaskState(session="main", task=info.task, state="running", result="x")
    assert told.faults(call, "InvalidArgument") == []
    assert broken(told.returns(call, None)) == ["life.result"]


def test_a_lost_answer_says_nothing_and_leaves_the_state_open(told):
    info, _ = told.create()
    told.read(info)
    call = c.SetTaskState(session="main", task=info.task, state="running")
    assert told.tell(call, Lost(why="time-out", at=told.at())) == []
    for kind in ("InvalidState",):
        assert told.faults(c.UpdateProgress(session="main", task=info.task, percent_done=1), kind) == []
    assert broken(told.read(evolve(info, state="running", start_time=told.now))) == []


def test_a_task_that_never_existed_is_not_found(told):
    call = c.CancelTask(session="main", task=c.ObjectRef(type="Task", value=NO_TASK))
    assert held(told.faults(call, "ManagedObjectNotFound")) == {"life.unknown"}
    assert broken(told.returns(call, None)) == ["life.unknown"]


@pytest.mark.parametrize("call", [c.ReadRecentTask(session=c.NOBODY), c.ReadMaxCollector(session=c.NOBODY)])
def test_without_login_a_refusal_may_stand_in_missing_set_or_be_the_fault(told, call):
    assert "session.required" in held(told.faults(call, "NotAuthenticated"))
    assert "session.required" in held(told.returns(call, Property(missing=fault("NotAuthenticated"))))
    assert "session.required" in broken(told.returns(call, Property(value=())))


def test_without_login_the_info_of_a_task_may_be_refused_in_missing_set(told):
    info, _ = told.create()
    told.read(info)
    call = c.ReadTaskInfo(session=c.NOBODY, tasks=(info.task,))
    assert held(told.returns(call, (Property(missing=fault("NotAuthenticated")),))) == {"session.required"}
    assert broken(told.returns(call, (Property(value=info),))) == ["session.required"]


# --- what Task.info says ----------------------------------------------------------------------------------------------


def test_a_whole_life_holds(told):
    info, findings = told.create(cancelable=True)
    assert broken(findings) == []
    assert {"create.returns", "create.entity", "create.cancelable", "create.queue-time"} <= held(findings)
    assert "create.resolvable" in held(told.read(info))
    info, _ = told.set(info, "running")
    assert {"life.set-state", "life.times"} <= held(told.read(info))
    info, _ = told.set(info, "success", result="x")
    findings = told.read(info)
    assert broken(findings) == []
    assert {"life.set-state", "life.result", "life.times", "info.complete-time"} <= held(findings)
    assert held(told.faults(c.SetTaskState(session="main", task=info.task, state="running"), "InvalidState")) == {
        "life.final"
    }
    assert {"life.final", "life.no-return", "life.atomic"} <= held(told.read(info))


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"entity_name": "vm-1"}, "create.entity"),
        ({"description_id": "other"}, "create.type"),
        ({"cancelable": True}, "create.cancelable"),
        ({"parent_task_key": "task-9"}, "create.parent-none"),
        ({"state": "success"}, "create.initial"),
        ({"cancelled": True}, "create.initial"),
        ({"queue_time": 999_000 * SECOND}, "create.queue-time"),
    ],
)
def test_what_create_task_returns_is_judged_field_by_field(told, change, clause):
    call = c.CreateTask(session="main", obj=VM, task_type_id=f"{KEY}.work", cancelable=False)
    info = Told.info(queue_time=told.now + 1_000)
    assert broken(told.returns(call, evolve(info, **change))) == [clause]


@pytest.mark.parametrize(
    ("change", "clauses"),
    [
        ({"progress": 101}, ["info.progress-range"]),
        ({"state": "queued"}, ["life.set-state"]),
        ({"result": "x"}, ["info.result-state"]),
        ({"start_time": None}, ["life.times"]),
        ({"key": "task-7"}, ["info.key"]),
        ({"complete_time": 1}, ["info.complete-time", "life.times"]),
        ({"reason": TaskReason(kind="TaskReasonMoon")}, ["info.reason"]),
    ],
)
def test_what_a_running_task_says_is_judged_field_by_field(told, change, clauses):
    info, _ = told.create()
    told.read(info)
    info, _ = told.set(info, "running")
    assert broken(told.read(evolve(info, **change))) == clauses


UNTOUCHED = {
    "state": ({"state": "queued"}, "info.steady"),
    "cancelled": ({"cancelled": True}, "info.steady"),
    "progress": ({"progress": 7}, "life.progress"),
    "description": ({"description": LocalizableMessage(key="k")}, "life.description"),
    "entity": ({"entity_name": "other"}, "create.entity"),
    "start": ({"start_time": 1_000_000 * SECOND}, "life.times"),
}


@pytest.mark.parametrize("changed", UNTOUCHED)
def test_what_no_call_has_changed_reads_the_same(told, changed):
    info, _ = told.create()
    other, _ = told.create(2)
    info, _ = told.set(info, "running")
    told.read(info)
    told.set(other, "running")
    assert "info.steady" in held(told.read(info))
    change, clause = UNTOUCHED[changed]
    assert broken(told.read(evolve(info, **change))) == [clause]


TASK = c.ObjectRef(type="Task", value="task-1")
TOUCHED = {
    "progress": (c.UpdateProgress(session="main", task=TASK, percent_done=7), {"progress": 7}),
    "description": (
        c.SetTaskDescription(session="main", task=TASK, key="k"),
        {"description": LocalizableMessage(key="k")},
    ),
}


@pytest.mark.parametrize("field", TOUCHED)
def test_a_call_changes_its_own_field_and_no_other(told, field):
    info, _ = told.create()
    info, _ = told.set(info, "running")
    told.read(info)
    call, change = TOUCHED[field]
    told.returns(call, None)
    info = evolve(info, **change)
    findings = told.read(info)
    assert (broken(findings), "info.steady" in held(findings)) == ([], True)
    told.returns(call, None)
    assert broken(told.read(evolve(info, cancelled=True))) == ["info.steady"]


def test_progress_shows_by_a_deadline_and_is_clamped(told):
    info, _ = told.create()
    told.read(info)
    info, _ = told.set(info, "running")
    told.read(info)
    told.returns(c.UpdateProgress(session="main", task=info.task, percent_done=50), None)
    early = [
        found
        for found in expect(told.world, c.ReadTaskInfo(session="main", tasks=(info.task,))).judge(
            Returned(value=(Property(value=info),), at=told.at())
        )
        if isinstance(found, Broken)
    ]
    assert [(found.clause, found.eventually) for found in early] == [("life.progress", True)]
    assert "life.progress" in held(told.read(evolve(info, progress=50)))
    told.returns(c.UpdateProgress(session="main", task=info.task, percent_done=101), None)
    assert broken(told.read(evolve(info, progress=50))) == ["life.progress-clamp"]


def test_an_end_never_changes(told):
    info, _ = told.create()
    told.read(info)
    info, _ = told.set(info, "running")
    info, _ = told.set(info, "success", result="x")
    told.read(info)
    told.list(info)
    assert broken(told.read(evolve(info, result="y"))) == ["life.no-return"]


# --- recentTask -------------------------------------------------------------------------------------------------------


def test_a_missing_task_is_charged_when_it_is_read_again(told):
    info, _ = told.create()
    told.read(info)
    assert broken(told.list()) == []
    assert broken(told.read(info)) == ["create.listed", "recent.fresh-retrieve", "recent.queued"]


def test_a_missing_task_that_moved_meanwhile_is_not_charged(told):
    info, _ = told.create()
    told.read(info)
    told.list()
    info, _ = told.set(info, "running")
    assert broken(told.read(info)) == []


def test_a_completed_task_is_due_to_leave_a_minute_past_the_window(told):
    info, _ = told.create()
    told.read(info)
    info, _ = told.set(info, "running")
    info, _ = told.set(info, "success")
    told.read(info)
    told.list(info)
    told.now += 600 * SECOND
    assert broken(told.list(info)) == []
    told.now += 59 * SECOND
    assert broken(told.list(info)) == []
    told.now += 2 * SECOND
    assert broken(told.list(info)) == ["recent.aged"]
    assert "recent.aged" in held(told.list())


@pytest.mark.parametrize(("others", "demanded"), [(149, True), (150, False)])
def test_a_completed_task_is_demanded_well_inside_the_cap(told, others, demanded):
    first = complete(told, 1)
    told.read(first)
    for number in range(2, 2 + others):
        complete(told, number)
    told.read(first)
    told.list()
    assert ("recent.completed" in broken(told.read(first))) == demanded


@pytest.mark.parametrize(("others", "due"), [(209, False), (210, True)])
def test_a_completed_task_is_due_to_leave_ten_past_the_cap(told, others, due):
    first = complete(told, 1)
    told.read(first)
    told.list(first)
    for number in range(2, 2 + others):
        complete(told, number)
    told.now += 61 * SECOND
    assert ("recent.cap" in broken(told.list(first))) == due


def test_a_live_task_stays_however_many_complete(told):
    first, _ = told.create(1)
    told.read(first)
    for number in range(2, 213):
        complete(told, number)
    told.read(first)
    told.list()
    assert broken(told.read(first)) == ["recent.cap-completed-only", "recent.queued"]


def complete(told, number):
    info, _ = told.create(number)
    info, _ = told.set(info, "running")
    info, _ = told.set(info, "success")
    return info


# --- collectors -------------------------------------------------------------------------------------------------------


def collector(number):
    return c.ObjectRef(type="TaskHistoryCollector", value=f"collector-{number}")


def filled(told, session="main", count=3):
    call = c.CreateCollectorForTasks(session=session, filter=c.TaskFilterSpec())
    for number in range(count):
        told.returns(call, collector(f"{session}-{number}"))
    return call


def test_the_maximum_may_be_met_at_it_or_one_later(told):
    told.returns(c.ReadMaxCollector(session="main"), Property(value=3))
    call = filled(told)
    findings = told.faults(call, "InvalidState")
    assert held(findings) == {"limit.exceeded"}
    assert [found.options for found in findings if isinstance(found, Shown)] == [("at-maximum-plus-one",)]
    other = Told()
    other.returns(c.ReadMaxCollector(session="main"), Property(value=3))
    filled(other)
    assert broken(other.returns(call, collector(3))) == []
    assert broken(other.returns(call, collector(4))) == ["limit.exceeded"]


def test_another_clients_collectors_do_not_count(told):
    told.returns(c.ReadMaxCollector(session="main"), Property(value=3))
    told.faults(filled(told), "InvalidState")
    told.returns(c.Login(session="s1", account="second"), UserSession(user_name="Bo"))
    call = c.CreateCollectorForTasks(session="s1", filter=c.TaskFilterSpec())
    assert broken(told.faults(call, "InvalidState")) == ["limit.per-client"]
    assert held(told.returns(call, collector("s1"))) == {"limit.per-client"}


def test_what_a_client_is_is_a_reading(told):
    told.returns(c.ReadMaxCollector(session="main"), Property(value=3))
    told.faults(filled(told), "InvalidState")
    told.returns(c.Login(session="s1", account="primary"), UserSession(user_name="Ada"))
    call = c.CreateCollectorForTasks(session="s1", filter=c.TaskFilterSpec())
    assert [found.options for found in told.faults(call, "InvalidState")] == [("user", "address")]


def test_destroying_frees_a_place(told):
    told.returns(c.ReadMaxCollector(session="main"), Property(value=3))
    call = filled(told)
    told.faults(call, "InvalidState")
    told.returns(c.DestroyCollector(session="main", collector=collector("main-0")), None)
    assert broken(told.faults(call, "InvalidState")) == ["limit.destroy-frees"]


def test_the_end_of_a_session_frees_its_places(told):
    told.returns(c.ReadMaxCollector(session="main"), Property(value=3))
    told.faults(filled(told), "InvalidState")
    told.returns(c.Logout(session="main"), None)
    told.returns(c.Login(session="s1", account="primary"), UserSession(user_name="Ada"))
    anew = c.CreateCollectorForTasks(session="s1", filter=c.TaskFilterSpec())
    assert broken(told.faults(anew, "InvalidState")) == ["limit.logout-frees"]


@pytest.mark.parametrize("spec", [c.TaskFilterSpec(), c.TaskFilterSpec(tag=("a",), state=("queued",))])
def test_a_refusal_that_several_clauses_could_explain_is_charged_to_none(told, spec):
    told.returns(c.ReadMaxCollector(session="main"), Property(value=3))
    filled(told, count=2)
    told.returns(c.Login(session="s1", account="second"), UserSession(user_name="Bo"))
    filled(told, "s1", count=1)
    told.returns(c.Logout(session="main"), None)
    told.returns(c.Login(session="s2", account="restricted"), UserSession(user_name="Cy"))
    anew = c.CreateCollectorForTasks(session="s2", filter=spec)
    assert broken(told.faults(anew, "InvalidState")) == []


# --- readings ---------------------------------------------------------------------------------------------------------

ODD = {
    "create.initiated-by-unknown": {"initiated_by": "nobody-has-this-name"},
    "create.entity-other": {"obj": c.ObjectRef(type="TaskManager", value="TaskManager")},
    "create.parent-unknown": {"parent_task_key": "no-such-key"},
}


def shown(findings):
    return {found.clause: found.options for found in findings if isinstance(found, Shown)}


@pytest.mark.parametrize("clause", sorted(ODD))
def test_a_fault_that_only_one_silence_explains_is_its_reading(clause):
    told = manager()
    assert shown(told.faults(odd(clause), "InvalidArgument")) == {clause: ("refused",)}


@pytest.mark.parametrize("clause", sorted(ODD))
@pytest.mark.parametrize("other", sorted(ODD))
def test_a_fault_that_two_silences_explain_is_no_reading(clause, other):
    told = manager()
    if clause != other:
        assert shown(told.faults(odd(clause, other), "InvalidArgument")) == {}


@pytest.mark.parametrize("clause", sorted(ODD))
def test_a_fault_that_a_condition_explains_is_no_reading(clause):
    told = manager()
    call = evolve(odd(clause), task_type_id="never.declared")
    assert set(shown(told.faults(call, "InvalidArgument"))) <= {"create.unknown-type-fault"}
    refused = told.faults(evolve(odd(clause), session=c.NOBODY), "NotAuthenticated")
    assert shown(refused) == {}


def manager():
    """A world with an object that is no ManagedEntity."""
    manager = Entity(ref=ODD["create.entity-other"]["obj"], name="")
    return Told(places={"vm": (Entity(ref=VM, name="first"),), "manager": (manager,)})


def odd(*clauses):
    given = {"session": "main", "obj": VM, "task_type_id": f"{KEY}.work", "cancelable": False}
    for clause in clauses:
        given |= ODD[clause]
    return c.CreateTask(**given)


def test_an_end_set_again_without_a_fault_may_be_refused_for_that(told):
    info, _ = told.create()
    told.read(info)
    info, _ = told.set(info, "running")
    info, _ = told.set(info, "error", fault="NotFound")
    told.read(info)
    again = c.SetTaskState(session="main", task=info.task, state="error")
    assert shown(told.faults(again, "InvalidArgument")) == {}
    with_fault = evolve(again, fault="NotFound")
    assert shown(told.faults(with_fault, "InvalidState")) == {"life.same-state-final": ("refused",)}


# --- the law of the model ---------------------------------------------------------------------------------------------


def test_every_call_has_a_method_and_every_rule_a_clause():
    assert set(c.Call.__args__) == set(METHODS)
    assert [get_origin(each) or each for each in c.PlannedCall.__args__] == list(c.Call.__args__)
    assert set(RULES) <= set(CLAUSES)
    assert set(CHECKED_BY) <= set(CLAUSES)


def test_every_clause_is_checked_or_needs_what_no_call_here_can_say():
    assert set(CLAUSES) - set(CHECKED_BY) == {
        "collector.view-spec",  # API 9.0
        "filter.empty-list",  # capability `typed-lists`: no wire of ours has it
    }


def test_an_illegal_call_changes_nothing(told):
    with pytest.raises(KeyError):
        expect(told.world, object())


def test_a_world_is_never_changed(told):
    before = told.world
    told.create()
    assert told.world is not before
    assert not before.tasks
    with pytest.raises(AttributeError, match="immutable"):
        before.seq = 1


def cancelled(told, info, session, kind):
    """What is said of a task whose cancelling was refused, once it is read again."""
    told.faults(c.CancelTask(session=session, task=info.task), kind)
    return {each.clause for each in told.read(info) if isinstance(each, Held)}


def test_a_cancel_that_was_refused_for_another_reason_says_nothing_of_unsupported_ones():
    """A passed clause must have been shown: nobody was told that it is not supported."""
    told = Told()
    info, _ = told.create(cancelable=False)
    told.read(info)
    assert "life.cancel-unsupported" not in cancelled(told, info, c.NOBODY, "NotAuthenticated")
    assert "life.cancel-unsupported" in cancelled(told, info, "main", "NotSupported")


# --- who made what ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["lost", "returned"])
def test_what_a_session_made_is_not_that_of_the_next_one_with_its_name(told, outcome):
    """A second login under the same name owns no collector that the first one made, whether the first was logged out or
    its Logout got no answer."""
    told.returns(c.Login(session="s", account="second"), UserSession(user_name="Bo"))
    kept = told.returns(c.CreatePropertyCollector(session="s"), (wait := collector(1)))
    history = told.returns(
        c.CreateCollectorForTasks(session="s", filter=c.TaskFilterSpec()), (of_tasks := collector(2))
    )
    assert not broken([*kept, *history])
    logout = c.Logout(session="s")
    told.tell(logout, Lost(why="timed out", at=told.at())) if outcome == "lost" else told.returns(logout, None)
    told.returns(c.Login(session="s", account="second"), UserSession(user_name="Bo"))
    waiting = c.WaitForUpdatesEx(session="s", collector=wait, version="", max_wait_seconds=0)
    assert not broken(told.faults(waiting, "ManagedObjectNotFound"))
    reading = c.ReadNextTasks(session="s", collector=of_tasks, max_count=1)
    assert not broken(told.faults(reading, "NotFound" if outcome == "lost" else "NotAuthenticated"))


@pytest.mark.parametrize(
    ("made", "kind", "options"),
    [
        ({}, "NotAuthenticated", {"refused", "own-only"}),
        ({"initiated_by": "Cy"}, "NotAuthenticated", set()),
        ({"session": "s"}, "NotAuthenticated", {"refused"}),
        ({"session": "s"}, None, {"allowed", "own-only"}),
        ({}, None, {"allowed"}),
    ],
)
def test_a_cancel_without_the_privilege_is_read_by_whose_task_it_is(told, made, kind, options):
    told.returns(c.Login(session="s", account="restricted"), UserSession(user_name="Cy"))
    info, _ = told.create(cancelable=True, **made)
    told.set(info, "running")
    told.read(evolve(info, state="running", start_time=told.now))
    cancel = c.CancelTask(session="s", task=info.task)
    found = told.returns(cancel, None) if kind is None else told.faults(cancel, kind)
    said = [one for one in found if isinstance(one, Shown) and one.clause == "life.privilege-cancel"]
    assert {option for one in said for option in one.options} == options


@pytest.mark.parametrize(("method", "accused"), [(c.ReadNextTasks, True), (c.ReadPreviousTasks, False)])
def test_what_is_added_is_given_at_the_end_and_not_at_the_head(told, method, accused):
    info, _ = told.create()
    told.read(info)
    told.returns(c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec()), (ref := collector(1)))
    read = method(session="main", collector=ref, max_count=9)
    if method is c.ReadPreviousTasks:
        told.returns(c.ResetCollector(session="main", collector=ref), None)
    else:
        told.returns(read, (info,))
    told.returns(read, ())
    told.world = evolve(told.world, history=evolve(told.world.history, direction=(1, 1)))
    later, _ = told.create(2)
    told.read(later)
    assert ("page.append" in broken(told.returns(read, ()))) == accused


@pytest.mark.parametrize(("session", "options"), [("main", {"ten"}), ("s", set())])
def test_the_size_of_a_latest_page_shows_to_the_session_that_made_its_collector(told, session, options):
    told.returns(c.Login(session="s", account="second"), UserSession(user_name="Bo"))
    infos = [told.create(number)[0] for number in range(1, 13)]
    for info in infos:
        told.read(info)
    told.returns(c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec()), (ref := collector(1)))
    for page in (tuple(infos), ()):
        told.returns(c.ReadNextTasks(session="main", collector=ref, max_count=100), page)
    read = c.ReadLatestPage(session=session, collector=ref)
    found = told.returns(read, Property(value=tuple(infos[2:]) if session == "main" else ()))
    said = [one for one in found if isinstance(one, Shown) and one.clause == "latest.default-size"]
    assert {option for one in said for option in one.options} == options
