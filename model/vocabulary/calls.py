"""The calls: every request the suite can make of a target, as plain data.

A call is one API method (or one property read) with its arguments, and nothing else: not how it is sent, nor what must
come back. Names are the API's own, in snake case.

An argument that names something is either *concrete* (an `ObjectRef`, a key) or a *symbol* that the plan uses before
anything has happened: `Made` (what an earlier step made), `Place` (a spot in the inventory), `TypeId`, `UserName`.
To a type checker they are two types: `CreateTask` is a concrete call, `CreateTask[Symbol]` a planned one, and a
concrete call is a planned one too. `taskconform.conformance.engine.binding` turns a `PlannedCall` into a `Call`;
adapters and the oracle only ever see a `Call`.

Every call has a `session`: the plan's own name for a login. `NOBODY` is a connection on which nobody has logged in."""

from __future__ import annotations

from typing import Final, Generic, Never

from typing_extensions import TypeVar

from taskconform.model.vocabulary.words import Word

NOBODY: Final = "nobody"
"""The reserved session name of a connection without a login."""

MAIN: Final = "main"
"""The session that every test case opens first, for the account `primary`."""


# --- what an argument can name ----------------------------------------------------------------------------------------


class ObjectRef(Word, frozen=True, kw_only=True):
    """A managed object reference: wire type name (`Task`, `VirtualMachine`) and value."""

    type: str
    value: str


class Made(Word, frozen=True, kw_only=True):
    """Symbol: the `index`-th thing that step `step` of the plan made (a task, a collector, a view, a folder; the
    version that a wait yielded)."""

    step: int
    index: int = 0


class Place(Word, frozen=True, kw_only=True):
    """Symbol: an object that the target declares under a role (`Declaration.places`), the index taken round robin.

    Roles: `root`, `folder`, `vm`, `host` (managed entities); `manager` (a managed object that is no ManagedEntity);
    `hidden`, `readable`, `ancestor`, `granted` (see `Account`); `nowhere` (never existed)."""

    role: str
    index: int = 0


class TypeId(Word, frozen=True, kw_only=True):
    """Symbol: a task type id. `which`: `work`, `rest` (both registered by the suite's extension), `unregistered` (never
    declared), `built-in` (the id of a server operation); or, of an extension that a plan registers itself, the
    extension's `which`, a dot, and a word: `other.work`."""

    which: str


class ExtensionKey(Word, frozen=True, kw_only=True):
    """Symbol: the key of an extension. `which`: "" for the one that every test case registers, else a word for another
    of the suite's own (`other`)."""

    which: str = ""


class UserName(Word, frozen=True, kw_only=True):
    """Symbol: an account's user name as the server spells it. `account` as in `Login`, or `stranger`: no such user.
    `spelling`: `given`, or another one: `upper` (in capitals), `bare` (without the domain)."""

    account: str
    spelling: str = "given"


class Locale(Word, frozen=True, kw_only=True):
    """Symbol: the `index`-th of the locales that the target declares."""

    index: int


class Moment(Word, frozen=True, kw_only=True):
    """Symbol: `offset` microseconds after a stamp (`queue_time`, `start_time`, `complete_time`) of the task that a step
    made, as that was read last."""

    task: Made
    stamp: str
    offset: int = 0


class Chain(Word, frozen=True, kw_only=True):
    """Symbol: the eventChainId of the task that a step made, as a collector's item gave it last."""

    task: Made


BRIEF: Final = 2.0
"""Seconds that a brief operation takes at most."""


class Offered(Word, frozen=True, kw_only=True):
    """Symbol: the `index`-th, taken round robin, of the operations that the target declares; with `cancelable`, of
    those that can be canceled, with `brief`, of those that take `BRIEF` seconds at most, if there are any."""

    index: int
    cancelable: bool = False
    brief: bool = False


class Operand(Word, frozen=True, kw_only=True):
    """Symbol: the `index`-th, taken round robin, of the entities on which the operation of the same call is started."""

    index: int


