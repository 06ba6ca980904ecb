"""The area watch of the model, one call at a time, on worlds made by hand. Each case is a sentence of the API page."""

from __future__ import annotations

import pytest

from taskconform.conformance.engine.profile import Shard
from taskconform.conformance.engine.schedule.worker import Worker
from taskconform.conformance.targets.naming import open_named
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.oracle.belief import Belief
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
    Lost,
    ObjectUpdate,
    Property,
    Returned,
    TaskInfo,
    TaskReason,
    UpdateSet,
    UserSession,
)
from taskconform.model.vocabulary.words import evolve

KEY = "org.example.suite"
VM = c.ObjectRef(type="VirtualMachine", value="vm-1")
HIDDEN = c.ObjectRef(type="Folder", value="group-9")
WATCH = sorted(clause for clause in CLAUSES if clause.startswith("watch."))
NEVER = c.ObjectRef(type="Task", value=NO_TASK)
VIEW = c.ObjectRef(type="ListView", value="view-1")
COLLECTOR = c.ObjectRef(type="PropertyCollector", value="collector-1")
FILTER = c.ObjectRef(type="PropertyFilter", value="filter-1")
SECURITY = ("NoPermission", "SecurityError", "RuntimeFault", "MethodFault")
KINDS = {
    "InvalidArgument": ("InvalidArgument", "RuntimeFault", "MethodFault"),
    "InvalidCollectorVersion": ("InvalidCollectorVersion", "MethodFault"),
    "ManagedObjectNotFound": ("ManagedObjectNotFound", "RuntimeFault", "MethodFault"),
    "NoPermission": SECURITY,
    "NotAuthenticated": ("NotAuthenticated", *SECURITY),
    "NotFound": ("NotFound", "VimFault", "MethodFault"),
    "RequestCanceled": ("RequestCanceled", "RuntimeFault", "MethodFault"),
}


def fault(kind):
    return Fault(kind=kind, kinds=KINDS[kind])


def declared(**more):
    about = {"full_name": "by hand", "vendor": "nobody", "version": "8", "build": "1"}
    given = {
        "name": "by hand",
        "about": About(name="by hand", api_type="VirtualCenter", api_version="8.0.3.0", **about),
        "capabilities": ("clock", "reset", "second-user", "restricted"),
        "accounts": tuple(Account(name=name, user_name=name) for name in ("primary", "second", "restricted")),
        "places": {"vm": (Entity(ref=VM, name="first"),), "hidden": (Entity(ref=HIDDEN, name="shed"),)},
        "extension_key": KEY,
        "exclusive": True,
        "settling": 0.0,
    }
    return Declaration(**(given | more))


def broken(findings):
    return sorted({found.clause for found in findings if isinstance(found, Broken)})


def all_held(findings):
    return {found.clause for found in findings if isinstance(found, Held)}


def held(findings):
    return {clause for clause in all_held(findings) if clause.startswith("watch.")}


def says(info, state=None, kind="modify", watching=FILTER, missing=None):
    """What an update says of a task."""
    return ObjectUpdate(filter=watching, kind=kind, obj=info.task, state=state, missing=missing)


def sets(version, *updates, truncated=False, missing=()):
    return UpdateSet(version=version, truncated=truncated, updates=updates, missing=missing)


