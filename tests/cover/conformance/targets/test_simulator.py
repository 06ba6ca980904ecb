"""The simulator against the API pages: one test per rule, through the adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taskconform.conformance.targets.builtin import EXTENSION_KEY, BuiltinTarget, open_target
from taskconform.conformance.targets.builtin.server import EPOCH, FAULT_KINDS, idle_state
from taskconform.conformance.targets.builtin.specification import RIGHT, Replacement, Specification, specified
from taskconform.conformance.targets.protocol import TargetMisnamed
from taskconform.model.spec import life, sessions
from taskconform.model.spec.step import METHODS
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import (
    ByEntity,
    ByTime,
    ByUsername,
    ObjectRef,
    TaskFilterSpec,
    TaskInfoFilterSpec,
)
from taskconform.model.vocabulary.outcomes import (
    SECOND,
    Extension,
    Faulted,
    LocalizableMessage,
    ObjectUpdate,
    Property,
    RecentTaskUpdate,
    Returned,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.vocabulary.outcomes import Fault, TaskInfo, UpdateSet

WORK = f"{EXTENSION_KEY}.work"
REST = f"{EXTENSION_KEY}.rest"
NOT_AUTHENTICATED = ("NotAuthenticated", "NoPermission", "SecurityError", "RuntimeFault", "MethodFault")
INVALID_STATE = ("InvalidState", "VimFault", "MethodFault")
NO_TASK = ObjectRef(type="Task", value="task-404")


class Idle(BuiltinTarget):
    """A server that does nothing by itself before anybody comes."""

    def first_state(self):
        return idle_state(self.server)


class Server:
    """A target with the extension registered and everybody logged in, and short ways to ask."""

    def __init__(
        self, specification: Specification = RIGHT, target: type[BuiltinTarget] = Idle, **options: str
    ) -> None:
        """Open the target."""
        self.target = target({key.replace("_", "-"): value for key, value in options.items()}, specification)
        self.ok(calls.Login(session="main", account="primary"))
        for account in ("second", "restricted", "delegate", "outsider"):
            self.ok(calls.Login(session=account, account=account))
        if self.target.declaration.is_vcenter:
            self.register()

    def register(self) -> None:
        """Register the extension."""
        self.ok(calls.RegisterExtension(session="main", key=EXTENSION_KEY, version="1.0.0", task_ids=(WORK, REST)))

    def place(self, role: str, index: int = 0) -> ObjectRef:
        """Give the reference of a place."""
        return self.target.declaration.places[role][index].ref

    def ok(self, call: calls.Call) -> Any:
        """Give the value of a call that has to succeed."""
        outcome = self.target.perform(call)
        assert isinstance(outcome, Returned), outcome
        return outcome.value

    def fault(self, call: calls.Call) -> Fault:
        """Give the fault of a call that has to fail."""
        outcome = self.target.perform(call)
        assert isinstance(outcome, Faulted), outcome
        return outcome.fault

    def kind(self, call: calls.Call) -> str:
        """Give the fault's name."""
        return self.fault(call).kind

    def create(self, obj: ObjectRef | None = None, *, session: str = "main", **more: Any) -> TaskInfo:
        """Make a task."""
        given = {"task_type_id": WORK, "cancelable": True} | more
        return self.ok(calls.CreateTask(session=session, obj=obj or self.place("vm"), **given))

    def set(self, task: TaskInfo, state: str, **more: Any) -> None:
        """Set a task's state."""
        self.ok(calls.SetTaskState(session="main", task=task.task, state=state, **more))

    def ended(self, obj: ObjectRef | None = None, state: str = "success") -> TaskInfo:
        """Make a task and end it."""
        task = self.create(obj)
        self.set(task, state)
        return task

    def read(self, task: TaskInfo, session: str = "main") -> Property[TaskInfo]:
        """Read a task."""
        (found,) = self.ok(calls.ReadTaskInfo(session=session, tasks=(task.task,)))
        return found

    def info(self, task: TaskInfo) -> TaskInfo:
        """Read a task that has to be readable."""
        value = self.read(task).value
        assert value is not None
        return value

    def recent(self, session: str = "main") -> tuple[ObjectRef, ...]:
        """Read the recent tasks."""
        return self.ok(calls.ReadRecentTask(session=session)).value

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.ok(calls.AdvanceClock(session="main", seconds=seconds))

    def tag(self, key: str, tag: str | None) -> None:
        """Give a task a change tag, as the server's own user interface does."""
        state = self.target.state
        task = state.tasks[state.keys[key]]
        tagged = evolve(task, info=evolve(task.info, change_tag=tag))
        self.target.state = evolve(state, tasks=state.tasks.set(task.number, tagged))

    def collector(self, *, session: str = "main", **parts: Any) -> ObjectRef:
        """Make a task collector."""
        return self.ok(calls.CreateCollectorForTasks(session=session, filter=TaskFilterSpec(**parts)))

    def page(self, collector: ObjectRef, count: int = 100, session: str = "main") -> list[str]:
        """Read the keys of a page."""
        page = self.ok(calls.ReadNextTasks(session=session, collector=collector, max_count=count))
        return [info.key for info in page]

    def keys(self, **parts: Any) -> list[str]:
        """Give the keys of the tasks that a filter collects."""
        return self.page(self.collector(**parts))

    def back(self, collector: ObjectRef, count: int = 100) -> list[str]:
        """Read the keys of the page before."""
        page = self.ok(calls.ReadPreviousTasks(session="main", collector=collector, max_count=count))
        return [info.key for info in page]

    def latest(self, collector: ObjectRef) -> set[str]:
        """Read the keys of the latest page."""
        page = self.ok(calls.ReadLatestPage(session="main", collector=collector)).value
        assert len(page) == len({info.key for info in page})
        return {info.key for info in page}

    def view(self, *objs: ObjectRef, session: str = "main") -> ObjectRef:
        """Make a list view."""
        return self.ok(calls.CreateListView(session=session, objs=objs))

    def viewed(self, view: ObjectRef) -> tuple[ObjectRef, ...]:
        """Read a view."""
        return self.ok(calls.ReadView(session="main", view=view)).value

    def folder(self, parent: ObjectRef | None = None, name: str = "Attic") -> ObjectRef:
        """Make a folder."""
        return self.ok(calls.CreateFolder(session="main", parent=parent or self.place("folder"), name=name))

    def destroyed(self, entity: ObjectRef) -> TaskInfo:
        """Destroy an entity, and give the task that did."""
        task = self.ok(calls.Destroy(session="main", entity=entity))
        (found,) = self.ok(calls.ReadTaskInfo(session="main", tasks=(task,)))
        return found.value


class Watcher:
    """A property collector, and short ways to ask it."""

    def __init__(self, server: Server, session: str = "main") -> None:
        """Make the collector."""
        self.server = server
        self.session = session
        self.ref = server.ok(calls.CreatePropertyCollector(session=session))

    def filter(self, *watched: ObjectRef, report_missing: bool = False) -> ObjectRef:
        """Make a filter."""
        return self.server.ok(self.filter_call(*watched, report_missing=report_missing))

    def filter_call(self, *watched: ObjectRef, report_missing: bool = False) -> calls.CreateFilter:
        """Give the call that makes a filter."""
        return calls.CreateFilter(
            session=self.session, collector=self.ref, watched=watched, report_missing=report_missing
        )

    def call(self, version: str, maximum: int | None = None, seconds: int = 0) -> calls.WaitForUpdatesEx:
        """Give the call that waits."""
        return calls.WaitForUpdatesEx(
            session=self.session,
            collector=self.ref,
            version=version,
            max_wait_seconds=seconds,
            max_object_updates=maximum,
        )

    def wait(self, version: str, maximum: int | None = None, seconds: int = 0) -> UpdateSet | None:
        """Wait for updates."""
        return self.server.ok(self.call(version, maximum, seconds))

    def told(self, version: str, maximum: int | None = None) -> tuple[str, list[tuple[str, str, str | None]]]:
        """Give the version, and kind, object and state of every update."""
        found = self.wait(version, maximum)
        assert found is not None
        return found.version, [(update.kind, update.obj.value, update.state) for update in found.updates]

    def break_off(self, version: str, by: str = "cancel") -> calls.BreakOffWait:
        """Give the call that breaks a wait off."""
        return calls.BreakOffWait(session=self.session, collector=self.ref, version=version, by=by)


@pytest.fixture
def server() -> Server:
    return Server()


# --- the adapter ------------------------------------------------------------------------------------------------------


def test_every_class_of_call_has_a_handler():
    assert set(METHODS) == set(calls.Call.__args__)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"colour": "red"}, "max-collector"),
        ({"flavour": "fusion"}, "vcenter"),
        ({"cap": "-1"}, "cap"),
        ({"window": "ten"}, "window"),
        ({"api-version": "latest"}, "api-version"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, told):
    with pytest.raises(TargetMisnamed, match=told):
        open_target(options)


def test_declaration_of_either_flavour():
    vcenter = open_target({}).declaration
    host = open_target({"flavour": "esxi", "api-version": "7.0", "window": "60", "cap": "3"}).declaration
    assert vcenter.is_vcenter
    assert vcenter.api_version == (8, 0, 3, 0)
    assert vcenter.extension_key == EXTENSION_KEY
    assert (host.about.api_type, host.api_version, host.window, host.cap) == ("HostAgent", (7, 0), 60, 3)


def test_places_hold_what_the_declaration_promises(server):
    places = server.target.declaration.places
    assert len(places["folder"]) >= 2
    assert len(places["vm"]) >= 3
    for role, entities in places.items():
        for entity in entities:
            assert entity.name != entity.ref.value
            assert role in {"manager", "nowhere"} or entity.name.isalnum()


