"""The calls: every request the suite can make of a target, as plain data.

The law of this file: a call is one API method (or one property read) with its arguments, and nothing else. It knows
neither how it is sent nor what must come back. Names are the API's own, in snake case.

An argument that names something is either *concrete* (an `ObjectRef`, a key) or a *symbol* that the plan uses before
anything has happened: `Made` (what an earlier step made), `Place` (a spot in the inventory), `TypeId`, `UserName`.
`taskconform.conformance.binding` turns symbols into what the target really has; adapters and the model only ever see
concrete calls.

Every call has a `session`: the plan's own name for a login. `NOBODY` is a connection on which nobody has logged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NOBODY: Final = "nobody"
"""The reserved session name of a connection without a login."""

MAIN: Final = "main"
"""The session that every episode opens first, for the account `primary`."""


# --- what an argument can name ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRef:
    """A managed object reference: wire type name (`Task`, `VirtualMachine`) and value."""

    type: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Symbol: the `index`-th thing that step `step` of the plan made (a task, a collector, a view, a folder; the
    version that a wait yielded)."""

    step: int
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Symbol: an object that the target declares under a role (`Declaration.places`), the index taken round robin.

    Roles: `root`, `folder`, `vm`, `host` (managed entities); `manager` (a managed object that is no ManagedEntity);
    `hidden`, `readable`, `ancestor`, `granted` (see `Account`); `nowhere` (never existed)."""

    role: str
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeId:
    """Symbol: a task type id. `which`: `work`, `rest` (both registered by the suite's extension), `unregistered`
    (declared by nobody), `built-in` (the id of a server operation); or, of an extension that a plan registers itself,
    the extension's `which`, a dot, and a word: `other.work`."""

    which: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionKey:
    """Symbol: the key of an extension. `which`: "" for the one that every episode registers, else a word for another of
    the suite's own (`other`)."""

    which: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserName:
    """Symbol: an account's user name as the server spells it. `account` as in `Login`, or `stranger`: no such user.
    `spelling`: `given`, or another one: `upper` (in capitals), `bare` (without the domain)."""

    account: str
    spelling: str = "given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Locale:
    """Symbol: the `index`-th of the locales that the target declares."""

    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Symbol: `offset` microseconds after a stamp (`queue_time`, `start_time`, `complete_time`) of the task that a step
    made, as that was read last."""

    task: Made
    stamp: str
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Symbol: the eventChainId of the task that a step made, as a collector's item gave it last."""

    task: Made


Reference = ObjectRef | Made | Place
"""A managed object, named or still to be resolved."""
Key = str | Made
"""A task key, or the task whose key is meant."""
Instant = int | Moment
"""A time in microseconds since 1970, UTC, or still to be resolved."""


# --- sessions and time ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """SessionManager.Login as a declared account; from then on `session` names the login. `locale`: one that the target
    declares, None for the server's own. Answer: `UserSession`."""

    session: str
    account: str
    locale: str | Locale | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout:
    """SessionManager.Logout. Later calls of the same `session` go out with the dead session's cookie. Answer: None."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceClock:
    """Move the server's clock forward (capability `clock`), `seconds` >= 0. Not an API method. Answer: None."""

    session: str
    seconds: int


# --- extensions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterExtension:
    """ExtensionManager.RegisterExtension with a taskList. `version` None leaves the required element out. Answer:
    None."""

    session: str
    key: str | ExtensionKey
    version: str | None
    task_ids: tuple[str | TypeId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateExtension:
    """ExtensionManager.UpdateExtension. `version` None leaves the required element out. Answer: None."""

    session: str
    key: str | ExtensionKey
    version: str | None
    task_ids: tuple[str | TypeId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnregisterExtension:
    """ExtensionManager.UnregisterExtension. Answer: None."""

    session: str
    key: str | ExtensionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class FindExtension:
    """ExtensionManager.FindExtension. Answer: `Extension`, or None."""

    session: str
    key: str | ExtensionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadExtensionList:
    """RetrievePropertiesEx of ExtensionManager.extensionList. Answer: `Property[tuple[Extension, ...]]`."""

    session: str


# --- TaskManager ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTask:
    """TaskManager.CreateTask. Answer: `TaskInfo`."""

    session: str
    obj: Reference
    task_type_id: str | TypeId
    cancelable: bool
    initiated_by: str | UserName | None = None
    parent_task_key: Key | None = None
    activation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecentTask:
    """RetrievePropertiesEx of TaskManager.recentTask. Answer: `Property[tuple[ObjectRef, ...]]`."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForRecentTask:
    """WaitForUpdatesEx (maxWaitSeconds 0) on a filter over TaskManager.recentTask; truncated sets are followed to the
    end. `fresh`: version "" ; else the last version this session was given by such a call. Answer:
    `RecentTaskUpdate`."""

    session: str
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMaxCollector:
    """RetrievePropertiesEx of TaskManager.maxCollector. Answer: `Property[int]`."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDescription:
    """RetrievePropertiesEx of TaskManager.description. Answer: `Property[TaskDescription]`."""

    session: str


# --- Task -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTaskInfo:
    """RetrievePropertiesEx of Task.info of one or more tasks. Answer: `tuple[Property[TaskInfo], ...]`, in the order
    asked for."""

    session: str
    tasks: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTaskState:
    """Task.SetTaskState. `fault` is a fault's wire name (`NotFound`); `result` a string or a reference.
    Answer: None."""

    session: str
    task: Reference
    state: str
    result: str | ObjectRef | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProgress:
    """Task.UpdateProgress, any int32. Answer: None."""

    session: str
    task: Reference
    percent_done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTaskDescription:
    """Task.SetTaskDescription with a LocalizableMessage of this key and these (key, value) arguments. Answer: None."""

    session: str
    task: Reference
    key: str
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTask:
    """Task.CancelTask. Answer: None."""

    session: str
    task: Reference


# --- history collectors -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ByEntity:
    """TaskFilterSpec.ByEntity; recursion `self`, `children` or `all`."""

    entity: Reference
    recursion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByTime:
    """TaskFilterSpec.ByTime; `time_type` `queuedTime`, `startedTime`, `completedTime` (None: left out, ill-formed);
    times in microseconds since 1970, UTC."""

    time_type: str | None
    begin_time: Instant | None = None
    end_time: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ByUsername:
    """TaskFilterSpec.ByUsername."""

    system_user: bool
    user_list: tuple[str | UserName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilterSpec:
    """vim.TaskFilterSpec; an empty tuple is an unset list."""

    entity: ByEntity | None = None
    time: ByTime | None = None
    user_name: ByUsername | None = None
    state: tuple[str, ...] = ()
    alarm: Reference | None = None
    scheduled_task: Reference | None = None
    activation_id: tuple[str, ...] = ()
    event_chain_id: tuple[int | Chain, ...] = ()
    tag: tuple[str, ...] = ()
    parent_task_key: tuple[Key, ...] = ()
    root_task_key: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInfoFilterSpec:
    """vim.TaskInfoFilterSpec with its FilterTaskResults (API 8.0.3): which items come without their result. All None or
    empty: an empty info filter."""

    remove_all: bool | None = None
    description_ids: tuple[str | TypeId, ...] = ()
    filter_in: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCollectorForTasks:
    """TaskManager.CreateCollectorForTasks. `filter` None is a null filter: the required element left out, or with
    xsi:nil (`form` `nil`). `form` `unknown`: an object of a type that is no TaskFilterSpec in its place. Answer:
    `ObjectRef`."""

    session: str
    filter: TaskFilterSpec | None
    form: str = "typed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCollectorWithInfoFilterForTasks:
    """TaskManager.CreateCollectorWithInfoFilterForTasks (API 8.0.3). `info_filter` None leaves it out. Answer:
    `ObjectRef`."""

    session: str
    filter: TaskFilterSpec
    info_filter: TaskInfoFilterSpec | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCollectorForEvents:
    """EventManager.CreateCollectorForEvents with an empty filter (capability `events`). Answer: `ObjectRef`."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCollectorFilter:
    """RetrievePropertiesEx of HistoryCollector.filter of a task collector. Answer: `Property[TaskFilterSpec]`."""

    session: str
    collector: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLatestPage:
    """RetrievePropertiesEx of TaskHistoryCollector.latestPage. Answer: `Property[tuple[TaskInfo, ...]]`."""

    session: str
    collector: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCollectorPageSize:
    """HistoryCollector.SetCollectorPageSize, any int32. Answer: None."""

    session: str
    collector: Reference
    max_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RewindCollector:
    """HistoryCollector.RewindCollector. Answer: None."""

    session: str
    collector: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCollector:
    """HistoryCollector.ResetCollector. Answer: None."""

    session: str
    collector: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNextTasks:
    """TaskHistoryCollector.ReadNextTasks, any int32. Answer: `tuple[TaskInfo, ...]`, in the order of the page."""

    session: str
    collector: Reference
    max_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPreviousTasks:
    """TaskHistoryCollector.ReadPreviousTasks, any int32. Answer: `tuple[TaskInfo, ...]`, in the order of the page."""

    session: str
    collector: Reference
    max_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyCollector:
    """HistoryCollector.DestroyCollector. Answer: None."""

    session: str
    collector: Reference


# --- views and the property collector ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateListView:
    """ViewManager.CreateListView of these objects. Answer: `ObjectRef`."""

    session: str
    objs: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyListView:
    """ListView.ModifyListView. Answer: `tuple[ObjectRef, ...]`: what could not be resolved."""

    session: str
    view: Reference
    add: tuple[Reference, ...] = ()
    remove: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetListView:
    """ListView.ResetListView. Answer: `tuple[ObjectRef, ...]`: what could not be resolved."""

    session: str
    view: Reference
    objs: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadView:
    """RetrievePropertiesEx of ManagedObjectView.view. Answer: `Property[tuple[ObjectRef, ...]]`."""

    session: str
    view: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyView:
    """View.DestroyView. Answer: None."""

    session: str
    view: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePropertyCollector:
    """PropertyCollector.CreatePropertyCollector: one of the session's own, so that what is watched here mixes with
    nothing else. Answer: `ObjectRef`."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateFilter:
    """PropertyCollector.CreateFilter on a collector that `CreatePropertyCollector` made. `watched`: tasks (their
    info.state), one list view (the info.state of the tasks in it), or one task history collector (its latestPage).
    Answer: `ObjectRef`, the PropertyFilter."""

    session: str
    collector: Reference
    watched: tuple[Reference, ...]
    report_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForUpdatesEx:
    """PropertyCollector.WaitForUpdatesEx. `version`: "", any text, or the version that an earlier wait yielded.
    `max_object_updates` None: as many as there are; a truncated set is an answer like any other. Answer: `UpdateSet`,
    or None (nothing changed)."""

    session: str
    collector: Reference
    version: str | Made
    max_wait_seconds: int = 0
    max_object_updates: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakOffWait:
    """WaitForUpdatesEx (maxWaitSeconds 1) on one connection, and, once it surely waits, on another connection of the
    same session CancelWaitForUpdates (`by` `cancel`) or Logout (`by` `logout`). Answer: the wait's, an `UpdateSet` or
    None; most likely it faults. After `logout` the session has ended."""

    session: str
    collector: Reference
    version: str | Made
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyPropertyFilter:
    """PropertyFilter.DestroyPropertyFilter. Answer: None."""

    session: str
    filter: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyPropertyCollector:
    """PropertyCollector.DestroyPropertyCollector. Answer: None."""

    session: str
    collector: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveReported:
    """RetrievePropertiesEx of Task.info.state with reportMissingObjectsInResults set. Answer: `tuple[ObjectRef, ...]`:
    the objects that the result speaks of."""

    session: str
    tasks: tuple[Reference, ...]


# --- inventory, scheduled tasks, alarms, events -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateFolder:
    """Folder.CreateFolder (capability `inventory`). Answer: `ObjectRef`."""

    session: str
    parent: Reference
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroy:
    """ManagedEntity.Destroy_Task (capability `inventory`) of a folder that the suite made. Answer: `ObjectRef`, the
    Task."""

    session: str
    entity: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateScheduledTask:
    """ScheduledTaskManager.CreateScheduledTask (capability `schedules`): one that never runs by itself, and whose
    action is CreateTaskAction of this task type. Answer: `ObjectRef`."""

    session: str
    entity: Reference
    name: str
    task_type_id: str | TypeId


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScheduledTask:
    """ScheduledTask.RunScheduledTask. Answer: None."""

    session: str
    scheduled_task: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveScheduledTask:
    """ScheduledTask.RemoveScheduledTask. Answer: None."""

    session: str
    scheduled_task: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAlarm:
    """AlarmManager.CreateAlarm (capability `alarms`) on an entity, set off by a user event logged on it, with the
    action CreateTaskAction of this task type. Answer: `ObjectRef`."""

    session: str
    entity: Reference
    name: str
    task_type_id: str | TypeId


@dataclass(frozen=True, slots=True, kw_only=True)
class LogUserEvent:
    """EventManager.LogUserEvent on an entity: what sets off the alarms that the suite has on it. Answer: None."""

    session: str
    entity: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveAlarm:
    """Alarm.RemoveAlarm. Answer: None."""

    session: str
    alarm: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryTaskEvents:
    """EventManager.QueryEvents by eventChainId (capability `task-events`). Answer: `tuple[TaskEvent, ...]`: the
    TaskEvents among what it gave."""

    session: str
    chain: int | Chain


Call = (
    Login
    | Logout
    | AdvanceClock
    | RegisterExtension
    | UpdateExtension
    | UnregisterExtension
    | FindExtension
    | ReadExtensionList
    | CreateTask
    | ReadRecentTask
    | WaitForRecentTask
    | ReadMaxCollector
    | ReadDescription
    | ReadTaskInfo
    | SetTaskState
    | UpdateProgress
    | SetTaskDescription
    | CancelTask
    | CreateCollectorForTasks
    | CreateCollectorWithInfoFilterForTasks
    | CreateCollectorForEvents
    | ReadCollectorFilter
    | ReadLatestPage
    | SetCollectorPageSize
    | RewindCollector
    | ResetCollector
    | ReadNextTasks
    | ReadPreviousTasks
    | DestroyCollector
    | CreateListView
    | ModifyListView
    | ResetListView
    | ReadView
    | DestroyView
    | CreatePropertyCollector
    | CreateFilter
    | WaitForUpdatesEx
    | BreakOffWait
    | DestroyPropertyFilter
    | DestroyPropertyCollector
    | RetrieveReported
    | CreateFolder
    | Destroy
    | CreateScheduledTask
    | RunScheduledTask
    | RemoveScheduledTask
    | CreateAlarm
    | LogUserEvent
    | RemoveAlarm
    | QueryTaskEvents
)
"""Any call."""