Symbol = Made | Place | TypeId | ExtensionKey | UserName | Locale | Moment | Chain | Offered | Operand
"""An argument of a plan that only a target's answers or declaration can turn into a value."""

S_co = TypeVar("S_co", bound=Symbol, covariant=True, default=Never)
"""The symbols that a call has among its arguments: none, unless its annotation says `[Symbol]`."""

Reference = ObjectRef | Symbol
"""A managed object as a plan refers to it."""

NO_TASK: Final = "task-987654321"
"""The reference value of `Place("no-task")`: a task that never existed."""

NO_SUCH_USER: Final = "nobody-has-this-name"
"""The user name of `UserName("stranger")`."""

BUILT_IN: Final = "VirtualMachine.powerOn"
"""The task type id of `TypeId("built-in")`: a methodInfo key of every product (EV 1.7)."""


# --- sessions and time ------------------------------------------------------------------------------------------------


class Login(Word, Generic[S_co], frozen=True, kw_only=True):
    """SessionManager.Login as a declared account; from then on `session` names the login. `locale`: one that the target
    declares, None for the server's own. Answer: `UserSession`."""

    session: str
    account: str
    locale: str | S_co | None = None


class Logout(Word, frozen=True, kw_only=True):
    """SessionManager.Logout. Later calls of the same `session` go out with the dead session's cookie. Answer: None."""

    session: str


class AdvanceClock(Word, frozen=True, kw_only=True):
    """Move the server's clock forward (capability `clock`), `seconds` >= 0. Not an API method. Answer: None."""

    session: str
    seconds: int


# --- extensions -------------------------------------------------------------------------------------------------------


class RegisterExtension(Word, Generic[S_co], frozen=True, kw_only=True):
    """ExtensionManager.RegisterExtension with a taskList. `version` None leaves the required element out. Answer:
    None."""

    session: str
    key: str | S_co
    version: str | None
    task_ids: tuple[str | S_co, ...]


class UpdateExtension(Word, Generic[S_co], frozen=True, kw_only=True):
    """ExtensionManager.UpdateExtension. `version` None leaves the required element out. Answer: None."""

    session: str
    key: str | S_co
    version: str | None
    task_ids: tuple[str | S_co, ...]


class UnregisterExtension(Word, Generic[S_co], frozen=True, kw_only=True):
    """ExtensionManager.UnregisterExtension. Answer: None."""

    session: str
    key: str | S_co


class FindExtension(Word, Generic[S_co], frozen=True, kw_only=True):
    """ExtensionManager.FindExtension. Answer: `Extension`, or None."""

    session: str
    key: str | S_co


class ReadExtensionList(Word, frozen=True, kw_only=True):
    """RetrievePropertiesEx of ExtensionManager.extensionList. Answer: `Property[tuple[Extension, ...]]`."""

    session: str


# --- TaskManager ------------------------------------------------------------------------------------------------------


class CreateTask(Word, Generic[S_co], frozen=True, kw_only=True):
    """TaskManager.CreateTask. Answer: `TaskInfo`."""

    session: str
    obj: ObjectRef | S_co
    task_type_id: str | S_co
    cancelable: bool
    initiated_by: str | S_co | None = None
    parent_task_key: str | S_co | None = None
    activation_id: str | None = None


class ReadRecentTask(Word, frozen=True, kw_only=True):
    """RetrievePropertiesEx of TaskManager.recentTask. Answer: `Property[tuple[ObjectRef, ...]]`."""

    session: str


class WaitForRecentTask(Word, frozen=True, kw_only=True):
    """WaitForUpdatesEx (maxWaitSeconds 0) on a filter over TaskManager.recentTask; truncated sets are followed to the
    end. `fresh`: version "" ; else the last version this session was given by such a call. Answer:
    `RecentTaskUpdate`."""

    session: str
    fresh: bool


class ReadMaxCollector(Word, frozen=True, kw_only=True):
    """RetrievePropertiesEx of TaskManager.maxCollector. Answer: `Property[int]`."""

    session: str