class Told:
    """A world that is told what a target answered, with a collector, a filter and a view at hand."""

    session = "main"

    def __init__(self, **more):
        self.world = Belief(declaration=declared(**more))
        self.now = 1_000_000 * SECOND
        self.login("main", "primary")
        self.returns(c.RegisterExtension(session="main", key=KEY, version="1", task_ids=(f"{KEY}.work",)), None)

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

    def read(self, info):
        self.returns(c.ReadTaskInfo(session="main", tasks=(info.task,)), (Property(value=info),))

    def task(self, number=1, state="queued", obj=VM, **more):
        """A task, brought to a state, and read."""
        given = {"session": "main", "obj": obj, "task_type_id": f"{KEY}.work", "cancelable": False} | more
        info = TaskInfo(
            key=f"task-{number}",
            task=c.ObjectRef(type="Task", value=f"task-{number}"),
            description_id=f"{KEY}.work",
            state="queued",
            cancelled=False,
            cancelable=given["cancelable"],
            reason=TaskReason(kind="TaskReasonUser", user_name="primary"),
            queue_time=self.now + 1_000,
            event_chain_id=0,
            entity=obj,
        )
        self.returns(c.CreateTask(**given), info)
        self.read(info)
        if state != "queued":
            info = self.to(info, "running")
        return self.to(info, state) if state in {"success", "error"} else info

    def to(self, info, state):
        """SetTaskState taken, and the info read as a conforming server has it afterwards."""
        kind = "NotFound" if state == "error" else None
        self.returns(c.SetTaskState(session="main", task=info.task, state=state, fault=kind), None)
        stamp = "start_time" if state == "running" else "complete_time"
        info = evolve(info, state=state, error=fault(kind) if kind else None, **{stamp: self.now})
        self.read(info)
        return info

    def login(self, session, account="second"):
        self.returns(c.Login(session=session, account=account), UserSession(user_name=account))
        return session

    def view(self, *infos, session=None):
        objs = tuple(info.task for info in infos)
        return self.returns(c.CreateListView(session=session or self.session, objs=objs), VIEW)

    def modify(self, add=(), remove=(), unresolved=()):
        call = c.ModifyListView(
            session=self.session,
            view=VIEW,
            add=tuple(getattr(one, "task", one) for one in add),
            remove=tuple(getattr(one, "task", one) for one in remove),
        )
        return self.returns(call, tuple(unresolved))

    def listed(self, *infos):
        refs = tuple(getattr(one, "task", one) for one in infos)
        return self.returns(c.ReadView(session=self.session, view=VIEW), Property(value=refs))

    def watch(self, *infos, by_view=False, **more):
        """A collector of its own, with a filter on these tasks, or on a view of them."""
        if by_view:
            self.view(*infos)
        self.returns(c.CreatePropertyCollector(session=self.session), COLLECTOR)
        watched = (VIEW,) if by_view else tuple(getattr(one, "task", one) for one in infos)
        call = c.CreateFilter(session=self.session, collector=COLLECTOR, watched=watched, **more)
        return self.returns(call, FILTER)

    def wait_call(self, version="", **more):
        return c.WaitForUpdatesEx(session=self.session, collector=COLLECTOR, version=version, **more)

    def wait(self, version, answer, **more):
        return self.returns(self.wait_call(version, **more), answer)


@pytest.fixture
def told():
    return Told()


def watched(told, *states, by_view=False):
    """Tasks in these states, watched, and delivered with version 1."""
    infos = [told.task(number, state) for number, state in enumerate(states, 1)]
    told.watch(*infos, by_view=by_view)
    findings = told.wait("", sets("1", *(says(info, info.state, "enter") for info in infos)))
    assert broken(findings) == []
    return infos


# --- ends are delivered -----------------------------------------------------------------------------------------------


def test_an_end_in_a_watched_view_is_delivered_by_a_deadline(told):
    (info,) = watched(told, "running", by_view=True)
    info = told.to(info, "success")
    late = [
        found
        for found in expect(told.world, told.wait_call("1")).judge(Returned(value=None, at=told.at()))
        if isinstance(found, Broken)
    ]
    assert [(found.clause, found.eventually) for found in late] == [("watch.list-view", True)]
    findings = told.wait("1", sets("2", says(info, "success")))
    assert (broken(findings), held(findings)) == ([], {"watch.list-view", "watch.truth"})


def test_an_end_that_the_client_has_been_told_of_is_no_news(told):
    (info,) = watched(told, "running", by_view=True)
    info = told.to(info, "success")
    told.wait("1", sets("2", says(info, "success")))
    assert held(told.wait("2", None)) == {"watch.no-wait"}


def test_an_end_is_judged_when_the_last_truncated_set_is_there(told):
    first, second = watched(told, "running", "running", by_view=True)
    first, second = told.to(first, "success"), told.to(second, "error")
    findings = told.wait("1", sets("1:1", says(first, "success"), truncated=True), max_object_updates=1)
    assert (broken(findings), held(findings)) == ([], {"watch.truth", "watch.max-updates"})
    assert "watch.list-view" in held(told.wait("1:1", sets("2", says(second, "error")), max_object_updates=1))


