"""Seeded faults of task filters: what a collector holds. Here those by tags, keys and ids, by alarm and scheduled task,
and of parts together; `filter_entity` and `filter_time` have the others.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.filter_entity import FAULTS as ENTITY_FAULTS
from taskconform.conformance.seeded.filter_parts import InformedFilter, with_filter
from taskconform.conformance.seeded.filter_time import FAULTS as TIME_FAULTS
from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.conformance.targets.sim_triggers import ALARM_REASON, SCHEDULE_REASON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_state import TaskRecord
    from taskconform.conformance.targets.simulator import Simulator

# --- by tag -----------------------------------------------------------------------------------------------------------


class EmptyTagHoldsNothingFilter(TaskFilter):
    """The empty tag stands for no untagged task."""

    def passes_tag(self, task: TaskRecord) -> bool:
        """Compare it like any other."""
        return task.change_tag in self.spec.tag


class UntaggedTasksPassEveryTagFilter(TaskFilter):
    """A task without a tag passes every list."""

    def passes_tag(self, task: TaskRecord) -> bool:
        """Let it pass."""
        return task.change_tag is None or super().passes_tag(task)


class TwoTagsAreNoFilterFilter(TaskFilter):
    """A list of two tags or more limits nothing."""

    def passes_tag(self, task: TaskRecord) -> bool:
        """Let everything pass."""
        return len(self.spec.tag) > 1 or super().passes_tag(task)


# --- by keys and ids --------------------------------------------------------------------------------------------------


class EventChainIsAMinimumFilter(TaskFilter):
    """Every eventChainId from the smallest of the list on is held."""

    def passes_event_chain_id(self, task: TaskRecord) -> bool:
        """Compare in the wrong way."""
        return any(isinstance(chain, int) and task.event_chain_id >= chain for chain in self.spec.event_chain_id)


class EventChainEndsAtItsFirstIdFilter(TaskFilter):
    """Of a list of chains, the first is used."""

    def passes_event_chain_id(self, task: TaskRecord) -> bool:
        """Compare it alone."""
        return task.event_chain_id == self.spec.event_chain_id[0]


class EventChainHoldsNothingFilter(TaskFilter):
    """The number of the task's key is taken for its eventChainId."""

    def passes_event_chain_id(self, task: TaskRecord) -> bool:
        """Compare the wrong number."""
        return task.number in self.spec.event_chain_id


class ParentKeyTakesTheParentTooFilter(TaskFilter):
    """A parentTaskKey holds the parent too."""

    def passes_parent_task_key(self, task: TaskRecord) -> bool:
        """Take it."""
        return super().passes_parent_task_key(task) or task.key in self.spec.parent_task_key


class ParentKeyTakesGrandchildrenFilter(TaskFilter):
    """A parentTaskKey holds all tasks that have it as their root."""

    def passes_parent_task_key(self, task: TaskRecord) -> bool:
        """Take them."""
        return super().passes_parent_task_key(task) or task.root_task_key in self.spec.parent_task_key


class ParentKeyIsAPrefixFilter(TaskFilter):
    """A parentTaskKey stands for all keys that begin with it."""

    def passes_parent_task_key(self, task: TaskRecord) -> bool:
        """Compare the beginning."""
        key = task.parent_task_key
        return key is not None and any(
            isinstance(given, str) and key.startswith(given) for given in self.spec.parent_task_key
        )


class ChildrenOfCompletedParentsDropOutFilter(InformedFilter):
    """The children of a completed parent are not held by its key."""

    def passes_parent_task_key(self, task: TaskRecord) -> bool:
        """Leave them out."""
        parent = self.tasks.get(task.parent_task_key or "")
        return super().passes_parent_task_key(task) and parent is not None and not parent.completed


class RootKeyTakesChildrenOfAnyFilter(TaskFilter):
    """A rootTaskKey holds all tasks that have it as their parent."""

    def passes_root_task_key(self, task: TaskRecord) -> bool:
        """Take them."""
        return super().passes_root_task_key(task) or task.parent_task_key in self.spec.root_task_key