def test_the_clock_ticks_before_each_call_and_outcomes_are_instants(server):
    first = server.target.perform(calls.ReadMaxCollector(session="main")).at
    second = server.target.perform(calls.ReadMaxCollector(session="nobody")).at
    assert first.earliest == first.latest > EPOCH
    assert second.earliest == second.latest == first.latest + 1_000
    server.advance(60)
    assert server.target.perform(calls.ReadMaxCollector(session="main")).at.earliest == second.latest + 60_002_000


def test_time_does_not_go_back(server):
    assert server.kind(calls.AdvanceClock(session="main", seconds=-1)) == "InvalidArgument"


def test_reset_and_close_forget_everything(server):
    server.create()
    server.target.close()
    server.target.close()
    server.target.reset()
    assert server.target.perform(calls.ReadRecentTask(session="main")).fault.kinds == NOT_AUTHENTICATED
    server.ok(calls.Login(session="main", account="primary"))
    assert server.recent() == ()
    assert server.target.socket_seconds == 0.0


def test_calls_together_are_performed_in_order(server):
    task = server.create()
    first, second = server.target.perform_together(
        [
            calls.SetTaskState(session="main", task=task.task, state="success"),
            calls.CancelTask(session="second", task=task.task),
        ]
    )
    assert isinstance(first, Returned)
    assert second.fault.kinds == INVALID_STATE


def test_another_specification_takes_its_place():
    def any_task(_original, state, call, choices):
        return life.cancel(state, state.tasks[state.keys[call.task.value]], choices), None

    server = Server(specified([Replacement(original=life.cancel_task, function=any_task)]))
    for each, kind in ((server, None), (Server(), "NotSupported")):
        task = each.create(cancelable=False)
        outcome = each.target.perform(calls.CancelTask(session="main", task=task.task))
        assert getattr(getattr(outcome, "fault", None), "kind", None) == kind


def test_kinds_are_those_of_the_type_information():
    assert FAULT_KINDS["InvalidState"] == INVALID_STATE
    assert FAULT_KINDS["NotAuthenticated"] == NOT_AUTHENTICATED
    assert FAULT_KINDS["TaskInfo"] == FAULT_KINDS["NoSuchThing"] == ()


# --- sessions and privileges ------------------------------------------------------------------------------------------


def every_call(server, session, task, collector):
    """One call of every method that needs a login, other than Logout."""
    return [
        calls.CreateTask(session=session, obj=server.place("vm"), task_type_id=WORK, cancelable=True),
        calls.ReadRecentTask(session=session),
        calls.WaitForRecentTask(session=session, fresh=True),
        calls.ReadMaxCollector(session=session),
        calls.ReadDescription(session=session),
        calls.ReadTaskInfo(session=session, tasks=(task,)),
        calls.SetTaskState(session=session, task=task, state="running"),
        calls.UpdateProgress(session=session, task=task, percent_done=1),
        calls.SetTaskDescription(session=session, task=task, key="k"),
        calls.CancelTask(session=session, task=task),
        calls.CreateCollectorForTasks(session=session, filter=TaskFilterSpec()),
        calls.CreateCollectorForEvents(session=session),
        calls.ReadNextTasks(session=session, collector=collector, max_count=1),
        calls.DestroyCollector(session=session, collector=collector),
        calls.RegisterExtension(session=session, key="org.example.other", version="1", task_ids=()),
        calls.UnregisterExtension(session=session, key="org.example.other"),
        calls.UpdateExtension(session=session, key="org.example.other", version="1", task_ids=()),
        calls.FindExtension(session=session, key="org.example.other"),
        calls.ReadExtensionList(session=session),
        calls.CreateCollectorWithInfoFilterForTasks(session=session, filter=TaskFilterSpec(), info_filter=None),
        calls.ReadCollectorFilter(session=session, collector=collector),
        calls.ReadLatestPage(session=session, collector=collector),
        calls.SetCollectorPageSize(session=session, collector=collector, max_count=1),
        calls.RewindCollector(session=session, collector=collector),
        calls.ResetCollector(session=session, collector=collector),
        calls.ReadPreviousTasks(session=session, collector=collector, max_count=1),
        calls.CreateListView(session=session, objs=()),
        calls.ModifyListView(session=session, view=task),
        calls.ResetListView(session=session, view=task, objs=()),
        calls.ReadView(session=session, view=task),
        calls.DestroyView(session=session, view=task),
        calls.CreatePropertyCollector(session=session),
        calls.CreateFilter(session=session, collector=task, watched=(task,)),
        calls.WaitForUpdatesEx(session=session, collector=task, version=""),
        calls.BreakOffWait(session=session, collector=task, version="", by="cancel"),
        calls.DestroyPropertyFilter(session=session, filter=task),
        calls.DestroyPropertyCollector(session=session, collector=task),
        calls.RetrieveReported(session=session, tasks=(task,)),
        calls.CreateFolder(session=session, parent=server.place("folder"), name="Attic"),
        calls.Destroy(session=session, entity=server.place("folder")),
        calls.CreateScheduledTask(session=session, entity=server.place("vm"), name="s", task_type_id=WORK),
        calls.RunScheduledTask(session=session, scheduled_task=task),
        calls.RemoveScheduledTask(session=session, scheduled_task=task),
        calls.CreateAlarm(session=session, entity=server.place("vm"), name="a", task_type_id=WORK),
        calls.LogUserEvent(session=session, entity=server.place("vm")),
        calls.RemoveAlarm(session=session, alarm=task),
        calls.QueryTaskEvents(session=session, chain=1),
        calls.StartOperation(session=session, operation="Rename_Task", entity=server.place("folder")),
    ]


def test_every_call_that_needs_a_login_is_tried_without(server):
    tried = {type(call) for call in every_call(server, "main", server.create().task, server.collector())}
    assert set(calls.Call.__args__) - tried == {calls.Login, calls.Logout, calls.AdvanceClock}


@pytest.mark.parametrize("session", ["nobody", "second"])
def test_without_a_login_nothing_goes(server, session):
    task, collector = server.create().task, server.collector()
    if session != "nobody":
        server.ok(calls.Logout(session=session))
    for call in [*every_call(server, session, task, collector), calls.Logout(session=session)]:
        assert server.fault(call).kinds == NOT_AUTHENTICATED
    nowhere = ObjectRef(type="Task", value="task-404")
    assert server.fault(calls.CancelTask(session=session, task=nowhere)).kinds == NOT_AUTHENTICATED


def test_login_says_who_one_is_and_is_refused_to_strangers(server):
    for account in server.target.declaration.accounts:
        session = server.ok(calls.Login(session="again", account=account.name))
        assert session.user_name == account.user_name
    assert server.kind(calls.Login(session="x", account="stranger")) == "InvalidLogin"
    assert server.kind(calls.Login(session="nobody", account="primary")) == "InvalidLogin"


def test_login_without_any_access_is_no_permission():
    closed = Replacement(original=sessions.has_access, function=lambda _, _state, account: account != "restricted")
    target = BuiltinTarget({}, specified([closed]))
    outcome = target.perform(calls.Login(session="x", account="restricted"))
    assert outcome.fault.kind == "NoPermission"


@pytest.mark.parametrize("session", ["restricted", "delegate", "outsider"])
def test_privileges_are_asked_for_on_the_root_folder(server, session):
    task = server.create(server.place("granted"), cancelable=False)
    refused = [
        calls.CreateTask(session=session, obj=server.place("granted"), task_type_id="unknown", cancelable=True),
        calls.SetTaskState(session=session, task=task.task, state="bogus"),
        calls.UpdateProgress(session=session, task=task.task, percent_done=1),
        calls.SetTaskDescription(session=session, task=task.task, key="k"),
        calls.CancelTask(session=session, task=task.task),
        calls.RegisterExtension(session=session, key="", version="", task_ids=()),
        calls.UnregisterExtension(session=session, key=EXTENSION_KEY),
        calls.UpdateExtension(session=session, key="unknown", version="", task_ids=()),
        calls.CreateFolder(session=session, parent=server.place("folder"), name=""),
        calls.Destroy(session=session, entity=server.folder()),
        calls.CreateScheduledTask(session=session, entity=server.place("vm"), name="", task_type_id=WORK),
        calls.CreateAlarm(session=session, entity=server.place("vm"), name="", task_type_id=WORK),
        calls.LogUserEvent(session=session, entity=server.place("vm")),
    ]
    for call in refused:
        assert server.fault(call).kinds == NOT_AUTHENTICATED[1:]
    assert server.info(task) == task


def test_an_object_that_does_not_exist_comes_before_the_privilege(server):
    call = calls.CancelTask(session="restricted", task=ObjectRef(type="Task", value="task-404"))
    assert server.kind(call) == "ManagedObjectNotFound"


def test_an_outsider_sees_no_property_and_makes_no_collector(server):
    task = server.create()
    for call in (
        calls.ReadRecentTask(session="outsider"),
        calls.ReadMaxCollector(session="outsider"),
        calls.ReadDescription(session="outsider"),
        calls.ReadExtensionList(session="outsider"),
    ):
        found = server.ok(call)
        assert found.value is None
        assert found.missing.kind == "NoPermission"
    assert server.read(task, "outsider").missing.kind == "NoPermission"
    assert server.kind(calls.WaitForRecentTask(session="outsider", fresh=True)) == "NoPermission"
    assert server.kind(calls.CreateCollectorForTasks(session="outsider", filter=None)) == "NoPermission"
    for call in (
        calls.CreateCollectorForEvents(session="outsider"),
        calls.CreateCollectorWithInfoFilterForTasks(session="outsider", filter=TaskFilterSpec(), info_filter=None),
        calls.FindExtension(session="outsider", key=EXTENSION_KEY),
        calls.CreateListView(session="outsider", objs=()),
        calls.CreatePropertyCollector(session="outsider"),
        calls.QueryTaskEvents(session="outsider", chain=task.event_chain_id),
    ):
        assert server.kind(call) == "NoPermission"
    assert server.ok(calls.RetrieveReported(session="outsider", tasks=(task.task,))) == (task.task,)
    server.ok(calls.Logout(session="outsider"))