def test_a_set_has_no_more_updates_than_the_maximum(told):
    first, second = watched(told, "running", "running", by_view=True)
    first, second = told.to(first, "success"), told.to(second, "error")
    findings = told.wait("1", sets("2", says(first, "success"), says(second, "error")), max_object_updates=1)
    assert broken(findings) == ["watch.max-updates"]


def test_a_calculation_that_is_suspended_goes_on(told):
    first, second = watched(told, "running", "running", by_view=True)
    first, second = told.to(first, "success"), told.to(second, "error")
    told.wait("1", sets("1:1", says(first, "success"), truncated=True), max_object_updates=1)
    for turn in range(1, 8):
        again = sets(f"1:{turn + 1}", says(first, "success"), truncated=True)
        assert broken(told.wait(f"1:{turn}", again, max_object_updates=1)) == []
    assert "watch.truncated" in held(told.wait("1:8", sets("2", says(second, "error")), max_object_updates=1))


def test_a_calculation_that_says_nothing_new_for_ever_stands_still(told):
    first, second = watched(told, "running", "running", by_view=True)
    first, second = told.to(first, "success"), told.to(second, "error")
    told.wait("1", sets("1:1", says(first, "success"), truncated=True), max_object_updates=1)
    for turn in range(1, 8):
        assert broken(told.wait(f"1:{turn}", sets(f"1:{turn + 1}", truncated=True), max_object_updates=1)) == []
    assert broken(told.wait("1:8", sets("1:9", truncated=True), max_object_updates=1)) == ["watch.truncated"]


def test_an_end_that_no_set_has_is_lost(told):
    first, second = watched(told, "running", "running", by_view=True)
    first, second = told.to(first, "success"), told.to(second, "error")
    told.wait("1", sets("1:1", says(first, "success"), truncated=True), max_object_updates=1)
    assert broken(told.wait("1:1", sets("2"), max_object_updates=1)) == ["watch.list-view"]


def test_where_a_target_has_time_to_settle_a_truncated_version_is_not_asked_twice():
    told = Told(settling=5.0)
    first, second = watched(told, "running", "running", by_view=True)
    first, second = told.to(first, "success"), told.to(second, "error")
    told.wait("1", sets("1:1", says(first, "success"), truncated=True), max_object_updates=1)
    assert broken(told.wait("1:1", sets("2"), max_object_updates=1)) == []
    assert broken(told.wait("2", None)) == ["watch.list-view"]  # it is still due


def test_a_task_that_is_let_into_the_view_late_is_delivered_too(told):
    watched(told, "running", by_view=True)
    late = told.task(7, "success")
    told.modify(add=[late])
    assert broken(told.wait("1", None)) == ["watch.list-view"]
    assert "watch.list-view" in held(told.wait("1", sets("2", says(late, "success", "enter"))))


def test_a_task_that_was_taken_out_of_the_view_is_not_waited_for(told):
    (info,) = watched(told, "running", by_view=True)
    info = told.to(info, "success")
    told.modify(remove=[info])
    assert broken(told.wait("1", sets("2", says(info, kind="leave")))) == []
    assert broken(told.wait("2", None)) == []


def test_the_end_of_a_task_that_is_watched_by_name_is_a_result_of_the_calculation(told):
    (info,) = watched(told, "running")
    told.to(info, "success")
    assert broken(told.wait("1", None)) == ["watch.no-wait"]


def test_an_end_before_the_wait_comes_with_the_first_full_update(told):
    info = told.task(1, "success")
    told.watch(info)
    assert broken(told.wait("", sets("1", says(info, "running", "enter")))) == ["watch.no-lost-end"]
    assert broken(told.wait("", sets("1"))) == ["watch.no-lost-end"]
    assert broken(told.wait("", None)) == ["watch.no-lost-end"]
    assert held(told.wait("", sets("1", says(info, "success", "enter")))) == {"watch.no-lost-end", "watch.truth"}


