"""The simulator's task filter: vim.TaskFilterSpec, checked and made ready to be asked about tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import INVALID_REQUEST, OBJECT_NOT_FOUND, refused
from taskconform.conformance.targets.sim_state import STATES
from taskconform.model.vocabulary.calls import Moment, ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from taskconform.conformance.targets.sim_entities import LiveInventory
    from taskconform.conformance.targets.sim_state import TaskRecord
    from taskconform.model.vocabulary.calls import ByEntity, ByTime, ByUsername, TaskFilterSpec

RECURSIONS: Final = frozenset({"self", "children", "all"})
TIME_TYPES: Final = frozenset({"queuedTime", "startedTime", "completedTime"})
USER_REASON: Final = "TaskReasonUser"
SYSTEM_REASON: Final = "TaskReasonSystem"


class TaskFilter:
    """A filter in use. A task is collected if every part that the specification provides lets it pass."""

    def __init__(self, spec: TaskFilterSpec, inventory: LiveInventory) -> None:
        """Check the specification (InvalidRequest, ManagedObjectNotFound) and gather the parts it provides."""
        self.spec = spec
        self.entities: AbstractSet[str] = frozenset()
        self.parts: list[Callable[[TaskRecord], bool]] = []
        if spec.entity is not None:
            self.entities = self.entities_of(spec.entity, inventory)
            self.parts.append(self.passes_entity)
        if spec.time is not None:
            self.check_time(spec.time)
            self.parts.append(self.passes_time)
        if spec.user_name is not None:
            self.parts.append(self.passes_user_name)
        if spec.state:
            self.check_states(spec.state)
            self.parts.append(self.passes_state)
        self.parts.extend(self.list_parts(spec))

    def list_parts(self, spec: TaskFilterSpec) -> list[Callable[[TaskRecord], bool]]:
        """Follow the page: "If the property is not set, [it] is disregarded for filtering purposes"."""
        parts: tuple[tuple[object, Callable[[TaskRecord], bool]], ...] = (
            (spec.alarm, self.passes_alarm),
            (spec.scheduled_task, self.passes_scheduled_task),
            (spec.activation_id, self.passes_activation_id),
            (spec.event_chain_id, self.passes_event_chain_id),
            (spec.tag, self.passes_tag),
            (spec.parent_task_key, self.passes_parent_task_key),
            (spec.root_task_key, self.passes_root_task_key),
        )
        return [part for given, part in parts if given]

    def matches(self, task: TaskRecord) -> bool:
        """Whether the task is to be collected."""
        return all(part(task) for part in self.parts)

    # --- the specification ----------------------------------------------------------------------------------------

    def entities_of(self, by: ByEntity, inventory: LiveInventory) -> AbstractSet[str]:
        """Give the entities meant: `self` the "specified managed entity", `children` those below it, `all` both. The
        page does not say how far down children go: here to the bottom, those made later and those gone since included.
        """
        entity = by.entity
        if not isinstance(entity, ObjectRef):
            raise TypeError(entity)
        if by.recursion not in RECURSIONS:
            raise refused(INVALID_REQUEST, f"no recursion option: {by.recursion}")
        known = inventory.entities.get(entity.value)
        if known is None or known.ref != entity:
            raise refused(OBJECT_NOT_FOUND, f"no managed entity: {entity.value}")
        if by.recursion == "self":
            return frozenset({entity.value})
        return (inventory.below if by.recursion == "children" else inventory.within)[entity.value]

    def check_time(self, by: ByTime) -> None:
        """Refuse as a malformed request a ByTime without its required time type, or with one that does not exist."""
        if by.time_type not in TIME_TYPES:
            raise refused(INVALID_REQUEST, f"no time type: {by.time_type}")

    def check_states(self, states: tuple[str, ...]) -> None:
        """Refuse as a malformed request a state that does not exist."""
        for state in states:
            if state not in STATES:
                raise refused(INVALID_REQUEST, f"no state: {state}")

    # --- one part each --------------------------------------------------------------------------------------------

    def passes_entity(self, task: TaskRecord) -> bool:
        """Follow the page: "The managed entity to which the task pertains"; a task without entity pertains to none."""
        return task.entity is not None and task.entity.value in self.entities

    def time_of(self, task: TaskRecord, time_type: str | None) -> int | None:
        """Follow the page: "The time stamp to filter: queued, started, or completed time"."""
        if time_type == "queuedTime":
            return task.queue_time
        return task.start_time if time_type == "startedTime" else task.complete_time

    def passes_time(self, task: TaskRecord) -> bool:
        """From beginTime or the earliest time to endTime or the latest, ends included; a task without the time stamp in
        question is in no range.
        """
        by = self.spec.time
        if by is None:
            return True
        stamp = self.time_of(task, by.time_type)
        if stamp is None:
            return False
        begin, end = self.bounds(by)
        return (begin is None or begin <= stamp) and (end is None or stamp <= end)

    def bounds(self, by: ByTime) -> tuple[int | None, int | None]:
        """Give beginTime and endTime, None for a side that is open. Raises TypeError for a symbol."""
        begin, end = by.begin_time, by.end_time
        if isinstance(begin, Moment) or isinstance(end, Moment):
            raise TypeError(by)
        return begin, end

    def passes_user_name(self, task: TaskRecord) -> bool:
        """Pass the system's own tasks with systemUser set, tasks of users if they are in the list; "if not set, then
        all regular user tasks are collected".
        """
        by = self.spec.user_name
        if by is None:
            return True
        if task.reason.kind == SYSTEM_REASON:
            return by.system_user
        if task.reason.kind != USER_REASON:
            return False
        return self.passes_user_list(task, by)

    def passes_user_list(self, task: TaskRecord, by: ByUsername) -> bool:
        """Follow the page: "Specifies the username list to use in the filter"; names are compared as spelled."""
        return not by.user_list or task.reason.user_name in by.user_list

    def passes_state(self, task: TaskRecord) -> bool:
        """Follow the page: "Limits the set of collected tasks by their states"."""
        return task.state in self.spec.state

    def passes_alarm(self, task: TaskRecord) -> bool:
        """Follow the page: "Limits the set of collected tasks to those associated with the specified alarm"."""
        return task.reason.alarm == self.spec.alarm

    def passes_scheduled_task(self, task: TaskRecord) -> bool:
        """Follow the page: "Limits the set [...] to those associated with the specified scheduled task"."""
        return task.reason.scheduled_task == self.spec.scheduled_task

    def passes_activation_id(self, task: TaskRecord) -> bool:
        """Tasks not with one of the given activation ids are filtered out."""
        return task.activation_id in self.spec.activation_id

    def passes_event_chain_id(self, task: TaskRecord) -> bool:
        """Follow the page: "Tasks not with the given eventChainId will be filtered out"."""
        return task.event_chain_id in self.spec.event_chain_id

    def passes_tag(self, task: TaskRecord) -> bool:
        """Follow the page: "If it is set, and includes an empty string, tasks without a tag will be returned"."""
        return (task.change_tag or "") in self.spec.tag

    def passes_parent_task_key(self, task: TaskRecord) -> bool:
        """Follow the page: "Tasks not with the given parentTaskKey(s) will be filtered out"."""
        return task.parent_task_key in self.spec.parent_task_key

    def passes_root_task_key(self, task: TaskRecord) -> bool:
        """Follow the page: "Tasks not with the given rootTaskKey(s) will be filtered out"."""
        return task.root_task_key in self.spec.root_task_key
