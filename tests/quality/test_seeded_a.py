"""The seeded faults of `lists/seeded_a.toml`: each does what its description says, beside the simulator, which does
not.

Every check asks two servers the same: what the simulator answers stands first, then what the one with the fault does.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from here import ROOT
from test_simulator import REST, WORK, Server

from taskconform.conformance.qualification.mutants.registry import mutant_names, specification_of
from taskconform.conformance.targets.builtin import EXTENSION_KEY, BuiltinTarget
from taskconform.conformance.targets.builtin.specification import RIGHT, Specification
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec
from taskconform.model.vocabulary.outcomes import SECOND, Returned

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.vocabulary.outcomes import TaskInfo

LIST = ROOT / "conformance" / "qualification" / "mutants" / "lists" / "seeded_a.toml"
BUGS: list[dict[str, Any]] = tomllib.loads(LIST.read_text(encoding="utf-8"))["bug"]
OVERLAPS: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("seeded_a_overlaps.toml").read_text(encoding="utf-8")
)
ADA, BRUNO, CARLA = (f"CONFORM.TEST\\{name}" for name in ("Ada", "Bruno", "Carla"))
GONE, DENIED, STATE, ARGUMENT = "ManagedObjectNotFound", "NoPermission", "InvalidState", "InvalidArgument"
NO_TASK = ObjectRef(type="Task", value="task-404")
OTHER = f"{EXTENSION_KEY}.other"
OTHER_WORK = f"{OTHER}.work"
MINUTE = 60 * SECOND

Ask = "Callable[[Server], Any]"
SHOWN: dict[str, tuple[Ask, Any, Any, dict[str, str]]] = {}


def shows(right: Any, wrong: Any, **options: str) -> Callable[[Ask], Ask]:
    """Keep what the two servers answer to the question that is named like the fault."""

    def keep(ask: Ask) -> Ask:
        SHOWN[ask.__name__.replace("_", "-")] = (ask, right, wrong, options)
        return ask

    return keep


def server_of(specification: Specification, options: dict[str, str]) -> Server:
    """Start a server that does nothing by itself before anybody comes."""
    return Server(specification, **options)


def test_the_list_and_the_simulators_agree():
    listed = {bug["id"] for bug in BUGS}
    assert len(listed) == len(BUGS) == 227
    assert set(mutant_names()) > listed
    assert set(SHOWN) == listed


def test_the_list_is_well_formed():
    for bug in BUGS:
        assert set(bug) <= {"id", "wrong", "sentence", "clauses", "also", "options"}
        assert bug["wrong"].strip()
        assert bug["sentence"]
        assert bug["clauses"]
        assert not set(bug["clauses"]) & set(bug.get("also", []))


@pytest.mark.parametrize("fault", [bug["id"] for bug in BUGS])
def test_the_fault_shows(fault):
    ask, right, wrong, options = SHOWN[fault]
    assert right != wrong
    assert ask(server_of(RIGHT, options)) == right
    assert ask(server_of(specification_of(fault), options)) == wrong


@pytest.mark.parametrize("fault", [bug["id"] for bug in BUGS])
def test_a_server_with_the_fault_starts_by_itself(fault):
    server = Server(specification_of(fault), BuiltinTarget)
    (started,) = server.target.state.tasks.values()
    assert started.info.reason.kind == "TaskReasonSystem"
    assert (started.number, started.info.description_id) == (1, "VirtualMachine.powerOn")
    assert started.info.parent_task_key is None


@pytest.mark.parametrize("fault", [bug["id"] for bug in BUGS])
def test_a_host_with_the_fault_has_tasks_and_no_extensions(fault):
    server = Server(specification_of(fault), BuiltinTarget, flavour="esxi")
    task = server.create(task_type_id="any.at.all")
    server.set(task, "running")
    server.set(task, "success")
    assert server.target.state.tasks[server.target.state.keys[task.key]].info.state == "success"
    assert did(server, unregister_call(EXTENSION_KEY)) == did(server, update_call(OTHER, OTHER_WORK)) == "NotSupported"
    assert did(server, register_call()) == "NotSupported"
    assert collect(server, 1) == ["NotSupported"]


@pytest.mark.parametrize("fault", [bug["id"] for bug in BUGS])
def test_the_fault_changes_nothing_else(fault):
    """Ask the server what shows the other faults: every third of the questions, so that it does not take long. Where
    the one fault comes in the way of the question for another, or changes what it asks for too, the file of overlaps
    says so.
    """
    asked = list(SHOWN)
    first = (3 - asked.index(fault)) % 3
    others = [other for other in asked[first::3] if other != fault]
    changed = {other for other in others if answer(other, specification_of(fault)) != SHOWN[other][1]}
    assert changed == set(OVERLAPS.get(fault, ())) & set(others)


def answer(question: str, specification: Specification) -> Any:
    """Give what such a server answers; if the question cannot be asked to its end, the error's name."""
    ask, _, _, options = SHOWN[question]
    try:
        return ask(server_of(specification, options))
    except (AssertionError, AttributeError, StopIteration, ValueError) as error:
        return type(error).__name__


# --- short ways to ask ------------------------------------------------------------------------------------------------


def did(server: Server, call: calls.Call) -> str:
    """Give the fault's name, or `done`."""
    outcome = server.target.perform(call)
    return "done" if isinstance(outcome, Returned) else outcome.fault.kind


def read(server: Server, task: TaskInfo, session: str = "main") -> str:
    """Read the task: the fault's name, `missing` and the fault in missingSet, `absent`, or the state."""
    outcome = server.target.perform(calls.ReadTaskInfo(session=session, tasks=(task.task,)))
    if not isinstance(outcome, Returned):
        return outcome.fault.kind
    (found,) = outcome.value
    if found.value is not None:
        return found.value.state
    return "absent" if found.missing is None else f"missing {found.missing.kind}"


def set_call(task: TaskInfo, state: str, session: str = "main", **more: Any) -> calls.SetTaskState:
    return calls.SetTaskState(session=session, task=task.task, state=state, **more)


def progress_call(task: TaskInfo, percent: int, session: str = "main") -> calls.UpdateProgress:
    return calls.UpdateProgress(session=session, task=task.task, percent_done=percent)


def describe_call(task: TaskInfo, key: str = "phase", session: str = "main", **args: str) -> calls.SetTaskDescription:
    return calls.SetTaskDescription(session=session, task=task.task, key=key, args=tuple(args.items()))


def cancel_call(task: TaskInfo, session: str = "main") -> calls.CancelTask:
    return calls.CancelTask(session=session, task=task.task)


def create_call(server: Server, obj: ObjectRef | None = None, session: str = "main", **more: Any) -> calls.CreateTask:
    given = {"task_type_id": WORK, "cancelable": True} | more
    return calls.CreateTask(session=session, obj=obj or server.place("vm"), **given)


def running(server: Server, **more: Any) -> TaskInfo:
    """Make a running task."""
    task = server.create(**more)
    server.set(task, "running")
    return task


def chain(server: Server, length: int = 3) -> list[TaskInfo]:
    """Make a chain of tasks."""
    tasks = [server.create()]
    while len(tasks) < length:
        tasks.append(server.create(parent_task_key=tasks[-1].key))
    return tasks


def listed(server: Server, session: str = "main") -> list[str]:
    """Give the keys in recentTask."""
    return [ref.value for ref in server.recent(session)]


def waited(server: Server, session: str = "main", *, fresh: bool = True) -> list[str] | None:
    """Give the keys that a wait over recentTask yields."""
    update = server.ok(calls.WaitForRecentTask(session=session, fresh=fresh))
    return None if update.recent_task is None else [ref.value for ref in update.recent_task.value]


def items(server: Server) -> list[TaskInfo]:
    """Read a fresh collector over everything to its end."""
    collector = server.collector()
    page = server.ok(calls.ReadNextTasks(session="main", collector=collector, max_count=1_000))
    server.ok(calls.DestroyCollector(session="main", collector=collector))
    return list(page)


def collect(server: Server, count: int, session: str = "main") -> list[str]:
    """Create task collectors; what became of each."""
    call = calls.CreateCollectorForTasks(session=session, filter=TaskFilterSpec())
    return [did(server, call) for _ in range(count)]


def login(server: Server, session: str, account: str = "primary", locale: str | None = None) -> None:
    server.ok(calls.Login(session=session, account=account, locale=locale))


def logout(server: Server, session: str) -> None:
    server.ok(calls.Logout(session=session))


def described(server: Server, session: str = "main") -> Any:
    """Read the description."""
    return server.ok(calls.ReadDescription(session=session)).value


def entry(entries: Any, key: str) -> Any:
    """Give label and summary of a key."""
    return next((one.label, one.summary) for one in entries if one.key == key)


def register_call(key: str = OTHER, session: str = "main", version: str | None = "1.0", *ids: str) -> Any:
    return calls.RegisterExtension(session=session, key=key, version=version, task_ids=ids or (OTHER_WORK,))