def test_an_end_before_the_wait_may_come_with_a_truncated_set(told):
    first, second = told.task(1, "success"), told.task(2, "success")
    told.watch(first, second, by_view=True)
    findings = told.wait("", sets("t", says(first, "success", "enter"), truncated=True), max_object_updates=1)
    assert held(findings) == {"watch.truth", "watch.max-updates"}
    findings = told.wait("t", sets("1", says(second, "success", "enter")), max_object_updates=1)
    assert held(findings) == {"watch.no-lost-end", "watch.truth", "watch.max-updates", "watch.truncated"}


def test_on_a_shared_server_a_completed_task_may_be_gone():
    told = Told(exclusive=False)
    info = told.task(1, "success")
    told.watch(info)
    assert broken(told.wait("", sets("1"))) == []
    assert broken(told.wait("", sets("1", says(info, "running", "enter")))) == ["watch.no-lost-end"]


def test_on_a_shared_server_a_task_that_ends_leaves_the_picture_or_changes_it():
    told = Told(exclusive=False)
    (info,) = watched(told, "running", by_view=True)
    told.to(info, "success")
    assert broken(told.wait("1", sets("2", says(info, kind="leave")))) == []
    other = Told(exclusive=False)
    (info,) = watched(other, "running", by_view=True)
    other.to(info, "success")
    assert broken(other.wait("1", None)) == ["watch.list-view"]


# --- what an update says is true --------------------------------------------------------------------------------------


def test_an_update_says_what_was_true_between_the_versions(told):
    (info,) = watched(told, "queued")
    info = told.to(info, "running")
    for state in ("queued", "running"):
        assert broken(told.wait("1", sets("2", says(info, state)))) == []
    assert broken(told.wait("1", sets("2", says(info, "success")))) == ["watch.truth"]


def test_what_stood_still_since_the_older_version_is_what_it_was(told):
    (info,) = watched(told, "running")
    assert broken(told.wait("1", sets("2", says(info, "queued")))) == ["watch.no-wait", "watch.truth"]


def test_after_an_end_no_other_state_is_true(told):
    (info,) = watched(told, "success")
    other = told.task(2)
    told.returns(c.CreateFilter(session="main", collector=COLLECTOR, watched=(other.task,)), FILTER)
    assert broken(told.wait("1", sets("2", says(info, "error")))) == ["watch.truth"]


def test_what_was_accepted_and_not_read_is_not_known(told):
    (info,) = watched(told, "running")
    told.returns(c.SetTaskState(session="main", task=info.task, state="success"), None)
    for answer in (None, sets("2", says(info, "success")), sets("2", says(info, "error"))):
        assert broken(told.wait("1", answer)) == []


def test_a_cancelled_task_may_end_at_any_time(told):
    info = told.task(1, "running", cancelable=True)
    told.watch(info)
    told.wait("", sets("1", says(info, "running", "enter")))
    told.returns(c.CancelTask(session="main", task=info.task), None)
    assert broken(told.wait("1", sets("2", says(info, "error")))) == []
    told.read(evolve(info, cancelled=True))
    assert broken(told.wait("1", None)) == []


def test_nothing_leaves_that_is_there(told):
    (info,) = watched(told, "running", by_view=True)
    assert "watch.truth" in broken(told.wait("1", sets("2", says(info, kind="leave"))))


def test_nothing_is_spoken_of_that_is_not_watched(told):
    watched(told, "running")
    other = told.task(9)
    assert "watch.truth" in broken(told.wait("1", sets("2", says(other, "queued", "enter"))))


def test_nothing_is_missing_that_is_there(told):
    (info,) = watched(told, "running")
    assert "watch.truth" in broken(told.wait("1", sets("2", missing=(info.task,))))


def test_what_the_session_may_not_read_is_missing(told):
    info = told.task(1, "success", obj=HIDDEN)
    told.login("r", "restricted")
    told.session = "r"
    told.watch(info)
    assert broken(told.wait("", sets("1", says(info, kind="enter", missing=fault("NoPermission"))))) == []
    assert broken(told.wait("", sets("1", says(info, "success", "enter")))) == ["recent.unreadable"]


# --- versions ---------------------------------------------------------------------------------------------------------


def test_a_version_that_was_never_given_is_invalid(told):
    watched(told, "running")
    assert held(told.faults(told.wait_call("made-up"), "InvalidCollectorVersion")) == {"watch.version"}
    assert broken(told.wait("made-up", None)) == ["watch.version"]
    assert broken(told.wait("made-up", sets("2"))) == ["watch.version"]