@pytest.mark.parametrize("session", ["restricted", "delegate"])
def test_tasks_are_seen_with_access_to_their_entity(server, session):
    hidden = [server.create(server.place("hidden", index)) for index in (0, 1)] + [
        server.create(server.place("ancestor"))
    ]
    seen = [server.create(server.place(role)) for role in ("readable", "root", "vm", "host", "granted", "manager")]
    for task in hidden:
        assert server.read(task, session).missing.kinds == NOT_AUTHENTICATED[1:]
    for task in seen:
        assert server.read(task, session).value == task
    assert set(server.recent(session)) == {task.task for task in seen}
    assert set(server.recent("second")) == {task.task for task in hidden + seen}
    collector = server.collector(session=session)
    assert server.page(collector, session=session) == [task.key for task in seen]


# --- extensions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "a,b", "a;b", "tab\tbed", 'quo"te', "\x07", "ümlaut", "a/b"])
def test_an_extension_key_has_to_be_well_formed(server, key):
    call = calls.RegisterExtension(session="main", key=key, version="1", task_ids=())
    assert server.kind(call) == "InvalidArgument"


def test_extensions_are_registered_once_and_complete(server):
    def register(key, version):
        """Register the extension."""
        return calls.RegisterExtension(session="main", key=key, version=version, task_ids=("other",))

    assert server.kind(register(EXTENSION_KEY, "2.0")) == "InvalidArgument"
    assert server.kind(register("org.example.other", "")) == "InvalidArgument"
    assert server.fault(register("org.example.other", None)).kinds[0] == "InvalidRequest"
    assert server.ok(calls.FindExtension(session="main", key="org.example.other")) is None
    server.ok(register("org example", "1"))
    server.create(task_type_id="other")


def test_unregistering_takes_the_task_types_away_but_not_the_tasks(server):
    task = server.create()
    server.ok(calls.UnregisterExtension(session="main", key=EXTENSION_KEY))
    assert server.kind(calls.UnregisterExtension(session="main", key=EXTENSION_KEY)) == "NotFound"
    call = calls.CreateTask(session="main", obj=server.place("vm"), task_type_id=WORK, cancelable=True)
    assert server.kind(call) == "InvalidArgument"
    assert server.info(task) == task
    server.register()
    server.create()


def test_description_tells_states_reasons_and_registered_types(server):
    description = server.ok(calls.ReadDescription(session="restricted")).value
    assert {state.key for state in description.state} == {"queued", "running", "success", "error"}
    assert {reason.key for reason in description.reason} == {
        "TaskReasonAlarm",
        "TaskReasonSchedule",
        "TaskReasonSystem",
        "TaskReasonUser",
    }
    methods = [method.key for method in description.method_info]
    assert {WORK, REST, "VirtualMachine.powerOn"} <= set(methods)
    assert len(methods) == len(set(methods))


def test_extensions_are_found_and_listed(server):
    def find(key):
        return server.ok(calls.FindExtension(session="restricted", key=key))

    ours = Extension(key=EXTENSION_KEY, version="1.0.0", task_ids=(WORK, REST))
    other = Extension(key="org.example.other", version="1", task_ids=("other",))
    assert find(EXTENSION_KEY) == ours
    assert find(EXTENSION_KEY.upper()) is None
    server.ok(calls.RegisterExtension(session="main", key=other.key, version="1", task_ids=("other",)))
    listed = server.ok(calls.ReadExtensionList(session="restricted")).value
    assert set(listed) == {ours, other}
    server.ok(calls.UnregisterExtension(session="main", key=EXTENSION_KEY))
    assert find(EXTENSION_KEY) is None
    assert server.ok(calls.ReadExtensionList(session="main")).value == (other,)


def test_an_update_replaces_the_task_types(server):
    def update(key, version, *task_ids):
        return calls.UpdateExtension(session="main", key=key, version=version, task_ids=task_ids)

    task = server.create(task_type_id=REST)
    server.ok(update(EXTENSION_KEY, "2.0.0", WORK, "more"))
    found = server.ok(calls.FindExtension(session="main", key=EXTENSION_KEY))
    assert found == Extension(key=EXTENSION_KEY, version="2.0.0", task_ids=(WORK, "more"))
    server.create(task_type_id="more")
    call = calls.CreateTask(session="main", obj=server.place("vm"), task_type_id=REST, cancelable=True)
    assert server.kind(call) == "InvalidArgument"
    assert server.info(task) == task
    methods = {method.key for method in server.ok(calls.ReadDescription(session="main")).value.method_info}
    assert "more" in methods
    assert REST not in methods
    assert server.fault(update("org.example.other", "2.0", WORK)).kinds[0] == "NotFound"
    assert server.kind(update(EXTENSION_KEY, "")) == "InvalidArgument"
    assert server.kind(update(EXTENSION_KEY, None)) == "InvalidRequest"
    assert server.ok(calls.FindExtension(session="main", key=EXTENSION_KEY)) == found


def test_a_type_is_known_while_any_extension_registers_it(server):
    server.ok(calls.RegisterExtension(session="main", key="org.example.other", version="1", task_ids=(WORK,)))
    server.ok(calls.UnregisterExtension(session="main", key=EXTENSION_KEY))
    server.create()
    methods = [method.key for method in server.ok(calls.ReadDescription(session="main")).value.method_info]
    assert methods.count(WORK) == 1


@pytest.mark.parametrize("locale", [None, "en", "de"])
def test_description_is_in_the_locale_of_the_session(server, locale):
    server.ok(calls.Login(session="other", account="primary", locale=locale))
    here = server.ok(calls.ReadDescription(session="main")).value
    there = server.ok(calls.ReadDescription(session="other")).value
    assert "Folder.destroy" in {method.key for method in here.method_info}
    for kind in ("method_info", "state", "reason"):
        pairs = list(zip(getattr(here, kind), getattr(there, kind), strict=True))
        assert all(one.key == other.key for one, other in pairs)
        for one, other in pairs:
            same = locale != "de" or one.key in {WORK, REST}
            assert (one.label == other.label, one.summary == other.summary) == (same, same)


def test_locales_are_those_declared(server):
    assert server.target.declaration.locales == ("en", "de")
    assert {"locale", "task-events", "schedules", "alarms", "inventory"} <= set(server.target.declaration.capabilities)
    call = calls.Login(session="other", account="primary", locale="tlh")
    assert server.fault(call).kinds == ("InvalidLocale", "VimFault", "MethodFault")
    assert server.kind(calls.ReadDescription(session="other")) == "NotAuthenticated"


# --- CreateTask -------------------------------------------------------------------------------------------------------


def test_a_new_task_is_queued_and_described_whole(server):
    before = server.target.perform(calls.ReadMaxCollector(session="main")).at.latest
    task = server.create(server.place("vm", 1), cancelable=False, initiated_by="Someone", activation_id="act-1")
    entity = server.target.declaration.places["vm"][1]
    assert task.state == "queued"
    assert task.key == task.task.value
    assert task.task.type == "Task"
    assert (task.entity, task.entity_name) == (entity.ref, entity.name)
    assert (task.description_id, task.activation_id) == (WORK, "act-1")
    assert (task.cancelable, task.cancelled) == (False, False)
    assert (task.reason.kind, task.reason.user_name) == ("TaskReasonUser", "Someone")
    assert task.queue_time == before + 1_000
    assert (task.start_time, task.complete_time, task.progress, task.result, task.error) == (None,) * 5
    assert (task.parent_task_key, task.root_task_key) == (None, None)
    assert server.info(task) == task


def test_tasks_differ_in_key_and_event_chain(server):
    tasks = [server.create() for _ in range(20)]
    assert len({task.key for task in tasks}) == len({task.event_chain_id for task in tasks}) == 20


def test_without_initiator_the_session_s_user_is_the_reason(server):
    task = server.create(session="second")
    assert task.reason.user_name == server.target.declaration.account("second").user_name


@pytest.mark.parametrize("role", ["root", "folder", "host", "hidden"])
def test_any_entity_can_have_a_task(server, role):
    assert server.create(server.place(role)).entity == server.place(role)


def test_an_object_that_is_no_entity_leaves_the_entity_unset(server):
    parent = server.create()
    for obj in (server.place("manager"), parent.task, server.collector()):
        task = server.create(obj)
        assert (task.entity, task.entity_name) == (None, None)


@pytest.mark.parametrize(
    "obj",
    [
        ObjectRef(type="VirtualMachine", value="vm-404"),
        ObjectRef(type="Folder", value="vm-21"),
        ObjectRef(type="Task", value="task-404"),
        ObjectRef(type="TaskManager", value="Other"),
    ],
)
def test_an_object_that_never_existed_is_not_found(server, obj):
    call = calls.CreateTask(session="main", obj=obj, task_type_id=WORK, cancelable=True)
    assert server.kind(call) == "ManagedObjectNotFound"
    assert server.recent() == ()


def test_nowhere_is_not_found(server):
    call = calls.CreateTask(session="main", obj=server.place("nowhere"), task_type_id=WORK, cancelable=True)
    assert server.fault(call).kinds == ("ManagedObjectNotFound", "RuntimeFault", "MethodFault")


@pytest.mark.parametrize("more", [{"task_type_id": "VirtualMachine.powerOn"}, {"parent_task_key": "task-404"}])
def test_unknown_type_and_parent_are_invalid_arguments(server, more):
    given = {"task_type_id": WORK, "cancelable": True} | more
    assert server.kind(calls.CreateTask(session="main", obj=server.place("vm"), **given)) == "InvalidArgument"
    assert server.keys() == []


def test_children_know_their_parent_and_the_root_of_the_chain(server):
    root = server.ended()
    child = server.create(parent_task_key=root.key)
    grandchild = server.create(parent_task_key=child.key)
    assert (child.parent_task_key, child.root_task_key) == (root.key, root.key)
    assert (grandchild.parent_task_key, grandchild.root_task_key) == (child.key, root.key)


