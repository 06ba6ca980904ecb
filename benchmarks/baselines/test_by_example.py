"""Tests by example of vim.TaskManager and what belongs to it, as one writes them from the API page.

Written from the API pages alone: without the model's rules, the suite's plans, or a list of faults. Frozen: they stand
for what people write instead of a conformance suite, and are not improved when a fault gets past them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import (
    AdvanceClock,
    ByEntity,
    ByTime,
    ByUsername,
    CancelTask,
    CreateCollectorForTasks,
    CreateTask,
    DestroyCollector,
    FindExtension,
    Logout,
    ObjectRef,
    ReadCollectorFilter,
    ReadDescription,
    ReadExtensionList,
    ReadLatestPage,
    ReadMaxCollector,
    ReadNextTasks,
    ReadPreviousTasks,
    ReadRecentTask,
    ReadTaskInfo,
    ReadView,
    RegisterExtension,
    ResetCollector,
    RewindCollector,
    SetCollectorPageSize,
    SetTaskDescription,
    SetTaskState,
    TaskFilterSpec,
    UnregisterExtension,
    UpdateExtension,
    UpdateProgress,
    WaitForRecentTask,
    WaitForUpdatesEx,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.vocabulary.outcomes import TaskInfo

MAIN, OTHER = "main", "other"
STATES = ["queued", "running", "success", "error"]


# --- what the tests say often -----------------------------------------------------------------------------------------


def place(server: Any, role: str, index: int = 0) -> ObjectRef:
    ref: ObjectRef = server.declaration.places[role][index].ref
    return ref


def create(server: Any, *, session: str = MAIN, obj: ObjectRef | None = None, **options: Any) -> TaskInfo:
    options = {"task_type_id": server.work, "cancelable": True, **options}
    info: TaskInfo = server.returned(CreateTask(session=session, obj=obj or place(server, "vm"), **options))
    return info


def move(server: Any, task: TaskInfo, *states: str, **options: Any) -> None:
    for state in states:
        server.returned(SetTaskState(session=MAIN, task=task.task, state=state))
    if options:
        server.returned(SetTaskState(session=MAIN, task=task.task, **options))


def info_of(server: Any, task: TaskInfo) -> TaskInfo:
    (info,) = server.returned(ReadTaskInfo(session=MAIN, tasks=(task.task,)))
    value: TaskInfo = info.value
    return value


def recent(server: Any, session: str = MAIN) -> tuple[ObjectRef, ...]:
    return tuple(ref for ref in server.returned(ReadRecentTask(session=session)).value if ref not in server.foreign)


def collector(server: Any, *, session: str = MAIN, **fields: Any) -> ObjectRef:
    ref: ObjectRef = server.returned(CreateCollectorForTasks(session=session, filter=TaskFilterSpec(**fields)))
    return ref


def keys(infos: Iterable[TaskInfo]) -> list[str]:
    return [info.key for info in infos]


def mine(server: Any) -> ByUsername:
    """The part of a filter that leaves out what was there before."""
    return ByUsername(system_user=False, user_list=(server.declaration.account("primary").user_name,))


def matching(server: Any, **fields: Any) -> set[str]:
    """The keys of all tasks that a collector with this filter finds."""
    found = collector(server, **fields)
    page = server.returned(ReadNextTasks(session=MAIN, collector=found, max_count=100))
    server.returned(DestroyCollector(session=MAIN, collector=found))
    return {info.key for info in page if info.task not in server.foreign}


def latest(server: Any, of: ObjectRef) -> set[str]:
    return set(keys(server.returned(ReadLatestPage(session=MAIN, collector=of)).value))


# --- TaskManager.CreateTask -------------------------------------------------------------------------------------------


def test_create_task_describes_the_new_task(server: Any) -> None:
    vm = server.declaration.places["vm"][0]
    info = create(server, obj=vm.ref, cancelable=True)
    assert info.task.type == "Task"
    assert info.key
    assert info.state == "queued"
    assert info.description_id == server.work
    assert info.entity == vm.ref
    assert info.entity_name == vm.name
    assert info.cancelable
    assert not info.cancelled
    assert info.queue_time > 0
    assert info.start_time is None
    assert info.complete_time is None
    assert info.error is None
    assert info.result is None
    assert info_of(server, info) == info
    fixed = create(server, cancelable=False)
    assert not fixed.cancelable
    assert fixed.key != info.key
    assert fixed.task != info.task


def test_create_task_names_the_user_who_queued_it(server: Any) -> None:
    other = server.login(OTHER, "second")
    mine, theirs = create(server), create(server, session=other)
    assert mine.reason.kind == "TaskReasonUser"
    assert mine.reason.user_name == server.declaration.account("primary").user_name
    assert theirs.reason.user_name == server.declaration.account("second").user_name
    on_behalf = create(server, initiated_by=theirs.reason.user_name)
    assert on_behalf.reason == theirs.reason


def test_create_task_under_a_parent(server: Any) -> None:
    root = create(server)
    child = create(server, parent_task_key=root.key)
    grandchild = create(server, parent_task_key=child.key)
    assert root.parent_task_key is None
    assert (child.parent_task_key, child.root_task_key) == (root.key, root.key)
    assert (grandchild.parent_task_key, grandchild.root_task_key) == (child.key, root.key)


def test_create_task_on_what_never_existed(server: Any) -> None:
    before = recent(server)
    call = CreateTask(session=MAIN, obj=place(server, "nowhere"), task_type_id=server.work, cancelable=True)
    assert server.refused(call).is_a("ManagedObjectNotFound")
    assert recent(server) == before


def test_create_task_needs_a_login_and_the_privilege(server: Any, nobody: str) -> None:
    restricted = server.login(OTHER, "restricted")
    for session, fault in ((nobody, "NotAuthenticated"), (restricted, "NoPermission")):
        call = CreateTask(session=session, obj=place(server, "readable"), task_type_id=server.work, cancelable=True)
        assert server.refused(call).is_a(fault)
    assert recent(server) == ()


# --- TaskManager.recentTask -------------------------------------------------------------------------------------------


def test_recent_task_lists_queued_running_and_completed_tasks(server: Any) -> None:
    queued, running, success, error = (create(server) for _ in range(4))
    move(server, running, "running")
    move(server, success, "running", "success")
    move(server, error, "running", state="error", fault="NotFound")
    assert set(recent(server)) == {info.task for info in (queued, running, success, error)}
    assert len(recent(server)) == 4


def test_recent_task_forgets_completed_tasks_after_ten_minutes(server: Any) -> None:
    live, success, error = create(server), create(server), create(server)
    move(server, live, "running")
    move(server, success, "running", "success")
    move(server, error, "running", state="error", fault="NotFound")
    server.returned(AdvanceClock(session=MAIN, seconds=server.declaration.window - 60))
    assert set(recent(server)) == {live.task, success.task, error.task}
    server.returned(AdvanceClock(session=MAIN, seconds=120))
    assert recent(server) == (live.task,)
    move(server, live, "success")
    assert recent(server) == (live.task,)


def test_recent_task_has_only_the_last_200_completed_tasks(server: Any) -> None:
    live = create(server)
    done = [create(server) for _ in range(server.declaration.cap + 1)]
    for task in done:
        move(server, task, "running", "success")
    listed = set(recent(server))
    assert live.task in listed
    assert done[0].task not in listed
    assert listed == {live.task} | {task.task for task in done[1:]}


def test_recent_task_shows_only_what_the_user_may_see(server: Any) -> None:
    restricted = server.login(OTHER, "restricted")
    visible = create(server, obj=place(server, "readable"))
    hidden = create(server, obj=place(server, "hidden"))
    assert recent(server, restricted) == (visible.task,)
    assert set(recent(server)) == {visible.task, hidden.task}


def test_recent_task_through_wait_for_updates(server: Any) -> None:
    first = create(server)
    update = server.returned(WaitForRecentTask(session=MAIN, fresh=True))
    assert set(update.recent_task.value) == {first.task} | server.foreign
    second = create(server)
    update = server.returned(WaitForRecentTask(session=MAIN, fresh=True))
    assert set(update.recent_task.value) == {first.task, second.task} | server.foreign


# --- TaskManager.description, maxCollector ----------------------------------------------------------------------------


def test_description_has_all_states_and_registered_task_types(server: Any) -> None:
    description = server.returned(ReadDescription(session=MAIN)).value
    assert {element.key for element in description.state} >= set(STATES)
    assert {server.work, server.rest} <= {element.key for element in description.method_info}
    assert description.reason
    for element in (*description.state, *description.method_info, *description.reason):
        assert element.key


def test_max_collector_is_the_number_of_collectors_a_client_can_have(server: Any) -> None:
    most = server.returned(ReadMaxCollector(session=MAIN)).value
    assert most > 0
    made = [collector(server) for _ in range(most)]
    assert len(set(made)) == most
    one_more = CreateCollectorForTasks(session=MAIN, filter=TaskFilterSpec())
    assert server.refused(one_more).is_a("InvalidState")
    collector(server, session=server.login(OTHER, "second"))
    server.returned(DestroyCollector(session=MAIN, collector=made[0]))
    server.returned(one_more)
    assert server.refused(one_more).is_a("InvalidState")


# --- Task -------------------------------------------------------------------------------------------------------------


def test_task_runs_and_succeeds_with_a_result(server: Any) -> None:
    task = create(server)
    move(server, task, "running")
    running = info_of(server, task)
    assert running.state == "running"
    assert running.start_time is not None
    assert running.start_time >= running.queue_time
    assert running.complete_time is None
    move(server, task, state="success", result="done")
    ended = info_of(server, task)
    assert ended.state == "success"
    assert ended.result == "done"
    assert ended.error is None
    assert (ended.queue_time, ended.start_time) == (running.queue_time, running.start_time)
    assert ended.complete_time is not None
    assert ended.complete_time >= running.start_time


def test_task_runs_and_fails_with_a_fault(server: Any) -> None:
    task = create(server)
    move(server, task, "running", state="error", fault="NotFound")
    ended = info_of(server, task)
    assert ended.state == "error"
    assert ended.error is not None
    assert ended.error.kind == "NotFound"
    assert ended.result is None
    assert ended.complete_time is not None


@pytest.mark.parametrize(
    "end", [{"state": "success"}, {"state": "error", "fault": "NotFound"}], ids=["success", "error"]
)
def test_completed_task_changes_no_more(server: Any, end: dict[str, str]) -> None:
    task = create(server)
    move(server, task, "running", **end)
    before = info_of(server, task)
    for state in STATES:
        fault = server.refused(SetTaskState(session=MAIN, task=task.task, state=state))
        assert fault.is_a("InvalidState"), state
    assert server.refused(UpdateProgress(session=MAIN, task=task.task, percent_done=7)).is_a("InvalidState")
    assert info_of(server, task) == before


def test_result_and_fault_belong_to_their_states(server: Any) -> None:
    task = create(server)
    move(server, task, "running")
    before = info_of(server, task)
    wrong: list[dict[str, str]] = [
        {"state": "running", "result": "r"},
        {"state": "error", "fault": "NotFound", "result": "r"},
        {"state": "running", "fault": "NotFound"},
        {"state": "success", "fault": "NotFound"},
    ]
    for arguments in wrong:
        fault = server.refused(SetTaskState(session=MAIN, task=task.task, **arguments))
        assert fault.is_a("InvalidState"), arguments
    assert info_of(server, task) == before


def test_update_progress_takes_0_to_100(server: Any) -> None:
    task = create(server)
    assert server.refused(UpdateProgress(session=MAIN, task=task.task, percent_done=5)).is_a("InvalidState")
    move(server, task, "running")
    for given, expected in ((0, 0), (42, 42), (100, 100), (-5, 0), (150, 100), (1, 1)):
        server.returned(UpdateProgress(session=MAIN, task=task.task, percent_done=given))
        assert info_of(server, task).progress == expected, given


def test_set_task_description(server: Any) -> None:
    task, other = create(server), create(server)
    key = f"{server.declaration.extension_key}.phase"
    server.returned(SetTaskDescription(session=MAIN, task=task.task, key=key, args=(("disk", "one"),)))
    description = info_of(server, task).description
    assert description is not None
    assert description.key == key
    assert description.args == (("disk", "one"),)
    assert info_of(server, other).description == other.description


@pytest.mark.parametrize("states", [[], ["running"]], ids=["queued", "running"])
def test_cancel_task_ends_in_request_canceled(server: Any, states: list[str]) -> None:
    task, other = create(server), create(server)
    move(server, task, *states)
    server.returned(CancelTask(session=MAIN, task=task.task))
    assert info_of(server, task).cancelled
    server.returned(AdvanceClock(session=MAIN, seconds=60))  # a cancel operation is asynchronous
    if info_of(server, task).state != "error":
        move(server, task, state="error", fault="RequestCanceled")
    info = info_of(server, task)
    assert info.state == "error"
    assert info.cancelled
    assert info.error is not None
    assert info.error.kind == "RequestCanceled"
    assert server.refused(CancelTask(session=MAIN, task=task.task)).is_a("InvalidState")
    assert not info_of(server, other).cancelled


def test_cancel_task_refuses_what_cannot_be_cancelled(server: Any) -> None:
    fixed = create(server, cancelable=False)
    move(server, fixed, "running")
    assert server.refused(CancelTask(session=MAIN, task=fixed.task)).is_a("NotSupported")
    assert not info_of(server, fixed).cancelled
    done = create(server)
    move(server, done, "running", "success")
    assert server.refused(CancelTask(session=MAIN, task=done.task)).is_a("InvalidState")
    assert not info_of(server, done).cancelled


def test_task_methods_need_their_privileges(server: Any, nobody: str) -> None:
    restricted = server.login(OTHER, "restricted")
    task = create(server, obj=place(server, "readable"))
    move(server, task, "running")
    before = info_of(server, task)
    for session, fault in ((restricted, "NoPermission"), (nobody, "NotAuthenticated")):
        for call in (
            CancelTask(session=session, task=task.task),
            UpdateProgress(session=session, task=task.task, percent_done=50),
            SetTaskState(session=session, task=task.task, state="success"),
            SetTaskDescription(session=session, task=task.task, key="phase"),
        ):
            assert server.refused(call).is_a(fault), call
    assert info_of(server, task) == before


# --- TaskFilterSpec ---------------------------------------------------------------------------------------------------


def test_filter_by_entity(server: Any) -> None:
    folder = place(server, "folder")
    child = next(entity.ref for entity in server.declaration.places["vm"] if entity.parent == folder)
    on_folder, on_child = create(server, obj=folder), create(server, obj=child)
    create(server, obj=place(server, "host"))
    expected = {
        "self": {on_folder.key},
        "children": {on_child.key},
        "all": {on_folder.key, on_child.key},
    }
    for recursion, wanted in expected.items():
        assert matching(server, entity=ByEntity(entity=folder, recursion=recursion)) == wanted, recursion


def test_filter_by_time(server: Any) -> None:
    infos = []
    for _ in range(3):
        task = create(server)
        server.returned(AdvanceClock(session=MAIN, seconds=60))
        move(server, task, "running")
        server.returned(AdvanceClock(session=MAIN, seconds=60))
        move(server, task, "success")
        server.returned(AdvanceClock(session=MAIN, seconds=60))
        infos.append(info_of(server, task))
    pending = create(server)
    old, middle, new = keys(infos)
    for time_type, stamp in (
        ("queuedTime", infos[1].queue_time),
        ("startedTime", infos[1].start_time),
        ("completedTime", infos[1].complete_time),
    ):
        assert stamp is not None
        before, after = stamp - 1_000_000, stamp + 1_000_000
        late = {pending.key} if time_type == "queuedTime" else set()
        assert matching(server, time=ByTime(time_type=time_type, begin_time=before)) == {middle, new} | late, time_type
        assert matching(server, time=ByTime(time_type=time_type, end_time=after)) == {old, middle}, time_type
        both = ByTime(time_type=time_type, begin_time=before, end_time=after)
        assert matching(server, time=both) == {middle}, time_type


def test_filter_by_user_name(server: Any) -> None:
    other = server.login(OTHER, "second")
    mine, theirs = create(server), create(server, session=other)
    first, second = (server.declaration.account(name).user_name for name in ("primary", "second"))
    assert matching(server, user_name=ByUsername(system_user=False, user_list=(first,))) == {mine.key}
    assert matching(server, user_name=ByUsername(system_user=False, user_list=(second,))) == {theirs.key}
    assert matching(server, user_name=ByUsername(system_user=False, user_list=(first, second))) == {
        mine.key,
        theirs.key,
    }


def test_filter_by_state(server: Any) -> None:
    queued, running, success, error = tasks = [create(server) for _ in range(4)]
    move(server, running, "running")
    move(server, success, "running", "success")
    move(server, error, "running", state="error", fault="NotFound")
    for task, state in zip(tasks, STATES, strict=True):
        assert matching(server, state=(state,)) == {task.key}, state
    assert matching(server, state=("queued", "running")) == {queued.key, running.key}
    assert matching(server) == set(keys(tasks))


def test_filter_by_parent_root_and_chain(server: Any) -> None:
    root = create(server)
    child = create(server, parent_task_key=root.key)
    grandchild = create(server, parent_task_key=child.key)
    stranger = create(server)
    assert matching(server, parent_task_key=(root.key,)) == {child.key}
    assert matching(server, parent_task_key=(root.key, child.key)) == {child.key, grandchild.key}
    assert (
        {child.key, grandchild.key}
        <= matching(server, root_task_key=(root.key,))
        <= {
            root.key,
            child.key,
            grandchild.key,
        }
    )
    found = matching(server, event_chain_id=(stranger.event_chain_id,))
    assert stranger.key in found


def test_filter_needs_every_part_to_match(server: Any) -> None:
    vm, host = place(server, "vm"), place(server, "host")
    wanted, elsewhere, idle = create(server, obj=vm), create(server, obj=host), create(server, obj=vm)
    move(server, wanted, "running")
    move(server, elsewhere, "running")
    on_vm = ByEntity(entity=vm, recursion="self")
    assert matching(server, entity=on_vm, state=("running",)) == {wanted.key}
    assert matching(server, entity=on_vm, state=("queued",)) == {idle.key}
    assert matching(server, entity=on_vm, tag=("",)) == {wanted.key, idle.key}


# --- CreateCollectorForTasks and the collector ------------------------------------------------------------------------


def test_create_collector_refuses_null_and_unknown_filters(server: Any, nobody: str) -> None:
    for form in ("typed", "unknown"):
        call = CreateCollectorForTasks(session=MAIN, filter=None, form=form)
        assert server.refused(call).is_a("InvalidArgument", "InvalidRequest"), form
    call = CreateCollectorForTasks(session=nobody, filter=TaskFilterSpec())
    assert server.refused(call).is_a("NotAuthenticated")


def test_collector_has_the_filter_it_was_created_with(server: Any) -> None:
    spec = TaskFilterSpec(
        entity=ByEntity(entity=place(server, "vm"), recursion="self"),
        user_name=ByUsername(system_user=False, user_list=(server.declaration.account("primary").user_name,)),
        state=("running", "queued"),
    )
    made = server.returned(CreateCollectorForTasks(session=MAIN, filter=spec))
    assert made.type == "TaskHistoryCollector"
    assert server.returned(ReadCollectorFilter(session=MAIN, collector=made)).value == spec


def test_read_next_tasks_goes_from_oldest_to_newest(server: Any) -> None:
    created = keys(create(server) for _ in range(5))
    made = collector(server, user_name=mine(server))
    pages = [server.returned(ReadNextTasks(session=MAIN, collector=made, max_count=2)) for _ in range(4)]
    assert [set(keys(page)) for page in pages] == [set(created[:2]), set(created[2:4]), set(created[4:]), set()]
    newest = create(server)
    assert keys(server.returned(ReadNextTasks(session=MAIN, collector=made, max_count=2))) == [newest.key]
    server.returned(RewindCollector(session=MAIN, collector=made))
    assert set(keys(server.returned(ReadNextTasks(session=MAIN, collector=made, max_count=2)))) == set(created[:2])


def test_read_previous_tasks_goes_from_newest_to_oldest(server: Any) -> None:
    created = keys(create(server) for _ in range(6))
    made = collector(server, user_name=mine(server))
    server.returned(SetCollectorPageSize(session=MAIN, collector=made, max_count=2))
    server.returned(ResetCollector(session=MAIN, collector=made))
    pages = [server.returned(ReadPreviousTasks(session=MAIN, collector=made, max_count=2)) for _ in range(3)]
    assert [set(keys(page)) for page in pages] == [set(created[2:4]), set(created[:2]), set()]


def test_collector_refuses_a_negative_count(server: Any) -> None:
    create(server)
    made = collector(server, user_name=mine(server))
    for kind in (ReadNextTasks, ReadPreviousTasks, SetCollectorPageSize):
        fault = server.refused(kind(session=MAIN, collector=made, max_count=-1))
        assert fault.is_a("InvalidArgument"), kind
    assert len(server.returned(ReadNextTasks(session=MAIN, collector=made, max_count=10))) == 1


def test_latest_page_has_the_newest_tasks(server: Any) -> None:
    created = keys(create(server) for _ in range(3))
    made = collector(server, user_name=mine(server))
    assert latest(server, made) == set(created)
    server.returned(SetCollectorPageSize(session=MAIN, collector=made, max_count=2))
    assert latest(server, made) == set(created[1:])
    newest = create(server)
    assert latest(server, made) == {created[2], newest.key}
    filtered = collector(server, entity=ByEntity(entity=place(server, "host"), recursion="self"))
    assert latest(server, filtered) == set()
    wanted = create(server, obj=place(server, "host"))
    assert latest(server, filtered) == {wanted.key}
    move(server, wanted, "running")
    (item,) = server.returned(ReadLatestPage(session=MAIN, collector=filtered)).value
    assert item.state == "running"


def test_destroyed_collector_is_gone(server: Any) -> None:
    made, kept = collector(server), collector(server)
    server.returned(DestroyCollector(session=MAIN, collector=made))
    for call in (
        ReadNextTasks(session=MAIN, collector=made, max_count=1),
        ReadLatestPage(session=MAIN, collector=made),
        RewindCollector(session=MAIN, collector=made),
        DestroyCollector(session=MAIN, collector=made),
    ):
        assert server.refused(call).is_a("ManagedObjectNotFound"), call
    server.returned(ReadNextTasks(session=MAIN, collector=kept, max_count=1))


# --- ExtensionManager -------------------------------------------------------------------------------------------------


def test_extension_is_registered_found_updated_and_unregistered(server: Any) -> None:
    key = f"{server.declaration.extension_key}.more"
    ids = (f"{key}.one",)
    assert server.returned(FindExtension(session=MAIN, key=key)) is None
    server.returned(RegisterExtension(session=MAIN, key=key, version="1.0.0", task_ids=ids))
    found = server.returned(FindExtension(session=MAIN, key=key))
    assert (found.key, found.version, found.task_ids) == (key, "1.0.0", ids)
    assert found in server.returned(ReadExtensionList(session=MAIN)).value
    server.returned(UpdateExtension(session=MAIN, key=key, version="1.0.1", task_ids=(*ids, f"{key}.two")))
    found = server.returned(FindExtension(session=MAIN, key=key))
    assert (found.version, set(found.task_ids)) == ("1.0.1", {*ids, f"{key}.two"})
    create(server, task_type_id=f"{key}.two")
    server.returned(UnregisterExtension(session=MAIN, key=key))
    assert server.returned(FindExtension(session=MAIN, key=key)) is None
    assert key not in {extension.key for extension in server.returned(ReadExtensionList(session=MAIN)).value}


def test_extension_manager_refuses(server: Any) -> None:
    taken, unknown = server.declaration.extension_key, f"{server.declaration.extension_key}.unknown"
    before = server.returned(FindExtension(session=MAIN, key=taken))
    again = RegisterExtension(session=MAIN, key=taken, version="2.0.0", task_ids=())
    assert server.refused(again).is_a("InvalidArgument")
    incomplete = RegisterExtension(session=MAIN, key=unknown, version=None, task_ids=())
    assert server.refused(incomplete).is_a("InvalidArgument", "InvalidRequest")
    missing = UpdateExtension(session=MAIN, key=unknown, version="1.0.0", task_ids=())
    assert server.refused(missing).is_a("NotFound")
    assert server.refused(UnregisterExtension(session=MAIN, key=unknown)).is_a("NotFound")
    restricted = server.login(OTHER, "restricted")
    denied = UnregisterExtension(session=restricted, key=taken)
    assert server.refused(denied).is_a("NoPermission")
    assert server.returned(FindExtension(session=MAIN, key=taken)) == before


# --- ListView and the PropertyCollector -------------------------------------------------------------------------------


def test_list_view_is_created_modified_reset_and_destroyed(server: Any) -> None:
    first, second, third = (create(server).task for _ in range(3))
    nowhere = ObjectRef(type="Task", value="task-never")
    view = server.returned(calls.CreateListView(session=MAIN, objs=(first, second)))

    def listed() -> set[ObjectRef]:
        return set(server.returned(ReadView(session=MAIN, view=view)).value)

    assert listed() == {first, second}
    modify = calls.ModifyListView(session=MAIN, view=view, add=(third, nowhere), remove=(first,))
    assert server.returned(modify) == (nowhere,)
    assert listed() == {second, third}
    assert server.returned(calls.ResetListView(session=MAIN, view=view, objs=(first, nowhere))) == (nowhere,)
    assert listed() == {first}
    server.returned(calls.DestroyView(session=MAIN, view=view))
    assert server.refused(ReadView(session=MAIN, view=view)).is_a("ManagedObjectNotFound")


def test_wait_for_updates_on_a_list_view(server: Any) -> None:
    task, late = create(server), create(server)
    view = server.returned(calls.CreateListView(session=MAIN, objs=(task.task,)))
    watcher = server.returned(calls.CreatePropertyCollector(session=MAIN))
    server.returned(calls.CreateFilter(session=MAIN, collector=watcher, watched=(view,)))
    version = ""

    def changes() -> list[tuple[str, ObjectRef, str | None]]:
        nonlocal version
        updates = server.returned(WaitForUpdatesEx(session=MAIN, collector=watcher, version=version))
        if updates is None:
            return []
        version = updates.version
        return [(update.kind, update.obj, update.state) for update in updates.updates]

    assert changes() == [("enter", task.task, "queued")]
    assert changes() == []
    move(server, task, "running")
    assert changes() == [("modify", task.task, "running")]
    move(server, task, "success")
    assert changes() == [("modify", task.task, "success")]
    server.returned(calls.ModifyListView(session=MAIN, view=view, add=(late.task,), remove=(task.task,)))
    assert sorted(changes()) == [("enter", late.task, "queued"), ("leave", task.task, None)]


def test_wait_for_updates_truncates_and_checks_versions(server: Any) -> None:
    tasks = {create(server).task for _ in range(3)}
    watcher = server.returned(calls.CreatePropertyCollector(session=MAIN))
    server.returned(calls.CreateFilter(session=MAIN, collector=watcher, watched=tuple(tasks)))
    first = server.returned(WaitForUpdatesEx(session=MAIN, collector=watcher, version="", max_object_updates=2))
    assert first.truncated
    assert len(first.updates) == 2
    rest = server.returned(WaitForUpdatesEx(session=MAIN, collector=watcher, version=first.version))
    assert not rest.truncated
    assert {update.obj for update in (*first.updates, *rest.updates)} == tasks
    bad = WaitForUpdatesEx(session=MAIN, collector=watcher, version="no such version")
    assert server.refused(bad).is_a("InvalidCollectorVersion")
    negative = WaitForUpdatesEx(session=MAIN, collector=watcher, version="", max_wait_seconds=-1)
    assert server.refused(negative).is_a("InvalidArgument")


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_logout_ends_the_session_and_what_belongs_to_it(server: Any) -> None:
    task = create(server)
    made = collector(server)
    view = server.returned(calls.CreateListView(session=MAIN, objs=(task.task,)))
    server.returned(Logout(session=MAIN))
    assert server.refused(ReadNextTasks(session=MAIN, collector=made, max_count=1)).is_a("NotAuthenticated")
    again = server.login(OTHER, "primary")
    for call in (
        ReadNextTasks(session=again, collector=made, max_count=1),
        ReadView(session=again, view=view),
    ):
        assert server.refused(call).is_a("ManagedObjectNotFound"), call
    assert task.task in recent(server, again)