def test_a_version_may_be_used_again(told):
    (info,) = watched(told, "running")
    info = told.to(info, "success")
    told.wait("1", sets("2", says(info, "success")))
    assert broken(told.faults(told.wait_call("1"), "InvalidCollectorVersion")) == ["watch.reuse"]


def test_a_version_yields_its_changes_again(told):
    (info,) = watched(told, "running", by_view=True)
    info = told.to(info, "success")
    told.wait("1", sets("2", says(info, "success")))
    assert held(told.wait("1", sets("3", says(info, "success")))) == {"watch.reuse", "watch.truth"}
    assert broken(told.wait("1", None)) == ["watch.reuse"]


def test_one_name_for_two_versions_is_one_version(told):
    """As vcsim has it: every version is called the same."""
    (info,) = watched(told, "running")
    info = told.to(info, "success")
    told.wait("1", sets("1", says(info, "success")))
    assert broken(told.wait("1", None)) == ["watch.reuse"]


def test_a_version_that_bears_an_older_ones_name_may_be_that(told):
    """As vcsim has it: what came after the older one is true of the name, though not of the second full update."""
    (info,) = watched(told, "queued")
    info = told.to(told.to(info, "running"), "success")
    assert broken(told.wait("", sets("1"))) == ["watch.no-lost-end"]
    assert broken(told.wait("1", sets("2", says(info, "running"), says(info, "success")))) == []
    other = Told()
    (info,) = watched(other, "queued")
    info = other.to(other.to(info, "running"), "success")
    other.wait("", sets("2", says(info, "success", "enter")))
    stale = sets("3", says(info, "running"), says(info, "success"))
    assert broken(other.wait("2", stale)) == ["watch.no-wait", "watch.truth"]


def test_a_truncated_version_may_bear_the_name_of_the_one_before_it(told):
    """As vcsim has it: when all is delivered, the name stands for the older version again."""
    first, second = watched(told, "running", "running", by_view=True)
    first, second = told.to(first, "error"), told.to(second, "success")
    told.wait("1", sets("1", says(first, "error"), truncated=True), max_object_updates=1)
    assert broken(told.wait("1", sets("2", says(second, "success")))) == []
    assert broken(told.wait("1", None)) == ["watch.reuse"]
    again = sets("3", says(first, "error"), says(second, "success"))
    assert "watch.reuse" in held(told.wait("1", again))


@pytest.mark.parametrize("options", [{"max_wait_seconds": -1}, {"max_object_updates": 0}, {"max_object_updates": -1}])
def test_illegal_options_may_be_refused(told, options):
    (info,) = watched(told, "running")
    info = told.to(info, "success")
    assert told.faults(told.wait_call("", **options), "InvalidArgument") == []
    assert told.faults(told.wait_call("1", **options), "InvalidArgument") == []
    assert broken(told.wait("", sets("2", says(info, "success", "enter")), **options)) == []


def test_legal_options_are_not_refused(told):
    watched(told, "running")
    assert broken(told.faults(told.wait_call("", max_object_updates=1), "InvalidArgument")) == ["watch.no-lost-end"]


def test_a_version_that_is_out_of_date_may_be_invalid(told):
    (info,) = watched(told, "queued")
    info = told.to(info, "running")
    told.wait("1", sets("2", says(info, "running")))
    told.wait("2", None)
    assert told.faults(told.wait_call("1"), "InvalidCollectorVersion") == []


def test_a_truncated_version_can_be_used_once(told):
    first, second = told.task(1), told.task(2)
    told.watch(first, second)
    told.wait("", sets("t", says(first, "queued", "enter"), truncated=True), max_object_updates=1)
    told.wait("t", sets("1", says(second, "queued", "enter")), max_object_updates=1)
    assert told.faults(told.wait_call("t"), "InvalidCollectorVersion") == []


def test_after_a_lost_wait_versions_are_open(told):
    (info,) = watched(told, "running", by_view=True)
    told.to(info, "success")
    told.tell(told.wait_call("1"), Lost(why="time-out", at=told.at()))
    assert told.faults(told.wait_call("1"), "InvalidCollectorVersion") == []
    assert told.wait("1", None) == []
    assert told.faults(told.wait_call("made-up"), "InvalidCollectorVersion") == []