class ReadDescription(Word, frozen=True, kw_only=True):
    """RetrievePropertiesEx of TaskManager.description. Answer: `Property[TaskDescription]`."""

    session: str


# --- Task -------------------------------------------------------------------------------------------------------------


class ReadTaskInfo(Word, Generic[S_co], frozen=True, kw_only=True):
    """RetrievePropertiesEx of Task.info of one or more tasks. Answer: `tuple[Property[TaskInfo], ...]`, in the order
    asked for."""

    session: str
    tasks: tuple[ObjectRef | S_co, ...]


class SetTaskState(Word, Generic[S_co], frozen=True, kw_only=True):
    """Task.SetTaskState. `fault` is a fault's wire name (`NotFound`); `result` a string or a reference.
    Answer: None."""

    session: str
    task: ObjectRef | S_co
    state: str
    result: str | ObjectRef | None = None
    fault: str | None = None


class UpdateProgress(Word, Generic[S_co], frozen=True, kw_only=True):
    """Task.UpdateProgress, any int32. Answer: None."""

    session: str
    task: ObjectRef | S_co
    percent_done: int


class SetTaskDescription(Word, Generic[S_co], frozen=True, kw_only=True):
    """Task.SetTaskDescription with a LocalizableMessage of this key and these (key, value) arguments. Answer: None."""

    session: str
    task: ObjectRef | S_co
    key: str
    args: tuple[tuple[str, str], ...] = ()


class CancelTask(Word, Generic[S_co], frozen=True, kw_only=True):
    """Task.CancelTask. Answer: None."""

    session: str
    task: ObjectRef | S_co


# --- history collectors -----------------------------------------------------------------------------------------------


class ByEntity(Word, Generic[S_co], frozen=True, kw_only=True):
    """TaskFilterSpec.ByEntity; recursion `self`, `children` or `all`."""

    entity: ObjectRef | S_co
    recursion: str


class ByTime(Word, Generic[S_co], frozen=True, kw_only=True):
    """TaskFilterSpec.ByTime; `time_type` `queuedTime`, `startedTime`, `completedTime` (None: left out, ill-formed);
    times in microseconds since 1970, UTC."""

    time_type: str | None
    begin_time: int | S_co | None = None
    end_time: int | S_co | None = None


class ByUsername(Word, Generic[S_co], frozen=True, kw_only=True):
    """TaskFilterSpec.ByUsername."""

    system_user: bool
    user_list: tuple[str | S_co, ...] = ()


class TaskFilterSpec(Word, Generic[S_co], frozen=True, kw_only=True):
    """vim.TaskFilterSpec; an empty tuple is an unset list."""

    entity: ByEntity[S_co] | None = None
    time: ByTime[S_co] | None = None
    user_name: ByUsername[S_co] | None = None
    state: tuple[str, ...] = ()
    alarm: ObjectRef | S_co | None = None
    scheduled_task: ObjectRef | S_co | None = None
    activation_id: tuple[str, ...] = ()
    event_chain_id: tuple[int | S_co, ...] = ()
    tag: tuple[str, ...] = ()
    parent_task_key: tuple[str | S_co, ...] = ()
    root_task_key: tuple[str | S_co, ...] = ()


class TaskInfoFilterSpec(Word, Generic[S_co], frozen=True, kw_only=True):
    """vim.TaskInfoFilterSpec with its FilterTaskResults (API 8.0.3): which items come without their result. All None or
    empty: an empty info filter."""

    remove_all: bool | None = None
    description_ids: tuple[str | S_co, ...] = ()
    filter_in: bool | None = None


class CreateCollectorForTasks(Word, Generic[S_co], frozen=True, kw_only=True):
    """TaskManager.CreateCollectorForTasks. `filter` None is a null filter: the required element left out, or with
    xsi:nil (`form` `nil`). `form` `unknown`: an object of a type that is no TaskFilterSpec in its place. Answer:
    `ObjectRef`."""

    session: str
    filter: TaskFilterSpec[S_co] | None
    form: str = "typed"


