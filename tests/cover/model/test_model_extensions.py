"""The model of extensions, descriptions and origins: one answer at a time, on worlds made by hand."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from taskconform.conformance.engine.profile import Shard
from taskconform.conformance.engine.schedule.worker import Worker
from taskconform.conformance.targets.naming import open_named
from taskconform.conformance.verdicts.decide import interpretations
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.oracle.expect import CHECKED_BY
from taskconform.model.oracle.findings import Broken, Held, Shown
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.declaration import Account
from taskconform.model.vocabulary.outcomes import (
    ElementDescription,
    Extension,
    Fault,
    Faulted,
    Lost,
    Property,
    Returned,
    TaskDescription,
    TaskEvent,
    TaskReason,
    UserSession,
)
from taskconform.model.vocabulary.words import evolve
from taskconform.strategies.scenarios.scenario import approaches_of

SPEC = spec_from_file_location("told", Path(__file__).with_name("test_model.py"))
by_hand = module_from_spec(SPEC)
sys.modules["told"] = by_hand
SPEC.loader.exec_module(by_hand)

KEY, VM = by_hand.KEY, by_hand.VM
OTHER = f"{KEY}.other"
WORK, REST = f"{OTHER}.work", f"{OTHER}.rest"
FOLDER = c.ObjectRef(type="Folder", value="group-77")
MINE = ("extension", "description")
BESIDE = (
    "create.unknown-type",
    "info.entity-name-kept",
    "info.entity-gone",
    "info.event-chain",
    "reason.schedule",
    "reason.alarm",
)
FOREIGN_ONLY = "description.lookup-foreign"
LACKS = ("Task.Create", "Extension.Register", "Extension.Update", "Extension.Unregister")


class Told(by_hand.Told):
    """A world that is told of extensions."""

    def __init__(self, **more):
        given = {
            "accounts": (
                Account(name="primary", user_name="Ada"),
                Account(name="second", user_name="Bo"),
                Account(name="restricted", user_name="Cy", lacks=LACKS),
            )
        }
        super().__init__(**(given | more))
        self.made = 100

    def register(self, *ids, key=OTHER, version="1.0", session="main"):
        return self.returns(c.RegisterExtension(session=session, key=key, version=version, task_ids=ids), None)

    def update(self, *ids, key=OTHER, version="2.0"):
        return self.returns(c.UpdateExtension(session="main", key=key, version=version, task_ids=ids), None)

    def unregister(self, key=OTHER):
        return self.returns(c.UnregisterExtension(session="main", key=key), None)

    def find(self, *ids, key=OTHER, version="1.0", session="main"):
        """FindExtension, answered with these ids; with None, if no version is given."""
        found = Extension(key=key, version=version, task_ids=ids) if version is not None else None
        return self.returns(c.FindExtension(session=session, key=key), found)

    def make(self, task_id=f"{KEY}.work", **more):
        """CreateTask of this type, taken."""
        self.made += 1
        call = c.CreateTask(**({"session": "main", "obj": VM, "task_type_id": task_id, "cancelable": False} | more))
        info = self.info(self.made, description_id=task_id, queue_time=self.now + 1_000, entity=call.obj)
        return info, self.returns(call, info)

    def refuse(self, task_id, kind="InvalidArgument"):
        """CreateTask of this type, refused."""
        return self.faults(c.CreateTask(session="main", obj=VM, task_type_id=task_id, cancelable=False), kind)

    def denied(self, call, kind="NoPermission"):
        kinds = (kind, "SecurityError", "RuntimeFault", "MethodFault")
        return self.tell(call, Faulted(fault=Fault(kind=kind, kinds=kinds), at=self.at()))

    def login(self, account, name=None, locale=None):
        call = c.Login(session=name or account, account=account, locale=locale)
        return self.returns(call, UserSession(user_name=account))

    def describe(self, session="main", **lists):
        return self.returns(c.ReadDescription(session=session), Property(value=description(**lists)))


def described(*keys):
    return tuple(ElementDescription(key=key, label=key.upper(), summary=f"what {key} is") for key in keys)


def description(methods=("Folder.destroy", f"{KEY}.work"), states=None, reasons=None):
    states = states if states is not None else ("queued", "running", "success", "error")
    reasons = reasons if reasons is not None else ("Alarm", "Schedule", "System", "User")
    return TaskDescription(
        method_info=described(*methods),
        state=described(*states),
        reason=described(*(f"TaskReason{kind}" for kind in reasons)),
    )


@pytest.fixture
def told():
    return Told()


def broken(findings):
    return sorted({found.clause for found in findings if isinstance(found, Broken)})


def held(findings):
    return {found.clause for found in findings if isinstance(found, Held)}


def shown(findings, clause):
    return [set(found.options) for found in findings if isinstance(found, Shown) and found.clause == clause]


# --- ExtensionManager -------------------------------------------------------------------------------------------------


def test_a_registered_extension_is_found_and_its_ids_are_accepted(told):
    told.register(WORK, REST)
    assert held(told.find(WORK, REST)) == {"extension.find"}
    assert "extension.register" in held(told.make(WORK)[1])
    assert "extension.register" not in held(told.make(WORK)[1])  # the first time only


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Extension(key=OTHER, version="9", task_ids=(WORK,)),
        Extension(key=f"{KEY}.x", version="1.0", task_ids=(WORK,)),
        Extension(key=OTHER, version="1.0", task_ids=()),
        Extension(key=OTHER, version="1.0", task_ids=(WORK, REST)),
    ],
)
def test_what_is_found_is_compared_field_by_field(told, answer):
    told.register(WORK)
    found = told.returns(c.FindExtension(session="main", key=OTHER), answer)
    assert broken(found) == ["extension.find"]
    assert found[-1].eventually


def test_the_list_holds_ours_iff_they_are_registered(told):
    main, other = (Extension(key=key, version="1", task_ids=()) for key in (KEY, OTHER))
    foreign = Extension(key="com.example.other", version="1", task_ids=())
    read = c.ReadExtensionList(session="main")
    assert held(told.returns(read, Property(value=(main, foreign)))) == {"extension.find"}
    told.register(WORK)
    assert broken(told.returns(read, Property(value=(main,)))) == ["extension.find"]
    assert broken(told.returns(read, Property(value=(main,)))) == []  # open from then on
    second = Told()
    second.register(WORK)
    second.unregister()
    assert broken(second.returns(read, Property(value=(main, other)))) == ["extension.find"]


def test_a_key_registered_twice_is_refused_and_changes_nothing(told):
    told.register(WORK)
    told.find(WORK)
    again = c.RegisterExtension(session="main", key=OTHER, version="2.0", task_ids=(REST,))
    assert held(told.faults(again, "InvalidArgument")) == {"extension.duplicate"}
    assert held(told.refuse(REST)) >= {"extension.duplicate"}
    assert broken(told.find(REST, version="2.0")) == ["extension.duplicate"]
    other = Told()
    other.register(WORK)
    other.find(WORK)
    assert broken(other.returns(again, None)) == ["extension.duplicate"]
    assert broken(other.find(REST, version="2.0")) == []  # whichever description it has now
    assert broken(other.find(WORK, version="1.0")) == ["extension.find"]


def test_a_call_that_did_nothing_is_not_charged_to_the_next(told):
    told.register(WORK)
    again = c.RegisterExtension(session="main", key=OTHER, version="2.0", task_ids=(REST,))
    assert told.returns(again, None) == []
    other = Told()
    other.register(WORK)
    call = c.UnregisterExtension(session="main", key=OTHER)
    assert broken(other.faults(call, "NotFound")) == ["extension.register"]


def test_ids_of_an_unregistered_extension_are_refused(told):
    told.register(WORK)
    told.make(WORK)
    told.unregister()
    assert held(told.refuse(WORK)) == {"extension.unregister"}
    assert shown(told.refuse(WORK), "create.unknown-type-fault") == [{"invalid-argument"}]
    assert broken(told.make(WORK)[1]) == ["extension.unregister"]
    assert broken(told.make(WORK)[1]) == []  # believed from then on
    assert broken(told.find(WORK)) == []  # one defect, one clause


def test_ids_that_another_extension_declares_stay_accepted(told):
    told.register(WORK)
    told.register(WORK, key=f"{KEY}.third")
    told.unregister()
    assert broken(told.make(WORK)[1]) == []


def test_ids_that_were_never_declared_are_another_clause(told):
    assert held(told.refuse(f"{KEY}.unregistered")) == {"create.unknown-type"}
    assert broken(told.make(WORK)[1]) == ["create.unknown-type"]


def test_without_a_fresh_state_an_earlier_episode_may_have_left_something():
    told = Told(capabilities=("second-user",))
    assert told.make(WORK)[1] != []
    assert broken(told.make(REST)[1]) == []
    assert broken(told.make(f"{KEY}.unregistered")[1]) == ["create.unknown-type"]
    call = c.RegisterExtension(session="main", key=OTHER, version="1.0", task_ids=(WORK,))
    assert told.faults(call, "InvalidArgument") == []
    assert broken(told.find(WORK, version="3")) == []  # and is believed


def test_an_update_adds_ids_and_leaves_others_out(told):
    told.register(WORK)
    told.make(WORK)
    told.update(REST)
    assert held(told.find(REST, version="2.0")) == {"extension.find"}
    assert "extension.update" in held(told.make(REST)[1])
    assert held(told.refuse(WORK)) == {"extension.update-removed"}
    assert broken(told.make(WORK)[1]) == ["extension.update-removed"]


def test_an_added_id_that_is_refused_breaks_the_update(told):
    told.make()
    told.register(WORK)
    told.make(WORK)
    told.update(WORK, REST)
    found = told.refuse(REST)
    assert broken(found) == ["extension.update"]
    assert broken(told.refuse(REST)) == []


def test_an_unset_task_list_leaves_the_ids_open(told):
    told.register(WORK)
    told.update()
    assert broken(told.refuse(WORK)) == []
    assert broken(told.find(WORK, version="2.0")) == []


def test_a_type_refused_before_any_was_accepted_may_be_either_fault(told):
    told.register(WORK)
    assert broken(told.refuse(WORK)) == []
    assert broken(told.refuse(f"{KEY}.work")) == ["create.returns"]


def test_an_unknown_key_is_not_found(told):
    unknown = f"{KEY}.unregistered"
    update = c.UpdateExtension(session="main", key=unknown, version="1", task_ids=(WORK,))
    assert held(told.faults(update, "NotFound")) == {"extension.update-unknown"}
    assert held(told.faults(c.UnregisterExtension(session="main", key=unknown), "NotFound")) == {
        "extension.unregister-unknown"
    }
    assert broken(told.returns(c.UnregisterExtension(session="main", key=unknown), None)) == [
        "extension.unregister-unknown"
    ]
    assert broken(told.returns(update, None)) == ["extension.update-unknown"]
    assert broken(told.find(WORK, key=unknown, version="1")) == []


def test_an_incomplete_description_registers_nothing(told):
    told.find(version=None)
    call = c.RegisterExtension(session="main", key=OTHER, version=None, task_ids=(WORK,))
    for kind in ("InvalidArgument", "InvalidRequest"):
        kinds = (kind, "RuntimeFault", "MethodFault")
        assert held(told.tell(call, Faulted(fault=Fault(kind=kind, kinds=kinds), at=told.at()))) == {
            "extension.incomplete"
        }
    before = told.world
    assert broken(told.find(WORK, version="0")) == ["extension.incomplete"]
    told.world = before
    assert broken(told.make(WORK)[1]) == ["extension.incomplete"]
    assert broken(told.find(WORK, version="0")) == []  # one defect, one charge


def test_without_the_privilege_nothing_changes(told):
    told.login("restricted")
    told.register(WORK)
    told.find(WORK)
    calls = (
        c.UpdateExtension(session="restricted", key=OTHER, version="2.0", task_ids=(REST,)),
        c.UnregisterExtension(session="restricted", key=OTHER),
    )
    for call in calls:
        assert held(told.denied(call)) == {"extension.privilege"}
        assert "extension.privilege" in held(told.find(WORK))
        told.denied(call)
        assert broken(told.find(version=None)) == ["extension.privilege"]
        told = Told()
        told.login("restricted")
        told.register(WORK)
        told.find(WORK)
    assert broken(told.returns(calls[1], None)) == ["extension.privilege"]
    assert held(told.find(version=None)) == {"extension.find"}  # it was unregistered


def test_a_lost_answer_leaves_it_open(told):
    told.find(version=None)
    told.tell(
        c.RegisterExtension(session="main", key=OTHER, version="1.0", task_ids=(WORK,)),
        Lost(why="a time-out", at=told.at()),
    )
    for findings in (told.refuse(WORK), told.make(WORK)[1], told.find(version=None), told.find(version=None)):
        assert broken(findings) == []
    assert broken(told.find(WORK)) == ["extension.find"]


def test_a_deadline_is_given_to_what_was_taken_away():
    told = Told(settling=10.0)
    told.register(WORK)
    told.make(WORK)
    told.unregister()
    assert broken(told.make(WORK)[1]) == []
    told.now += 11 * by_hand.SECOND
    told.describe()
    assert broken(told.make(WORK)[1]) == ["extension.unregister"]


def test_a_refusal_right_after_a_registration_is_asked_for_again():
    told = Told(settling=10.0)
    told.make()
    told.register(WORK)
    (found,) = told.refuse(WORK)
    assert (found.clause, found.eventually) == ("extension.register", True)


# --- its tasks --------------------------------------------------------------------------------------------------------


def test_what_becomes_of_the_live_tasks_is_a_reading(told):
    told.register(WORK)
    info, _ = told.make(WORK)
    told.read(info)
    told.unregister()
    clause = "extension.unregister-tasks"
    assert shown(told.read(info), clause) == [{"kept", "frozen"}]
    start = c.SetTaskState(session="main", task=info.task, state="running")
    assert shown(told.faults(start, "NotSupported"), clause) == [{"frozen"}]
    assert shown(told.returns(start, None), clause) == [{"kept"}]
    gone = c.ReadTaskInfo(session="main", tasks=(info.task,))
    found = told.faults(gone, "ManagedObjectNotFound")
    assert (broken(found), shown(found, clause)) == ([], [{"gone"}])


def test_a_task_made_after_a_type_came_back_is_like_any_other(told):
    told.register(WORK)
    told.make(WORK)
    told.unregister()
    told.register(WORK)
    info, _ = told.make(WORK)
    told.read(info)
    start = c.SetTaskState(session="main", task=info.task, state="running")
    assert broken(told.faults(start, "NotSupported")) == ["life.set-state"]


# --- description ------------------------------------------------------------------------------------------------------


def test_a_whole_description_holds(told):
    info, _ = told.make()
    told.read(info)
    assert held(told.describe()) == {
        "description.states",
        "description.reasons",
        "description.reasons-all",
        "description.methods-unique",
        "description.labels",
        "description.lookup-extension",
    }
    assert "description.static" in held(told.describe())


@pytest.mark.parametrize(
    ("lists", "clauses"),
    [
        ({"states": ("queued", "running", "success")}, ["description.states"]),
        ({"states": ("queued", "running", "success", "error", "error")}, ["description.states"]),
        ({"reasons": ("Alarm", "Schedule", "System")}, ["description.reasons"]),
        ({"reasons": ("Schedule", "System", "User")}, ["description.reasons-all"]),
        ({"methods": ("Folder.destroy", "Folder.destroy", f"{KEY}.work")}, ["description.methods-unique"]),
        ({"methods": ("Folder.destroy",)}, ["description.lookup-extension"]),
        ({"methods": ("", f"{KEY}.work")}, ["description.labels"]),
    ],
)
def test_each_list_is_one_clauses_business(told, lists, clauses):
    info, _ = told.make()
    told.read(info)
    assert broken(told.describe(**lists)) == clauses


def test_what_one_read_lacks_and_another_has_is_charged_to_that(told):
    told.describe()
    assert broken(told.describe(states=("queued", "running", "success"))) == ["description.static"]
    assert broken(told.describe(states=("queued", "running", "success"))) == ["description.states"]
    other = Told(locales=("en_US", "it"))
    other.login("primary", "s1", "en_US")
    other.login("primary", "s2", "it")
    other.describe("s1")
    assert broken(other.describe("s2", states=("coda", "corsa", "bene", "male"))) == ["description.locale"]
    assert broken(other.describe("s2", states=("coda", "corsa", "bene", "male"))) == []


def test_two_locales_with_the_same_keys_hold():
    told = Told(locales=("en_US", "it"))
    for name, locale in (("s1", "en_US"), ("s2", "it")):
        told.login("primary", name, locale)
    assert "description.locale" not in held(told.describe("s1"))
    assert "description.locale" in held(told.describe("s2"))


def test_extensions_come_and_go_in_the_description(told):
    told.describe()
    told.register(WORK)
    assert broken(told.describe(methods=("Folder.destroy", f"{KEY}.work", WORK))) == []
    shared = Told(exclusive=False)
    shared.describe(methods=("Folder.destroy", "com.example.build"))
    assert "description.static" in held(shared.describe(methods=("Folder.destroy",)))
    assert broken(shared.describe(methods=())) == ["description.static"]


def test_nobody_gets_the_description(told):
    call = c.ReadDescription(session=c.NOBODY)
    refused = Fault(kind="NotAuthenticated", kinds=by_hand.KINDS["NotAuthenticated"])
    for outcome in (Faulted(fault=refused, at=told.at()), Returned(value=Property(missing=refused), at=told.at())):
        assert "description.privilege" in held(told.tell(call, outcome))
    assert "description.privilege" in broken(told.returns(call, Property(value=description())))


# --- origins ----------------------------------------------------------------------------------------------------------


def orphaned(told):
    """A completed task on a folder of ours that is gone, and its info from before."""
    told.returns(c.CreateFolder(session="main", parent=VM, name="f"), FOLDER)
    info, _ = told.make(obj=FOLDER)
    info = evolve(info, entity_name="f")
    told.read(info)
    info, _ = told.set(info, "running")
    info, _ = told.set(info, "success")
    told.read(info)
    operation = c.ObjectRef(type="Task", value="task-9000")
    told.returns(c.Destroy(session="main", entity=FOLDER), operation)
    done = told.info(9000, state="success", description_id="Folder.destroy", name="Destroy_Task", entity=FOLDER)
    told.returns(c.ReadTaskInfo(session="main", tasks=(operation,)), (Property(value=done),))
    return info


def collected(told, *items, max_count=100):
    """A collector made, rewound and read to its end: the findings of its pages."""
    ref = c.ObjectRef(type="TaskHistoryCollector", value="collector-1")
    told.returns(c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec()), ref)
    told.returns(c.RewindCollector(session="main", collector=ref), None)
    read = c.ReadNextTasks(session="main", collector=ref, max_count=max_count)
    return [*told.returns(read, items), *told.returns(read, ())]


def test_the_operation_of_a_destroy_is_looked_up(told):
    orphaned(told)
    assert "description.lookup" in held(told.describe())
    assert broken(told.describe(methods=(f"{KEY}.work",))) == ["description.lookup", "description.static"]


def test_entity_name_stays_when_the_entity_is_gone(told):
    info = orphaned(told)
    assert "info.entity-name-kept" in held(collected(told, info))
    other = Told()
    info = orphaned(other)
    found = collected(other, evolve(info, entity_name=None))
    assert broken(found) == ["info.entity-name-kept"]


def test_tasks_of_an_entity_that_is_gone_are_a_reading(told):
    info = orphaned(told)
    clause = "info.entity-gone"
    assert shown(told.list(info), clause) == [{"held-and-listed", "listed-only"}]
    assert shown(told.list(), clause) == [{"held-only", "neither"}]
    assert shown(collected(told, info), clause) == [{"held-and-listed", "held-only"}]
    other = Told()
    info = orphaned(other)
    found = collected(other)
    assert {"listed-only", "neither"} in shown(found, clause)
    assert broken(found) == []
    gone = other.faults(c.ReadTaskInfo(session="main", tasks=(info.task,)), "ManagedObjectNotFound")
    assert broken(gone) == []


def test_a_run_of_a_scheduled_task_says_so(told):
    ref = c.ObjectRef(type="ScheduledTask", value="schedule-1")
    told.returns(
        c.CreateScheduledTask(session="main", entity=VM, name="nightly", task_type_id=f"{KEY}.work"),
        ref,
    )
    told.returns(c.RunScheduledTask(session="main", scheduled_task=ref), None)
    right = TaskReason(kind="TaskReasonSchedule", name="nightly", scheduled_task=ref)
    item = told.info(500, queue_time=told.now + 1, reason=right)
    assert "reason.schedule" in held(collected(told, item))
    for wrong in (
        TaskReason(kind="TaskReasonUser", user_name="Ada"),
        evolve(right, name="daily"),
        evolve(right, scheduled_task=VM),
    ):
        other = Told()
        other.world = told.world
        other.now = told.now
        assert broken(collected(other, evolve(item, reason=wrong))) == ["reason.schedule"]
    earlier = evolve(item, queue_time=1, reason=TaskReason(kind="TaskReasonUser"))
    assert broken(collected(told, earlier)) == []


def test_a_task_of_an_alarm_says_so(told):
    ref = c.ObjectRef(type="Alarm", value="alarm-1")
    told.returns(c.CreateAlarm(session="main", entity=VM, name="fire", task_type_id=f"{KEY}.work"), ref)
    right = TaskReason(kind="TaskReasonAlarm", alarm=ref, entity=VM, alarm_name="fire", entity_name="first")
    item = told.info(500, queue_time=told.now + 1_000_000, reason=right)
    assert "reason.alarm" not in held(collected(told, item))  # nothing has set it off yet
    told.returns(c.LogUserEvent(session="main", entity=VM), None)
    assert "reason.alarm" in held(collected(told, item))
    wrong = evolve(item, reason=evolve(right, entity=FOLDER))
    assert broken(collected(told, wrong)) == ["reason.alarm"]


ALARM = c.ObjectRef(type="Alarm", value="alarm-1")
SCHEDULED = c.ObjectRef(type="ScheduledTask", value="schedule-1")


@pytest.mark.parametrize(
    ("make", "remove", "part", "clause"),
    [
        (c.CreateAlarm, c.RemoveAlarm(session="main", alarm=ALARM), {"alarm": ALARM}, "filter.alarm"),
        (
            c.CreateScheduledTask,
            c.RemoveScheduledTask(session="main", scheduled_task=SCHEDULED),
            {"scheduled_task": SCHEDULED},
            "filter.scheduled",
        ),
    ],
)
def test_what_is_removed_may_be_refused_in_a_filter(told, make, remove, part, clause):
    (ref,) = part.values()
    told.returns(make(session="main", entity=VM, name="fire", task_type_id=f"{KEY}.work"), ref)
    call = c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec(**part))
    both = c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec(**part, state=("queued",)))
    assert broken(told.faults(call, "ManagedObjectNotFound")) == [clause]
    assert broken(told.faults(both, "ManagedObjectNotFound")) == ["filter.and"]
    told.faults(remove, "ManagedObjectNotFound")
    assert broken(told.faults(call, "ManagedObjectNotFound")) == [clause]
    told.returns(remove, None)
    assert broken(told.faults(call, "ManagedObjectNotFound")) == []
    assert broken(told.faults(both, "ManagedObjectNotFound")) == []


def test_an_alarm_goes_with_the_folder_that_it_is_on(told):
    told.returns(c.CreateFolder(session="main", parent=VM, name="shed"), FOLDER)
    told.returns(c.CreateAlarm(session="main", entity=FOLDER, name="fire", task_type_id=f"{KEY}.work"), ALARM)
    call = c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec(alarm=ALARM))
    assert broken(told.faults(call, "ManagedObjectNotFound")) == ["filter.alarm"]
    told.returns(c.Destroy(session="main", entity=FOLDER), c.ObjectRef(type="Task", value="task-9000"))
    assert broken(told.faults(call, "ManagedObjectNotFound")) == []


def test_the_chain_leads_to_the_task_event(told):
    info, _ = told.make()
    info = evolve(info, event_chain_id=77)
    told.read(info)
    call = c.QueryTaskEvents(session="main", chain=77)
    assert told.returns(call, ()) == []  # whose chain it is, is not known yet
    collected(told, info)
    event = TaskEvent(key=1, chain_id=77, info=info)
    assert held(told.returns(call, (event,))) == {"info.event-chain", "info.required", "info.enumerations"}
    ended = evolve(event, info=evolve(info, state="success"))
    (found,) = (one for one in told.returns(call, (ended,)) if isinstance(one, Broken))
    assert (found.clause, found.eventually) == ("info.event-chain", False)
    (found,) = told.returns(call, ())
    assert (found.clause, found.eventually) == ("info.event-chain", True)


# --- the approaches ---------------------------------------------------------------------------------------------------


def test_every_clause_is_checked_and_has_an_approach():
    wanted = {clause.id for clause in CLAUSES.values() if clause.area in MINE} | {*BESIDE}
    assert wanted <= set(CHECKED_BY)
    approached = {clause for one in approaches_of("services") for clause in one.clauses}
    assert wanted - approached == {FOREIGN_ONLY}


@pytest.mark.parametrize("seed", range(1, 6))
def test_every_clause_is_live_on_the_simulator_and_none_is_broken(seed, tmp_path):
    target = open_named("builtin", {})
    try:
        tally = Worker(target, tmp_path).explore(0, Shard(theme="services", rounds=4), seed).tally
    finally:
        target.close()
    assert [f"{sign}: {one.broken.observed}" for sign, one in sorted(tally.shortest.items())] == []
    assert [reading.id for reading in interpretations(tally) if not reading.left] == []
    wanted = {clause.id for clause in CLAUSES.values() if clause.area in MINE} | {*BESIDE}
    assert {clause for clause in wanted if tally.exercised[clause] < 3} == {FOREIGN_ONLY}


# --- a host -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api_type", ["HostAgent", "VirtualCenter"])
def test_a_host_without_extension_manager_may_refuse_anybody_in_any_way(api_type):
    """There is nothing there that could ask for a login first. A vCenter has one, and asks."""
    about = evolve(by_hand.declared().about, api_type=api_type)
    told = Told(about=about)
    fault = Fault(kind="ManagedObjectNotFound", kinds=("ManagedObjectNotFound", "RuntimeFault", "MethodFault"))
    findings = told.tell(c.ReadExtensionList(session=c.NOBODY), Faulted(fault=fault, at=told.at()))
    assert {each.clause for each in findings if isinstance(each, Broken)} == (
        set() if api_type == "HostAgent" else {"session.required"}
    )
