"""The calls: every request the suite can make of a target, as plain data.

The law of this file: a call is one API method (or one property read) with its arguments, and nothing else. It knows
neither how it is sent nor what must come back. Names are the API's own, in snake case.

An argument that names something is either *concrete* (an `ObjectRef`, a key) or a *symbol* that the plan uses before
anything has happened: `Made` (what an earlier step made), `Place` (a spot in the inventory), `TypeId`, `UserName`.
`taskconform.conformance.binding` turns symbols into what the target really has; adapters and the model only ever see
concrete calls.

Every call has a `session`: the plan's own name for a login. `NOBODY` is a connection on which nobody has logged in.
"""

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
    """Symbol: the `index`-th thing that step `step` of the plan made (a task, a collector, a version)."""

    step: int
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Symbol: an object that the target declares under a role (`Declaration.places`), the index taken round robin.

    Roles: `root`, `folder`, `vm`, `host` (managed entities); `manager` (a managed object that is no ManagedEntity);
    `hidden`, `readable`, `ancestor`, `granted` (see `Account`); `nowhere` (never existed).
    """

    role: str
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeId:
    """Symbol: a task type id. `which`: `work`, `rest` (both registered by the suite's extension), `unregistered`
    (declared by nobody), `built-in` (the id of a server operation)."""

    which: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserName:
    """Symbol: an account's user name as the server spells it. `account` as in `Login`, or `stranger`: no such user."""

    account: str


Reference = ObjectRef | Made | Place
"""A managed object, named or still to be resolved."""
Key = str | Made
"""A task key, or the task whose key is meant."""


# --- sessions and time ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """SessionManager.Login as a declared account; from then on `session` names the login. Answer: `UserSession`."""

    session: str
    account: str


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
    """ExtensionManager.RegisterExtension with a taskList. Answer: None."""

    session: str
    key: str
    version: str
    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnregisterExtension:
    """ExtensionManager.UnregisterExtension. Answer: None."""

    session: str
    key: str


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
    begin_time: int | None = None
    end_time: int | None = None


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
    activation_id: tuple[str, ...] = ()
    event_chain_id: tuple[int, ...] = ()
    tag: tuple[str, ...] = ()
    parent_task_key: tuple[Key, ...] = ()
    root_task_key: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCollectorForTasks:
    """TaskManager.CreateCollectorForTasks; `filter` None leaves the required element out. Answer: `ObjectRef`."""

    session: str
    filter: TaskFilterSpec | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCollectorForEvents:
    """EventManager.CreateCollectorForEvents with an empty filter (capability `events`). Answer: `ObjectRef`."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNextTasks:
    """TaskHistoryCollector.ReadNextTasks. Answer: `tuple[TaskInfo, ...]`."""

    session: str
    collector: Reference
    max_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyCollector:
    """HistoryCollector.DestroyCollector. Answer: None."""

    session: str
    collector: Reference


Call = (
    Login
    | Logout
    | AdvanceClock
    | RegisterExtension
    | UnregisterExtension
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
    | CreateCollectorForEvents
    | ReadNextTasks
    | DestroyCollector
)
"""Any call."""
