"""Seeded faults of what a TaskInfo says, in Task.info, in collectors and in events."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.makers import RealTimes, StampedEarly
from taskconform.conformance.targets.sim_faults import REQUEST_CANCELED, fault_of, kinds_of
from taskconform.conformance.targets.sim_state import TaskRecord
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS, Property, TaskEvent, TaskReason
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.declaration import Entity
    from taskconform.model.vocabulary.outcomes import Fault, TaskInfo

NOT_YET_OVER = frozenset({QUEUED, RUNNING})

# --- key, reason, result and error ------------------------------------------------------------------------------------


class CollectorItemRefersToTheParent(Simulator):
    """Items with a parent have the parent's reference."""

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        """Put it in the place of theirs."""
        return tuple(
            [
                info if info.parent_task_key is None else evolve(info, task=self.tasks[info.parent_task_key].ref)
                for info in super().items_of(collector, page)
            ]
        )


class KeyChangesOnCompletion(Simulator):
    """In Task.info a completed task has another key."""

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        """Add to the key."""
        found = super().info_for(session, task)
        if found.value is None or not task.completed:
            return found
        return Property(value=evolve(found.value, key=f"{task.key}-done"))


class ReasonWithoutAKind(Simulator):
    """The reason of a task that is created for somebody is of no kind."""

    def reason_of(self, session: Session, call: calls.CreateTask) -> TaskReason:
        """Give the base type."""
        return super().reason_of(session, call) if call.initiated_by is None else TaskReason(kind="TaskReason")


class RefusedResultIsShown(Simulator):
    """A result that is refused with queued or running is kept."""

    def check_appropriate(self, call: calls.SetTaskState) -> None:
        """Keep it before it is looked at."""
        if call.result is not None and call.state in NOT_YET_OVER:
            task = self.find_task(call.task)
            task.changed()
            task.result = call.result
        super().check_appropriate(call)


class ErrorShowsTheFaultAsResult(Simulator):
    """A task in error has the fault's name as its result."""

    def take_state(self, task: TaskRecord, call: calls.SetTaskState, fault: Fault | None) -> None:
        """Set it too."""
        super().take_state(task, call, fault)
        if fault is not None:
            task.result = fault.kind


class RefusedFaultIsShown(Simulator):
    """A fault that is refused with queued or running is kept."""

    def check_appropriate(self, call: calls.SetTaskState) -> None:
        """Keep it before it is looked at."""
        if call.fault is not None and kinds_of(call.fault) and call.state in NOT_YET_OVER:
            task = self.find_task(call.task)
            task.changed()
            task.error = fault_of(call.fault)
        super().check_appropriate(call)


class CancelShowsTheErrorAtOnce(Simulator):
    """A running task has its error from the moment it is canceled."""

    def cancel(self, task: TaskRecord) -> None:
        """Set it at once."""
        super().cancel(task)
        if not task.completed:
            task.error = fault_of(REQUEST_CANCELED)


class ErrorIsReadOnce(Simulator):
    """Task.info gives the error of a task once."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing told."""
        super().__init__(settings)
        self.told: set[str] = set()

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        """Leave it out from then on."""
        found = super().info_for(session, task)
        if found.value is None or task.state != ERROR:
            return found
        if task.key in self.told:
            return Property(value=evolve(found.value, error=None))
        self.told.add(task.key)
        return found


# --- progress, times, locks -------------------------------------------------------------------------------------------


class UnreportedProgressIsMinusOne(Simulator):
    """A running task without progress has -1."""

    def note_running(self, task: TaskRecord) -> None:
        """Set it."""
        super().note_running(task)
        if task.progress is None:
            task.progress = -1


class NoCompleteTimeOnError(Simulator):
    """A task set to error has no completeTime."""

    window_class = RealTimes

    def take_state(self, task: TaskRecord, call: calls.SetTaskState, fault: Fault | None) -> None:
        """Take it away again."""
        super().take_state(task, call, fault)
        if task.state == ERROR:
            task.complete_time = None


class CancelSetsTheCompleteTime(Simulator):
    """A running task has a completeTime from the moment it is canceled."""

    def cancel(self, task: TaskRecord) -> None:
        """Stamp it."""
        super().cancel(task)
        if not task.completed:
            task.complete_time = self.clock.now