def test_without_wait_nothing_changed_is_null(told):
    watched(told, "running")
    assert held(told.wait("1", None)) == {"watch.no-wait"}
    assert broken(told.wait("1", sets("2"))) == ["watch.no-wait"]


def test_what_moves_beside_the_state_may_be_a_change(told):
    (info,) = watched(told, "running")
    told.returns(c.UpdateProgress(session="main", task=info.task, percent_done=50), None)
    told.read(evolve(info, progress=50))
    for answer in (None, sets("2", says(info, "running"))):
        assert broken(told.wait("1", answer)) == []


def test_another_filter_is_a_change(told):
    watched(told, "running")
    other = told.task(2)
    told.returns(c.CreateFilter(session="main", collector=COLLECTOR, watched=(other.task,)), VIEW)
    assert told.wait("1", None) == []


@pytest.mark.parametrize("by", ["cancel", "logout"])
def test_a_wait_that_is_broken_off_is_cancelled(told, by):
    watched(told, "running")
    call = c.BreakOffWait(session="main", collector=COLLECTOR, version="1", by=by)
    kinds = {"cancel": ["RequestCanceled"], "logout": ["RequestCanceled", "NotAuthenticated"]}[by]
    for kind in kinds:
        outcome = Faulted(fault=fault(kind), at=told.at())
        assert held(expect(told.world, call).judge(outcome)) == {f"watch.{by}-wait"}
    assert broken(told.returns(call, None)) == [f"watch.{by}-wait"]
    assert told.world.logged_in("main") == (by == "cancel")


def test_a_wait_for_what_has_changed_may_be_over_before_it_is_broken_off(told):
    (info,) = watched(told, "running")
    info = told.to(info, "success")
    call = c.BreakOffWait(session="main", collector=COLLECTOR, version="1", by="cancel")
    assert told.returns(call, sets("2", says(info, "success"))) == []
    assert held(told.wait("2", None)) == {"watch.no-wait"}


# --- what never existed -----------------------------------------------------------------------------------------------


def test_what_cannot_be_resolved_is_returned_and_the_rest_is_served(told):
    info = told.task()
    told.view()
    assert held(told.modify(add=[info, NEVER], unresolved=[NEVER])) == {"watch.unresolved"}
    assert held(told.listed(info)) == {"watch.unresolved", "watch.view-list"}
    assert broken(told.listed()) == ["watch.unresolved"]
    assert broken(told.listed(info, NEVER)) == ["watch.view-list"]


def test_what_is_not_returned_is_reported_once(told):
    told.view()
    assert broken(told.modify(add=[NEVER])) == ["watch.unresolved"]
    assert broken(told.listed(NEVER)) == []


def test_only_what_cannot_be_resolved_is_returned(told):
    info = told.task()
    told.view()
    assert broken(told.modify(add=[info], unresolved=[info.task])) == ["watch.unresolved"]
    assert broken(told.listed()) == []


def test_a_view_of_what_never_existed_is_refused_or_without_it(told):
    info = told.task()
    call = c.CreateListView(session="main", objs=(info.task, NEVER))
    for outcome, options in (("ManagedObjectNotFound", ("refused",)), ("InvalidArgument", ("refused",))):
        findings = told.faults(call, outcome)
        assert [(found.clause, found.options) for found in findings if isinstance(found, Shown)] == [
            ("watch.unresolved-create", options)
        ]
    told.returns(call, VIEW)
    assert broken(told.listed(info)) == []
    assert broken(told.listed(info, NEVER)) == ["watch.unresolved-create"]


def test_the_view_is_what_was_given(told):
    first, second = told.task(1), told.task(2)
    told.view(first)
    assert held(told.listed(first)) == {"watch.view-list"}
    told.modify(add=[second], remove=[first])
    assert broken(told.listed(first, second)) == ["watch.view-list"]
    assert broken(told.listed()) == ["watch.view-list"]
    assert held(told.listed(second)) == {"watch.view-list"}
    told.returns(c.ResetListView(session="main", view=VIEW, objs=(first.task,)), ())
    assert broken(told.listed(first, second)) == ["watch.view-list"]
    assert held(told.listed(first)) == {"watch.view-list"}


