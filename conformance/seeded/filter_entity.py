"""Seeded faults of filters with nothing in them, and of filters by entity."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.filter_parts import InformedFilter, with_filter
from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.conformance.targets.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from taskconform.conformance.targets.sim_entities import LiveInventory
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary.calls import ByEntity, TaskFilterSpec

FOLDER: Final = "Folder"

# --- nothing in it ----------------------------------------------------------------------------------------------------


class EmptyFilterLeavesOutLiveTasksFilter(TaskFilter):
    """An empty filter holds completed tasks only."""

    def matches(self, task: TaskRecord) -> bool:
        """Leave the others out."""
        return super().matches(task) and (bool(self.parts) or task.completed)


class EmptyFilterHoldsOwnTasksOnlyFilter(InformedFilter):
    """An empty filter holds the tasks of the session's user only."""

    def matches(self, task: TaskRecord) -> bool:
        """Leave the others out."""
        return super().matches(task) and (bool(self.parts) or task.reason.user_name == self.user_name)


class EmptyFilterLeavesOutChildrenFilter(TaskFilter):
    """An empty filter holds no task that has a parent."""

    def matches(self, task: TaskRecord) -> bool:
        """Leave them out."""
        return super().matches(task) and (bool(self.parts) or task.parent_task_key is None)


# --- by entity --------------------------------------------------------------------------------------------------------


class PlacedFilter(TaskFilter):
    """A filter that knows where its entity is: its reference value, its parent's, and all that is below it."""

    recursion = ""
    """The recursion that it gets wrong."""

    def entities_of(self, by: ByEntity, inventory: LiveInventory) -> AbstractSet[str]:
        """Look around, once the entity is found."""
        entities = super().entities_of(by, inventory)
        self.below = inventory.below
        self.value = next(value for value, known in inventory.entities.items() if known.ref == by.entity)
        self.type = inventory.entities[self.value].ref.type
        parent = inventory.entities[self.value].parent
        self.parent = None if parent is None else parent.value
        return entities

    def is_child(self, value: str) -> bool:
        """Whether the entity is directly below the filter's."""
        below = self.below[self.value]
        return value in below and not any(value in self.below[between] for between in below)

    def passes_entity(self, task: TaskRecord) -> bool:
        """Go wrong with the one recursion, for tasks that pertain to an entity."""
        by = self.spec.entity
        passes = super().passes_entity(task)
        if by is None or by.recursion != self.recursion or task.entity is None:
            return passes
        return self.lets_pass(task, task.entity.value, passes=passes)

    def lets_pass(self, task: TaskRecord, value: str, *, passes: bool) -> bool:
        """Whether a task on the entity of this value passes, where it should or should not."""
        del task, value
        return passes


class SelfTakesTheDirectChildrenFilter(PlacedFilter):
    """Recursion `self` takes the direct children's tasks too."""

    recursion = "self"

    def lets_pass(self, task: TaskRecord, value: str, *, passes: bool) -> bool:
        """Take them."""
        del task
        return passes or self.is_child(value)


class SelfGoesByTheTypeFilter(PlacedFilter):
    """Recursion `self` takes the tasks of all entities of the type."""

    recursion = "self"

    def lets_pass(self, task: TaskRecord, value: str, *, passes: bool) -> bool:
        """Compare the type."""
        del value
        return passes or (task.entity is not None and task.entity.type == self.type)


class SelfLeavesOutCompletedTasksFilter(PlacedFilter):
    """Recursion `self` takes live tasks only, unless there is a state part."""

    recursion = "self"

    def lets_pass(self, task: TaskRecord, value: str, *, passes: bool) -> bool:
        """Leave the others out."""
        del value
        return passes and (bool(self.spec.state) or not task.completed)


class ChildrenTakeTheEntityItselfFilter(PlacedFilter):
    """Recursion `children` takes the entity's own tasks too."""

    recursion = "children"

    def lets_pass(self, task: TaskRecord, value: str, *, passes: bool) -> bool:
        """Take them."""
        del task
        return passes or value == self.value


class ChildrenLeaveOutFoldersFilter(PlacedFilter):
    """Recursion `children` leaves out the tasks on folders."""

    recursion = "children"

    def lets_pass(self, task: TaskRecord, value: str, *, passes: bool) -> bool:
        """Leave them out."""
        del value
        return passes and task.entity is not None and task.entity.type != FOLDER


class ChildrenTakeTheSiblingsFilter(PlacedFilter):
    """Recursion `children` takes all that is below the parent, but for the entity."""

    recursion = "children"

    def lets_pass(self, task: TaskRecord, value: str, *, passes: bool) -> bool:
        """Look from one step up."""
        del task
        return passes or (self.parent is not None and value in self.below[self.parent] and value != self.value)


class AllLeavesOutTheEntityItselfFilter(PlacedFilter):
    """Recursion `all` leaves out the entity's own tasks if something is below it."""

    recursion = "all"

    def lets_pass(self, task: TaskRecord, value: str, *, passes: bool) -> bool:
        """Leave them out."""
        del task
        return passes and (value != self.value or not self.below[self.value])


class AllEndsAtTheDirectChildrenFilter(PlacedFilter):
    """Recursion `all` goes one level down."""

    recursion = "all"

    def lets_pass(self, task: TaskRecord, value: str, *, passes: bool) -> bool:
        """Look no deeper."""
        del task
        return passes and (value == self.value or self.is_child(value))


class AllTakesTheParentTooFilter(PlacedFilter):
    """Recursion `all` takes the parent's tasks too."""

    recursion = "all"

    def lets_pass(self, task: TaskRecord, value: str, *, passes: bool) -> bool:
        """Take them."""
        del task
        return passes or value == self.parent


class FilterEntityIsNotLookedAt(Simulator):
    """A filter by an entity that the user may not view is taken."""

    def check_may_filter(self, session: Session, spec: TaskFilterSpec) -> None:
        """Ask for nothing."""


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "empty-filter-leaves-out-live-tasks": with_filter(EmptyFilterLeavesOutLiveTasksFilter),
        "empty-filter-holds-own-tasks-only": with_filter(EmptyFilterHoldsOwnTasksOnlyFilter),
        "empty-filter-leaves-out-children": with_filter(EmptyFilterLeavesOutChildrenFilter),
        "self-takes-the-direct-children": with_filter(SelfTakesTheDirectChildrenFilter),
        "self-goes-by-the-type": with_filter(SelfGoesByTheTypeFilter),
        "self-leaves-out-completed-tasks": with_filter(SelfLeavesOutCompletedTasksFilter),
        "children-take-the-entity-itself": with_filter(ChildrenTakeTheEntityItselfFilter),
        "children-leave-out-folders": with_filter(ChildrenLeaveOutFoldersFilter),
        "children-take-the-siblings": with_filter(ChildrenTakeTheSiblingsFilter),
        "all-leaves-out-the-entity-itself": with_filter(AllLeavesOutTheEntityItselfFilter),
        "all-ends-at-the-direct-children": with_filter(AllEndsAtTheDirectChildrenFilter),
        "all-takes-the-parent-too": with_filter(AllTakesTheParentTooFilter),
        "filter-entity-is-not-looked-at": FilterEntityIsNotLookedAt,
    }
)
"""The simulator of every fault of filters by entity, by the fault's id."""
