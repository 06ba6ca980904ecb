"""Seeded faults of CreateTask: what a new task says of itself, and whether it is listed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.makers import LeavesOut
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import QUEUED, SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import Property, TaskInfo, UserSession


class ChildOfACanceledTaskIsCancelled(Simulator):
    """A task whose parent is cancelled begins as cancelled, and can be canceled all the same."""

    def __init__(self, settings: Settings) -> None:
        """Start with no such task."""
        super().__init__(settings)
        self.born_cancelled: set[str] = set()

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Take the flag from the parent."""
        super().bind_parent(task, parent)
        if parent.cancelled:
            task.cancelled = True
            self.born_cancelled.add(task.key)

    def is_over(self, task: TaskRecord) -> bool:
        """Do not go by a flag that nobody asked for."""
        return task.completed if task.key in self.born_cancelled else super().is_over(task)

    def cancel(self, task: TaskRecord) -> None:
        """Take the flag for what it says from now on."""
        self.born_cancelled.discard(task.key)
        super().cancel(task)


class NewTaskCarriesTheLastResult(Simulator):
    """A new task has the result of the last task that completed on its entity, if that had one."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing completed, before the server makes tasks of its own."""
        self.last_on: dict[str, TaskRecord] = {}
        super().__init__(settings)

    def note_completed(self, task: TaskRecord) -> None:
        """Keep the last one on each entity."""
        super().note_completed(task)
        if task.entity is not None:
            self.last_on[task.entity.value] = task

    def bind_entity(self, task: TaskRecord, obj: calls.Reference) -> None:
        """Take its result; a task in error has none."""
        super().bind_entity(task, obj)
        last = self.last_on.get(concrete(obj).value)
        if task.entity is not None and last is not None:
            task.result = last.result


class CompleteTimeFromTheStart(Simulator):
    """A task that is not cancelable has a completeTime from its creation on."""

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        """Stamp it."""
        task = super().new_task(session, call)
        if not task.cancelable:
            task.complete_time = task.queue_time
        return task


class QueueTimeInWholeMinutes(Simulator):
    """queueTime is cut down to the whole minute."""

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        """Cut it down."""
        task = super().new_task(session, call)
        task.queue_time -= task.queue_time % (60 * SECOND)
        return task


class QueueTimeOfTheParent(Simulator):
    """A task with a parent has the parent's queueTime."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Take it from the parent."""
        super().bind_parent(task, parent)
        task.queue_time = parent.queue_time


class QueueTimeAnHourAheadAfterRelogin(Simulator):
    """Tasks of a login under a name that was in use before are queued an hour ahead."""

    def __init__(self, settings: Settings) -> None:
        """Start with no name used."""
        super().__init__(settings)
        self.names: set[str] = set()
        self.again: set[int] = set()

    def login(self, call: calls.Login) -> UserSession:
        """Note the name, and the login if it is not the first under it."""
        opened = super().login(call)
        if call.session in self.names:
            self.again.add(self.sessions[call.session].number)
        self.names.add(call.session)
        return opened

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        """Add an hour."""
        task = super().new_task(session, call)
        if session.number in self.again:
            task.queue_time += 3_600 * SECOND
        return task


class NotListedUntilRead(LeavesOut):
    """A queued task is in recentTask once its info was read."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing read."""
        super().__init__(settings)
        self.read: set[str] = set()

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        """Note that it was read."""
        found = super().info_for(session, task)
        if found.value is not None:
            self.read.add(task.key)
        return found

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Leave out what nobody has read."""
        del session
        return task.state == QUEUED and task.key not in self.read


class QueuedChildrenAreNotListed(LeavesOut):
    """A queued task with a parent is not in recentTask."""

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Leave out such tasks."""
        del session
        return task.state == QUEUED and task.parent_task_key is not None


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "child-of-a-canceled-task-is-cancelled": ChildOfACanceledTaskIsCancelled,
        "new-task-carries-the-last-result": NewTaskCarriesTheLastResult,
        "complete-time-from-the-start": CompleteTimeFromTheStart,
        "queue-time-in-whole-minutes": QueueTimeInWholeMinutes,
        "queue-time-of-the-parent": QueueTimeOfTheParent,
        "queue-time-an-hour-ahead-after-relogin": QueueTimeAnHourAheadAfterRelogin,
        "not-listed-until-read": NotListedUntilRead,
        "queued-children-are-not-listed": QueuedChildrenAreNotListed,
    }
)
"""The simulators here, by the id of what is wrong with them."""
