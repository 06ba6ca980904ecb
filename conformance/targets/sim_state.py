"""The simulator's mutable state: the clock, the tasks, the window of recent tasks, sessions and what is theirs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_strings import DEFAULT_LOCALE
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS, TaskInfo, TaskReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from taskconform.conformance.targets.sim_filter import TaskFilter
    from taskconform.conformance.targets.sim_picture import UpdateCollector
    from taskconform.model.vocabulary.calls import TaskInfoFilterSpec
    from taskconform.model.vocabulary.declaration import Entity
    from taskconform.model.vocabulary.outcomes import Fault, LocalizableMessage

MILLISECOND: Final = 1_000
EPOCH: Final = 1_767_225_600 * SECOND
"""2026-01-01T00:00:00Z, where every clock starts."""

STATES: Final = frozenset({QUEUED, RUNNING, SUCCESS, ERROR})
COMPLETED: Final = frozenset({SUCCESS, ERROR})
DEFAULT_PAGE_SIZE: Final = 10
"""The size of a collector's latest page until it is set."""


class Clock:
    """The server's clock: it moves only when told to."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        """Start at `EPOCH`."""
        self.now = EPOCH

    def tick(self) -> None:
        """Take the millisecond of a call."""
        self.now += MILLISECOND

    def advance(self, seconds: int) -> None:
        """Move forward by whole seconds."""
        self.now += seconds * SECOND


class TaskRecord:
    """A task: what never changes of it, and what does. `info` is kept until the next change."""

    __slots__ = (
        "_info",
        "activation_id",
        "cancelable",
        "cancelled",
        "change_tag",
        "complete_time",
        "created",
        "description",
        "description_id",
        "entity",
        "entity_name",
        "error",
        "event_chain_id",
        "key",
        "name",
        "number",
        "parent_task_key",
        "progress",
        "queue_time",
        "reason",
        "ref",
        "result",
        "root_task_key",
        "start_time",
        "state",
    )

    def __init__(
        self, number: int, description_id: str, reason: TaskReason, queue_time: int, *, cancelable: bool
    ) -> None:
        """Make the `number`-th task, queued."""
        self.number = number
        self.key = f"task-{number}"
        self.ref = ObjectRef(type="Task", value=self.key)
        self.event_chain_id = 1_000 + number
        self.description_id = description_id
        self.reason = reason
        self.queue_time = queue_time
        self.cancelable = cancelable
        self.cancelled = False
        self.state = QUEUED
        self.entity: ObjectRef | None = None
        self.entity_name: str | None = None
        self.description: LocalizableMessage | None = None
        self.error: Fault | None = None
        self.result: str | ObjectRef | None = None
        self.progress: int | None = None
        self.start_time: int | None = None
        self.complete_time: int | None = None
        self.change_tag: str | None = None
        self.parent_task_key: str | None = None
        self.root_task_key: str | None = None
        self.activation_id: str | None = None
        self.name: str | None = None
        self.created: TaskInfo | None = None
        self._info: TaskInfo | None = None

    def changed(self) -> None:
        """Forget the data object made of the state before."""
        self._info = None

    @property
    def completed(self) -> bool:
        """Whether the task ended, in success or in error."""
        return self.state in COMPLETED

    @property
    def info(self) -> TaskInfo:
        """Detailed information about this task."""
        if self._info is None:
            self._info = self.make_info()
        return self._info

    def make_info(self) -> TaskInfo:
        """Make the data object of the present state."""
        return TaskInfo(
            key=self.key,
            task=self.ref,
            description_id=self.description_id,
            state=self.state,
            cancelled=self.cancelled,
            cancelable=self.cancelable,
            reason=self.reason,
            queue_time=self.queue_time,
            event_chain_id=self.event_chain_id,
            description=self.description,
            name=self.name,
            entity=self.entity,
            entity_name=self.entity_name,
            error=self.error,
            result=self.result,
            progress=self.progress,
            start_time=self.start_time,
            complete_time=self.complete_time,
            change_tag=self.change_tag,
            parent_task_key=self.parent_task_key,
            root_task_key=self.root_task_key,
            activation_id=self.activation_id,
        )


class RecentWindow:
    """The tasks that recentTask lists: those that are queued or running, and those that completed recently.
    Completed tasks are kept in the order of completion, never more than `cap` of them if there is a cap.
    """

    def __init__(self, window: int, cap: int | None) -> None:
        """Begin empty; `window` in seconds, `cap` None for no limit."""
        self.window = window
        self.cap = cap
        self.live: dict[str, TaskRecord] = {}
        self.ended: deque[TaskRecord] = deque()

    def note_created(self, task: TaskRecord) -> None:
        """List the new task: it is "queued to run"."""
        self.live[task.key] = task

    def note_completed(self, task: TaskRecord) -> None:
        """Take the task for the last of the completed ones."""
        self.live.pop(task.key, None)
        self.ended.append(task)
        self.trim()

    def trim(self) -> None:
        """Keep "the last 200 completed Task objects", if the limitation applies."""
        if self.cap is not None and len(self.ended) > self.cap:
            self.ended.popleft()

    def cutoff(self, now: int) -> int:
        """Give the earliest time of completion that is "within the past 10 minutes"; that very instant still is."""
        return now - self.window * SECOND

    def completed_order(self) -> Iterator[TaskRecord]:
        """Give the completed tasks, the last completed first."""
        return reversed(self.ended)

    def completed_tasks(self, now: int) -> list[TaskRecord]:
        """Those "that completed within the past 10 minutes" and are "one of the last 200 completed"."""
        cutoff = self.cutoff(now)
        recent: list[TaskRecord] = []
        for task in self.completed_order():
            if task.complete_time is None or task.complete_time < cutoff:
                break
            recent.append(task)
        return recent

    def tasks(self, now: int) -> list[TaskRecord]:
        """Follow the page: "Tasks that completed recently, that are currently running, or that are queued to run"."""
        return [*self.live.values(), *self.completed_tasks(now)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What makes tasks of a type on an entity when it is run or set off: a scheduled task, an alarm."""

    ref: ObjectRef
    name: str
    entity: Entity
    task_type_id: str


class TaskCollector:
    """A task history collector: its filters, the size of its latest page, and the scrollable view: how many tasks of
    the history are before it, oldest first. It is at the oldest item when the collector is created.
    """

    __slots__ = ("filter", "info_filter", "page_size", "position")

    def __init__(self, task_filter: TaskFilter, info_filter: TaskInfoFilterSpec | None = None) -> None:
        """Begin at the oldest item."""
        self.filter = task_filter
        self.info_filter = info_filter
        self.page_size = DEFAULT_PAGE_SIZE
        self.position = 0


class Session:
    """A login: the account, what it may do on each entity, its locale; and its collectors and views, which do not
    outlive it. A view is the objects in it, by reference value.
    """

    __slots__ = (
        "account",
        "event_collectors",
        "locale",
        "number",
        "privileges",
        "task_collectors",
        "update_collectors",
        "user_name",
        "views",
    )

    def __init__(
        self,
        number: int,
        account: str,
        user_name: str,
        privileges: Mapping[str, frozenset[str]],
        locale: str = DEFAULT_LOCALE,
    ) -> None:
        """Make the `number`-th login."""
        self.number = number
        self.account = account
        self.user_name = user_name
        self.privileges = privileges
        self.locale = locale
        self.task_collectors: dict[str, TaskCollector] = {}
        self.event_collectors: set[str] = set()
        self.views: dict[str, dict[str, ObjectRef]] = {}
        self.update_collectors: dict[str, UpdateCollector] = {}
