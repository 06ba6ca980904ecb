"""Seeded faults of the history collectors: how they live, and what their filters hold.

Of the bugs in `frozen/twenty_bugs.toml` these are those of collectors and filters; a docstring here says in short
what the file says in full.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from taskconform.conformance.targets.sim_entities import LiveInventory
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ByEntity, ObjectRef, TaskFilterSpec
    from taskconform.model.vocabulary.outcomes import TaskInfo, UserSession

# --- collectors -------------------------------------------------------------------------------------------------------


class FilterShownWithBoundsSwapped(Simulator):
    """The filter property shows the beginTime and the endTime of a time part that has both in each other's place."""

    def read_collector_filter(self, call: calls.ReadCollectorFilter) -> Property[TaskFilterSpec]:
        """Swap what is shown; the filter in use stays as it is."""
        shown = super().read_collector_filter(call)
        by = None if shown.value is None else shown.value.time
        if shown.value is None or by is None or by.begin_time is None or by.end_time is None:
            return shown
        swapped = evolve(by, begin_time=by.end_time, end_time=by.begin_time)
        return Property(value=evolve(shown.value, time=swapped))


class LogoutSkipsEverySecondCollector(Simulator):
    """The end of a session leaves the second, the fourth and so on of its task collectors alive, to later sessions of
    the same user.
    """

    def __init__(self, settings: Settings) -> None:
        """Start with none left over."""
        super().__init__(settings)
        self.left_over: dict[str, tuple[str, TaskCollector]] = {}

    def own_collectors(self, session: Session) -> list[str]:
        """Give those that the session made itself, in the order of creation."""
        return [value for value in session.task_collectors if value not in self.left_over]

    def end_session(self, name: str) -> None:
        """Walk over a list that gets shorter under the walk: every second one is passed over."""
        session = self.sessions[name]
        for value in self.own_collectors(session)[1::2]:
            self.left_over[value] = (session.account, session.task_collectors[value])
        super().end_session(name)

    def login(self, call: calls.Login) -> UserSession:
        """Let the user's new session use what is left over of earlier ones."""
        opened = super().login(call)
        session = self.sessions[call.session]
        for value, (account, collector) in self.left_over.items():
            if account == session.account:
                session.task_collectors[value] = collector
        return opened

    def has_room(self, session: Session) -> bool:
        """Count only what the session made itself."""
        return len(self.own_collectors(session)) < self.settings.max_collector

    def forget_object(self, value: str) -> None:
        """Take one that was left over, and is destroyed now, away from every session."""
        super().forget_object(value)
        if self.left_over.pop(value, None) is not None:
            for session in self.sessions.values():
                session.task_collectors.pop(value, None)


class DestroyedCollectorStillShowsItsProperties(Simulator):
    """A destroyed collector goes on showing its filter and latestPage, as they were in the end, to its session."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing destroyed."""
        super().__init__(settings)
        self.last_shown: dict[tuple[int, ObjectRef], tuple[TaskFilterSpec, tuple[TaskInfo, ...]]] = {}

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        """Keep what the properties show, with the session by the number of its login."""
        session = self.authenticated(call.session)
        ref = concrete(call.collector)
        collector = self.find_scrollable(session, ref)
        if collector is not None:
            page = self.items_of(collector, self.shown_page(session, collector))
            self.last_shown[session.number, ref] = (collector.filter.spec, page)
        super().destroy_collector(call)

    def read_collector_filter(self, call: calls.ReadCollectorFilter) -> Property[TaskFilterSpec]:
        """Give what was kept."""
        kept = self.last_shown.get((self.authenticated(call.session).number, concrete(call.collector)))
        return super().read_collector_filter(call) if kept is None else Property(value=kept[0])

    def read_latest_page(self, call: calls.ReadLatestPage) -> Property[tuple[TaskInfo, ...]]:
        """Give what was kept."""
        kept = self.last_shown.get((self.authenticated(call.session).number, concrete(call.collector)))
        return super().read_latest_page(call) if kept is None else Property(value=kept[1])