# --- SetTaskState, UpdateProgress, SetTaskDescription, CancelTask -----------------------------------------------------


def test_times_are_stamped_as_the_task_goes_on(server):
    task = server.create()
    server.set(task, "running")
    started = server.info(task)
    server.set(task, "running")
    server.set(task, "success", result="done")
    ended = server.info(task)
    assert started.start_time == started.queue_time + 1_000
    assert ended.start_time == started.start_time
    assert ended.complete_time == started.start_time + 3_000
    assert (ended.state, ended.result, ended.error) == ("success", "done", None)


def test_a_task_that_never_ran_has_no_start_time(server):
    task = server.ended()
    assert server.info(task).start_time is None
    assert server.info(task).complete_time is not None


def test_a_task_can_be_queued_again(server):
    task = server.create()
    server.set(task, "running")
    server.ok(calls.UpdateProgress(session="main", task=task.task, percent_done=7))
    server.set(task, "queued")
    assert (server.info(task).state, server.info(task).progress) == ("queued", None)
    assert server.recent() == (task.task,)


@pytest.mark.parametrize("end", ["success", "error"])
@pytest.mark.parametrize("state", ["queued", "running", "success", "error"])
def test_a_completed_task_changes_its_state_no_more(server, end, state):
    task = server.ended(state=end)
    before = server.info(task)
    assert server.fault(calls.SetTaskState(session="main", task=task.task, state=state)).kinds == INVALID_STATE
    assert server.info(task) == before


@pytest.mark.parametrize(
    ("state", "more"),
    [
        ("queued", {"result": "r"}),
        ("running", {"result": "r"}),
        ("error", {"result": "r"}),
        ("queued", {"fault": "NotFound"}),
        ("running", {"fault": "NotFound"}),
        ("success", {"fault": "NotFound"}),
        ("success", {"fault": "NotFound", "result": "r"}),
        ("error", {"fault": "NotFound", "result": "r"}),
    ],
)
def test_results_go_with_success_and_faults_with_error(server, state, more):
    task = server.create()
    assert server.kind(calls.SetTaskState(session="main", task=task.task, state=state, **more)) == "InvalidState"
    assert server.info(task) == task


def test_a_result_can_be_a_reference(server):
    task = server.create()
    server.set(task, "success", result=server.place("vm"))
    assert server.info(task).result == server.place("vm")


@pytest.mark.parametrize("name", ["NotFound", "InvalidState", "VimFault", "NoDiskSpace", "RequestCanceled"])
def test_faults_that_extend_vimfault_can_be_set(server, name):
    task = server.create()
    server.set(task, "error", fault=name)
    error = server.info(task).error
    assert error.kinds == FAULT_KINDS[name]
    assert error.kinds[-1] == "MethodFault"


@pytest.mark.parametrize("name", ["SystemError", "InvalidArgument", "MethodFault", "NoPermission", "TaskInfo", "Bogus"])
def test_other_faults_cannot(server, name):
    task = server.create()
    call = calls.SetTaskState(session="main", task=task.task, state="error", fault=name)
    assert server.kind(call) == "InvalidState"
    assert server.info(task) == task


def test_an_error_without_fault_stays_without(server):
    assert server.info(server.ended(state="error")).error is None


def test_a_state_that_does_not_exist_is_a_malformed_request(server):
    call = calls.SetTaskState(session="main", task=server.create().task, state="asleep")
    assert server.kind(call) == "InvalidRequest"


@pytest.mark.parametrize(
    ("given", "kept"), [(0, 0), (1, 1), (100, 100), (-1, 0), (101, 100), (2**31 - 1, 100), (-(2**31), 0)]
)
def test_progress_is_kept_within_bounds(server, given, kept):
    task = server.create()
    server.set(task, "running")
    server.ok(calls.UpdateProgress(session="main", task=task.task, percent_done=given))
    assert server.info(task).progress == kept


@pytest.mark.parametrize("state", ["queued", "success", "error"])
def test_only_running_tasks_progress(server, state):
    task = server.create()
    if state != "queued":
        server.set(task, state)
    call = calls.UpdateProgress(session="main", task=task.task, percent_done=50)
    assert server.fault(call).kinds == INVALID_STATE


def test_progress_is_shown_of_running_tasks_only(server):
    task = server.create()
    server.set(task, "running")
    server.ok(calls.UpdateProgress(session="main", task=task.task, percent_done=50))
    server.set(task, "success")
    assert server.info(task).progress is None


def test_description_can_be_set_in_any_state(server):
    task = server.ended()
    server.ok(calls.SetTaskDescription(session="main", task=task.task, key="phase", args=(("n", "1"),)))
    assert server.info(task).description == LocalizableMessage(key="phase", args=(("n", "1"),))


@pytest.mark.parametrize("running", [True, False])
def test_cancelling_ends_in_request_canceled(server, running):
    task = server.create()
    if running:
        server.set(task, "running")
    server.ok(calls.CancelTask(session="second", task=task.task))
    info = server.info(task)
    if running:
        assert (info.state, info.cancelled) == ("running", True)
        server.ok(calls.AdvanceClock(session="main", seconds=1))
        info = server.info(task)
    assert (info.state, info.cancelled, info.cancelable, info.result) == ("error", True, True, None)
    assert info.error.kinds == ("RequestCanceled", "RuntimeFault", "MethodFault")
    assert info.complete_time is not None
    assert server.kind(calls.CancelTask(session="main", task=task.task)) == "InvalidState"


def test_a_task_that_is_not_cancelable_is_not_cancelled(server):
    task = server.create(cancelable=False)
    call = calls.CancelTask(session="main", task=task.task)
    assert server.fault(call).kinds == ("NotSupported", "RuntimeFault", "MethodFault")
    assert server.info(task) == task
    server.set(task, "success")
    assert server.fault(call).kinds == INVALID_STATE


def test_reading_several_tasks_keeps_the_order_and_fails_as_a_whole(server):
    tasks = [server.create() for _ in range(3)][::-1]
    found = server.ok(calls.ReadTaskInfo(session="main", tasks=tuple(task.task for task in tasks)))
    assert found == tuple(Property(value=task) for task in tasks)
    assert server.ok(calls.ReadTaskInfo(session="main", tasks=())) == ()
    unknown = ObjectRef(type="Task", value="task-404")
    call = calls.ReadTaskInfo(session="main", tasks=(tasks[0].task, unknown))
    assert server.kind(call) == "ManagedObjectNotFound"


# --- recentTask -------------------------------------------------------------------------------------------------------


def test_queued_and_running_tasks_stay_recent(server):
    queued, running, ended = server.create(), server.create(), server.ended()
    server.set(running, "running")
    assert set(server.recent()) == {queued.task, running.task, ended.task}
    server.advance(601)
    assert set(server.recent()) == {queued.task, running.task}


def test_completed_tasks_are_recent_for_ten_minutes_to_the_instant(server):
    task = server.ended()
    complete = server.info(task).complete_time
    server.advance(599)
    while server.target.state.now < complete + 600 * SECOND - 1_000:
        server.ok(calls.ReadMaxCollector(session="main"))
    assert server.recent() == (task.task,)
    assert server.target.state.now == complete + 600 * SECOND
    assert server.recent() == ()


def test_the_last_completed_tasks_are_recent_up_to_the_cap():
    server = Server(cap="3")
    tasks = [server.create() for _ in range(6)]
    for index in (5, 4, 3, 2, 1):
        server.set(tasks[index], "success")
    assert set(server.recent()) == {tasks[index].task for index in (0, 1, 2, 3)}


def test_the_cap_counts_tasks_that_the_reader_may_not_access():
    server = Server(cap="2")
    server.ended()
    server.ended(server.place("hidden"))
    server.ended(server.place("hidden"))
    assert server.recent("restricted") == ()


def test_the_window_is_an_option():
    server = Server(window="5")
    server.ended()
    server.advance(4)
    assert len(server.recent()) == 1
    server.advance(1)
    assert server.recent() == ()


def test_waiting_gives_the_value_to_the_empty_version_only(server):
    task = server.create()
    first = server.ok(calls.WaitForRecentTask(session="main", fresh=True))
    assert first == RecentTaskUpdate(changed=True, recent_task=Property(value=(task.task,)))
    server.create()
    assert server.ok(calls.WaitForRecentTask(session="main", fresh=False)) == RecentTaskUpdate(changed=False)


# --- history collectors -----------------------------------------------------------------------------------------------


def test_the_maximum_is_one_of_task_collectors_per_session():
    server = Server(max_collector="2")
    assert server.ok(calls.ReadMaxCollector(session="main")) == Property(value=2)
    first = server.collector()
    server.ok(calls.CreateCollectorForEvents(session="main"))
    server.collector()
    full = calls.CreateCollectorForTasks(session="main", filter=None)
    assert server.fault(full).kinds == INVALID_STATE
    server.collector(session="second")
    server.ok(calls.DestroyCollector(session="main", collector=first))
    server.collector()


def test_a_null_filter_is_an_invalid_argument(server):
    for form in ("typed", "nil"):
        assert server.kind(calls.CreateCollectorForTasks(session="main", filter=None, form=form)) == "InvalidArgument"


@pytest.mark.parametrize("spec", [None, TaskFilterSpec()])
def test_an_unknown_filter_is_an_invalid_argument(server, spec):
    call = calls.CreateCollectorForTasks(session="main", filter=spec, form="unknown")
    assert server.kind(call) == "InvalidArgument"


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        (TaskFilterSpec(time=ByTime(time_type=None, begin_time=1)), "InvalidRequest"),
        (TaskFilterSpec(time=ByTime(time_type="teaTime")), "InvalidRequest"),
        (TaskFilterSpec(state=("asleep",)), "InvalidRequest"),
        (
            TaskFilterSpec(entity=ByEntity(entity=ObjectRef(type="Folder", value="group-d1"), recursion="up")),
            "InvalidRequest",
        ),
        (
            TaskFilterSpec(entity=ByEntity(entity=ObjectRef(type="Folder", value="vm-21"), recursion="self")),
            "ManagedObjectNotFound",
        ),
    ],
)
def test_ill_formed_filters_are_refused(server, spec, kind):
    assert server.kind(calls.CreateCollectorForTasks(session="main", filter=spec)) == kind
    assert len(server.target.state.sessions["main"].collectors) == 0