def test_what_is_added_and_removed_at_once_may_be_there(told):
    info = told.task()
    told.view()
    told.modify(add=[info], remove=[info])
    assert broken(told.listed(info)) == broken(told.listed()) == []


def test_after_a_lost_change_the_view_is_open(told):
    first, second = told.task(1), told.task(2)
    told.view(first)
    call = c.ModifyListView(session="main", view=VIEW, add=(second.task,), remove=(first.task,))
    told.tell(call, Lost(why="time-out", at=told.at()))
    for infos in ((), (first,), (second,), (first, second)):
        assert broken(told.listed(*infos)) == []


def test_a_filter_on_what_never_existed_fails(told):
    told.returns(c.CreatePropertyCollector(session="main"), COLLECTOR)
    call = c.CreateFilter(session="main", collector=COLLECTOR, watched=(NEVER,))
    assert held(told.faults(call, "ManagedObjectNotFound")) == {"watch.missing-strict"}
    assert broken(told.returns(call, FILTER)) == ["watch.missing-strict"]
    assert told.faults(told.wait_call(), "ManagedObjectNotFound") == []  # no second alarm


def test_with_the_flag_it_is_made_and_reports_once(told):
    info = told.task()
    assert broken(told.watch(info, NEVER, report_missing=True)) == []
    findings = told.wait("", sets("1", says(info, "queued", "enter")))
    assert broken(findings) == ["watch.missing-report"]
    findings = told.wait("", sets("1", says(info, "queued", "enter"), missing=(NEVER,)))
    assert held(findings) == {"watch.missing-report", "watch.truth"}
    assert held(told.wait("1", None)) == {"watch.no-wait"}


def test_with_the_flag_a_fault_has_no_reason(told):
    told.returns(c.CreatePropertyCollector(session="main"), COLLECTOR)
    call = c.CreateFilter(session="main", collector=COLLECTOR, watched=(NEVER,), report_missing=True)
    assert broken(told.faults(call, "ManagedObjectNotFound")) == ["watch.missing-report"]


def test_a_retrieval_leaves_out_what_is_missing(told):
    info = told.task()
    call = c.RetrieveReported(session="main", tasks=(NEVER, info.task))
    assert held(told.returns(call, (info.task,))) == {"watch.missing-report"}
    assert broken(told.returns(call, (info.task, NEVER))) == ["watch.missing-report"]
    assert broken(told.returns(call, ())) == ["watch.missing-report"]
    assert broken(told.faults(call, "ManagedObjectNotFound")) == ["watch.missing-report"]


# --- whose it is, and until when --------------------------------------------------------------------------------------


def test_a_view_ends_with_its_session(told):
    info = told.task()
    told.login("s1")
    told.view(info, session="s1")
    told.returns(c.Logout(session="s1"), None)
    call = c.ReadView(session="main", view=VIEW)
    assert held(told.faults(call, "ManagedObjectNotFound")) == {"watch.session-bound"}
    assert broken(told.returns(call, Property(value=(info.task,)))) == ["watch.session-bound"]
    own = c.ReadView(session="s1", view=VIEW)
    assert all_held(told.faults(own, "NotAuthenticated")) == {"session.logout"}


@pytest.mark.parametrize(("maker", "refused"), [("main", ["watch.no-lost-end"]), ("s1", [])])
def test_a_wait_over_another_sessions_history_collector_is_open(told, maker, refused):
    told.login("s1")
    history = c.ObjectRef(type="TaskHistoryCollector", value="history-1")
    told.returns(c.CreateCollectorForTasks(session=maker, filter=c.TaskFilterSpec()), history)
    told.returns(c.CreatePropertyCollector(session="main"), COLLECTOR)
    told.returns(c.CreateFilter(session="main", collector=COLLECTOR, watched=(history,)), FILTER)
    call = c.WaitForUpdatesEx(session="main", collector=COLLECTOR, version="")
    assert broken(told.faults(call, "ManagedObjectNotFound")) == refused