def update_call(key: str, *ids: str, session: str = "main", version: str | None = "2.0") -> calls.UpdateExtension:
    return calls.UpdateExtension(session=session, key=key, version=version, task_ids=ids)


def unregister_call(key: str, session: str = "main") -> calls.UnregisterExtension:
    return calls.UnregisterExtension(session=session, key=key)


def found(server: Server, key: str) -> tuple[str, tuple[str, ...]] | str | None:
    """Find an extension: its version and types, the fault's name, or None."""
    outcome = server.target.perform(calls.FindExtension(session="main", key=key))
    if not isinstance(outcome, Returned):
        return outcome.fault.kind
    return None if outcome.value is None else (outcome.value.version, outcome.value.task_ids)


def takes(server: Server, *ids: str) -> list[str]:
    """Create tasks of these types; what became of each."""
    return [did(server, create_call(server, task_type_id=task_id)) for task_id in ids]


def schedule(server: Server, name: str = "Nightly") -> ObjectRef:
    call = calls.CreateScheduledTask(session="main", entity=server.place("vm"), name=name, task_type_id=WORK)
    return server.ok(call)


def alarm(server: Server, name: str = "Bell") -> ObjectRef:
    return server.ok(calls.CreateAlarm(session="main", entity=server.place("vm"), name=name, task_type_id=WORK))


def ring(server: Server) -> None:
    server.ok(calls.LogUserEvent(session="main", entity=server.place("vm")))


# --- create -----------------------------------------------------------------------------------------------------------


@shows(["task-2", "task-3", "task-4", "task-5"], ["task-1", "task-2", "task-1", "task-3"])
def equal_request_answers_with_the_queued_task(s):
    first = s.create()
    made = [s.create().key, s.create(cancelable=False).key, s.create().key]
    s.set(first, "running")
    return [*made, s.create().key]


@shows(["task-1", "task-2"], ["task-1", "task-1"])
def answer_refers_to_the_parent(s):
    tasks = chain(s, 2)
    assert [info.key for info in tasks] == listed(s) == ["task-1", "task-2"]
    return [info.task.value for info in tasks]


@shows(["queued", "queued"], [GONE, "queued"])
def task_object_comes_a_call_later(s):
    task = s.create()
    return [read(s, task), read(s, task)]


@shows(["queued", "queued"], [GONE, "queued"])
def child_cannot_be_read_while_its_parent_is_queued(s):
    head, child = chain(s, 2)
    before = read(s, child)
    s.set(head, "running")
    return [before, read(s, child)]


@shows(["Anvil80", "Alder07"], ["Rack05", "Alder07"])
def entity_of_a_host_is_its_compute_resource(s):
    return [s.create(s.place("host")).entity_name, s.create().entity_name]


@shows(["Harbour2", "Alder07"], ["group-v3", "Alder07"])
def entity_name_of_a_folder_is_its_reference(s):
    return [s.create(s.place("folder")).entity_name, s.create().entity_name]


@shows(("vm-22", "Birch12"), ("vm-21", "Alder07"))
def child_is_on_its_parents_entity(s):
    info = s.create(s.place("vm", 1), parent_task_key=s.create().key)
    return info.entity.value, info.entity_name


@shows([WORK, REST], [WORK, WORK])
def child_is_of_its_parents_type(s):
    head = s.create()
    return [head.description_id, s.create(parent_task_key=head.key, task_type_id=REST).description_id]


@shows([WORK, REST], [WORK, WORK])
def type_is_the_first_of_its_extension(s):
    return [s.create(task_type_id=each).description_id for each in (WORK, REST)]


@shows([True, False], [False, True])
def child_is_as_cancelable_as_its_parent(s):
    return [
        s.create(parent_task_key=s.create(cancelable=not each).key, cancelable=each).cancelable
        for each in (True, False)
    ]


@shows([True, False, False, False], [True, False, True, False])
def not_cancelable_only_the_first_time(s):
    made = [s.create(cancelable=each).cancelable for each in (True, False, False)]
    return [*made, s.create(cancelable=False, session="second").cancelable]


@shows([BRUNO, ADA], [ADA, ADA])
def initiated_by_ignored(s):
    return [s.create(initiated_by=BRUNO).reason.user_name, s.create().reason.user_name]


@shows([None, "task-1", "task-2"], [None, "task-1", "task-1"])
def parent_is_the_head(s):
    return [info.parent_task_key for info in chain(s)]


@shows([("task-1", "task-1")] * 3, [("task-1", "task-1"), (None, "task-1"), ("task-1", "task-1")])
def parent_dropped_once_it_runs(s):
    head = s.create()
    children = [s.create(parent_task_key=head.key)]
    for state in ("running", "success"):
        s.set(head, state)
        children.append(s.create(parent_task_key=head.key))
    return [(info.parent_task_key, info.root_task_key) for info in children]


@shows(
    [("task-1", "task-1"), ("task-2", "task-1"), ("task-3", "task-1")],
    [("task-1", "task-1"), ("task-1", "task-2"), ("task-1", "task-3")],
)
def parent_and_root_swapped(s):
    return [(info.parent_task_key, info.root_task_key) for info in chain(s, 4)[1:]]


@shows(["task-1", "task-1", "task-1"], ["task-1", None, None])
def no_root_from_the_third_on(s):
    return [info.root_task_key for info in chain(s, 4)[1:]]


@shows([None, "task-1"], ["task-1", "task-1"])
def no_parent_is_oneself(s):
    return [info.parent_task_key for info in chain(s, 2)]


@shows([None, "task-1", None, None], [None, "task-1", "task-1", None])
def parent_carried_over(s):
    made = [*chain(s, 2), s.create(), s.create(session="second")]
    assert [info.root_task_key for info in made] == [None, "task-1", None, None]
    return [info.parent_task_key for info in made]


@shows(["a", "b"], ["a", None])
def children_lose_their_activation(s):
    head = s.create(activation_id="a")
    return [head.activation_id, s.create(activation_id="b", parent_task_key=head.key).activation_id]


@shows(["a", "b", None, "c"], ["a", "a", None, "c"])
def first_activation_stays(s):
    made = [s.create(activation_id=each).activation_id for each in ("a", "b", None)]
    return [*made, s.create(activation_id="c", session="second").activation_id]


@shows([False, "done"], [True, "done"])
def child_of_a_canceled_task_is_cancelled(s):
    head = s.create()
    s.ok(cancel_call(head))
    child = s.create(parent_task_key=head.key)
    return [child.cancelled, did(s, cancel_call(child))]


@shows([None, None, "42", None], ["42", None, "42", None])
def new_task_carries_the_last_result(s):
    s.set(s.create(), "success", result="42")
    carried, elsewhere = s.create(), s.create(s.place("vm", 1))
    shown = [s.info(task).result for task in (carried, elsewhere)]
    s.set(carried, "success", result="42")
    shown.append(s.info(carried).result)
    s.set(elsewhere, "error")
    return [*shown, s.create(s.place("vm", 1)).result]


@shows([False, False], [False, True])
def complete_time_from_the_start(s):
    return [s.create(cancelable=each).complete_time is not None for each in (True, False)]


@shows([False], [True])
def queue_time_in_whole_minutes(s):
    s.advance(90)
    return [s.create().queue_time % MINUTE == 0]


@shows([False], [True])
def queue_time_of_the_parent(s):
    head, child = chain(s, 2)
    return [head.queue_time == child.queue_time]