class RootKeyEndsAtTheChildrenFilter(TaskFilter):
    """A rootTaskKey holds the children of the root only."""

    def passes_root_task_key(self, task: TaskRecord) -> bool:
        """Leave the others out."""
        return super().passes_root_task_key(task) and task.parent_task_key == task.root_task_key


class RootKeyOfCompletedTasksDropsOutFilter(TaskFilter):
    """A rootTaskKey holds live tasks only."""

    def passes_root_task_key(self, task: TaskRecord) -> bool:
        """Leave the others out."""
        return super().passes_root_task_key(task) and not task.completed


class ActivationIdIsNotLookedAtFilter(TaskFilter):
    """An activationId limits nothing."""

    def passes_activation_id(self, task: TaskRecord) -> bool:
        """Let everything pass."""
        del task
        return True


class NoActivationIdPassesFilter(TaskFilter):
    """Tasks without an activationId are held by every one."""

    def passes_activation_id(self, task: TaskRecord) -> bool:
        """Let them pass."""
        return task.activation_id is None or super().passes_activation_id(task)


class ActivationIdListEndsAtItsFirstFilter(TaskFilter):
    """Of a list of activationIds, the first is used."""

    def passes_activation_id(self, task: TaskRecord) -> bool:
        """Compare it alone."""
        return task.activation_id == self.spec.activation_id[0]


# --- by alarm and scheduled task --------------------------------------------------------------------------------------


class AlarmFilterTakesEveryAlarmFilter(TaskFilter):
    """A filter by alarm holds every alarm's tasks."""

    def passes_alarm(self, task: TaskRecord) -> bool:
        """Look at the kind of the reason."""
        return task.reason.kind == ALARM_REASON


class AlarmFilterGoesByTheEntityFilter(InformedFilter):
    """A filter by alarm holds all tasks of entities where it has started one."""

    def passes_alarm(self, task: TaskRecord) -> bool:
        """Look for another task on the entity."""
        started = [other for other in self.tasks.values() if other.reason.alarm == self.spec.alarm]
        return any(other.entity == task.entity for other in started)


class AlarmFilterHoldsNothingFilter(TaskFilter):
    """A filter by alarm holds no task."""

    def passes_alarm(self, task: TaskRecord) -> bool:
        """Leave all out."""
        del task
        return False


class AlarmIsNotLookedAtFilter(TaskFilter):
    """A filter by alarm limits nothing."""

    def passes_alarm(self, task: TaskRecord) -> bool:
        """Let everything pass."""
        del task
        return True


class ScheduledFilterTakesEveryScheduleFilter(TaskFilter):
    """A filter by scheduled task holds the tasks of all of them."""

    def passes_scheduled_task(self, task: TaskRecord) -> bool:
        """Look at the kind of the reason."""
        return task.reason.kind == SCHEDULE_REASON


class ScheduledFilterHoldsTheFirstRunFilter(InformedFilter):
    """A filter by scheduled task holds the task of its first run."""

    def passes_scheduled_task(self, task: TaskRecord) -> bool:
        """Look for an earlier one."""
        runs = [other for other in self.tasks.values() if other.reason.scheduled_task == self.spec.scheduled_task]
        return task is next(iter(runs), None)


class ScheduledFilterGoesByTheTypeFilter(InformedFilter):
    """A filter by scheduled task holds all tasks of the type of those that it started."""

    def passes_scheduled_task(self, task: TaskRecord) -> bool:
        """Look for another task of the type."""
        runs = [other for other in self.tasks.values() if other.reason.scheduled_task == self.spec.scheduled_task]
        return any(other.description_id == task.description_id for other in runs)


class ScheduledTaskIsNotLookedAtFilter(TaskFilter):
    """A filter by scheduled task limits nothing."""

    def passes_scheduled_task(self, task: TaskRecord) -> bool:
        """Let everything pass."""
        del task
        return True


# --- parts together ---------------------------------------------------------------------------------------------------


class TwoPartsAreOneOrTheOtherFilter(TaskFilter):
    """A task is held if one of the parts lets it pass."""

    def matches(self, task: TaskRecord) -> bool:
        """Ask for one."""
        return not self.parts or any(part(task) for part in self.parts)