class DescriptionSetsTheStartTime(StampedEarly):
    """A queued task has a startTime from its first description on."""

    def set_task_description(self, call: calls.SetTaskDescription) -> None:
        """Stamp it."""
        super().set_task_description(call)
        task = self.find_task(call.task)
        if task.state == QUEUED and task.start_time is None:
            self.stamp(task)


class ChildrenHaveAStartTimeFromCreation(StampedEarly):
    """A task with a parent has a startTime from its creation on."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Stamp it."""
        super().bind_parent(task, parent)
        self.stamp(task)


class LockingRecord(TaskRecord):
    """A task that locks its entity from its start on, for good."""

    def make_info(self) -> TaskInfo:
        """Show the lock."""
        info = super().make_info()
        if self.start_time is None or self.entity is None or self.state == QUEUED:
            return info
        return evolve(info, locked=(self.entity,))


class LockedStaysAfterTheEnd(Simulator):
    """A task goes on locking its entity when it is completed."""

    record_class = LockingRecord


# --- history and events -----------------------------------------------------------------------------------------------


class HistoryShowsErrorAsSuccess(Simulator):
    """In collectors a task that failed without running is a success."""

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        """Show it as one."""
        return tuple(
            [
                evolve(info, state=SUCCESS, error=None) if info.state == ERROR and info.start_time is None else info
                for info in super().items_of(collector, page)
            ]
        )


class HistoryKeepsTheRunningItem(Simulator):
    """The item that a collector gave of a running task is the one that it gives ever after."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing given."""
        super().__init__(settings)
        self.kept: dict[TaskCollector, dict[str, TaskInfo]] = {}

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        """Keep it."""
        kept = self.kept.setdefault(collector, {})
        items = tuple([kept.get(info.key, info) for info in super().items_of(collector, page)])
        kept.update((info.key, info) for info in items if info.state == RUNNING)
        return items


class EntityNameGoesWithTheEntity(Simulator):
    """The tasks on a destroyed entity lose its name."""

    def remove_entity(self, entity: Entity) -> None:
        """Take the names away."""
        super().remove_entity(entity)
        for task in self.history:
            if task.entity is not None and task.entity.value in self.inventory.gone:
                task.changed()
                task.entity_name = None


class EventShowsTheTaskOfToday(Simulator):
    """A TaskEvent has the task's present info."""

    def event_of(self, task: TaskRecord) -> TaskEvent:
        """Put that in."""
        return evolve(super().event_of(task), info=task.info)


class EventChainIsTheNextOnes(Simulator):
    """A query of events by chain goes by the next higher id."""

    def query_task_events(self, call: calls.QueryTaskEvents) -> tuple[TaskEvent, ...]:
        """Ask for that."""
        return super().query_task_events(evolve(call, chain=call.chain + 1) if isinstance(call.chain, int) else call)


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "collector-item-refers-to-the-parent": CollectorItemRefersToTheParent,
        "key-changes-on-completion": KeyChangesOnCompletion,
        "reason-without-a-kind": ReasonWithoutAKind,
        "refused-result-is-shown": RefusedResultIsShown,
        "error-shows-the-fault-as-result": ErrorShowsTheFaultAsResult,
        "refused-fault-is-shown": RefusedFaultIsShown,
        "cancel-shows-the-error-at-once": CancelShowsTheErrorAtOnce,
        "error-is-read-once": ErrorIsReadOnce,
        "unreported-progress-is-minus-one": UnreportedProgressIsMinusOne,
        "no-complete-time-on-error": NoCompleteTimeOnError,
        "cancel-sets-the-complete-time": CancelSetsTheCompleteTime,
        "description-sets-the-start-time": DescriptionSetsTheStartTime,
        "children-have-a-start-time-from-creation": ChildrenHaveAStartTimeFromCreation,
        "locked-stays-after-the-end": LockedStaysAfterTheEnd,
        "history-shows-error-as-success": HistoryShowsErrorAsSuccess,
        "history-keeps-the-running-item": HistoryKeepsTheRunningItem,
        "entity-name-goes-with-the-entity": EntityNameGoesWithTheEntity,
        "event-shows-the-task-of-today": EventShowsTheTaskOfToday,
        "event-chain-is-the-next-ones": EventChainIsTheNextOnes,
    }
)
"""The simulators here, by the id of what is wrong with them."""