class CreateCollectorWithInfoFilterForTasks(Word, Generic[S_co], frozen=True, kw_only=True):
    """TaskManager.CreateCollectorWithInfoFilterForTasks (API 8.0.3). `info_filter` None leaves it out. Answer:
    `ObjectRef`."""

    session: str
    filter: TaskFilterSpec[S_co]
    info_filter: TaskInfoFilterSpec[S_co] | None


class CreateCollectorForEvents(Word, frozen=True, kw_only=True):
    """EventManager.CreateCollectorForEvents with an empty filter (capability `events`). Answer: `ObjectRef`."""

    session: str


class ReadCollectorFilter(Word, Generic[S_co], frozen=True, kw_only=True):
    """RetrievePropertiesEx of HistoryCollector.filter of a task collector. Answer: `Property[TaskFilterSpec]`."""

    session: str
    collector: ObjectRef | S_co


class ReadLatestPage(Word, Generic[S_co], frozen=True, kw_only=True):
    """RetrievePropertiesEx of TaskHistoryCollector.latestPage. Answer: `Property[tuple[TaskInfo, ...]]`."""

    session: str
    collector: ObjectRef | S_co


class SetCollectorPageSize(Word, Generic[S_co], frozen=True, kw_only=True):
    """HistoryCollector.SetCollectorPageSize, any int32. Answer: None."""

    session: str
    collector: ObjectRef | S_co
    max_count: int


class RewindCollector(Word, Generic[S_co], frozen=True, kw_only=True):
    """HistoryCollector.RewindCollector. Answer: None."""

    session: str
    collector: ObjectRef | S_co


class ResetCollector(Word, Generic[S_co], frozen=True, kw_only=True):
    """HistoryCollector.ResetCollector. Answer: None."""

    session: str
    collector: ObjectRef | S_co


class ReadNextTasks(Word, Generic[S_co], frozen=True, kw_only=True):
    """TaskHistoryCollector.ReadNextTasks, any int32. Answer: `tuple[TaskInfo, ...]`, in the order of the page."""

    session: str
    collector: ObjectRef | S_co
    max_count: int


class ReadPreviousTasks(Word, Generic[S_co], frozen=True, kw_only=True):
    """TaskHistoryCollector.ReadPreviousTasks, any int32. Answer: `tuple[TaskInfo, ...]`, in the order of the page."""

    session: str
    collector: ObjectRef | S_co
    max_count: int


class DestroyCollector(Word, Generic[S_co], frozen=True, kw_only=True):
    """HistoryCollector.DestroyCollector. Answer: None."""

    session: str
    collector: ObjectRef | S_co


# --- views and the property collector ---------------------------------------------------------------------------------


class CreateListView(Word, Generic[S_co], frozen=True, kw_only=True):
    """ViewManager.CreateListView of these objects. Answer: `ObjectRef`."""

    session: str
    objs: tuple[ObjectRef | S_co, ...]


class ModifyListView(Word, Generic[S_co], frozen=True, kw_only=True):
    """ListView.ModifyListView. Answer: `tuple[ObjectRef, ...]`: what could not be resolved."""

    session: str
    view: ObjectRef | S_co
    add: tuple[ObjectRef | S_co, ...] = ()
    remove: tuple[ObjectRef | S_co, ...] = ()


class ResetListView(Word, Generic[S_co], frozen=True, kw_only=True):
    """ListView.ResetListView. Answer: `tuple[ObjectRef, ...]`: what could not be resolved."""

    session: str
    view: ObjectRef | S_co
    objs: tuple[ObjectRef | S_co, ...]


class ReadView(Word, Generic[S_co], frozen=True, kw_only=True):
    """RetrievePropertiesEx of ManagedObjectView.view. Answer: `Property[tuple[ObjectRef, ...]]`."""

    session: str
    view: ObjectRef | S_co