def test_a_filter_by_entity_needs_the_view_of_it(server):
    spec = TaskFilterSpec(entity=ByEntity(entity=server.place("hidden"), recursion="self"))
    assert server.kind(calls.CreateCollectorForTasks(session="restricted", filter=spec)) == "NoPermission"


def test_collectors_end_with_destruction_and_with_the_session(server):
    kept, dropped = server.collector(), server.collector()
    events = server.ok(calls.CreateCollectorForEvents(session="main"))
    for collector in (dropped, events):
        server.ok(calls.DestroyCollector(session="main", collector=collector))
        assert server.kind(calls.DestroyCollector(session="main", collector=collector)) == "ManagedObjectNotFound"
    read = calls.ReadNextTasks(session="main", collector=dropped, max_count=1)
    assert server.kind(read) == "ManagedObjectNotFound"
    server.ok(calls.Logout(session="main"))
    server.ok(calls.Login(session="main", account="primary"))
    read = calls.ReadNextTasks(session="main", collector=kept, max_count=1)
    assert server.kind(read) == "ManagedObjectNotFound"


def test_collectors_are_their_own_session_s(server):
    collector = server.collector()
    for call in (
        calls.ReadNextTasks(session="second", collector=collector, max_count=1),
        calls.ReadPreviousTasks(session="second", collector=collector, max_count=1),
        calls.ReadLatestPage(session="second", collector=collector),
        calls.ReadCollectorFilter(session="second", collector=collector),
        calls.SetCollectorPageSize(session="second", collector=collector, max_count=1),
        calls.RewindCollector(session="second", collector=collector),
        calls.ResetCollector(session="second", collector=collector),
        calls.DestroyCollector(session="second", collector=collector),
    ):
        assert server.kind(call) == "ManagedObjectNotFound"


def test_pages_go_from_the_oldest_task_to_the_newest_and_on(server):
    tasks = [server.create().key for _ in range(5)]
    collector = server.collector()
    assert [server.page(collector, 2) for _ in range(4)] == [tasks[:2], tasks[2:4], tasks[4:], []]
    new = server.create().key
    assert server.page(collector, 2) == [new]


def test_items_are_as_they_are_when_read_and_never_given_twice(server):
    first, second = server.create(), server.create()
    collector = server.collector(state=("success",))
    assert server.page(collector) == []
    server.set(second, "success")
    assert server.page(collector) == [second.key]
    server.set(first, "success")
    assert server.page(collector) == []


@pytest.mark.parametrize("kind", [calls.ReadNextTasks, calls.ReadPreviousTasks, calls.SetCollectorPageSize])
def test_max_count_has_a_range(server, kind):
    server.create()
    collector = server.collector()
    for count in (0, -1, 1001, 2**31 - 1, -(2**31)):
        assert server.kind(kind(session="main", collector=collector, max_count=count)) == "InvalidArgument"
    for count in (1, 1000):
        server.ok(kind(session="main", collector=collector, max_count=count))


def test_the_latest_page_holds_the_newest_tasks(server):
    keys = [server.create().key for _ in range(12)]
    collector = server.collector()
    assert server.latest(collector) == set(keys[2:])
    server.ok(calls.SetCollectorPageSize(session="main", collector=collector, max_count=3))
    assert server.latest(collector) == set(keys[9:])
    keys.append(server.create().key)
    assert server.latest(collector) == set(keys[10:])
    server.ok(calls.SetCollectorPageSize(session="main", collector=collector, max_count=1000))
    assert server.latest(collector) == set(keys)
    assert server.latest(server.collector(state=("success",))) == set()


def test_the_latest_page_shows_tasks_that_match_and_can_be_accessed_as_they_are(server):
    task, hidden = server.create(), server.create(server.place("hidden"))
    collector = server.collector(session="restricted", state=("success",))

    def page():
        return server.ok(calls.ReadLatestPage(session="restricted", collector=collector)).value

    assert page() == ()
    server.set(task, "success", result="r")
    server.set(hidden, "success")
    assert page() == (server.info(task),)


def test_the_scrollable_view_goes_both_ways(server):
    keys = [server.create().key for _ in range(6)]
    collector = server.collector()
    assert server.back(collector) == []
    assert server.page(collector, 4) == keys[:4]
    assert server.back(collector, 2) == [keys[3], keys[2]]
    assert server.page(collector, 1) == [keys[2]]
    assert server.back(collector) == [keys[2], keys[1], keys[0]]
    assert server.back(collector) == []
    assert server.page(collector) == keys
    server.ok(calls.RewindCollector(session="main", collector=collector))
    assert server.back(collector) == []
    assert server.page(collector) == keys


def test_reset_goes_to_just_before_the_latest_page(server):
    keys = [server.create().key for _ in range(6)]
    collector = server.collector()
    reset = calls.ResetCollector(session="main", collector=collector)
    server.ok(reset)
    assert server.back(collector) == []
    server.ok(calls.SetCollectorPageSize(session="main", collector=collector, max_count=2))
    server.ok(reset)
    keys.append(server.create().key)
    assert server.back(collector) == keys[3::-1]
    server.ok(reset)
    assert server.page(collector) == keys[5:]


def test_reset_of_a_collector_without_items(server):
    collector = server.collector()
    server.ok(calls.ResetCollector(session="main", collector=collector))
    assert server.back(collector) == server.page(collector) == []
    task = server.create()
    assert server.page(collector) == [task.key]


def test_a_collector_tells_its_filter(server):
    spec = TaskFilterSpec(
        state=("success",), activation_id=("a",), entity=ByEntity(entity=server.place("vm"), recursion="all")
    )
    collector = server.ok(calls.CreateCollectorForTasks(session="main", filter=spec))
    assert server.ok(calls.ReadCollectorFilter(session="main", collector=collector)) == Property(value=spec)


def test_event_collectors_scroll_but_have_no_tasks(server):
    events = server.ok(calls.CreateCollectorForEvents(session="main"))
    server.ok(calls.RewindCollector(session="main", collector=events))
    server.ok(calls.ResetCollector(session="main", collector=events))
    server.ok(calls.SetCollectorPageSize(session="main", collector=events, max_count=5))
    call = calls.SetCollectorPageSize(session="main", collector=events, max_count=0)
    assert server.kind(call) == "InvalidArgument"
    assert server.kind(calls.ReadLatestPage(session="main", collector=events)) == "ManagedObjectNotFound"


@pytest.mark.parametrize(
    ("info_filter", "kept"),
    [
        (None, {WORK, REST}),
        (TaskInfoFilterSpec(), {WORK, REST}),
        (TaskInfoFilterSpec(remove_all=False), {WORK, REST}),
        (TaskInfoFilterSpec(remove_all=True), set()),
        (TaskInfoFilterSpec(remove_all=True, description_ids=(WORK,), filter_in=True), set()),
        (TaskInfoFilterSpec(description_ids=(WORK,)), {REST}),
        (TaskInfoFilterSpec(description_ids=(WORK,), filter_in=False), {REST}),
        (TaskInfoFilterSpec(remove_all=False, description_ids=(WORK,), filter_in=True), {WORK}),
        (TaskInfoFilterSpec(description_ids=(WORK, REST), filter_in=True), {WORK, REST}),
    ],
)
def test_an_info_filter_leaves_results_out(server, info_filter, kept):
    for task_type_id in (WORK, REST):
        server.set(server.create(task_type_id=task_type_id), "success", result="r")
    collector = server.ok(
        calls.CreateCollectorWithInfoFilterForTasks(session="main", filter=TaskFilterSpec(), info_filter=info_filter)
    )
    for items in (
        server.ok(calls.ReadNextTasks(session="main", collector=collector, max_count=9)),
        server.ok(calls.ReadPreviousTasks(session="main", collector=collector, max_count=9)),
        server.ok(calls.ReadLatestPage(session="main", collector=collector)).value,
    ):
        assert {info.description_id for info in items} == {WORK, REST}
        assert {info.description_id for info in items if info.result == "r"} == kept
        assert all(info.result is None for info in items if info.description_id not in kept)


@pytest.mark.parametrize(("version", "there"), [("8.0.2.0", False), ("7.0", False), ("8.0.3", True), ("9.0.0.0", True)])
def test_info_filters_came_with_a_version(version, there):
    server = Server(api_version=version)
    call = calls.CreateCollectorWithInfoFilterForTasks(session="main", filter=TaskFilterSpec(), info_filter=None)
    if there:
        server.ok(call)
    else:
        assert server.fault(call).is_a("InvalidRequest")


def test_info_filtered_collectors_count_as_task_collectors():
    server = Server(max_collector="1")
    server.collector()
    call = calls.CreateCollectorWithInfoFilterForTasks(session="main", filter=TaskFilterSpec(), info_filter=None)
    assert server.kind(call) == "InvalidState"


def test_filter_by_entity(server):
    folder, vm = server.place("folder"), server.place("vm")
    on_folder, on_vm = server.create(folder).key, server.create(vm).key
    on_nested, on_host = server.create(server.place("vm", 4)).key, server.create(server.place("host")).key
    server.create(server.place("manager"))

    def keys(entity, recursion):
        return server.keys(entity=ByEntity(entity=entity, recursion=recursion))

    assert keys(folder, "self") == [on_folder]
    assert keys(folder, "children") == [on_vm, on_nested]
    assert keys(folder, "all") == [on_folder, on_vm, on_nested]
    assert keys(vm, "children") == []
    assert keys(server.place("root"), "all") == [on_folder, on_vm, on_nested, on_host]