def test_a_wait_over_a_destroyed_history_collector_is_open(told):
    history = c.ObjectRef(type="TaskHistoryCollector", value="history-1")
    told.returns(c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec()), history)
    told.returns(c.CreatePropertyCollector(session="main"), COLLECTOR)
    told.returns(c.CreateFilter(session="main", collector=COLLECTOR, watched=(history,)), FILTER)
    told.returns(c.DestroyCollector(session="main", collector=history), None)
    call = c.WaitForUpdatesEx(session="main", collector=COLLECTOR, version="")
    assert broken(told.faults(call, "ManagedObjectNotFound")) == []


@pytest.mark.parametrize(
    "call",
    [
        c.WaitForUpdatesEx(session="main", collector=COLLECTOR, version=""),
        c.DestroyPropertyFilter(session="main", filter=FILTER),
        c.DestroyPropertyCollector(session="main", collector=COLLECTOR),
    ],
)
def test_filters_end_with_their_session(told, call):
    told.session = told.login("s1")
    watched(told, "running")
    assert told.faults(call, "ManagedObjectNotFound") == []  # of another live session: open
    told.returns(c.Logout(session="s1"), None)
    assert held(told.faults(call, "ManagedObjectNotFound")) == {"watch.session-bound"}
    assert broken(told.returns(call, None)) == ["watch.session-bound"]


def test_another_live_session_cannot_use_a_view(told):
    info = told.task()
    told.login("s1")
    told.view(info)
    call = c.ReadView(session="s1", view=VIEW)
    assert held(told.faults(call, "NotAuthenticated")) == {"watch.private"}
    assert broken(told.returns(call, Property(value=(info.task,)))) == ["watch.private"]


def test_after_a_lost_logout_it_is_open(told):
    info = told.task()
    told.login("s1")
    told.view(info, session="s1")
    told.tell(c.Logout(session="s1"), Lost(why="time-out", at=told.at()))
    call = c.ReadView(session="main", view=VIEW)
    assert told.faults(call, "ManagedObjectNotFound") == []


def test_a_later_session_of_the_same_name_is_another(told):
    info = told.task()
    told.login("s1")
    told.view(info, session="s1")
    told.returns(c.Logout(session="s1"), None)
    told.login("s1")
    call = c.ReadView(session="s1", view=VIEW)
    assert broken(told.returns(call, Property(value=(info.task,)))) == ["watch.session-bound"]


def test_what_was_destroyed_is_not_found(told):
    (info,) = watched(told, "running", by_view=True)
    read = c.ReadView(session="main", view=VIEW)
    told.returns(c.DestroyView(session="main", view=VIEW), None)
    assert held(told.faults(read, "ManagedObjectNotFound")) == {"watch.destroyed"}
    assert broken(told.returns(read, Property(value=(info.task,)))) == ["watch.destroyed"]
    gone = c.DestroyPropertyFilter(session="main", filter=FILTER)
    told.returns(gone, None)
    assert broken(told.returns(gone, None)) == ["watch.destroyed"]
    told.returns(c.DestroyPropertyCollector(session="main", collector=COLLECTOR), None)
    assert held(told.faults(told.wait_call(), "ManagedObjectNotFound")) == {"watch.destroyed"}


def test_a_destroyed_collector_takes_its_filters_along(told):
    watched(told, "running")
    told.returns(c.DestroyPropertyCollector(session="main", collector=COLLECTOR), None)
    gone = c.DestroyPropertyFilter(session="main", filter=FILTER)
    assert held(told.faults(gone, "ManagedObjectNotFound")) == {"watch.destroyed"}


# --- the area as a whole ----------------------------------------------------------------------------------------------


def test_every_clause_of_the_area_is_checked():
    assert set(WATCH) <= set(CHECKED_BY)
    assert {c.WaitForUpdatesEx, c.BreakOffWait, c.RetrieveReported} <= set(METHODS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_clause_of_the_area_is_live_on_the_simulator_and_none_is_broken(seed, tmp_path):
    target = open_named("builtin", {})
    tally = Worker(target, tmp_path).explore(0, Shard(theme="watches", rounds=4), seed).tally
    target.close()
    assert sorted(tally.shortest) == []
    assert {clause: tally.exercised[clause] for clause in WATCH if tally.exercised[clause] < 3} == {}