# --- filters ----------------------------------------------------------------------------------------------------------


class TwoLevelsFilter(TaskFilter):
    """A filter whose `children` are the children and the grandchildren."""

    def entities_of(self, by: ByEntity, inventory: LiveInventory) -> AbstractSet[str]:
        """Keep the inventory, to look for what is above an entity."""
        self.inventory = inventory
        return super().entities_of(by, inventory)

    def passes_entity(self, task: TaskRecord) -> bool:
        """Count the entities below the filter's that the task's entity is below: more than one, and it is too deep."""
        if not super().passes_entity(task):
            return False
        by = self.spec.entity
        if by is None or by.recursion != "children" or task.entity is None:
            return True
        below = self.inventory.below
        return sum(task.entity.value in below[between] for between in self.entities) <= 1


class UnfinishedIsEarliestFilter(TaskFilter):
    """A filter that takes a missing completeTime for the earliest time there is, if it has an endTime only."""

    def passes_time(self, task: TaskRecord) -> bool:
        """Let a live task pass for as long as it is one."""
        by = self.spec.time
        if by is not None and by.time_type == "completedTime" and by.begin_time is None and by.end_time is not None:
            return not task.completed or super().passes_time(task)
        return super().passes_time(task)


class UserListOnlyFilter(TaskFilter):
    """A filter that does not look at its state part if it has a userList."""

    def passes_state(self, task: TaskRecord) -> bool:
        """Let every state pass."""
        by = self.spec.user_name
        return (by is not None and bool(by.user_list)) or super().passes_state(task)


class EmptyTagAloneFilter(TaskFilter):
    """A filter for which the empty tag stands for the untagged tasks only if it is the one tag of its list."""

    def passes_tag(self, task: TaskRecord) -> bool:
        """Compare it like any other tag if it has company."""
        return task.change_tag in self.spec.tag if len(self.spec.tag) > 1 else super().passes_tag(task)


class ParentForRootFilter(TaskFilter):
    """A filter that compares its rootTaskKey list with parentTaskKey."""

    def passes_root_task_key(self, task: TaskRecord) -> bool:
        """Look at the wrong key."""
        return task.parent_task_key in self.spec.root_task_key


class ChildrenEndAtTheGrandchildren(Simulator):
    """A filter by entity with recursion `children` goes down two levels, no further."""

    filter_class = TwoLevelsFilter


class LiveTasksCompletedBeforeAnyEnd(Simulator):
    """A filter by completedTime with an endTime only holds all live tasks."""

    filter_class = UnfinishedIsEarliestFilter


class StateIgnoredBesideAUserList(Simulator):
    """A filter by users and states holds the users' tasks in any state."""

    filter_class = UserListOnlyFilter


class EmptyTagCountsOnlyAlone(Simulator):
    """A filter by tags with the empty one among several holds no untagged task."""

    filter_class = EmptyTagAloneFilter


class RootFilterLooksAtTheParent(Simulator):
    """A filter by rootTaskKey holds the tasks whose parent has that key."""

    filter_class = ParentForRootFilter


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "filter-shown-with-bounds-swapped": FilterShownWithBoundsSwapped,
        "logout-skips-every-second-collector": LogoutSkipsEverySecondCollector,
        "destroyed-collector-still-shows-its-properties": DestroyedCollectorStillShowsItsProperties,
        "children-end-at-the-grandchildren": ChildrenEndAtTheGrandchildren,
        "live-tasks-completed-before-any-end": LiveTasksCompletedBeforeAnyEnd,
        "state-ignored-beside-a-user-list": StateIgnoredBesideAUserList,
        "empty-tag-counts-only-alone": EmptyTagCountsOnlyAlone,
        "root-filter-looks-at-the-parent": RootFilterLooksAtTheParent,
    }
)
"""The simulator of every frozen bug of collectors and filters, by the bug's id."""