def test_filter_by_time(server):
    task, queued = server.create(), server.create()
    server.set(task, "running")
    server.set(task, "success")
    info = server.info(task)

    def keys(time_type, begin=None, end=None):
        return server.keys(time=ByTime(time_type=time_type, begin_time=begin, end_time=end))

    assert keys("queuedTime") == [task.key, queued.key]
    assert keys("queuedTime", task.queue_time, task.queue_time) == [task.key]
    assert keys("queuedTime", queued.queue_time) == [queued.key]
    assert keys("queuedTime", None, queued.queue_time - 1) == [task.key]
    assert keys("startedTime") == keys("completedTime") == [task.key]
    assert keys("startedTime", info.start_time, info.start_time) == [task.key]
    assert keys("startedTime", info.start_time + 1) == []
    assert keys("completedTime", info.complete_time, info.complete_time) == [task.key]
    assert keys("completedTime", None, info.complete_time - 1) == []


def test_filter_by_user_name(server):
    ours, someone = server.create(), server.create(initiated_by="Someone")
    assert server.keys(user_name=ByUsername(system_user=False)) == [ours.key, someone.key]
    assert server.keys(user_name=ByUsername(system_user=False, user_list=("Someone",))) == [someone.key]
    assert server.keys(user_name=ByUsername(system_user=True, user_list=("Nobody",))) == []


def test_filter_by_state(server):
    queued, ended = server.create(), server.ended()
    assert server.keys(state=("queued", "running")) == [queued.key]
    assert server.keys(state=("success", "error")) == [ended.key]


def test_filter_by_lists(server):
    plain = server.create()
    child = server.create(parent_task_key=plain.key, activation_id="act")
    grandchild = server.create(parent_task_key=child.key)
    assert server.keys(activation_id=("act", "other")) == [child.key]
    assert server.keys(event_chain_id=(grandchild.event_chain_id,)) == [grandchild.key]
    assert server.keys(parent_task_key=(plain.key,)) == [child.key]
    assert server.keys(root_task_key=(plain.key,)) == [child.key, grandchild.key]
    assert server.keys(root_task_key=(plain.key,), activation_id=("act",)) == [child.key]
    assert server.keys(tag=("blue",)) == []
    assert server.keys(tag=("blue", "")) == [plain.key, child.key, grandchild.key]


# --- views ------------------------------------------------------------------------------------------------------------


def test_a_view_lists_what_it_was_given_and_can_be_resolved(server):
    task = server.create()
    collector = server.collector()
    view = server.view(task.task, server.place("vm"), NO_TASK, collector, task.task, server.place("nowhere"))
    assert view.type == "ListView"
    assert set(server.viewed(view)) == {task.task, server.place("vm"), collector}
    assert len(server.viewed(view)) == 3
    assert server.viewed(server.view()) == ()


def test_a_view_is_modified_and_reset(server):
    one, two, three = (server.create().task for _ in range(3))
    view = server.view(one)
    modify = calls.ModifyListView(session="main", view=view, add=(two, NO_TASK, one), remove=(three,))
    assert server.ok(modify) == (NO_TASK,)
    assert set(server.viewed(view)) == {one, two}
    assert server.ok(calls.ModifyListView(session="main", view=view, add=(three,), remove=(one, NO_TASK))) == ()
    assert set(server.viewed(view)) == {two, three}
    assert server.ok(calls.ModifyListView(session="main", view=view)) == ()
    reset = calls.ResetListView(session="main", view=view, objs=(one, NO_TASK, server.place("nowhere")))
    assert server.ok(reset) == (NO_TASK, server.place("nowhere"))
    assert server.viewed(view) == (one,)
    assert server.ok(calls.ResetListView(session="main", view=view, objs=())) == ()
    assert server.viewed(view) == ()


def test_views_are_their_own_session_s_and_end_with_it(server):
    view = server.view(server.create().task)
    gone = server.view()
    server.ok(calls.DestroyView(session="main", view=gone))

    def every(session, ref):
        return (
            calls.ReadView(session=session, view=ref),
            calls.ModifyListView(session=session, view=ref),
            calls.ResetListView(session=session, view=ref, objs=()),
            calls.DestroyView(session=session, view=ref),
        )

    for call in (*every("second", view), *every("main", gone)):
        assert server.kind(call) == "ManagedObjectNotFound"
    assert len(server.viewed(view)) == 1
    server.ok(calls.Logout(session="main"))
    server.ok(calls.Login(session="main", account="primary"))
    assert server.kind(calls.ReadView(session="main", view=view)) == "ManagedObjectNotFound"


def test_a_view_loses_what_is_no_more(server):
    folder, collector, task = server.folder(), server.collector(), server.create().task
    view = server.view(folder, collector, task)
    server.destroyed(folder)
    server.ok(calls.DestroyCollector(session="main", collector=collector))
    assert server.viewed(view) == (task,)


# --- the property collector -------------------------------------------------------------------------------------------


def test_the_empty_version_gives_everything_and_a_version_what_changed_since(server):
    one, two = server.create(), server.create()
    watcher = Watcher(server)
    watch = watcher.filter(one.task, two.task)
    first = watcher.wait("")
    assert not first.truncated
    assert first.missing == ()
    assert set(first.updates) == {
        ObjectUpdate(filter=watch, kind="enter", obj=task.task, state="queued") for task in (one, two)
    }
    assert watcher.wait(first.version) is None
    server.set(one, "running")
    second, told = watcher.told(first.version)
    assert told == [("modify", one.key, "running")]
    assert second != first.version
    assert watcher.wait(second) is None
    _, told = watcher.told("")
    assert sorted(told) == [("enter", one.key, "running"), ("enter", two.key, "queued")]


def test_without_filters_there_is_nothing_to_tell(server):
    assert Watcher(server).wait("") is None
    assert Watcher(server).wait("", seconds=10) is None


def test_complete_versions_can_be_used_again(server):
    one, two = server.create(), server.create()
    watcher = Watcher(server)
    watcher.filter(one.task, two.task)
    first, _ = watcher.told("")
    server.set(one, "running")
    second, _ = watcher.told(first)
    server.set(one, "success")
    server.set(two, "running")
    now = [("modify", one.key, "success"), ("modify", two.key, "running")]
    for _ in range(2):
        assert sorted(watcher.told(first)[1]) == now
        assert sorted(watcher.told(second)[1]) == now
    third, _ = watcher.told(second)
    assert watcher.wait(third) is None
    assert len(watcher.told("")[1]) == 2
    assert sorted(watcher.told(second)[1]) == now


@pytest.mark.parametrize("version", ["1", "never", "-1", " "])
def test_a_version_never_given_out_is_refused(server, version):
    watcher, other = Watcher(server), Watcher(server)
    watcher.filter(server.create().task)
    watcher.wait("")
    other.filter(server.create().task)
    assert server.fault(watcher.call(version)).kinds == ("InvalidCollectorVersion", "MethodFault")
    assert server.kind(watcher.call(other.wait("").version)) == "InvalidCollectorVersion"


def test_a_calculation_is_suspended_and_resumed(server):
    tasks = [server.create() for _ in range(5)]
    watcher = Watcher(server)
    watcher.filter(*(task.task for task in tasks))
    told, version, truncated = [], "", []
    for _ in range(3):
        found = watcher.wait(version, 2)
        told.append([update.obj for update in found.updates])
        truncated.append(found.truncated)
        before, version = version, found.version
    assert [len(part) for part in told] == [2, 2, 1]
    assert {obj for part in told for obj in part} == {task.task for task in tasks}
    assert truncated == [True, True, False]
    assert server.kind(watcher.call(before)) == "InvalidCollectorVersion"
    assert watcher.wait(version) is None
    assert not watcher.wait("", 5).truncated


def test_changes_during_a_suspended_calculation_are_told_in_the_end(server):
    one, two, three = (server.create() for _ in range(3))
    watcher = Watcher(server)
    watcher.filter(one.task, two.task, three.task)
    first, told = watcher.told("", 1)
    known = {obj: state for _, obj, state in told}
    for task in (one, two, three):
        server.set(task, "running")
    version = first
    for _ in range(3):
        found = watcher.wait(version)
        if found is None:
            break
        version = found.version
        known |= {update.obj.value: update.state for update in found.updates}
    assert watcher.wait(version) is None
    assert known == dict.fromkeys((one.key, two.key, three.key), "running")


def test_a_calculation_resumed_with_nothing_left_still_gives_a_version(server):
    one, two = server.create(), server.create()
    view = server.view(one.task, two.task)
    watcher = Watcher(server)
    watcher.filter(view)
    truncated, _ = watcher.told("", 1)
    server.ok(calls.ResetListView(session="main", view=view, objs=(one.task,)))
    found = watcher.wait(truncated)
    assert (found.updates, found.truncated) == ((), False)
    assert watcher.wait(found.version) is None


def test_a_truncated_version_does_not_outlive_another_calculation(server):
    one, two = server.create(), server.create()
    watcher = Watcher(server)
    watcher.filter(one.task, two.task)
    complete, _ = watcher.told("")
    server.set(one, "running")
    server.set(two, "running")
    truncated, _ = watcher.told(complete, 1)
    assert len(watcher.told(complete)[1]) == 2
    assert server.kind(watcher.call(truncated)) == "InvalidCollectorVersion"


@pytest.mark.parametrize(("maximum", "seconds"), [(0, 0), (-1, 0), (None, -1)])
def test_illegal_options_are_invalid_arguments(server, maximum, seconds):
    assert server.kind(Watcher(server).call("", maximum, seconds)) == "InvalidArgument"


