"""The outcomes of calls, whole, as plain data.

Times are `int` microseconds since 1970-01-01T00:00:00Z (UTC), server clock. Faults are values here; only an adapter
ever sees them as exceptions."""

from __future__ import annotations

from typing import Final, Generic, TypeVar, cast

from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec
from taskconform.model.vocabulary.words import Word

T = TypeVar("T")

QUEUED, RUNNING, SUCCESS, ERROR = "queued", "running", "success", "error"
"""TaskInfo.State, wire spelling."""

SECOND = 1_000_000
"""One second, in the unit of every time in the model."""


FIRST: Final = -62_135_596_800_000_000
LAST: Final = 253_402_300_799_999_999
"""The first and the last time that has a date: in the years 1 and 9999."""


def dated(at: int) -> int:
    """Return a time, or the nearest one that has a date: a target may say anything."""
    return min(max(at, FIRST), LAST)


class Interval(Word, frozen=True, kw_only=True):
    """The span of server time in which a call surely happened; zero wide on a virtual clock."""

    earliest: int
    latest: int


class Fault(Word, frozen=True, kw_only=True):
    """A fault: its wire name, and the wire names of all it is a kind of, itself first (`NotAuthenticated`,
    `NoPermission`, `SecurityError`, `RuntimeFault`, `MethodFault`), as the adapter's type information tells."""

    kind: str
    kinds: tuple[str, ...]
    message: str = ""

    def is_a(self, *names: str) -> bool:
        """Return True if this fault is, or descends from, one of these kinds. A subtype counts as its kind."""
        return any(name in self.kinds for name in names)


class LocalizableMessage(Word, frozen=True, kw_only=True):
    """vmodl.LocalizableMessage: key, (key, value) arguments, and the text if the server made one."""

    key: str
    args: tuple[tuple[str, str], ...] = ()
    message: str | None = None


REASONS: Final = ("TaskReasonAlarm", "TaskReasonSchedule", "TaskReasonSystem", "TaskReasonUser")
"""The kinds of TaskReason, by their wire names."""


class TaskReason(Word, frozen=True, kw_only=True):
    """vim.TaskReason: `kind` is the wire type (`TaskReasonUser`); the other fields as far as that kind has them."""

    kind: str
    user_name: str | None = None
    name: str | None = None
    scheduled_task: ObjectRef | None = None
    alarm_name: str | None = None
    alarm: ObjectRef | None = None
    entity_name: str | None = None
    entity: ObjectRef | None = None


class TaskInfo(Word, frozen=True, kw_only=True):
    """vim.TaskInfo, every field; an unset field is None (a list: empty). `other` keeps fields this suite does not know,
    as (wire name, text). A result of a type other than string or reference is kept as its text. The first nine fields
    are required: what an answer leaves out all the same is None, and the oracle says so. A field whose value is of
    another type is unset, and its text is among `other`."""

    key: str = None  # type: ignore[assignment]  # absent
    task: ObjectRef = None  # type: ignore[assignment]  # absent
    description_id: str = None  # type: ignore[assignment]  # absent
    state: str = None  # type: ignore[assignment]  # absent
    cancelled: bool = None  # type: ignore[assignment]  # absent
    cancelable: bool = None  # type: ignore[assignment]  # absent
    reason: TaskReason = None  # type: ignore[assignment]  # absent
    queue_time: int = None  # type: ignore[assignment]  # absent
    event_chain_id: int = None  # type: ignore[assignment]  # absent
    description: LocalizableMessage | None = None
    name: str | None = None
    entity: ObjectRef | None = None
    entity_name: str | None = None
    locked: tuple[ObjectRef, ...] = ()
    error: Fault | None = None
    result: str | ObjectRef | None = None
    progress: int | None = None
    start_time: int | None = None
    complete_time: int | None = None
    change_tag: str | None = None
    parent_task_key: str | None = None
    root_task_key: str | None = None
    activation_id: str | None = None
    other: tuple[tuple[str, str], ...] = ()


class Property(Word, Generic[T], frozen=True, kw_only=True):
    """One property as the PropertyCollector gave it: a value; or neither (the property came back absent); or the fault
    that stands for it in missingSet. A present, empty array is an empty tuple."""

    value: T | None = None
    missing: Fault | None = None