class DestroyView(Word, Generic[S_co], frozen=True, kw_only=True):
    """View.DestroyView. Answer: None."""

    session: str
    view: ObjectRef | S_co


class CreatePropertyCollector(Word, frozen=True, kw_only=True):
    """PropertyCollector.CreatePropertyCollector: one of the session's own, so that nothing else mixes with what it
    watches. Answer: `ObjectRef`."""

    session: str


class CreateFilter(Word, Generic[S_co], frozen=True, kw_only=True):
    """PropertyCollector.CreateFilter on a collector that `CreatePropertyCollector` made. `watched`: tasks (their
    info.state), one list view (the info.state of the tasks in it), or one task history collector (its latestPage).
    Answer: `ObjectRef`, the PropertyFilter."""

    session: str
    collector: ObjectRef | S_co
    watched: tuple[ObjectRef | S_co, ...]
    report_missing: bool = False


class WaitForUpdatesEx(Word, Generic[S_co], frozen=True, kw_only=True):
    """PropertyCollector.WaitForUpdatesEx. `version`: "", any text, or the version that an earlier wait yielded.
    `max_object_updates` None: no limit. A truncated set is an answer like any other. Answer: `UpdateSet`,
    or None (nothing changed)."""

    session: str
    collector: ObjectRef | S_co
    version: str | S_co
    max_wait_seconds: int = 0
    max_object_updates: int | None = None


class BreakOffWait(Word, Generic[S_co], frozen=True, kw_only=True):
    """WaitForUpdatesEx (maxWaitSeconds 1) on one connection, and, once it surely waits, on another connection of the
    same session CancelWaitForUpdates (`by` `cancel`) or Logout (`by` `logout`). Answer: the wait's, an `UpdateSet` or
    None; most likely it faults. After `logout` the session has ended."""

    session: str
    collector: ObjectRef | S_co
    version: str | S_co
    by: str


class DestroyPropertyFilter(Word, Generic[S_co], frozen=True, kw_only=True):
    """PropertyFilter.DestroyPropertyFilter. Answer: None."""

    session: str
    filter: ObjectRef | S_co


class DestroyPropertyCollector(Word, Generic[S_co], frozen=True, kw_only=True):
    """PropertyCollector.DestroyPropertyCollector. Answer: None."""

    session: str
    collector: ObjectRef | S_co


class RetrieveReported(Word, Generic[S_co], frozen=True, kw_only=True):
    """RetrievePropertiesEx of Task.info.state with reportMissingObjectsInResults set. Answer: `tuple[ObjectRef, ...]`:
    the objects that the result speaks of."""

    session: str
    tasks: tuple[ObjectRef | S_co, ...]


# --- inventory, scheduled tasks, alarms, events -----------------------------------------------------------------------


class CreateFolder(Word, Generic[S_co], frozen=True, kw_only=True):
    """Folder.CreateFolder (capability `inventory`). Answer: `ObjectRef`."""

    session: str
    parent: ObjectRef | S_co
    name: str


class Destroy(Word, Generic[S_co], frozen=True, kw_only=True):
    """ManagedEntity.Destroy_Task (capability `inventory`) of a folder that the suite made. Answer: `ObjectRef`, the
    Task."""

    session: str
    entity: ObjectRef | S_co


class StartOperation(Word, Generic[S_co], frozen=True, kw_only=True):
    """A `_Task` method of the target's own, named as it declares it, on an entity on which it can be started
    (capability `operations`). Its task goes through its states by itself. Answer: `ObjectRef`, the Task."""

    session: str
    operation: str | S_co
    entity: ObjectRef | S_co


class CreateScheduledTask(Word, Generic[S_co], frozen=True, kw_only=True):
    """ScheduledTaskManager.CreateScheduledTask (capability `schedules`): one that never runs by itself, and whose
    action is CreateTaskAction of this task type. Answer: `ObjectRef`."""

    session: str
    entity: ObjectRef | S_co
    name: str
    task_type_id: str | S_co