def test_tasks_enter_and_leave_with_the_view(server):
    one, two = server.create(), server.create()
    view = server.view(one.task, server.place("vm"))
    watcher = Watcher(server)
    watcher.filter(view)
    version, told = watcher.told("")
    assert told == [("enter", one.key, "queued")]
    server.ok(calls.ModifyListView(session="main", view=view, add=(two.task,), remove=(one.task,)))
    later, told = watcher.told(version)
    assert sorted(told) == [("enter", two.key, "queued"), ("leave", one.key, None)]
    server.set(two, "success")
    assert watcher.told(later)[1] == [("modify", two.key, "success")]
    assert sorted(watcher.told(version)[1]) == [("enter", two.key, "success"), ("leave", one.key, None)]
    last, _ = watcher.told(later)
    server.ok(calls.DestroyView(session="main", view=view))
    assert watcher.told(last)[1] == [("leave", two.key, None)]


def test_a_task_watched_twice_by_a_filter_is_told_once_but_by_each_filter(server):
    task = server.create()
    watcher = Watcher(server)
    watches = {watcher.filter(task.task, task.task), watcher.filter(server.view(task.task))}
    assert {update.filter for update in watcher.wait("").updates} == watches
    assert len(watcher.wait("").updates) == 2


def test_a_filter_made_later_is_told_whole(server):
    one, two = server.create(), server.create()
    watcher = Watcher(server)
    first = watcher.filter(one.task)
    version, _ = watcher.told("")
    watcher.filter(two.task)
    later, told = watcher.told(version)
    assert told == [("enter", two.key, "queued")]
    server.ok(calls.DestroyPropertyFilter(session="main", filter=first))
    assert server.kind(calls.DestroyPropertyFilter(session="main", filter=first)) == "ManagedObjectNotFound"
    server.set(one, "running")
    assert watcher.wait(later) is None
    assert watcher.told(version)[1] == [("enter", two.key, "queued")]


def test_a_filter_that_goes_while_suspended_is_not_told_of(server):
    tasks = [server.create() for _ in range(3)]
    watcher = Watcher(server)
    watches = [watcher.filter(task.task) for task in tasks]
    version, _ = watcher.told("", 1)
    server.ok(calls.DestroyPropertyFilter(session="main", filter=watches[1]))
    assert watcher.told(version)[1] == [("enter", tasks[2].key, "queued")]


def test_missing_objects_fail_the_filter_or_are_reported(server):
    task = server.create()
    nowhere = ObjectRef(type="ListView", value="view-404")
    watcher = Watcher(server)
    for watched in ((task.task, NO_TASK), (nowhere,), (server.view(session="second"),)):
        assert server.kind(watcher.filter_call(*watched)) == "ManagedObjectNotFound"
    assert server.kind(watcher.filter_call()) == "InvalidArgument"
    watcher.filter(task.task, NO_TASK, report_missing=True)
    found = watcher.wait("", 1)
    assert found.missing == (NO_TASK,)
    assert [update.obj for update in found.updates] == [task.task]
    server.set(task, "running")
    assert watcher.wait(found.version).missing == ()
    assert watcher.wait("").missing == (NO_TASK,)


def test_only_missing_objects_are_an_update(server):
    watcher = Watcher(server)
    watcher.filter(NO_TASK, report_missing=True)
    found = watcher.wait("")
    assert (found.updates, found.missing, found.truncated) == ((), (NO_TASK,), False)
    assert watcher.wait(found.version) is None


def test_a_state_that_may_not_be_read_is_missing(server):
    hidden, seen = server.create(server.place("hidden")), server.create()
    watcher = Watcher(server, "restricted")
    watcher.filter(hidden.task, seen.task)
    found = watcher.wait("")
    by = {update.obj: update for update in found.updates}
    assert (by[hidden.task].kind, by[hidden.task].state) == ("enter", None)
    assert by[hidden.task].missing.kinds == NOT_AUTHENTICATED[1:]
    assert (by[seen.task].state, by[seen.task].missing) == ("queued", None)
    server.set(hidden, "running")
    assert watcher.wait(found.version) is None


def test_a_latest_page_is_told_when_members_or_states_change(server):
    one = server.create()
    collector = server.collector(entity=ByEntity(entity=server.place("vm"), recursion="self"))
    watcher = Watcher(server)
    watch = watcher.filter(collector)
    first = watcher.wait("")
    assert first.updates == (ObjectUpdate(filter=watch, kind="enter", obj=collector, latest_page=(one,), changed=True),)
    server.create(server.place("host"))
    assert watcher.wait(first.version) is None
    two = server.create()
    second = watcher.wait(first.version)
    (update,) = second.updates
    assert (update.kind, update.changed, set(update.latest_page)) == ("modify", True, {one, two})
    server.set(one, "running")
    third = watcher.wait(second.version)
    assert {info.state for info in third.updates[0].latest_page} == {"running", "queued"}
    server.ok(calls.SetCollectorPageSize(session="main", collector=collector, max_count=1))
    fourth = watcher.wait(third.version)
    assert fourth.updates[0].latest_page == (two,)
    server.ok(calls.DestroyCollector(session="main", collector=collector))
    assert watcher.told(fourth.version)[1] == [("leave", collector.value, None)]


def test_property_collectors_are_their_own_session_s_and_end_with_it(server):
    task = server.create()
    watcher = Watcher(server)
    watch = watcher.filter(task.task)
    for call in (
        calls.CreateFilter(session="second", collector=watcher.ref, watched=(task.task,)),
        calls.WaitForUpdatesEx(session="second", collector=watcher.ref, version=""),
        calls.BreakOffWait(session="second", collector=watcher.ref, version="", by="cancel"),
        calls.DestroyPropertyFilter(session="second", filter=watch),
        calls.DestroyPropertyCollector(session="second", collector=watcher.ref),
    ):
        assert server.kind(call) == "ManagedObjectNotFound"
    server.ok(calls.DestroyPropertyCollector(session="main", collector=watcher.ref))
    assert server.kind(watcher.call("")) == "ManagedObjectNotFound"
    assert server.kind(calls.DestroyPropertyFilter(session="main", filter=watch)) == "ManagedObjectNotFound"
    other = Watcher(server)
    server.ok(calls.Logout(session="main"))
    server.ok(calls.Login(session="main", account="primary"))
    assert server.kind(other.call("")) == "ManagedObjectNotFound"


def test_a_wait_lasts_until_a_canceled_task_ends(server):
    task, other = server.create(), server.create()
    server.set(task, "running")
    server.set(other, "running")
    watcher = Watcher(server)
    watcher.filter(task.task)
    version, _ = watcher.told("")
    server.ok(calls.CancelTask(session="main", task=other.task))
    server.ok(calls.CancelTask(session="main", task=task.task))
    assert watcher.wait(version) is None
    found = watcher.wait(version, seconds=1)
    assert [(update.kind, update.state) for update in found.updates] == [("modify", "error")]
    assert server.info(task).complete_time < server.target.state.now


@pytest.mark.parametrize("by", ["cancel", "logout"])
def test_a_wait_that_is_broken_off(server, by):
    task = server.create()
    watcher = Watcher(server)
    watcher.filter(task.task)
    version, _ = watcher.told("")
    found = server.fault(watcher.break_off(version, by))
    assert found.kinds == ("RequestCanceled", "RuntimeFault", "MethodFault")
    if by == "logout":
        assert server.fault(watcher.call(version)).kinds == NOT_AUTHENTICATED
    else:
        assert watcher.wait(version) is None


@pytest.mark.parametrize("by", ["cancel", "logout"])
def test_a_wait_that_has_something_to_tell_is_not_broken_off(server, by):
    task = server.create()
    watcher = Watcher(server)
    watcher.filter(task.task)
    version, _ = watcher.told("")
    server.set(task, "running")
    found = server.ok(watcher.break_off(version, by))
    assert [(update.kind, update.state) for update in found.updates] == [("modify", "running")]
    if by == "logout":
        assert server.fault(watcher.call(version)).kinds == NOT_AUTHENTICATED


def test_a_wait_that_is_refused_still_ends_with_the_logout(server):
    watcher = Watcher(server)
    assert server.kind(watcher.break_off("never", "logout")) == "InvalidCollectorVersion"
    assert server.kind(watcher.break_off("never", "logout")) == "NotAuthenticated"


def test_what_is_missing_is_left_out_of_a_retrieval_that_reports_it(server):
    hidden, seen = server.create(server.place("hidden")).task, server.create().task
    asked = (hidden, NO_TASK, seen, seen)
    assert server.ok(calls.RetrieveReported(session="restricted", tasks=asked)) == (hidden, seen)
    assert server.ok(calls.RetrieveReported(session="main", tasks=(NO_TASK,))) == ()


# --- the inventory ----------------------------------------------------------------------------------------------------


def test_a_folder_is_an_entity_like_any_other(server):
    folder = server.folder(name="Attic")
    inner = server.folder(folder, "Box")
    task = server.create(inner)
    assert (folder.type, task.entity, task.entity_name) == ("Folder", inner, "Box")

    def keys(entity, recursion):
        return server.keys(entity=ByEntity(entity=entity, recursion=recursion))

    assert keys(inner, "self") == keys(folder, "children") == keys(folder, "all") == [task.key]
    assert keys(server.place("folder"), "children") == keys(server.place("root"), "all") == [task.key]
    assert keys(folder, "self") == keys(server.place("folder", 1), "all") == []
    assert server.recent("restricted") == (task.task,)


def test_a_collector_sees_folders_that_are_made_after_it(server):
    collector = server.collector(entity=ByEntity(entity=server.place("folder"), recursion="all"))
    task = server.create(server.folder())
    assert server.page(collector) == [task.key]


def test_a_folder_in_a_hidden_one_is_hidden(server):
    task = server.create(server.folder(server.place("hidden")))
    assert server.read(task, "restricted").missing.kind == "NoPermission"
    assert server.read(task, "second").value == task


@pytest.mark.parametrize(
    ("role", "name", "kind"),
    [
        ("folder", "", "InvalidName"),
        ("folder", "Alder07", "DuplicateName"),
        ("vm", "Attic", "MethodNotFound"),
        ("nowhere", "Attic", "ManagedObjectNotFound"),
    ],
)
def test_folders_are_made_in_folders_under_names_of_their_own(server, role, name, kind):
    assert server.kind(calls.CreateFolder(session="main", parent=server.place(role), name=name)) == kind