class TimeIgnoredBesideAnEntityFilter(TaskFilter):
    """The time part is not looked at if there is an entity part."""

    def passes_time(self, task: TaskRecord) -> bool:
        """Let everything pass."""
        return self.spec.entity is not None or super().passes_time(task)


class EntityIgnoredBesideAStateFilter(TaskFilter):
    """The entity part is not looked at if there is a state part."""

    def passes_entity(self, task: TaskRecord) -> bool:
        """Let everything pass."""
        return bool(self.spec.state) or super().passes_entity(task)


class ParentKeysHaveToMatchAllFilter(TaskFilter):
    """A task's parentTaskKey has to be each of the list."""

    def passes_parent_task_key(self, task: TaskRecord) -> bool:
        """Ask for all."""
        return all(task.parent_task_key == key for key in self.spec.parent_task_key)


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        **ENTITY_FAULTS,
        **TIME_FAULTS,
        "empty-tag-holds-nothing": with_filter(EmptyTagHoldsNothingFilter),
        "untagged-tasks-pass-every-tag": with_filter(UntaggedTasksPassEveryTagFilter),
        "two-tags-are-no-filter": with_filter(TwoTagsAreNoFilterFilter),
        "event-chain-is-a-minimum": with_filter(EventChainIsAMinimumFilter),
        "event-chain-ends-at-its-first-id": with_filter(EventChainEndsAtItsFirstIdFilter),
        "event-chain-holds-nothing": with_filter(EventChainHoldsNothingFilter),
        "parent-key-takes-the-parent-too": with_filter(ParentKeyTakesTheParentTooFilter),
        "parent-key-takes-grandchildren": with_filter(ParentKeyTakesGrandchildrenFilter),
        "parent-key-is-a-prefix": with_filter(ParentKeyIsAPrefixFilter),
        "children-of-completed-parents-drop-out": with_filter(ChildrenOfCompletedParentsDropOutFilter),
        "root-key-takes-children-of-any": with_filter(RootKeyTakesChildrenOfAnyFilter),
        "root-key-ends-at-the-children": with_filter(RootKeyEndsAtTheChildrenFilter),
        "root-key-of-completed-tasks-drops-out": with_filter(RootKeyOfCompletedTasksDropsOutFilter),
        "activation-id-is-not-looked-at": with_filter(ActivationIdIsNotLookedAtFilter),
        "no-activation-id-passes": with_filter(NoActivationIdPassesFilter),
        "activation-id-list-ends-at-its-first": with_filter(ActivationIdListEndsAtItsFirstFilter),
        "alarm-filter-takes-every-alarm": with_filter(AlarmFilterTakesEveryAlarmFilter),
        "alarm-filter-goes-by-the-entity": with_filter(AlarmFilterGoesByTheEntityFilter),
        "alarm-filter-holds-nothing": with_filter(AlarmFilterHoldsNothingFilter),
        "alarm-is-not-looked-at": with_filter(AlarmIsNotLookedAtFilter),
        "scheduled-filter-takes-every-schedule": with_filter(ScheduledFilterTakesEveryScheduleFilter),
        "scheduled-filter-holds-the-first-run": with_filter(ScheduledFilterHoldsTheFirstRunFilter),
        "scheduled-filter-goes-by-the-type": with_filter(ScheduledFilterGoesByTheTypeFilter),
        "scheduled-task-is-not-looked-at": with_filter(ScheduledTaskIsNotLookedAtFilter),
        "two-parts-are-one-or-the-other": with_filter(TwoPartsAreOneOrTheOtherFilter),
        "time-ignored-beside-an-entity": with_filter(TimeIgnoredBesideAnEntityFilter),
        "entity-ignored-beside-a-state": with_filter(EntityIgnoredBesideAStateFilter),
        "parent-keys-have-to-match-all": with_filter(ParentKeysHaveToMatchAllFilter),
    }
)
"""The simulator of every fault of this area, by the fault's id."""