class RunScheduledTask(Word, Generic[S_co], frozen=True, kw_only=True):
    """ScheduledTask.RunScheduledTask. Answer: None."""

    session: str
    scheduled_task: ObjectRef | S_co


class RemoveScheduledTask(Word, Generic[S_co], frozen=True, kw_only=True):
    """ScheduledTask.RemoveScheduledTask. Answer: None."""

    session: str
    scheduled_task: ObjectRef | S_co


class CreateAlarm(Word, Generic[S_co], frozen=True, kw_only=True):
    """AlarmManager.CreateAlarm (capability `alarms`) on an entity, set off by a user event logged on it, with the
    action CreateTaskAction of this task type. Answer: `ObjectRef`."""

    session: str
    entity: ObjectRef | S_co
    name: str
    task_type_id: str | S_co


class LogUserEvent(Word, Generic[S_co], frozen=True, kw_only=True):
    """EventManager.LogUserEvent on an entity: it triggers the alarms that the suite has on it. Answer: None."""

    session: str
    entity: ObjectRef | S_co


class RemoveAlarm(Word, Generic[S_co], frozen=True, kw_only=True):
    """Alarm.RemoveAlarm. Answer: None."""

    session: str
    alarm: ObjectRef | S_co


class QueryTaskEvents(Word, Generic[S_co], frozen=True, kw_only=True):
    """EventManager.QueryEvents by eventChainId (capability `task-events`). Answer: `tuple[TaskEvent, ...]`: the
    TaskEvents in the answer."""

    session: str
    chain: int | S_co


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
    | StartOperation
    | CreateScheduledTask
    | RunScheduledTask
    | RemoveScheduledTask
    | CreateAlarm
    | LogUserEvent
    | RemoveAlarm
    | QueryTaskEvents
)
"""A concrete call: adapters perform it, and the oracle judges it."""

PlannedCall = (
    Login[Symbol]
    | Logout
    | AdvanceClock
    | RegisterExtension[Symbol]
    | UpdateExtension[Symbol]
    | UnregisterExtension[Symbol]
    | FindExtension[Symbol]
    | ReadExtensionList
    | CreateTask[Symbol]
    | ReadRecentTask
    | WaitForRecentTask
    | ReadMaxCollector
    | ReadDescription
    | ReadTaskInfo[Symbol]
    | SetTaskState[Symbol]
    | UpdateProgress[Symbol]
    | SetTaskDescription[Symbol]
    | CancelTask[Symbol]
    | CreateCollectorForTasks[Symbol]
    | CreateCollectorWithInfoFilterForTasks[Symbol]
    | CreateCollectorForEvents
    | ReadCollectorFilter[Symbol]
    | ReadLatestPage[Symbol]
    | SetCollectorPageSize[Symbol]
    | RewindCollector[Symbol]
    | ResetCollector[Symbol]
    | ReadNextTasks[Symbol]
    | ReadPreviousTasks[Symbol]
    | DestroyCollector[Symbol]
    | CreateListView[Symbol]
    | ModifyListView[Symbol]
    | ResetListView[Symbol]
    | ReadView[Symbol]
    | DestroyView[Symbol]
    | CreatePropertyCollector
    | CreateFilter[Symbol]
    | WaitForUpdatesEx[Symbol]
    | BreakOffWait[Symbol]
    | DestroyPropertyFilter[Symbol]
    | DestroyPropertyCollector[Symbol]
    | RetrieveReported[Symbol]
    | CreateFolder[Symbol]
    | Destroy[Symbol]
    | StartOperation[Symbol]
    | CreateScheduledTask[Symbol]
    | RunScheduledTask[Symbol]
    | RemoveScheduledTask[Symbol]
    | CreateAlarm[Symbol]
    | LogUserEvent[Symbol]
    | RemoveAlarm[Symbol]
    | QueryTaskEvents[Symbol]
)
"""A call of a plan, whose arguments can be symbols."""
