"""A simulator that is right in all that it has, and has two thirds of the API: sessions, extensions, tasks, recentTask,
collectors, list views; a clock that can be moved. It has no property collector that waits, no alarms, no tags.

Written from docs/adapter.md and the API pages alone. `taskconform run two_thirds:open_target`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from taskconform.conformance.adapter import (
    About,
    Account,
    Declaration,
    ElementDescription,
    Entity,
    Extension,
    Faulted,
    Interval,
    LocalizableMessage,
    ObjectRef,
    Property,
    RecentTaskUpdate,
    Returned,
    TargetMisnamed,
    TaskDescription,
    TaskInfo,
    TaskReason,
    UserSession,
    calls,
    evolve,
    fault,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taskconform.conformance.adapter import Outcome

WINDOW, CAP, MOST, PAGE_SIZE = 600_000_000, 200, 8, 10
OPEN = (calls.Login, calls.AdvanceClock)
DONE = frozenset({"success", "error"})
STAMPS = {"queuedTime": "queue_time", "startedTime": "start_time", "completedTime": "complete_time"}
USERS = {"primary": "root", "second": "boss"}
INVENTORY = {
    name: Entity(ref=ObjectRef(type=kind, value=value), name=name, parent=parent and ObjectRef(**parent))
    for name, kind, value, parent in (
        ("top", "Folder", "g-1", None),
        ("shelf", "Folder", "g-2", {"type": "Folder", "value": "g-1"}),
        ("web", "VirtualMachine", "m-1", {"type": "Folder", "value": "g-2"}),
        ("mail", "VirtualMachine", "m-2", {"type": "Folder", "value": "g-2"}),
        ("iron", "HostSystem", "h-1", {"type": "Folder", "value": "g-1"}),
    )
}
ENTITIES = {entity.ref: entity for entity in INVENTORY.values()}
MANAGER = Entity(ref=ObjectRef(type="TaskManager", value="tm"), name="tm")
NOWHERE = Entity(ref=ObjectRef(type="VirtualMachine", value="m-none"), name="m-none")


class Refused(Exception):  # noqa: N818  # an answer
    """A fault on its way to the answer."""

    def __init__(self, kind: str) -> None:
        """Keep the fault."""
        super().__init__(kind)
        self.fault = fault(kind)


def require(holds: object, kind: str) -> None:
    """Fault unless it holds. Raises Refused."""
    if not holds:
        raise Refused(kind)


@dataclass
class Collector:
    """A history collector: its filter, where its scrollable view is, and the size of its latest page."""

    spec: calls.TaskFilterSpec
    position: int = 0
    size: int = PAGE_SIZE


@dataclass
class Session:
    """A login, with what ends with it."""

    user: str
    collectors: dict[str, Collector] = field(default_factory=dict)
    views: dict[str, list[ObjectRef]] = field(default_factory=dict)
    seen: tuple[ObjectRef, ...] | None = None


class Simulator:
    """A TaskManager with a clock of its own."""

    users: ClassVar = USERS
    entities: ClassVar = ENTITIES

    def __init__(self) -> None:
        """Start empty, in 2025."""
        self.now, self.numbers = 1_750_000_000_000_000, count(1)
        self.sessions: dict[str, Session] = {}
        self.extensions: dict[str, Extension] = {}
        self.tasks: dict[str, TaskInfo] = {}

    def tick(self) -> int:
        """Move the clock by a microsecond, and tell the time."""
        self.now += 1
        return self.now

    def task(self, ref: ObjectRef) -> TaskInfo:
        """Find a task. Raises Refused."""
        require(ref.type == "Task" and ref.value in self.tasks, "ManagedObjectNotFound")
        return self.tasks[ref.value]

    def recent(self) -> tuple[ObjectRef, ...]:
        """List what is queued, running, or completed in the last ten minutes and among the last 200."""
        ended = sorted((info for info in self.tasks.values() if info.state in DONE), key=lambda one: one.complete_time)
        late = {info.key for info in ended[-CAP:] if info.complete_time > self.now - WINDOW}
        return tuple(info.task for info in self.tasks.values() if info.state not in DONE or info.key in late)

    def end(self, info: TaskInfo, **fields: Any) -> TaskInfo:
        """Bring a task to an end."""
        return evolve(info, complete_time=self.now, progress=None, **fields)

    # ---- sessions

    def on_Login(self, call: calls.Login) -> UserSession:
        require(call.account in self.users, "InvalidLogin")
        self.sessions[call.session] = Session(self.users[call.account])
        return UserSession(user_name=self.users[call.account])

    def on_Logout(self, call: calls.Logout) -> None:
        del self.sessions[call.session]

    def on_AdvanceClock(self, call: calls.AdvanceClock) -> None:
        self.now += call.seconds * 1_000_000

    # ---- extensions

    def on_RegisterExtension(self, call: calls.RegisterExtension) -> None:
        require(call.version is not None and call.key not in self.extensions, "InvalidArgument")
        self.extensions[call.key] = Extension(key=call.key, version=call.version, task_ids=call.task_ids)

    def on_UpdateExtension(self, call: calls.UpdateExtension) -> None:
        require(call.version is not None, "InvalidArgument")
        require(call.key in self.extensions, "NotFound")
        self.extensions[call.key] = Extension(key=call.key, version=call.version, task_ids=call.task_ids)

    def on_UnregisterExtension(self, call: calls.UnregisterExtension) -> None:
        require(self.extensions.pop(call.key, None), "NotFound")

    def on_FindExtension(self, call: calls.FindExtension) -> Extension | None:
        return self.extensions.get(call.key)

    def on_ReadExtensionList(self, _call: calls.ReadExtensionList) -> Property[tuple[Extension, ...]]:
        return Property(value=tuple(self.extensions.values()))

    # ---- tasks

    def on_CreateTask(self, call: calls.CreateTask) -> TaskInfo:
        require(any(call.task_type_id in one.task_ids for one in self.extensions.values()), "InvalidArgument")
        require(call.obj in self.entities or call.obj == MANAGER.ref, "ManagedObjectNotFound")
        require(call.initiated_by in {None, *self.users.values()}, "InvalidArgument")
        parent = self.tasks.get(call.parent_task_key or "")
        require(parent or call.parent_task_key is None, "InvalidArgument")
        number = next(self.numbers)
        entity = self.entities.get(call.obj)
        self.tasks[f"task-{number}"] = TaskInfo(
            key=f"task-{number}",
            task=ObjectRef(type="Task", value=f"task-{number}"),
            description_id=call.task_type_id,
            state="queued",
            cancelled=False,
            cancelable=call.cancelable,
            reason=TaskReason(kind="TaskReasonUser", user_name=call.initiated_by or self.sessions[call.session].user),
            queue_time=self.now,
            event_chain_id=number,
            entity=entity and entity.ref,
            entity_name=entity and entity.name,
            parent_task_key=parent and parent.key,
            root_task_key=parent and (parent.root_task_key or parent.key),
        )
        return self.tasks[f"task-{number}"]

    def on_ReadTaskInfo(self, call: calls.ReadTaskInfo) -> tuple[Property[TaskInfo], ...]:
        return tuple(Property(value=self.task(ref)) for ref in call.tasks)

    def on_RetrieveReported(self, call: calls.RetrieveReported) -> tuple[ObjectRef, ...]:
        return tuple(ref for ref in call.tasks if ref.value in self.tasks)

    def on_SetTaskState(self, call: calls.SetTaskState) -> None:
        info = self.task(call.task)
        error = fault(call.fault) if call.fault else None
        require(info.state not in DONE, "InvalidState")
        require(call.state == "success" or call.result is None, "InvalidState")
        require(call.state == "error" or error is None, "InvalidState")
        require(error is None or "VimFault" in error.kinds, "InvalidArgument")
        if call.state in DONE:
            changed = self.end(info, state=call.state, result=call.result, error=error)
        else:
            start = info.start_time or (self.now if call.state == "running" else None)
            changed = evolve(info, state=call.state, start_time=start)
        self.tasks[info.key] = changed

    def on_UpdateProgress(self, call: calls.UpdateProgress) -> None:
        info = self.task(call.task)
        require(info.state == "running", "InvalidState")
        self.tasks[info.key] = evolve(info, progress=min(max(call.percent_done, 0), 100))

    def on_SetTaskDescription(self, call: calls.SetTaskDescription) -> None:
        info = self.task(call.task)
        require(info.state not in DONE, "InvalidState")
        message = LocalizableMessage(key=call.key, args=call.args)
        self.tasks[info.key] = evolve(info, description=message)

    def on_CancelTask(self, call: calls.CancelTask) -> None:
        info = self.task(call.task)
        require(info.state not in DONE, "InvalidState")
        require(info.cancelable, "NotSupported")
        self.tasks[info.key] = self.end(info, state="error", error=fault("RequestCanceled"), cancelled=True)

    # ---- properties of the TaskManager

    def on_ReadRecentTask(self, _call: calls.ReadRecentTask) -> Property[tuple[ObjectRef, ...]]:
        return Property(value=self.recent())

    def on_WaitForRecentTask(self, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        session = self.sessions[call.session]
        before, session.seen = (None if call.fresh else session.seen), self.recent()
        if before == session.seen:
            return RecentTaskUpdate(changed=False)
        return RecentTaskUpdate(changed=True, recent_task=Property(value=session.seen))

    def on_ReadMaxCollector(self, _call: calls.ReadMaxCollector) -> Property[int]:
        return Property(value=MOST)

    def on_ReadDescription(self, _call: calls.ReadDescription) -> Property[TaskDescription]:
        def worded(keys: Sequence[str]) -> tuple[ElementDescription, ...]:
            return tuple(ElementDescription(key=key, label=key.title(), summary=f"It is {key}") for key in keys)

        types = tuple(sorted({name for one in self.extensions.values() for name in one.task_ids}))
        reasons = ("TaskReasonAlarm", "TaskReasonSchedule", "TaskReasonSystem", "TaskReasonUser")
        states = ("queued", "running", "success", "error")
        return Property(value=TaskDescription(method_info=worded(types), state=worded(states), reason=worded(reasons)))

    # ---- collectors

    def collector(self, call: Any) -> Collector:
        """Find a collector of the session. Raises Refused."""
        found = self.sessions[call.session].collectors.get(call.collector.value)
        require(found, "ManagedObjectNotFound")
        return found

    def selected(self, spec: calls.TaskFilterSpec) -> list[TaskInfo]:
        """List what a filter selects, oldest first."""
        return [info for info in self.tasks.values() if chosen(spec, info, self.entities)]

    def latest(self, collector: Collector) -> list[TaskInfo]:
        """List the viewable latest page."""
        return self.selected(collector.spec)[-collector.size :] if collector.size else []

    def on_CreateCollectorForTasks(self, call: calls.CreateCollectorForTasks) -> ObjectRef:
        require(call.filter is not None and call.form != "unknown", "InvalidArgument")
        spec, mine = call.filter, self.sessions[call.session].collectors
        if spec.time is not None:
            require(spec.time.time_type in STAMPS, "InvalidArgument")
        if spec.entity is not None:
            require(spec.entity.entity in self.entities, "ManagedObjectNotFound")
        require(len(mine) < MOST, "InvalidState")
        key = f"collector-{next(self.numbers)}"
        mine[key] = Collector(spec)
        return ObjectRef(type="TaskHistoryCollector", value=key)

    def on_ReadCollectorFilter(self, call: calls.ReadCollectorFilter) -> Property[calls.TaskFilterSpec]:
        return Property(value=self.collector(call).spec)

    def on_ReadLatestPage(self, call: calls.ReadLatestPage) -> Property[tuple[TaskInfo, ...]]:
        return Property(value=tuple(reversed(self.latest(self.collector(call)))))

    def on_SetCollectorPageSize(self, call: calls.SetCollectorPageSize) -> None:
        collector = self.collector(call)
        require(0 < call.max_count <= 1000, "InvalidArgument")
        collector.size = call.max_count

    def on_RewindCollector(self, call: calls.RewindCollector) -> None:
        self.collector(call).position = 0

    def on_ResetCollector(self, call: calls.ResetCollector) -> None:
        collector = self.collector(call)
        collector.position = len(self.selected(collector.spec)) - len(self.latest(collector))

    def on_ReadNextTasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        collector = self.collector(call)
        require(0 < call.max_count <= 1000, "InvalidArgument")
        page = self.selected(collector.spec)[collector.position :][: call.max_count]
        collector.position += len(page)
        return tuple(page)

    def on_ReadPreviousTasks(self, call: calls.ReadPreviousTasks) -> tuple[TaskInfo, ...]:
        collector = self.collector(call)
        require(0 < call.max_count <= 1000, "InvalidArgument")
        page = self.selected(collector.spec)[: collector.position][-call.max_count :]
        collector.position -= len(page)
        return tuple(reversed(page))

    def on_DestroyCollector(self, call: calls.DestroyCollector) -> None:
        self.collector(call)
        del self.sessions[call.session].collectors[call.collector.value]

    # ---- list views

    def view(self, call: Any) -> list[ObjectRef]:
        """Find a view of the session. Raises Refused."""
        views = self.sessions[call.session].views
        require(call.view.value in views, "ManagedObjectNotFound")
        return views[call.view.value]

    def add(self, view: list[ObjectRef], objs: Sequence[ObjectRef]) -> tuple[ObjectRef, ...]:
        """Put into a view what is there, each once, and return the rest."""
        known = [ref for ref in objs if ref.value in self.tasks or ref in self.entities]
        view.extend(ref for ref in dict.fromkeys(known) if ref not in view)
        return tuple(ref for ref in objs if ref not in known)

    def on_CreateListView(self, call: calls.CreateListView) -> ObjectRef:
        key = f"view-{next(self.numbers)}"
        view: list[ObjectRef] = []
        require(not self.add(view, call.objs), "ManagedObjectNotFound")
        self.sessions[call.session].views[key] = view
        return ObjectRef(type="ListView", value=key)

    def on_ModifyListView(self, call: calls.ModifyListView) -> tuple[ObjectRef, ...]:
        view = self.view(call)
        view[:] = [ref for ref in view if ref not in call.remove]
        return self.add(view, call.add)

    def on_ResetListView(self, call: calls.ResetListView) -> tuple[ObjectRef, ...]:
        view = self.view(call)
        view.clear()
        return self.add(view, call.objs)

    def on_ReadView(self, call: calls.ReadView) -> Property[tuple[ObjectRef, ...]]:
        return Property(value=tuple(self.view(call)))

    def on_DestroyView(self, call: calls.DestroyView) -> None:
        self.view(call)
        del self.sessions[call.session].views[call.view.value]


def chosen(spec: calls.TaskFilterSpec, info: TaskInfo, entities: Mapping[ObjectRef, Entity]) -> bool:
    """Tell whether a filter selects a task."""
    return (
        (spec.entity is None or in_reach(spec.entity, info.entity, entities))
        and (spec.time is None or in_time(spec.time, info))
        and (spec.user_name is None or by_user(spec.user_name, info))
        and (not spec.state or info.state in spec.state)
        and (not spec.event_chain_id or info.event_chain_id in spec.event_chain_id)
        and (not spec.parent_task_key or info.parent_task_key in spec.parent_task_key)
        and (not spec.root_task_key or info.root_task_key in spec.root_task_key)
    )


def in_reach(spec: calls.ByEntity, ref: ObjectRef | None, entities: Mapping[ObjectRef, Entity]) -> bool:
    """Tell whether a place is the one asked for, below it, or either."""
    if ref == spec.entity:
        return spec.recursion != "children"
    above = entities[ref].parent if ref else None
    while above is not None and above != spec.entity:
        above = entities[above].parent
    return above is not None and spec.recursion != "self"


def in_time(spec: calls.ByTime, info: TaskInfo) -> bool:
    """Tell whether the stamp that is asked for lies in the range."""
    stamp = getattr(info, STAMPS[spec.time_type])
    if stamp is None:
        return spec.begin_time is None and spec.end_time is None
    return (spec.begin_time is None or spec.begin_time <= stamp) and (spec.end_time is None or stamp <= spec.end_time)


def by_user(spec: calls.ByUsername, info: TaskInfo) -> bool:
    """Tell whether a task is of a user who is asked for; all tasks are of regular users."""
    if spec.user_list:
        return info.reason.user_name in spec.user_list
    return not spec.system_user


class TwoThirds:
    """The adapter."""

    socket_seconds = 0.0

    def __init__(self) -> None:
        """Declare what there is."""
        there = {name.removeprefix("on_") for name in dir(Simulator) if name.startswith("on_")}
        self.declaration = Declaration(
            name="two-thirds",
            about=About(
                name="two-thirds",
                full_name="two thirds of a vCenter",
                vendor="a stranger",
                version="1",
                build="1",
                api_type="VirtualCenter",
                api_version="8.0.2.0",
            ),
            capabilities=("reset", "clock", "second-user"),
            accounts=tuple(Account(name=name, user_name=user) for name, user in USERS.items()),
            places={
                "root": (INVENTORY["top"],),
                "folder": (INVENTORY["shelf"],),
                "vm": (INVENTORY["web"], INVENTORY["mail"]),
                "host": (INVENTORY["iron"],),
                "manager": (MANAGER,),
                "nowhere": (NOWHERE,),
            },
            extension_key="org.example.thirds",
            exclusive=True,
            settling=0.0,
            without=(
                *(each.__name__ for each in get_args(calls.Call) if each.__name__ not in there),
                *(f"TaskFilterSpec.{name}" for name in ("alarm", "scheduledTask", "activationId", "tag")),
                *(f"TaskInfo.{name}" for name in ("activationId", "changeTag", "locked", "name")),
            ),
        )
        self.reset()

    def reset(self) -> None:
        """Start afresh."""
        self.simulator = Simulator()

    def close(self) -> None:
        """Stop nothing: it runs in this process."""

    def perform_together(self, calls: Sequence[calls.Call]) -> list[Outcome]:
        """Perform one after the other."""
        return [self.perform(call) for call in calls]

    def perform(self, call: calls.Call) -> Outcome:
        """Perform one call, at one moment of the clock."""
        simulator = self.simulator
        at = simulator.tick()
        try:
            require(call.session in simulator.sessions or isinstance(call, OPEN), "NotAuthenticated")
            handler = getattr(simulator, f"on_{type(call).__name__}", None)
            require(handler, "NotImplemented")
            value = handler(call)
        except Refused as refused:
            return Faulted(fault=refused.fault, at=Interval(earliest=at, latest=at))
        return Returned(value=value, at=Interval(earliest=at, latest=simulator.now))


def open_target(options: Mapping[str, str]) -> TwoThirds:
    """Open the simulator, which has no options. Raises TargetMisnamed."""
    if options:
        raise TargetMisnamed(f"no option {', '.join(options)}")
    return TwoThirds()