def test_destroying_is_a_task_of_the_server_s_own(server):
    folder = server.folder(name="Attic")
    task = server.destroyed(folder)
    assert (task.description_id, task.name) == ("Folder.destroy", "Destroy_Task")
    assert (task.entity, task.entity_name) == (folder, "Attic")
    assert (task.state, task.cancelable, task.cancelled, task.error) == ("success", False, False, None)
    assert task.queue_time == task.start_time == task.complete_time
    user_name = server.target.declaration.account("primary").user_name
    assert (task.reason.kind, task.reason.user_name) == ("TaskReasonUser", user_name)
    assert server.keys() == [task.key]


def test_what_is_destroyed_is_gone_but_its_history_stays(server):
    folder = server.folder(name="Attic")
    inner = server.folder(folder, "Box")
    own, below, other = server.create(folder), server.create(inner), server.create()
    collector = server.collector(entity=ByEntity(entity=folder, recursion="all"))
    end = server.destroyed(folder)
    for entity in (folder, inner):
        task = calls.CreateTask(session="main", obj=entity, task_type_id=WORK, cancelable=True)
        by = TaskFilterSpec(entity=ByEntity(entity=entity, recursion="self"))
        for call in (
            task,
            calls.CreateCollectorForTasks(session="main", filter=by),
            calls.Destroy(session="main", entity=entity),
            calls.CreateFolder(session="main", parent=entity, name="More"),
        ):
            assert server.kind(call) == "ManagedObjectNotFound"
    assert server.recent() == (other.task,)
    assert [server.info(task) for task in (own, below)] == [own, below]
    assert server.keys() == [own.key, below.key, other.key, end.key]
    assert server.page(collector) == [own.key, below.key, end.key]
    assert server.folder(name="Attic") != folder


def test_the_fixed_tree_is_not_destroyed_and_not_shared(server):
    assert server.kind(calls.Destroy(session="main", entity=server.place("folder"))) == "NotSupported"
    assert server.kind(calls.Destroy(session="main", entity=server.place("nowhere"))) == "ManagedObjectNotFound"
    folder = server.folder()
    server.target.reset()
    server.ok(calls.Login(session="main", account="primary"))
    assert server.kind(calls.Destroy(session="main", entity=folder)) == "ManagedObjectNotFound"


# --- scheduled tasks, alarms, events ----------------------------------------------------------------------------------


def test_a_scheduled_task_starts_tasks_when_it_is_run(server):
    vm = server.place("vm")
    create = calls.CreateScheduledTask(session="main", entity=vm, name="Nightly", task_type_id=WORK)
    schedule = server.ok(create)
    assert server.recent() == ()
    run = calls.RunScheduledTask(session="main", scheduled_task=schedule)
    server.ok(run)
    server.create()
    keys = server.keys(scheduled_task=schedule)
    server.ok(run)
    assert len(keys) == 1
    (info,) = server.ok(calls.ReadNextTasks(session="main", collector=server.collector(), max_count=1))
    assert (info.state, info.description_id, info.entity, info.key) == ("queued", WORK, vm, keys[0])
    assert (info.reason.kind, info.reason.name) == ("TaskReasonSchedule", "Nightly")
    assert (info.reason.scheduled_task, info.reason.user_name) == (schedule, None)
    assert server.kind(create) == "DuplicateName"
    collector = server.collector(scheduled_task=schedule)
    remove = calls.RemoveScheduledTask(session="main", scheduled_task=schedule)
    server.ok(remove)
    assert len(server.page(collector)) == 2
    spec = TaskFilterSpec(scheduled_task=schedule)
    for call in (run, remove, calls.CreateCollectorForTasks(session="main", filter=spec)):
        assert server.kind(call) == "ManagedObjectNotFound"


def test_an_alarm_starts_tasks_when_it_is_set_off(server):
    vm = server.place("vm")
    create = calls.CreateAlarm(session="main", entity=vm, name="Smoke", task_type_id=REST)
    alarm = server.ok(create)
    log = calls.LogUserEvent(session="main", entity=vm)
    server.ok(calls.LogUserEvent(session="main", entity=server.place("vm", 1)))
    server.ok(calls.LogUserEvent(session="main", entity=server.place("folder")))
    assert server.recent() == ()
    server.ok(log)
    server.create()
    collector = server.collector(alarm=alarm)
    (info,) = server.ok(calls.ReadNextTasks(session="main", collector=collector, max_count=9))
    name = server.target.declaration.entity_names[vm.value]
    assert (info.state, info.description_id, info.entity, info.entity_name) == ("queued", REST, vm, name)
    reason = info.reason
    assert (reason.kind, reason.alarm_name, reason.alarm) == ("TaskReasonAlarm", "Smoke", alarm)
    assert (reason.entity_name, reason.entity) == (name, vm)
    server.ok(log)
    assert len(server.page(collector)) == 1
    assert server.kind(create) == "DuplicateName"
    server.ok(calls.RemoveAlarm(session="main", alarm=alarm))
    server.ok(log)
    assert server.page(collector) == []
    assert server.kind(calls.RemoveAlarm(session="main", alarm=alarm)) == "ManagedObjectNotFound"
    spec = TaskFilterSpec(alarm=alarm)
    assert server.kind(calls.CreateCollectorForTasks(session="main", filter=spec)) == "ManagedObjectNotFound"


@pytest.mark.parametrize("kind", [calls.CreateScheduledTask, calls.CreateAlarm])
def test_what_starts_tasks_needs_an_entity_a_name_and_a_type(server, kind):
    given = {"session": "main", "entity": server.place("vm"), "name": "n", "task_type_id": WORK}
    assert server.kind(kind(**given | {"entity": server.place("nowhere")})) == "ManagedObjectNotFound"
    assert server.kind(kind(**given | {"name": ""})) == "InvalidName"
    assert server.kind(kind(**given | {"task_type_id": "unregistered"})) == "InvalidArgument"


def test_what_starts_tasks_goes_with_its_entity_and_its_type(server):
    folder = server.folder()
    gone = server.ok(calls.CreateScheduledTask(session="main", entity=folder, name="a", task_type_id=WORK))
    kept = server.ok(calls.CreateScheduledTask(session="main", entity=server.place("vm"), name="b", task_type_id=WORK))
    server.destroyed(folder)
    assert server.kind(calls.RunScheduledTask(session="main", scheduled_task=gone)) == "ManagedObjectNotFound"
    server.ok(calls.UnregisterExtension(session="main", key=EXTENSION_KEY))
    server.ok(calls.RunScheduledTask(session="main", scheduled_task=kept))
    assert server.recent() == ()


def test_every_new_task_leaves_an_event_with_what_it_was_then(server):
    schedule = server.ok(
        calls.CreateScheduledTask(session="main", entity=server.place("vm"), name="s", task_type_id=WORK)
    )
    task = server.create()
    server.set(task, "running")
    server.set(task, "success", result="r")
    server.ok(calls.RunScheduledTask(session="main", scheduled_task=schedule))
    server.destroyed(server.folder())
    items = server.ok(calls.ReadNextTasks(session="main", collector=server.collector(), max_count=9))
    events = []
    for item in items:
        (event,) = server.ok(calls.QueryTaskEvents(session="main", chain=item.event_chain_id))
        assert event.chain_id == event.info.event_chain_id == item.event_chain_id != 0
        assert (event.info.key, event.info.state, event.info.start_time) == (item.key, "queued", None)
        events.append(event)
    assert events[0].info == task
    assert len({event.key for event in events}) == len({event.chain_id for event in events}) == 3
    assert server.ok(calls.QueryTaskEvents(session="main", chain=7)) == ()


def test_events_of_tasks_without_access_are_not_given(server):
    task = server.create(server.place("hidden"))
    assert server.ok(calls.QueryTaskEvents(session="restricted", chain=task.event_chain_id)) == ()


# --- the host ---------------------------------------------------------------------------------------------------------


def test_a_host_has_no_extensions_no_history_and_no_cap():
    server = Server(flavour="esxi", cap="2")
    tasks = {server.create(task_type_id="whatever").task for _ in range(5)}
    for task in tasks:
        server.ok(calls.SetTaskState(session="main", task=task, state="success"))
    assert set(server.recent()) == tasks
    for call in (
        calls.CreateCollectorForTasks(session="main", filter=TaskFilterSpec()),
        calls.RegisterExtension(session="main", key="k", version="1", task_ids=()),
        calls.UnregisterExtension(session="main", key="k"),
        calls.UpdateExtension(session="main", key="k", version="1", task_ids=()),
        calls.FindExtension(session="main", key="k"),
        calls.ReadExtensionList(session="main"),
        calls.CreateCollectorWithInfoFilterForTasks(session="main", filter=TaskFilterSpec(), info_filter=None),
        calls.CreateFolder(session="main", parent=server.place("folder"), name="Attic"),
        calls.Destroy(session="main", entity=server.place("folder")),
        calls.CreateScheduledTask(session="main", entity=server.place("vm"), name="s", task_type_id=WORK),
        calls.CreateAlarm(session="main", entity=server.place("vm"), name="a", task_type_id=WORK),
        calls.LogUserEvent(session="main", entity=server.place("vm")),
    ):
        assert server.kind(call) == "NotSupported"


def test_a_server_starts_one_task_by_itself():
    server = Server(target=BuiltinTarget)
    collector = server.ok(calls.CreateCollectorForTasks(session="main", filter=calls.TaskFilterSpec()))
    (task,) = server.ok(calls.ReadNextTasks(session="main", collector=collector, max_count=10))
    assert (task.reason.kind, task.state) == ("TaskReasonSystem", "success")
    assert task.description_id in {
        one.key for one in server.ok(calls.ReadDescription(session="main")).value.method_info
    }
