"""The small scope: a server with one virtual machine, two users and tight limits, and the calls that are made of it.

Two tasks, two sessions of two users, one collector a session, a recentTask that lists one completed task for a minute.
Whatever can go wrong in the order of calls can go wrong here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from immutables import Map

from taskconform.model.spec.state import Server, State
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec
from taskconform.model.vocabulary.declaration import About, Account, Declaration, Entity
from taskconform.model.vocabulary.outcomes import SECOND, ElementDescription, TaskDescription

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.model.vocabulary.calls import Call


MAIN: Final = calls.MAIN
OTHER: Final = "other"
KEY: Final = "org.taskconform.suite"
WORK: Final = f"{KEY}.work"
MOST_TASKS: Final = 2
WINDOW: Final = 60
EPOCH: Final = 1_767_225_600 * SECOND
FAULTS: Final = {
    "InvalidArgument": ("InvalidArgument", "RuntimeFault", "MethodFault"),
    "InvalidRequest": ("InvalidRequest", "RuntimeFault", "MethodFault"),
    "InvalidState": ("InvalidState", "VimFault", "MethodFault"),
    "ManagedObjectNotFound": ("ManagedObjectNotFound", "RuntimeFault", "MethodFault"),
    "NotAuthenticated": ("NotAuthenticated", "NoPermission", "SecurityError", "RuntimeFault", "MethodFault"),
    "NotFound": ("NotFound", "VimFault", "MethodFault"),
    "NotSupported": ("NotSupported", "RuntimeFault", "MethodFault"),
    "OutOfBounds": ("OutOfBounds", "VimFault", "MethodFault"),
    "RequestCanceled": ("RequestCanceled", "RuntimeFault", "MethodFault"),
    "GenericVmConfigFault": ("GenericVmConfigFault", "VmConfigFault", "VimFault", "MethodFault"),
}
ROOT: Final = Entity(ref=ObjectRef(type="Folder", value="group-d1"), name="Everything0")
MACHINE: Final = Entity(ref=ObjectRef(type="VirtualMachine", value="vm-21"), name="Alder07", parent=ROOT.ref)
EVERYTHING: Final = frozenset(
    {
        "System.View",
        "System.Read",
        "Task.Create",
        "Task.Update",
        "Global.CancelTask",
        "Extension.Register",
        "Extension.Unregister",
        "Extension.Update",
    }
)
USERS: Final = {"primary": "CONFORM.TEST\\Ada", "second": "CONFORM.TEST\\Bruno"}
STATES: Final = ("queued", "running", "success", "error")

DECLARATION: Final = Declaration(
    name="scope",
    about=About(
        name="scope",
        full_name="scope",
        vendor="taskconform",
        version="8.0.3",
        build="1",
        api_type="VirtualCenter",
        api_version="8.0.3.0",
    ),
    capabilities=("clock", "reset", "second-user", "raw"),
    accounts=tuple(Account(name=name, user_name=user) for name, user in USERS.items()),
    places={"root": (ROOT,), "folder": (ROOT,), "vm": (MACHINE,)},
    extension_key=KEY,
    exclusive=True,
    settling=0.0,
    window=WINDOW,
    cap=1,
)
SET_UP: Final[tuple[Call, ...]] = (
    calls.Login(session=MAIN, account="primary"),
    calls.Login(session=OTHER, account="second"),
    calls.RegisterExtension(session=MAIN, key=KEY, version="1", task_ids=(WORK,)),
)
"""Calls that every sequence begins with."""


def first_state() -> State:
    """Return the state of the server before the set-up."""
    elements = tuple(ElementDescription(key=one, label=one, summary=one) for one in STATES)
    strings = TaskDescription(method_info=(), state=elements, reason=())
    server = Server(
        max_collector=1,
        window=WINDOW,
        cap=1,
        accounts=Map(USERS),
        catalogs=Map({"en": strings}),
        faults=Map(FAULTS),
    )
    granted = Map({entity.ref.value: EVERYTHING for entity in (ROOT, MACHINE)})
    return State(
        server=server,
        now=EPOCH,
        entities=Map({entity.ref.value: entity for entity in (ROOT, MACHINE)}),
        ancestors=Map({ROOT.ref.value: (), MACHINE.ref.value: (ROOT.ref.value,)}),
        privileges=Map(dict.fromkeys(USERS, granted)),
    )


def offered(state: State) -> Iterator[Call]:
    """Yield the calls that are made of the server in a state: every one that the scope has arguments for."""
    if len(state.tasks) < MOST_TASKS:
        for cancelable in (True, False):
            yield calls.CreateTask(session=MAIN, obj=MACHINE.ref, task_type_id=WORK, cancelable=cancelable)
    for task in state.tasks.values():
        yield from _of_task(task.info.task)
    for session in (MAIN, OTHER):
        yield calls.ReadRecentTask(session=session)
        yield calls.CreateCollectorForTasks(session=session, filter=TaskFilterSpec())
    yield calls.ReadMaxCollector(session=MAIN)
    for owner in state.sessions.values():
        for value in owner.collectors:
            yield from _of_collector(owner.name, ObjectRef(type="TaskHistoryCollector", value=value))
    yield calls.AdvanceClock(session=MAIN, seconds=WINDOW + 90)
    if OTHER in state.sessions:
        yield calls.Logout(session=OTHER)
    else:
        yield calls.Login(session=OTHER, account="second")
    if state.extensions:
        yield calls.UnregisterExtension(session=MAIN, key=KEY)


def _of_task(ref: ObjectRef) -> Iterator[Call]:
    """Yield the calls on a task."""
    for state in STATES:
        yield calls.SetTaskState(session=MAIN, task=ref, state=state)
    yield calls.SetTaskState(session=MAIN, task=ref, state="success", result="done")
    yield calls.SetTaskState(session=MAIN, task=ref, state="error", fault="NotFound")
    yield calls.SetTaskState(session=MAIN, task=ref, state="running", result="early")
    for percent in (50, 101):
        yield calls.UpdateProgress(session=MAIN, task=ref, percent_done=percent)
    yield calls.SetTaskDescription(session=MAIN, task=ref, key=f"{WORK}.phase")
    yield calls.CancelTask(session=MAIN, task=ref)
    yield calls.ReadTaskInfo(session=MAIN, tasks=(ref,))
    yield calls.ReadTaskInfo(session=OTHER, tasks=(ref,))


def _of_collector(session: str, ref: ObjectRef) -> Iterator[Call]:
    """Yield the calls on a collector."""
    yield calls.ReadNextTasks(session=session, collector=ref, max_count=1)
    yield calls.ReadPreviousTasks(session=session, collector=ref, max_count=1)
    yield calls.RewindCollector(session=session, collector=ref)
    yield calls.ResetCollector(session=session, collector=ref)
    yield calls.SetCollectorPageSize(session=session, collector=ref, max_count=1)
    yield calls.ReadLatestPage(session=session, collector=ref)
    yield calls.DestroyCollector(session=session, collector=ref)
