"""The simulator against the API pages: one test per rule, through the adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taskconform.conformance.targets.builtin import EXTENSION_KEY, HANDLERS, BuiltinTarget, open_target
from taskconform.conformance.targets.protocol import TargetMisnamed
from taskconform.conformance.targets.sim_faults import kinds_of
from taskconform.conformance.targets.sim_state import EPOCH
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model import calls
from taskconform.model.calls import ByEntity, ByTime, ByUsername, ObjectRef, TaskFilterSpec
from taskconform.model.outcomes import SECOND, Faulted, LocalizableMessage, Property, RecentTaskUpdate, Returned

if TYPE_CHECKING:
    from taskconform.model.outcomes import Fault, TaskInfo

WORK = f"{EXTENSION_KEY}.work"
REST = f"{EXTENSION_KEY}.rest"
NOT_AUTHENTICATED = ("NotAuthenticated", "NoPermission", "SecurityError", "RuntimeFault", "MethodFault")
INVALID_STATE = ("InvalidState", "VimFault", "MethodFault")


class Server:
    """A target with the extension registered and everybody logged in, and short ways to ask."""

    def __init__(self, simulator_class: type[Simulator] = Simulator, **options: str) -> None:
        """Open the target."""
        self.target = BuiltinTarget({key.replace("_", "-"): value for key, value in options.items()}, simulator_class)
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


@pytest.fixture
def server() -> Server:
    return Server()


# --- the adapter ------------------------------------------------------------------------------------------------------


def test_every_class_of_call_has_a_handler():
    assert set(HANDLERS) == set(calls.Call.__args__)
    assert all(callable(getattr(Simulator, name)) for name in HANDLERS.values())


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


def test_symbols_are_not_understood(server):
    with pytest.raises(TypeError):
        server.target.perform(calls.CancelTask(session="main", task=calls.Made(step=0)))
    with pytest.raises(TypeError):
        server.create(initiated_by=calls.UserName(account="primary"))


def test_a_subclass_takes_its_place():
    class Lenient(Simulator):
        def may_cancel(self, task):
            del task
            return True

    server = Server(Lenient)
    task = server.create(cancelable=False)
    server.ok(calls.CancelTask(session="main", task=task.task))
    assert server.target.declaration.identity["simulator"].endswith("Lenient")


def test_kinds_are_those_of_the_type_information():
    assert kinds_of("InvalidState") == INVALID_STATE
    assert kinds_of("NotAuthenticated") == NOT_AUTHENTICATED
    assert kinds_of("TaskInfo") == kinds_of("NoSuchThing") == ()


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
    ]


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
    class Closed(Simulator):
        def has_access(self, account):
            return account != "restricted"

    target = BuiltinTarget({}, Closed)
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
    ):
        found = server.ok(call)
        assert found.value is None
        assert found.missing.kind == "NoPermission"
    assert server.read(task, "outsider").missing.kind == "NoPermission"
    assert server.kind(calls.WaitForRecentTask(session="outsider", fresh=True)) == "NoPermission"
    assert server.kind(calls.CreateCollectorForTasks(session="outsider", filter=None)) == "NoPermission"
    assert server.kind(calls.CreateCollectorForEvents(session="outsider")) == "NoPermission"
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
    assert error.kinds == kinds_of(name)
    assert error.kinds[-1] == "MethodFault"


@pytest.mark.parametrize("name", ["SystemError", "InvalidArgument", "MethodFault", "NoPermission", "TaskInfo", "Bogus"])
def test_other_faults_cannot(server, name):
    task = server.create()
    call = calls.SetTaskState(session="main", task=task.task, state="error", fault=name)
    assert server.kind(call) == "InvalidArgument"
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
    while server.target.simulator.clock.now < complete + 600 * SECOND - 1_000:
        server.ok(calls.ReadMaxCollector(session="main"))
    assert server.recent() == (task.task,)
    assert server.target.simulator.clock.now == complete + 600 * SECOND
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
    assert server.kind(calls.CreateCollectorForTasks(session="main", filter=None)) == "InvalidArgument"


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
    assert server.target.simulator.sessions["main"].task_collectors == {}


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
    read = calls.ReadNextTasks(session="second", collector=collector, max_count=1)
    assert server.kind(read) == "ManagedObjectNotFound"


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


@pytest.mark.parametrize("count", [0, -1])
def test_max_count_has_a_range(server, count):
    read = calls.ReadNextTasks(session="main", collector=server.collector(), max_count=count)
    assert server.kind(read) == "InvalidArgument"


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
    ):
        assert server.kind(call) == "NotSupported"