class UserSession(Word, frozen=True, kw_only=True):
    """vim.UserSession, as far as we use it: the user name as the server spells it."""

    user_name: str


class RecentTaskUpdate(Word, frozen=True, kw_only=True):
    """The answer of WaitForUpdatesEx over recentTask: null (`changed` False); or a change, with the full value if the
    change assigned the whole property, else None beside what was added and removed element by element."""

    changed: bool
    recent_task: Property[tuple[ObjectRef, ...]] | None = None
    added: tuple[ObjectRef, ...] = ()
    removed: tuple[str, ...] = ()


class ElementDescription(Word, frozen=True, kw_only=True):
    """vim.ElementDescription, vim.TypeDescription: key, label, summary."""

    key: str
    label: str
    summary: str


class TaskDescription(Word, frozen=True, kw_only=True):
    """vim.TaskDescription: the static strings of TaskManager.description."""

    method_info: tuple[ElementDescription, ...]
    state: tuple[ElementDescription, ...]
    reason: tuple[ElementDescription, ...]


class Extension(Word, frozen=True, kw_only=True):
    """vim.Extension, as far as we register it: key, version, and the ids of its taskList."""

    key: str
    version: str
    task_ids: tuple[str, ...]


class ObjectUpdate(Word, frozen=True, kw_only=True):
    """One object in an update set. `kind`: `enter`, `modify`, `leave`. `state` is the info.state that a change assigned
    to a task; `latest_page` the latestPage that one assigned to a collector; None where no change assigned it.
    `changed` tells that latestPage changed in any way, in parts too. `missing` is the fault in missingSet for the
    property."""

    filter: ObjectRef
    kind: str
    obj: ObjectRef
    state: str | None = None
    latest_page: tuple[TaskInfo, ...] | None = None
    changed: bool = False
    missing: Fault | None = None


class UpdateSet(Word, frozen=True, kw_only=True):
    """The answer of WaitForUpdatesEx: the version, whether the set was truncated, the objects' updates, and the objects
    that a filter reported as missing."""

    version: str
    truncated: bool
    updates: tuple[ObjectUpdate, ...]
    missing: tuple[ObjectRef, ...] = ()


class TaskEvent(Word, frozen=True, kw_only=True):
    """vim.event.TaskEvent: its key, its chain, the info of its task."""

    key: int
    chain_id: int
    info: TaskInfo


Value = (
    None
    | int
    | ObjectRef
    | TaskInfo
    | UserSession
    | RecentTaskUpdate
    | Extension
    | UpdateSet
    | tuple[ObjectRef, ...]
    | tuple[TaskInfo, ...]
    | tuple[TaskEvent, ...]
    | tuple[Property[TaskInfo], ...]
    | Property[tuple[ObjectRef, ...]]
    | Property[int]
    | Property[TaskDescription]
    | Property[tuple[Extension, ...]]
    | Property[tuple[TaskInfo, ...]]
    | Property[TaskFilterSpec]
)
"""A value that a call can return; the class of the call says which."""


class Returned(Word, frozen=True, kw_only=True):
    """The call came back with a value."""

    value: Value
    at: Interval


class Faulted(Word, frozen=True, kw_only=True):
    """The call came back with a fault."""

    fault: Fault
    at: Interval


class Lost(Word, frozen=True, kw_only=True):
    """No answer that tells anything of the target's rules: a time-out, a dropped connection, an HTTP error. The call
    may have taken effect."""

    why: str
    at: Interval


Outcome = Returned | Faulted | Lost
"""The outcome of a call."""


def items_of(outcome: Outcome) -> tuple[TaskInfo, ...] | None:
    """Return the page that a collector gave, by a read or as its latestPage; None if no page came."""
    value = outcome.value if isinstance(outcome, Returned) else None
    found = value.value if isinstance(value, Property) else value
    return cast("tuple[TaskInfo, ...]", found) if isinstance(found, tuple) else None  # by its call, of TaskInfo


def references_of(outcome: Outcome) -> tuple[ObjectRef, ...] | None:
    """Return the references that a call, or a property that it read, gave; None if no list came."""
    value = outcome.value if isinstance(outcome, Returned) else None
    found = value.value if isinstance(value, Property) else value
    return cast("tuple[ObjectRef, ...]", found) if isinstance(found, tuple) else None  # by its call, of ObjectRef
