"""Seeded faults of CreateTask: what it makes and answers with."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import OBJECT_NOT_FOUND, refused
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.sim_state import MILLISECOND
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import QUEUED
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import Property, TaskInfo, TaskReason


class EqualRequestAnswersWithTheQueuedTask(Simulator):
    """A CreateTask that equals an earlier one of the session answers with that one's task, if it is still queued."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing asked for."""
        super().__init__(settings)
        self.asked: dict[tuple[int, calls.CreateTask], TaskRecord] = {}

    def make_task(self, session: Session, call: calls.CreateTask, parent: TaskRecord | None) -> TaskRecord:
        """Look for the earlier one first."""
        earlier = self.asked.get((session.number, call))
        if earlier is None or earlier.state != QUEUED:
            earlier = self.asked[session.number, call] = super().make_task(session, call, parent)
        return earlier


class AnswerRefersToTheParent(Simulator):
    """The TaskInfo that CreateTask answers with has the parent's reference, if there is a parent."""

    def create_task(self, call: calls.CreateTask) -> TaskInfo:
        """Answer so; the task itself is right."""
        info = super().create_task(call)
        return info if info.parent_task_key is None else evolve(info, task=self.tasks[info.parent_task_key].ref)


class TaskObjectComesACallLater(Simulator):
    """A new task cannot be read for 1.5 ms."""

    def __init__(self, settings: Settings) -> None:
        """Start with no task."""
        super().__init__(settings)
        self.readable_from: dict[str, int] = {}

    def make_task(self, session: Session, call: calls.CreateTask, parent: TaskRecord | None) -> TaskRecord:
        """Set the time from which it can be read."""
        task = super().make_task(session, call, parent)
        self.readable_from[task.key] = self.clock.now + 3 * MILLISECOND // 2
        return task

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        """Find nothing before that."""
        if self.clock.now < self.readable_from.get(task.key, 0):
            raise refused(OBJECT_NOT_FOUND, f"no such task: {task.key}")
        return super().info_for(session, task)


class ChildCannotBeReadWhileItsParentIsQueued(Simulator):
    """Task.info of a task with a parent is not found while the parent is queued."""

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        """Look at the parent."""
        if task.parent_task_key is not None and self.tasks[task.parent_task_key].state == QUEUED:
            raise refused(OBJECT_NOT_FOUND, f"no such task: {task.key}")
        return super().info_for(session, task)


class EntityOfAHostIsItsComputeResource(Simulator):
    """A task on a HostSystem is one on the host's parent."""

    def bind_entity(self, task: TaskRecord, obj: calls.Reference) -> None:
        """Go up from a host."""
        known = self.inventory.entities.get(concrete(obj).value)
        is_host = known is not None and known.ref.type == "HostSystem"
        super().bind_entity(task, known.parent if known is not None and known.parent is not None and is_host else obj)


class EntityNameOfAFolderIsItsReference(Simulator):
    """entityName of a task on a Folder is the value of the folder's reference."""

    def bind_entity(self, task: TaskRecord, obj: calls.Reference) -> None:
        """Put it in the name's place."""
        super().bind_entity(task, obj)
        if task.entity is not None and task.entity.type == "Folder":
            task.entity_name = task.entity.value


class ChildIsOnItsParentsEntity(Simulator):
    """A task with a parent is on the parent's entity, whatever the object is."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Take it from the parent."""
        super().bind_parent(task, parent)
        task.entity, task.entity_name = parent.entity, parent.entity_name


class ChildIsOfItsParentsType(Simulator):
    """A task with a parent has the parent's descriptionId, whatever the task type is."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Take it from the parent."""
        super().bind_parent(task, parent)
        task.description_id = parent.description_id


class TypeIsTheFirstOfItsExtension(Simulator):
    """descriptionId is the first of the task types of the extension that registers the type asked for."""

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        """Look it up."""
        task = super().new_task(session, call)
        for extension in self.extensions.values():
            if task.description_id in extension.task_ids:
                task.description_id = extension.task_ids[0]
                break
        return task


class ChildIsAsCancelableAsItsParent(Simulator):
    """A task with a parent is cancelable if the parent is, whatever the argument says."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Take it from the parent."""
        super().bind_parent(task, parent)
        task.cancelable = parent.cancelable


class NotCancelableOnlyTheFirstTime(Simulator):
    """A login can make one task that is not cancelable; all its later ones are."""

    def __init__(self, settings: Settings) -> None:
        """Start with no such task made."""
        super().__init__(settings)
        self.have_made: set[int] = set()

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        """Note the first one."""
        task = super().new_task(session, call)
        if not call.cancelable:
            task.cancelable = session.number in self.have_made
            self.have_made.add(session.number)
        return task


class InitiatedByIgnored(Simulator):
    """The reason names the session's own user, whoever the task is created for."""

    def reason_of(self, session: Session, call: calls.CreateTask) -> TaskReason:
        """Forget the name."""
        return super().reason_of(session, evolve(call, initiated_by=None))


class TwoSessionsAtOnceShareATask(Simulator):
    """A CreateTask right after an equal one of another session answers with that one's task."""

    def __init__(self, settings: Settings) -> None:
        """Start with no task made."""
        super().__init__(settings)
        self.last: tuple[int, ObjectRef, TaskRecord, int] | None = None

    def make_task(self, session: Session, call: calls.CreateTask, parent: TaskRecord | None) -> TaskRecord:
        """Look for the one before."""
        now = self.clock.now
        if self.last is not None:
            number, obj, task, at = self.last
            of_type = task.description_id == call.task_type_id
            if number != session.number and obj == call.obj and of_type and now - at <= 2 * MILLISECOND:
                return task
        task = super().make_task(session, call, parent)
        self.last = (session.number, concrete(call.obj), task, now)
        return task


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "equal-request-answers-with-the-queued-task": EqualRequestAnswersWithTheQueuedTask,
        "answer-refers-to-the-parent": AnswerRefersToTheParent,
        "task-object-comes-a-call-later": TaskObjectComesACallLater,
        "child-cannot-be-read-while-its-parent-is-queued": ChildCannotBeReadWhileItsParentIsQueued,
        "entity-of-a-host-is-its-compute-resource": EntityOfAHostIsItsComputeResource,
        "entity-name-of-a-folder-is-its-reference": EntityNameOfAFolderIsItsReference,
        "child-is-on-its-parents-entity": ChildIsOnItsParentsEntity,
        "child-is-of-its-parents-type": ChildIsOfItsParentsType,
        "type-is-the-first-of-its-extension": TypeIsTheFirstOfItsExtension,
        "child-is-as-cancelable-as-its-parent": ChildIsAsCancelableAsItsParent,
        "not-cancelable-only-the-first-time": NotCancelableOnlyTheFirstTime,
        "initiated-by-ignored": InitiatedByIgnored,
        "two-sessions-at-once-share-a-task": TwoSessionsAtOnceShareATask,
    }
)
"""The simulators here, by the id of what is wrong with them."""