@shows([0, 0], [0, 3_600])
def queue_time_an_hour_ahead_after_relogin(s):
    ahead = [(s.create().queue_time - s.target.state.now) // SECOND]
    logout(s, "main")
    login(s, "main")
    return [*ahead, (s.create().queue_time - s.target.state.now) // SECOND]


@shows([ARGUMENT, ARGUMENT, "done"], ["done", ARGUMENT, "done"])
def any_type_under_an_extension_key(s):
    return takes(s, f"{EXTENSION_KEY}.none", "org.none", WORK)


@shows((ARGUMENT, []), (ARGUMENT, ["task-1"]))
def unknown_type_refused_but_created(s):
    return did(s, create_call(s, task_type_id="org.none")), listed(s)


@shows([ARGUMENT, ARGUMENT], [ARGUMENT, "done"])
def unknown_type_taken_for_children(s):
    head = s.create().key
    return [did(s, create_call(s, task_type_id="org.none", parent_task_key=key)) for key in (None, head)]


@shows((GONE, None), ("done", None))
def unknown_object_makes_a_task_without_entity(s):
    outcome = did(s, create_call(s, s.place("nowhere")))
    return outcome, next((info.entity for info in items(s)), None)


@shows((GONE, []), (GONE, ["task-1"]))
def unknown_object_refused_but_created(s):
    return did(s, create_call(s, s.place("nowhere"))), listed(s)


@shows([DENIED, DENIED, "done", "done"], ["done", DENIED, "done", "done"])
def create_asks_for_read_only(s):
    tried = [did(s, create_call(s, s.place(role), "restricted")) for role in ("readable", "hidden")]
    return [*tried, did(s, create_call(s)), did(s, create_call(s, s.place("manager")))]


@shows((DENIED, []), (DENIED, ["task-1"]))
def create_refused_but_created(s):
    return did(s, create_call(s, session="restricted")), listed(s)


@shows([DENIED, "done"], [ARGUMENT, "done"])
def create_without_privilege_is_an_invalid_argument(s):
    return [did(s, create_call(s, session=each)) for each in ("restricted", "main")]


@shows([["task-1"], ["task-1"]], [[], ["task-1"]])
def not_listed_until_read(s):
    task = s.create()
    before = listed(s)
    s.info(task)
    return [before, listed(s)]


@shows([["task-1", "task-2"], ["task-1", "task-2"]], [["task-1"], ["task-1", "task-2"]])
def queued_children_are_not_listed(s):
    _, child = chain(s, 2)
    before = listed(s)
    s.set(child, "running")
    return [before, listed(s)]


@shows(["task-1", "task-2", "task-3", "task-4"], ["task-1", "task-1", "task-2", "task-3"])
def two_sessions_at_once_share_a_task(s):
    made = [s.create().key, s.create(session="second").key]
    s.advance(1)
    return [*made, s.create(session="second").key, s.create(s.place("host")).key]


# --- info -------------------------------------------------------------------------------------------------------------


@shows(["task-1", "task-2"], ["task-1", "task-1"])
def collector_item_refers_to_the_parent(s):
    chain(s, 2)
    return [info.task.value for info in items(s)]


@shows([("task-1", "task-1"), "task-1"], [("task-1-done", "task-1"), "task-1"])
def key_changes_on_completion(s):
    info = s.info(s.ended())
    return [(info.key, info.task.value), items(s)[0].key]


@shows(["TaskReasonUser", "TaskReasonUser"], ["TaskReasonUser", "TaskReason"])
def reason_without_a_kind(s):
    return [s.create().reason.kind, s.create(initiated_by=BRUNO).reason.kind]


@shows([(STATE, None), None], [(STATE, "42"), None])
def refused_result_is_shown(s):
    task = s.create()
    refusal = did(s, set_call(task, "running", result="42"))
    shown = s.info(task).result
    s.set(task, "running")
    return [(refusal, shown), s.info(task).result]


@shows(None, "NotFound")
def error_shows_the_fault_as_result(s):
    task = s.create()
    s.set(task, "error", fault="NotFound")
    return s.info(task).result


@shows([(STATE, False), False], [(STATE, True), False])
def refused_fault_is_shown(s):
    task = s.create()
    refusal = did(s, set_call(task, "running", fault="NotFound"))
    shown = s.info(task).error is not None
    s.set(task, "running")
    return [(refusal, shown), s.info(task).error is not None]


@shows([("running", False), ("error", True)], [("running", True), ("error", True)])
def cancel_shows_the_error_at_once(s):
    task = running(s)
    s.ok(cancel_call(task))
    now = s.info(task)
    s.advance(1)
    then = s.info(task)
    return [(now.state, now.error is not None), (then.state, then.error is not None)]


@shows([True, True, True], [True, False, True])
def error_is_read_once(s):
    task = s.create()
    s.set(task, "error", fault="NotFound")
    return [s.info(task).error is not None, s.info(task).error is not None, items(s)[0].error is not None]


@shows([None, None, 7], [None, -1, 7])
def unreported_progress_is_minus_one(s):
    task = s.create()
    shown = [s.info(task).progress]
    s.set(task, "running")
    shown.append(s.info(task).progress)
    s.ok(progress_call(task, 7))
    return [*shown, s.info(task).progress]


@shows([True, True, 2, 0], [True, False, 2, 0])
def no_complete_time_on_error(s):
    shown = [s.info(s.ended(state=state)).complete_time is not None for state in ("success", "error")]
    recent = len(listed(s))
    s.advance(700)
    return [*shown, recent, len(listed(s))]


@shows([False], [True])
def cancel_sets_the_complete_time(s):
    task = running(s)
    s.ok(cancel_call(task))
    return [s.info(task).complete_time is not None]


@shows([False, True], [True, True])
def description_sets_the_start_time(s):
    task = s.create()
    s.ok(describe_call(task))
    before = s.info(task).start_time
    s.set(task, "running")
    assert s.info(task).start_time == s.target.state.now - 1_000
    return [before is not None, s.info(task).start_time != before]


@shows([False, False], [False, True])
def children_have_a_start_time_from_creation(s):
    head, child = chain(s, 2)
    s.set(head, "running")
    return [head.start_time is not None, child.start_time is not None]


@shows([(), ()], [("vm-21",), ("vm-21",)])
def locked_stays_after_the_end(s):
    task = running(s)
    live = s.info(task).locked
    s.set(task, "success")
    return [tuple(ref.value for ref in locked) for locked in (live, s.info(task).locked)]


@shows([("error", True), ("error", True)], [("success", False), ("error", True)])
def history_shows_error_as_success(s):
    for task in (s.create(), running(s)):
        s.set(task, "error", fault="NotFound")
    return [(info.state, info.error is not None) for info in items(s)]


@shows(["running", "success", "success"], ["running", "running", "success"])
def history_keeps_the_running_item(s):
    task = running(s)
    collector = s.collector()
    latest = calls.ReadLatestPage(session="main", collector=collector)
    states = [s.ok(latest).value[0].state]
    s.set(task, "success")
    return [*states, s.ok(latest).value[0].state, items(s)[0].state]


@shows(["Attic", "Attic", "Alder07"], [None, None, "Alder07"])
def entity_name_goes_with_the_entity(s):
    folder = s.folder()
    task, other = s.create(folder), s.create()
    assert s.destroyed(folder).entity == folder
    return [s.info(task).entity_name, items(s)[-1].entity_name, s.info(other).entity_name]


@shows("queued", "running")
def event_shows_the_task_of_today(s):
    task = running(s)
    (event,) = s.ok(calls.QueryTaskEvents(session="main", chain=task.event_chain_id))
    return event.info.state


@shows(["task-1"], ["task-2"])
def event_chain_is_the_next_ones(s):
    task = s.create()
    s.create()
    return [event.info.key for event in s.ok(calls.QueryTaskEvents(session="main", chain=task.event_chain_id))]


# --- reason -----------------------------------------------------------------------------------------------------------


@shows(("TaskReasonSchedule", None), ("TaskReasonUser", BRUNO))
def scheduled_run_has_the_runners_reason(s):
    s.ok(calls.RunScheduledTask(session="second", scheduled_task=schedule(s)))
    reason = items(s)[0].reason
    return reason.kind, reason.user_name


@shows("Nightly", "scheduledtask-1")
def schedule_reason_has_the_id_as_name(s):
    s.ok(calls.RunScheduledTask(session="main", scheduled_task=schedule(s)))
    return items(s)[0].reason.name


@shows([("One", "scheduledtask-1"), ("Two", "scheduledtask-2")], [("One", "scheduledtask-1")] * 2)
def schedule_reason_names_the_first_schedule(s):
    for ref in (schedule(s, "One"), schedule(s, "Two")):
        s.ok(calls.RunScheduledTask(session="main", scheduled_task=ref))
    return [(info.reason.name, info.reason.scheduled_task.value) for info in items(s)]


@shows(("Bell", "vm-21", "Alder07", "vm-21"), ("Bell", "group-d1", "Everything0", "vm-21"))
def alarm_reason_names_the_root(s):
    alarm(s)
    ring(s)
    (info,) = items(s)
    return info.reason.alarm_name, info.reason.entity.value, info.reason.entity_name, info.entity.value


@shows(
    [("Bell", None), ("Bell", None), ("Horn", None)],
    [("Bell", None), (None, BRUNO), ("Horn", None)],
)
def second_firing_is_the_users(s):
    bell = alarm(s)
    for _ in range(2):
        s.ok(calls.LogUserEvent(session="second", entity=s.place("vm")))
    s.ok(calls.RemoveAlarm(session="main", alarm=bell))
    alarm(s, "Horn")
    ring(s)
    return [(info.reason.alarm_name, info.reason.user_name) for info in items(s)]


@shows(("Bell", "Alder07"), ("Alder07", "Bell"))
def alarm_reason_has_its_names_swapped(s):
    alarm(s)
    ring(s)
    return items(s)[0].reason.alarm_name, items(s)[0].reason.entity_name


# --- life: states -----------------------------------------------------------------------------------------------------


@shows(["running", "running", "success"], ["running", "queued", "success"])
def start_of_a_child_is_lost(s):
    head, child = chain(s, 2)
    for task in (head, child):
        s.set(task, "running")
    states = [read(s, head), read(s, child)]
    s.set(child, "success")
    return [*states, read(s, child)]


@shows(["error", "error"], ["success", "error"])
def error_without_a_fault_is_success(s):
    bare, full = s.create(), s.create()
    s.set(bare, "error")
    s.set(full, "error", fault="NotFound")
    return [read(s, bare), read(s, full)]


@shows(["done", "running", "success"], ["done", "queued", "success"])
def state_from_another_session_is_lost(s):
    task = s.create()
    outcome = did(s, set_call(task, "running", "second"))
    state = read(s, task)
    s.set(task, "success")
    return [outcome, state, read(s, task)]


@shows((STATE, "error", True, 1), ("done", "success", False, 1))
def error_can_become_success(s):
    task = s.create()
    s.set(task, "error", fault="NotFound")
    outcome = did(s, set_call(task, "success"))
    return outcome, read(s, task), s.info(task).error is not None, len(listed(s))


@shows((STATE, "success", "42", True, 1), ("done", "running", None, False, 1))
def success_can_run_again(s):
    task = s.create()
    s.set(task, "success", result="42")
    outcome, info = did(s, set_call(task, "running")), s.info(task)
    return outcome, info.state, info.result, info.complete_time is not None, len(listed(s))


@shows([STATE, "success", DENIED], ["done", "success", DENIED])
def change_of_completed_is_ignored(s):
    task = s.ended()
    return [did(s, set_call(task, "error")), read(s, task), did(s, set_call(task, "error", "restricted"))]


@shows([STATE, STATE], ["NotSupported", "NotSupported"])
def change_of_completed_is_not_supported(s):
    return [did(s, set_call(s.ended(state=state), "running")) for state in ("success", "error")]


@shows((STATE, True, []), (STATE, False, []))
def refused_change_moves_the_complete_time(s):
    task = s.ended()
    before = s.info(task).complete_time
    s.advance(400)
    outcome, after = did(s, set_call(task, "error")), s.info(task).complete_time
    s.advance(201)
    return outcome, before == after, listed(s)


@shows((STATE, "1"), (STATE, "2"))
def refused_change_takes_the_result(s):
    task = s.create()
    s.set(task, "success", result="1")
    return did(s, set_call(task, "success", result="2")), s.info(task).result


@shows([ObjectRef(type="VirtualMachine", value="vm-21"), "x"], ["vm-21", "x"])
def reference_result_becomes_text(s):
    tasks = [s.create(), s.create()]
    for task, result in zip(tasks, (s.place("vm"), "x"), strict=True):
        s.set(task, "success", result=result)
    return [s.info(task).result for task in tasks]


@shows(["x", "x"], [None, "x"])
def result_lost_unless_it_ran(s):
    tasks = [s.create(), running(s)]
    for task in tasks:
        s.set(task, "success", result="x")
    return [s.info(task).result for task in tasks]


@shows([(STATE, "queued", None), STATE], [("done", "running", None), STATE])
def result_with_running_is_taken(s):
    task = s.create()
    first = did(s, set_call(task, "running", result="x")), read(s, task), s.info(task).result
    return [first, did(s, set_call(task, "error", result="x"))]


@shows([(STATE, "queued"), STATE], [("done", "error"), STATE])
def result_with_error_is_taken(s):
    task = s.create()
    first = did(s, set_call(task, "error", result="x", fault="NotFound")), read(s, task)
    return [first, did(s, set_call(s.create(), "running", result="x"))]


@shows(["NotFound", "RequestCanceled"], ["VimFault", "RequestCanceled"])
def fault_becomes_its_base_type(s):
    tasks = [s.create(), s.create()]
    for task, fault in zip(tasks, ("NotFound", "RequestCanceled"), strict=True):
        s.set(task, "error", fault=fault)
    return [s.info(task).error.kind for task in tasks]


@shows(["NotFound", "InvalidState", None], ["NotFound", "NotFound", None])
def first_fault_stays(s):
    tasks = [s.create(), s.create(), s.create()]
    for task, fault in zip(tasks, ("NotFound", "InvalidState", None), strict=True):
        s.set(task, "error", fault=fault)
    return [None if (error := s.info(task).error) is None else error.kind for task in tasks]


@shows([(STATE, "queued"), STATE], [("done", "success"), STATE])
def fault_with_success_is_taken(s):
    task = s.create()
    first = did(s, set_call(task, "success", fault="NotFound")), read(s, task)
    return [first, did(s, set_call(s.create(), "running", fault="NotFound"))]


@shows(("InvalidState", "queued"), ("done", "error"))
def any_fault_is_taken(s):
    task = s.create()
    return did(s, set_call(task, "error", fault="NotSupported")), read(s, task)


@shows(("InvalidState", "queued"), ("InvalidState", "error"))
def fault_of_wrong_kind_ends_the_task(s):
    task = s.create()
    return did(s, set_call(task, "error", fault="NotSupported")), read(s, task)


@shows([True], [False])
def start_time_moves_with_progress(s):
    task = running(s)
    before = s.info(task).start_time
    s.ok(progress_call(task, 5))
    return [s.info(task).start_time == before]


@shows([False, ["task-1"]], [True, ["task-1"]])
def complete_time_is_the_queue_time(s):
    task = running(s)
    s.advance(700)
    s.set(task, "success")
    return [s.info(task).complete_time == task.queue_time, listed(s)]


@shows([True, True], [False, True])
def queue_time_moves_on_start(s):
    task = running(s)
    shown = [s.info(task).queue_time == task.queue_time]
    before = s.info(task)
    s.set(task, "running")
    return [*shown, s.info(task).queue_time == before.queue_time]


@shows([True, False], [False, True])
def start_time_set_at_the_end(s):
    task = running(s)
    before = s.info(task).start_time
    s.set(task, "success")
    after = s.info(task)
    return [before is not None, after.start_time == after.complete_time]


# --- life: progress, description, unknown tasks, privileges -----------------------------------------------------------


def percents(server: Server, *given: int) -> list[int | str | None]:
    """Update the progress of a running task: what is shown after each, or the fault."""
    task, shown = running(server), []
    for percent in given:
        outcome = did(server, progress_call(task, percent))
        shown.append(server.info(task).progress if outcome == "done" else outcome)
    return shown


@shows([47, 100, 0, 100], [40, 100, 0, 100])
def progress_in_tens(s):
    return percents(s, 47, 101, -1, 100)


@shows([10, 20, 30], [10, 10, 20])
def progress_one_update_late(s):
    return percents(s, 10, 20, 30)


@shows([("done", 10), ("done", 20)], [("done", None), ("done", 20)])
def progress_from_another_user_is_lost(s):
    task = running(s)
    first = did(s, progress_call(task, 10, "second")), s.info(task).progress
    return [first, (did(s, progress_call(task, 20)), s.info(task).progress)]


@shows([50, 0, 100], [50, ARGUMENT, 100])
def negative_progress_is_refused(s):
    return percents(s, 50, -1, 101)


@shows([50, 0, 100], [50, 0, "OutOfBounds"])
def progress_above_100_is_out_of_bounds(s):
    return percents(s, 50, -1, 101)


@shows([50, 0, 100, 0], [50, 100, 100, 100])
def negative_progress_counts_as_100(s):
    return percents(s, 50, -1, 101, -(2**31))


@shows([50, 0, 100], [50, 0, 101])
def progress_above_100_is_shown(s):
    return percents(s, 50, -1, 101)


def late_progress(server: Server) -> list[tuple[str, int | None]]:
    """Update the progress of a queued task, and of a completed one."""
    tasks = [server.create(), server.ended()]
    return [(did(server, progress_call(task, 10)), server.info(task).progress) for task in tasks]


@shows([(STATE, None), (STATE, None)], [("done", None), (STATE, None)])
def progress_of_queued_is_ignored(s):
    return late_progress(s)


@shows([(STATE, None), (STATE, None)], [(STATE, None), ("done", 10)])
def progress_of_completed_is_shown(s):
    return late_progress(s)


@shows([(STATE, None), (STATE, None)], [("NotSupported", None), ("NotSupported", None)])
def progress_of_not_running_is_not_supported(s):
    return late_progress(s)


def descriptions(server: Server, task: TaskInfo) -> Any:
    """Give key and arguments of the description."""
    shown = server.info(task).description
    return None if shown is None else (shown.key, dict(shown.args))


@shows(
    [("one", {"a": "1", "b": "1"}), ("two", {"b": "2"}), ("three", {})],
    [("one", {"a": "1", "b": "1"}), ("two", {"a": "1", "b": "2"}), ("three", {"a": "1", "b": "2"})],
)
def description_keeps_its_old_arguments(s):
    task, shown = running(s), []
    for key, args in (("one", {"a": "1", "b": "1"}), ("two", {"b": "2"}), ("three", {})):
        s.ok(describe_call(task, key, **args))
        shown.append(descriptions(s, task))
    return shown


@shows([None, ("phase", {})], [("phase", {}), None])
def description_of_a_child_goes_to_its_parent(s):
    tasks = chain(s, 2)
    s.ok(describe_call(tasks[1]))
    return [descriptions(s, task) for task in tasks]


@shows([("one", {}), ("two", {"a": "1"})], [None, ("two", {"a": "1"})])
def description_without_arguments_is_lost(s):
    task = running(s)
    s.ok(describe_call(task, "one"))
    shown = [descriptions(s, task)]
    s.ok(describe_call(task, "two", a="1"))
    return [*shown, descriptions(s, task)]


def unknown(server: Server) -> list[str]:
    """Call the four methods of a task that never existed."""
    return [
        did(server, calls.SetTaskState(session="main", task=NO_TASK, state="running")),
        did(server, calls.UpdateProgress(session="main", task=NO_TASK, percent_done=1)),
        did(server, calls.SetTaskDescription(session="main", task=NO_TASK, key="phase")),
        did(server, calls.CancelTask(session="main", task=NO_TASK)),
        did(server, calls.ReadTaskInfo(session="main", tasks=(NO_TASK,))),
        did(server, calls.CancelTask(session="nobody", task=NO_TASK)),
    ]


@shows([GONE] * 5 + ["NotAuthenticated"], ["NotFound"] * 4 + [GONE, "NotAuthenticated"])
def unknown_task_is_not_found(s):
    return unknown(s)


@shows([GONE] * 5 + ["NotAuthenticated"], [GONE] * 3 + ["done", GONE, "NotAuthenticated"])
def cancel_of_unknown_is_ignored(s):
    return unknown(s)


@shows([GONE] * 5 + ["NotAuthenticated"], [GONE, STATE, GONE, GONE, GONE, "NotAuthenticated"])
def progress_of_unknown_is_an_invalid_state(s):
    return unknown(s)


@shows([DENIED, DENIED, DENIED], [DENIED, "done", DENIED])
def description_needs_no_privilege(s):
    task, hidden = running(s, obj=s.place("readable")), running(s, obj=s.place("hidden"))
    called = [progress_call(task, 1, "restricted"), describe_call(task, "phase", "restricted")]
    return [did(s, call) for call in (*called, describe_call(hidden, "phase", "restricted"))]


@shows([DENIED, DENIED, "queued"], [DENIED, "done", "success"])
def state_needs_no_privilege_to_end(s):
    task = s.create()
    return [*[did(s, set_call(task, state, "restricted")) for state in ("running", "success")], read(s, task)]


@shows((DENIED, None), (DENIED, 10))
def refused_progress_is_shown(s):
    task = running(s)
    return did(s, progress_call(task, 10, "restricted")), s.info(task).progress


@shows((STATE, ("phase", {})), (STATE, None))
def refused_progress_clears_the_description(s):
    task = s.create()
    s.ok(describe_call(task))
    return did(s, progress_call(task, 10)), descriptions(s, task)


# --- life: cancel -----------------------------------------------------------------------------------------------------


def canceled(server: Server, task: TaskInfo) -> tuple[str, bool, str, str | None]:
    """Cancel the task, and look at it when that has come through."""
    outcome = did(server, cancel_call(task))
    server.advance(1)
    info = server.info(task)
    return outcome, info.cancelled, info.state, None if info.error is None else info.error.kind


CANCELED = ("done", True, "error", "RequestCanceled")


@shows([CANCELED, CANCELED], [("done", True, "error", STATE), CANCELED])
def canceled_ends_with_another_fault(s):
    return [canceled(s, running(s)), canceled(s, s.create())]


@shows([CANCELED, CANCELED], [CANCELED, ("done", True, "error", STATE)])
def canceled_queued_ends_with_another_fault(s):
    return [canceled(s, running(s)), canceled(s, s.create())]


@shows([CANCELED, CANCELED], [("done", False, "error", "RequestCanceled"), CANCELED])
def cancel_sets_no_flag(s):
    return [canceled(s, running(s)), canceled(s, s.create())]


@shows([CANCELED, CANCELED], [("done", False, "queued", None), CANCELED])
def cancel_of_a_child_is_lost(s):
    head, child = chain(s, 2)
    return [canceled(s, child), canceled(s, head)]


@shows([CANCELED, CANCELED], [CANCELED, ("NotSupported", False, "running", None)])
def cancel_refused_past_half(s):
    half, more = running(s), running(s)
    s.ok(progress_call(half, 50))
    s.ok(progress_call(more, 51))
    return [canceled(s, half), canceled(s, more)]


@shows([CANCELED, CANCELED], [(STATE, False, "running", None), CANCELED])
def cancel_of_running_is_invalid(s):
    silent, telling = running(s), running(s)
    s.ok(progress_call(telling, 0))
    return [canceled(s, silent), canceled(s, telling)]


def uncancelable(server: Server) -> list[tuple[str, bool, str, str | None]]:
    """Cancel a queued and a running task that are not cancelable."""
    return [
        canceled(server, server.create(cancelable=False)),
        canceled(server, running(server, cancelable=False)),
    ]


REFUSED = [("NotSupported", False, "queued", None), ("NotSupported", False, "running", None)]


@shows(REFUSED, [REFUSED[0], CANCELED])
def cancel_of_not_cancelable_works_once_it_runs(s):
    return uncancelable(s)


@shows(REFUSED, [("done", False, "queued", None), ("done", False, "running", None)])
def cancel_of_not_cancelable_is_ignored(s):
    return uncancelable(s)


@shows(REFUSED, [REFUSED[0], ("NotSupported", False, "error", "RequestCanceled")])
def refused_cancel_ends_the_task(s):
    return uncancelable(s)


@shows(REFUSED, [("NotSupported", True, "queued", None), ("NotSupported", True, "running", None)])
def refused_cancel_sets_the_flag(s):
    return uncancelable(s)


def cancel_when_over(server: Server) -> list[tuple[str, bool, str, str | None]]:
    """Cancel completed tasks."""
    tasks = [running(server), running(server)]
    server.set(tasks[0], "success", result="42")
    server.set(tasks[1], "error", fault="NotFound")
    return [canceled(server, task) for task in tasks]


OVER = [(STATE, False, "success", None), (STATE, False, "error", "NotFound")]


@shows(OVER, [("done", False, "success", None), ("done", False, "error", "NotFound")])
def cancel_of_completed_is_ignored(s):
    return cancel_when_over(s)


@shows(OVER, [(GONE, False, "success", None), (GONE, False, "error", "NotFound")])
def cancel_of_completed_finds_nothing(s):
    return cancel_when_over(s)


@shows(OVER, [CANCELED, OVER[1]])
def cancel_of_success_makes_an_error(s):
    return cancel_when_over(s)


@shows(("success", "42", True, 1), ("error", None, False, 1))
def pending_cancel_overrides_the_end(s):
    task = running(s)
    s.ok(cancel_call(task))
    s.set(task, "success", result="42")
    before = s.info(task)
    s.advance(1)
    after = s.info(task)
    return after.state, after.result, before.complete_time == after.complete_time, len(listed(s))


@shows(("success", "42", None), ("error", None, "NotFound"))
def failed_child_fails_its_parent(s):
    head, child = chain(s, 2)
    s.set(head, "success", result="42")
    s.set(child, "error", fault="NotFound")
    info = s.info(head)
    return info.state, info.result, None if info.error is None else info.error.kind


@shows(("success", "42"), ("success", None))
def unregister_clears_results(s):
    task = s.create()
    s.set(task, "success", result="42")
    s.ok(unregister_call(EXTENSION_KEY))
    return s.info(task).state, s.info(task).result


# --- recent -----------------------------------------------------------------------------------------------------------


@shows([["task-1"], ["task-1"], ["task-1"]], [["task-1"], [], ["task-1"]])
def queued_drops_out_after_the_window(s):
    task = s.create()
    s.advance(590)
    before = listed(s)
    s.advance(20)
    after = listed(s)
    s.set(task, "running")
    return [before, after, listed(s)]


@shows([["task-1"], ["task-1"]], [["task-1"], []])
def queued_only_for_its_user(s):
    s.create()
    login(s, "more")
    return [listed(s, "more"), listed(s, "second")]


@shows([["task-1"], ["task-1"]], [[], ["task-1"]])
def running_drops_out_after_the_window(s):
    task = running(s)
    s.advance(610)
    before = listed(s)
    s.set(task, "success")
    return [before, listed(s)]


@shows([["task-1"], ["task-1"]], [["task-1"], []])
def running_out_at_full_progress(s):
    task, shown = running(s), []
    for percent in (99, 100):
        s.ok(progress_call(task, percent))
        shown.append(listed(s))
    return shown


@shows(["task-2", "task-1"], ["task-1"])
def errors_leave_at_once(s):
    s.ended()
    s.ended(state="error")
    return listed(s)


def ages(server: Server, *ages: int) -> list[int]:
    """How many of a success and an error are listed at these ages, in seconds."""
    server.ended()
    server.ended(state="error")
    shown, now = [], 0
    for age in ages:
        server.advance(age - now)
        now = age
        shown.append(len(listed(server)))
    return shown


@shows([2, 2, 0], [2, 0, 0])
def window_of_half_the_length(s):
    return ages(s, 290, 310, 610)


@shows([2, 2, 0], [2, 2, 2])
def window_of_twice_the_length(s):
    return ages(s, 290, 310, 1_190)


@shows([2, 0], [2, 1])
def errors_never_age(s):
    return ages(s, 590, 10_000)


@shows([0, 1], [2, 1])
def aged_out_only_by_the_next_completion(s):
    before = ages(s, 10_000)
    s.ended()
    return [*before, len(listed(s))]


@shows([["task-1"], []], [[], []])
def window_from_the_creation(s):
    task = running(s)
    s.advance(610)
    s.set(task, "success")
    before = listed(s)
    s.advance(610)
    return [before, listed(s)]


@shows((3, ["task-4", "task-3", "task-2"]), (4, ["task-4", "task-3", "task-2", "task-1"]), cap="3")
def no_cap(s):
    for _ in range(4):
        s.ended()
    return len(listed(s)), listed(s)


@shows(["task-4", "task-3"], ["task-4", "task-3", "task-2", "task-1"], cap="2")
def cap_for_each_outcome(s):
    for state in ("success", "success", "error", "error"):
        s.ended(state=state)
    return listed(s)


@shows([["task-3", "task-2"], ["task-4"]], [["task-2", "task-1"], ["task-4"]], cap="2")
def cap_keeps_the_first(s):
    for _ in range(3):
        s.ended()
    before = listed(s)
    s.advance(610)
    s.ended()
    return [before, listed(s)]


@shows([1, 2, 3], [2, 3], cap="2")
def cap_evicts_live_tasks(s):
    s.create()
    s.ended()
    s.ended()
    return sorted(int(key[5:]) for key in listed(s))


@shows([["task-1", "task-4", "task-3"], "task-1"], [["task-4", "task-3"], "task-1"], cap="2")
def long_running_go_with_the_cap(s):
    old = s.create()
    for _ in range(3):
        s.ended()
    before = listed(s)
    s.set(old, "success")
    return [before, listed(s)[0]]


@shows(2, 1)
def readers_see_their_own_tasks_only(s):
    s.create()
    s.create(initiated_by=CARLA)
    return len(listed(s, "restricted"))


@shows(["task-3"], ["task-1"])
def access_by_the_parent_folder(s):
    for place in (s.place("hidden"), s.place("hidden", 1), s.place("readable")):
        s.create(place)
    return listed(s, "restricted")


@shows([[], []], [[], ["task-1"]])
def fresh_wait_shows_what_is_hidden(s):
    s.create(s.place("hidden"))
    return [listed(s, "restricted"), waited(s, "restricted")]


@shows(["task-1"], ["task-1", "task-2"])
def children_are_listed_with_their_parent(s):
    head = s.create()
    s.create(s.place("hidden"), parent_task_key=head.key)
    s.create(s.place("hidden"))
    return listed(s, "restricted")


@shows([["task-1"], ["task-1"]], [["task-1"], ["task-1", "task-2"]])
def next_task_stands_in_the_list(s):
    task = s.create()
    before = listed(s)
    s.set(task, "success")
    return [before, listed(s)]


@shows([0, 0], [1, 0])
def collector_stands_in_the_list(s):
    s.collector()
    return [len(listed(s)), len(listed(s, "second"))]


@shows([["task-1"], ["task-1"]], [["task-1"], ["task-1", "task-1"]])
def canceled_task_stands_twice(s):
    task = running(s)
    s.ok(cancel_call(task))
    before = listed(s)
    s.advance(1)
    return [before, listed(s)]


@shows([0, 1, 1, 1], [0, 0, 1, 1])
def list_is_kept_for_half_a_minute(s):
    counts = [len(listed(s))]
    s.create()
    counts += [len(listed(s)), len(waited(s))]
    s.advance(31)
    return [*counts, len(listed(s))]


@shows([["task-1"], ["task-1"]], [[], ["task-1"]])
def completion_shows_at_the_second_read(s):
    task = s.create()
    listed(s)
    s.set(task, "success")
    assert waited(s) == ["task-1"]
    return [listed(s), listed(s)]


@shows([["task-1", "task-2"], ["task-1", "task-2"]], [["task-1", "task-2"], ["task-1"]])
def fresh_wait_lacks_the_newest(s):
    s.create()
    s.create()
    return [listed(s), waited(s)]


@shows([["task-2", "task-1"], ["task-2", "task-1"]], [["task-2", "task-1"], ["task-2"]])
def fresh_wait_lacks_the_completed(s):
    s.ended()
    s.create()
    return [listed(s), waited(s)]


@shows([[], None, []], [[], None, None])
def fresh_wait_after_a_later_one_yields_nothing(s):
    return [waited(s), waited(s, fresh=False), waited(s)]


@shows([[], ["task-1"], None], [[], ["task-1"], []])
def later_wait_yields_an_old_value(s):
    first = waited(s)
    s.create()
    return [first, waited(s), waited(s, fresh=False)]


@shows((False, ()), (True, ("task-2",)))
def later_wait_takes_live_tasks_out(s):
    s.ended()
    s.create()
    waited(s)
    update = s.ok(calls.WaitForRecentTask(session="main", fresh=False))
    return update.changed, update.removed


@shows([1, 0], [2, 2], window="240", cap="1")
def limits_are_600_and_200_whatever_is_declared(s):
    s.ended()
    s.ended()
    count = len(listed(s))
    s.advance(300)
    return [count, len(listed(s))]


@shows(["NotAuthenticated", "NotAuthenticated"], ["done", "NotAuthenticated"])
def list_is_empty_without_a_login(s):
    logout(s, "second")
    return [did(s, calls.ReadRecentTask(session=each)) for each in ("nobody", "second")]


@shows(["NotAuthenticated", "NotAuthenticated"], ["done", "NotAuthenticated"])
def fresh_wait_needs_no_login(s):
    return [did(s, calls.WaitForRecentTask(session="nobody", fresh=each)) for each in (True, False)]


def unreadable(server: Server) -> list[str]:
    """Read a live and a completed task as one who may not, and another as one who may."""
    tasks = [server.create(server.place("hidden")), server.ended(server.place("hidden")), server.create()]
    return [read(server, task, "restricted") for task in tasks]


@shows([f"missing {DENIED}"] * 2 + ["queued"], [DENIED, DENIED, "queued"])
def unreadable_info_is_a_method_fault(s):
    return unreadable(s)


@shows([f"missing {DENIED}"] * 2 + ["queued"], [f"missing {DENIED}", "success", "queued"])
def unreadable_info_is_shown_once_completed(s):
    return unreadable(s)


@shows([f"missing {DENIED}"] * 2 + ["queued"], ["absent", "absent", "queued"])
def unreadable_info_is_silently_absent(s):
    return unreadable(s)


# --- limit ------------------------------------------------------------------------------------------------------------

FULL = ["done", "done", STATE]


@shows([2, FULL], [-1, FULL], max_collector="2")
def max_collector_is_minus_one(s):
    return [s.ok(calls.ReadMaxCollector(session="main")).value, collect(s, 3)]


@shows([2, FULL, 2, 2], [2, FULL, 0, 2], max_collector="2")
def max_collector_is_what_is_left(s):
    ask = [calls.ReadMaxCollector(session=each) for each in ("main", "second")]
    return [s.ok(ask[0]).value, collect(s, 3), *[s.ok(call).value for call in ask]]


@shows(["NotAuthenticated", "done"], ["done", "done"])
def max_collector_needs_no_login(s):
    return [did(s, calls.ReadMaxCollector(session=each)) for each in ("nobody", "main")]


@shows(FULL, ["done", STATE, STATE], max_collector="2")
def one_fewer_than_the_maximum(s):
    return collect(s, 3)


@shows(FULL, ["done", STATE, STATE], max_collector="2")
def list_views_take_places(s):
    s.view()
    return collect(s, 3)


@shows([*FULL, STATE, STATE, STATE], ["done"] * 5 + [STATE], max_collector="2")
def three_more_than_the_maximum(s):
    return collect(s, 6)


@shows(FULL, ["done", "done", "NotSupported"], max_collector="2")
def full_is_not_supported(s):
    return collect(s, 3)


@shows((FULL, ["done", "done"]), (["done"] * 3, [GONE, "done"]), max_collector="2")
def oldest_collector_makes_room(s):
    made = [s.collector(), s.collector()]
    outcome = collect(s, 1)
    return ["done", "done", *outcome], [
        did(s, calls.ReadCollectorFilter(session="main", collector=ref)) for ref in made
    ]


def destroyed_when_full(server: Server, session: str = "main", *, refusals: int = 1) -> list[str]:
    """Fill the places of two, be refused, destroy one; what becomes of three more."""
    made = [server.collector(session=session) for _ in range(2)]
    assert all(outcome == STATE for outcome in collect(server, refusals, session))
    server.ok(calls.DestroyCollector(session=session, collector=made[0]))
    return collect(server, 3, session)


@shows(["done", STATE, STATE], [STATE, STATE, STATE], max_collector="2")
def refused_create_takes_a_place(s):
    return destroyed_when_full(s)


@shows(["done", STATE, STATE], [STATE, STATE, STATE], max_collector="2")
def once_full_always_full(s):
    assert collect(s, 2, "second") == ["done", "done"]
    return destroyed_when_full(s)


@shows(["done", STATE, STATE], [STATE, STATE, STATE], max_collector="2")
def destroy_frees_nothing(s):
    return destroyed_when_full(s, refusals=0)


@shows([["done", "done"], FULL], [["done", "done"], [STATE] * 3], max_collector="2")
def maximum_over_the_whole_server(s):
    return [collect(s, 2), collect(s, 3, "second")]


@shows([FULL, FULL, ["done"]], [FULL, [STATE] * 3, ["done"]], max_collector="2")
def refused_client_locks_the_others_out(s):
    login(s, "third", "restricted")
    made = [collect(s, 3), collect(s, 3, "second")]
    logout(s, "main")
    return [*made, collect(s, 1, "third")]


@shows([["done"] * 4, ["done"] * 4, STATE], [["done"] * 4, [STATE] * 4, STATE], max_collector="4")
def logout_frees_nothing(s):
    made = collect(s, 4)
    logout(s, "main")
    login(s, "main")
    return [made, collect(s, 4), *collect(s, 1)]


@shows([["done"] * 4, ["done"] * 4], [["done"] * 4, ["done", "done", STATE, STATE]], max_collector="4")
def logout_frees_half(s):
    made = collect(s, 4)
    logout(s, "main")
    login(s, "main")
    return [made, collect(s, 4)]


@shows([ARGUMENT, *FULL], [ARGUMENT, "done", STATE, STATE], max_collector="2")
def null_filter_takes_a_place(s):
    return [did(s, calls.CreateCollectorForTasks(session="main", filter=None)), *collect(s, 3)]


# --- session ----------------------------------------------------------------------------------------------------------

NO_LOGIN = "NotAuthenticated"


@shows([NO_LOGIN, NO_LOGIN, "queued"], ["done", NO_LOGIN, "running"])
def state_needs_no_login(s):
    task = s.create()
    logout(s, "second")
    return [*[did(s, set_call(task, "running", each)) for each in ("nobody", "second")], read(s, task)]


@shows([NO_LOGIN] * 2, ["done"] * 2)
def find_extension_needs_no_login(s):
    return [
        did(s, call)
        for call in (
            calls.FindExtension(session="nobody", key=EXTENSION_KEY),
            calls.ReadExtensionList(session="nobody"),
        )
    ]


@shows([NO_LOGIN] * 6, ["InvalidRequest"] * 5 + [NO_LOGIN])
def create_without_a_login_is_an_invalid_request(s):
    task = s.create()
    return [
        did(s, call)
        for call in (
            create_call(s, session="nobody"),
            set_call(task, "running", "nobody"),
            progress_call(task, 1, "nobody"),
            describe_call(task, "phase", "nobody"),
            cancel_call(task, "nobody"),
            calls.ReadRecentTask(session="nobody"),
        )
    ]


@shows([NO_LOGIN, NO_LOGIN], ["queued", NO_LOGIN])
def task_info_needs_no_login(s):
    task = s.create(s.place("hidden"))
    logout(s, "second")
    return [read(s, task, each) for each in ("nobody", "second")]


@shows([NO_LOGIN, NO_LOGIN, "done", "done"], ["done", NO_LOGIN, "done", "done"])
def logout_after_the_next_call(s):
    ask = calls.ReadRecentTask(session="main")
    logout(s, "main")
    outcomes = [did(s, ask), did(s, ask)]
    login(s, "main")
    return [*outcomes, did(s, ask), did(s, ask)]


@shows([NO_LOGIN, NO_LOGIN, "queued"], ["done", NO_LOGIN, "running"])
def dead_sessions_can_end_tasks(s):
    own, other = s.create(session="second"), s.create()
    logout(s, "second")
    return [*[did(s, set_call(task, "running", "second")) for task in (own, other)], read(s, own)]


@shows([NO_LOGIN, NO_LOGIN], ["done", NO_LOGIN])
def logout_waits_for_the_collectors(s):
    s.collector()
    for each in ("main", "second"):
        logout(s, each)
    return [did(s, calls.ReadRecentTask(session=each)) for each in ("main", "second")]


@shows([NO_LOGIN, "done", "done"], [NO_LOGIN, NO_LOGIN, "done"])
def logout_ends_every_session_of_the_user(s):
    login(s, "more")
    logout(s, "main")
    return [did(s, calls.ReadRecentTask(session=each)) for each in ("main", "more", "second")]


@shows(["queued"] * 4, ["queued", GONE, GONE, "queued"])
def tasks_of_others_are_not_found(s):
    login(s, "more")
    task = s.create()
    states = [read(s, task, each) for each in ("main", "more", "second")]
    logout(s, "main")
    return [*states, read(s, task, "second")]


@shows(["running", "running", "success"], ["running", "queued", "success"])
def others_see_the_task_as_created(s):
    task = running(s)
    states = [read(s, task), read(s, task, "second")]
    s.set(task, "success")
    return [*states, read(s, task, "second")]


@shows([["task-1"], ["task-1"]], [["task-1"], []])
def list_holds_own_tasks_only(s):
    s.create()
    login(s, "more")
    return [listed(s, "more"), listed(s, "second")]


@shows([["task-2", "task-1"], ["task-2", "task-1"]], [["task-2", "task-1"], ["task-2"]])
def completed_tasks_leave_with_their_maker(s):
    done = s.create(session="second")
    s.create(session="second")
    s.set(done, "success")
    before = listed(s)
    logout(s, "second")
    return [before, listed(s)]


# --- description ------------------------------------------------------------------------------------------------------

STATES = ["queued", "running", "success", "error"]
REASONS = ["TaskReasonAlarm", "TaskReasonSchedule", "TaskReasonSystem", "TaskReasonUser"]


def keys(entries: Any) -> list[str]:
    return [one.key for one in entries]


@shows(STATES, STATES[:3])
def no_entry_for_error(s):
    return keys(described(s).state)


@shows(STATES, ["running", "running", "success", "error"])
def state_entry_stands_twice(s):
    return keys(described(s).state)


@shows(REASONS, REASONS[:3])
def no_entry_for_user(s):
    return keys(described(s).reason)


@shows(REASONS, ["Alarm", "Schedule", "System", "User"])
def reason_keys_without_the_prefix(s):
    return keys(described(s).reason)


@shows(REASONS, [REASONS[0], *REASONS[2:]])
def no_entry_for_schedule(s):
    return keys(described(s).reason)


@shows([1, 1], [2, 1])
def first_method_stands_twice(s):
    methods = keys(described(s).method_info)
    return [methods.count("VirtualMachine.powerOn"), methods.count("VirtualMachine.powerOff")]


def destruction_is_described(server: Server) -> tuple[str, bool]:
    """Destroy a folder: the task's descriptionId, and whether that is a method."""
    found_id = server.destroyed(server.folder()).description_id
    return found_id, found_id in keys(described(server).method_info)


@shows(("Folder.destroy", True), ("Folder.destroy", False))
def methods_lack_the_destruction_of_folders(s):
    return destruction_is_described(s)


@shows(("Folder.destroy", True), ("Destroy_Task", False))
def destruction_has_the_operations_name_as_id(s):
    return destruction_is_described(s)


def described_types(server: Server) -> list[str]:
    """The methods that are of extensions."""
    return [key for key in keys(described(server).method_info) if key.startswith("org.")]


@shows([WORK, REST], [])
def extension_types_are_not_described(s):
    return described_types(s)


@shows([WORK, REST, OTHER_WORK], [WORK, OTHER_WORK])
def only_first_types_are_described(s):
    s.ok(register_call())
    return described_types(s)


@shows([[WORK, REST, OTHER_WORK], []], [[WORK, REST], []])
def updated_types_are_not_described(s):
    s.ok(update_call(EXTENSION_KEY, WORK, REST, OTHER_WORK))
    before = described_types(s)
    s.ok(unregister_call(EXTENSION_KEY))
    return [before, described_types(s)]


@shows([True], [False])
def summary_counts_the_reads(s):
    return [described(s) == described(s)]


@shows([True, True], [True, False])
def labels_change_after_a_completion(s):
    first = described(s)
    task = s.create()
    second = described(s)
    s.set(task, "success")
    return [first == second, first == described(s)]


@shows([NO_LOGIN, "done"], ["done", "done"])
def description_needs_no_login(s):
    return [did(s, calls.ReadDescription(session=each)) for each in ("nobody", "main")]


@shows([NO_LOGIN, "done"], ["NotSupported", "done"])
def description_without_a_login_is_not_supported(s):
    return [did(s, calls.ReadDescription(session=each)) for each in ("nobody", "main")]


def in_both_locales(server: Server) -> list[Any]:
    """Read the description in either."""
    login(server, "german", locale="de")
    return [described(server, each) for each in ("main", "german")]


@shows([STATES, STATES], [STATES, ["Eingereiht", "In Arbeit", "Erfolg", "Fehler"]])
def state_keys_are_translated(s):
    return [keys(each.state) for each in in_both_locales(s)]


@shows([REASONS, REASONS], [REASONS, REASONS[1:]])
def reasons_are_missing_in_translation(s):
    return [keys(each.reason) for each in in_both_locales(s)]


@shows(["Error", "Fehler"], ["", ""])
def state_label_is_empty(s):
    return [entry(each.state, "error")[0] for each in in_both_locales(s)]


@shows([False, False], [False, True])
def method_summary_is_empty_in_translation(s):
    return [each.method_info[0].summary == "" for each in in_both_locales(s)]


# --- extension --------------------------------------------------------------------------------------------------------


@shows(["done", "done", "done"], ["done", ARGUMENT, "done"])
def only_the_first_type_is_taken(s):
    s.ok(register_call())
    return takes(s, WORK, REST, OTHER_WORK)


@shows([["done", "done"], ["done"]], [[ARGUMENT, "done"], ["done"]])
def only_the_last_extension_counts(s):
    s.ok(register_call())
    before = takes(s, WORK, OTHER_WORK)
    s.ok(unregister_call(OTHER))
    return [before, takes(s, WORK)]


TWICE = register_call(EXTENSION_KEY, "main", "9.0", OTHER_WORK)
FIRST = ("1.0.0", (WORK, REST))
SECOND_ONE = ("9.0", (OTHER_WORK,))


@shows([ARGUMENT, FIRST, DENIED], ["done", SECOND_ONE, DENIED])
def registering_twice_replaces(s):
    denied = register_call(EXTENSION_KEY, "restricted", "9.0", OTHER_WORK)
    return [did(s, TWICE), found(s, EXTENSION_KEY), did(s, denied)]


@shows([ARGUMENT, FIRST], [ARGUMENT, SECOND_ONE])
def refused_registration_is_kept(s):
    return [did(s, TWICE), found(s, EXTENSION_KEY)]


@shows([ARGUMENT, FIRST], [STATE, FIRST])
def registering_twice_is_an_invalid_state(s):
    return [did(s, TWICE), found(s, EXTENSION_KEY)]


@shows([ARGUMENT, ARGUMENT, ARGUMENT], ["done", "done", ARGUMENT])
def unregistered_types_are_taken(s):
    s.ok(unregister_call(EXTENSION_KEY))
    return takes(s, WORK, REST, OTHER_WORK)


@shows([ARGUMENT, ARGUMENT, ARGUMENT], ["done", ARGUMENT, ARGUMENT])
def unregistered_type_is_taken_where_it_was_used(s):
    s.create()
    s.ok(unregister_call(EXTENSION_KEY))
    return [*takes(s, WORK, REST), did(s, create_call(s, s.place("host")))]


@shows(["NotFound", DENIED, "done", "NotFound"], ["done", DENIED, "done", "done"])
def unregister_of_unknown_is_ignored(s):
    return unregistering(s)


@shows(["NotFound", DENIED, "done", "NotFound"], [ARGUMENT, DENIED, "done", ARGUMENT])
def unregister_of_unknown_is_an_invalid_argument(s):
    return unregistering(s)


def unregistering(server: Server) -> list[str]:
    """Unregister an unknown extension, and a known one twice."""
    keys_and_sessions = [(OTHER, "main"), (OTHER, "restricted"), (EXTENSION_KEY, "main"), (EXTENSION_KEY, "main")]
    return [did(server, unregister_call(key, session)) for key, session in keys_and_sessions]


@shows(["done", "done"], ["done", ARGUMENT])
def update_adds_no_types(s):
    s.ok(update_call(EXTENSION_KEY, WORK, OTHER_WORK))
    assert found(s, EXTENSION_KEY) == ("2.0", (WORK, OTHER_WORK))
    return takes(s, WORK, OTHER_WORK)


@shows([("2.0", (WORK,)), ("3.0", (REST,))], [("2.0", (WORK,)), ("2.0", (WORK,))])
def second_update_is_lost(s):
    shown = []
    for version, task_id in (("2.0", WORK), ("3.0", REST)):
        s.ok(update_call(EXTENSION_KEY, task_id, version=version))
        shown.append(found(s, EXTENSION_KEY))
    return shown


@shows([["done", ARGUMENT], [ARGUMENT, ARGUMENT]], [["done", "done"], [ARGUMENT, ARGUMENT]])
def update_never_removes(s):
    s.ok(update_call(EXTENSION_KEY, WORK))
    before = takes(s, WORK, REST)
    s.ok(unregister_call(EXTENSION_KEY))
    return [before, takes(s, WORK, REST)]


@shows([("2.0", (WORK,))] * 2, [("1.0.0", (WORK,))] * 2)
def find_shows_the_first_version(s):
    s.ok(update_call(EXTENSION_KEY, WORK))
    (one,) = s.ok(calls.ReadExtensionList(session="main")).value
    return [found(s, EXTENSION_KEY), (one.version, one.task_ids)]


@shows([None, FIRST, None], [FIRST, FIRST, None])
def find_falls_back_on_a_shorter_key(s):
    return [found(s, key) for key in (OTHER, EXTENSION_KEY, "org.none")]


@shows([None, FIRST], ["NotFound", FIRST])
def find_of_unknown_faults(s):
    return [found(s, OTHER), found(s, EXTENSION_KEY)]


@shows([[], None], [[EXTENSION_KEY], None])
def list_keeps_the_unregistered(s):
    s.ok(unregister_call(EXTENSION_KEY))
    return [keys(s.ok(calls.ReadExtensionList(session="main")).value), found(s, EXTENSION_KEY)]


@shows([FIRST, ("1.0", (OTHER_WORK,))], [("1.0.0", (WORK,)), ("1.0", (OTHER_WORK,))])
def last_type_is_not_shown(s):
    s.ok(register_call())
    assert takes(s, REST) == ["done"]
    return [found(s, EXTENSION_KEY), found(s, OTHER)]


def updating(server: Server) -> list[Any]:
    """Update an unknown extension."""
    asked = [update_call(OTHER, OTHER_WORK, session=each) for each in ("restricted", "main")]
    return [*[did(server, call) for call in asked], found(server, OTHER)]


@shows([DENIED, "NotFound", None], [DENIED, "done", ("2.0", (OTHER_WORK,))])
def update_of_unknown_registers(s):
    return updating(s)


@shows([DENIED, "NotFound", None], [DENIED, ARGUMENT, None])
def update_of_unknown_is_an_invalid_argument(s):
    return updating(s)


@shows(["InvalidRequest", None], ["done", ("0", (OTHER_WORK,))])
def registration_without_a_version_is_taken(s):
    return [did(s, register_call(version=None)), found(s, OTHER)]


@shows(["InvalidRequest", None], ["InvalidRequest", ("0", (OTHER_WORK,))])
def incomplete_registration_is_kept(s):
    return [did(s, register_call(version=None)), found(s, OTHER)]


@shows(["InvalidRequest", FIRST], ["done", ("1.0.0", (OTHER_WORK,))])
def update_without_a_version_is_taken(s):
    return [did(s, update_call(EXTENSION_KEY, OTHER_WORK, version=None)), found(s, EXTENSION_KEY)]


@shows([DENIED, DENIED, FIRST], [DENIED, "done", None])
def unregister_needs_no_privilege(s):
    outcomes = [did(s, unregister_call(EXTENSION_KEY, each)) for each in ("outsider", "restricted")]
    return [*outcomes, found(s, EXTENSION_KEY)]


@shows([DENIED, None], [DENIED, ("1.0", (OTHER_WORK,))])
def unprivileged_registration_is_kept(s):
    return [did(s, register_call(session="restricted")), found(s, OTHER)]


@shows([DENIED, DENIED, FIRST], [DENIED, "done", ("1.0.0", (OTHER_WORK,))])
def update_needs_no_privilege_on_equal_version(s):
    versions = ("2.0", "1.0.0")
    asked = [update_call(EXTENSION_KEY, OTHER_WORK, session="restricted", version=each) for each in versions]
    return [*[did(s, call) for call in asked], found(s, EXTENSION_KEY)]
