"""Seeded faults of task filters: what a collector holds. Here those by tags, keys and ids, and of parts together;
`filter_entity`, `filter_time` and `filter_triggers` have the others.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.filter_entity import FAULTS as ENTITY_FAULTS
from taskconform.conformance.seeded.filter_parts import InformedFilter, with_filter
from taskconform.conformance.seeded.filter_time import FAULTS as TIME_FAULTS
from taskconform.conformance.seeded.filter_triggers import FAULTS as TRIGGER_FAULTS
from taskconform.conformance.targets.sim_filter import TaskFilter

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
        **TRIGGER_FAULTS,
        "two-parts-are-one-or-the-other": with_filter(TwoPartsAreOneOrTheOtherFilter),
        "time-ignored-beside-an-entity": with_filter(TimeIgnoredBesideAnEntityFilter),
        "entity-ignored-beside-a-state": with_filter(EntityIgnoredBesideAStateFilter),
        "parent-keys-have-to-match-all": with_filter(ParentKeysHaveToMatchAllFilter),
    }
)
"""The simulator of every fault of this area, by the fault's id."""
