"""Seeded faults of history collectors, but for what they hold and how they are read: how they end, and info filters.

The faults, and the clauses that rightly name each, were written down before any of this, and are frozen, in
`tests/frozen/seeded_b.toml`; a docstring says in short what that file says in full. So it is in `filter`, `page`,
`latest` and `watch`. What is shown of a collector's filter, and what filters are refused, is in `collector_shown` and
`collector_refused`, what DestroyCollector does in `collector_destroyed`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.collector_destroyed import FAULTS as DESTROYED_FAULTS
from taskconform.conformance.seeded.collector_refused import FAULTS as REFUSED_FAULTS
from taskconform.conformance.seeded.collector_shown import FAULTS as SHOWN_FAULTS
from taskconform.conformance.seeded.remembering import Burying
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.calls import ObjectRef, TaskInfoFilterSpec
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import TaskFilterSpec
    from taskconform.model.vocabulary.outcomes import TaskInfo, UserSession

# --- the end of the session -------------------------------------------------------------------------------------------


class ReadCollectorOutlivesItsSession(Simulator):
    """A collector whose pages were read goes on in later sessions of its user."""

    def __init__(self, settings: Settings) -> None:
        """Start with none read and none left over."""
        self.read: set[TaskCollector] = set()
        self.left_over: dict[str, tuple[str, TaskCollector]] = {}
        super().__init__(settings)

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Remember that it was read."""
        super().move_on(session, collector, position)
        self.read.add(collector)

    def end_session(self, name: str) -> None:
        """Leave over what was read."""
        session = self.sessions[name]
        for value, collector in session.task_collectors.items():
            if collector in self.read:
                self.left_over[value] = (session.account, collector)
        super().end_session(name)

    def login(self, call: calls.Login) -> UserSession:
        """Let the user's new session use what is left over."""
        opened = super().login(call)
        session = self.sessions[call.session]
        for value, (account, collector) in self.left_over.items():
            if account == session.account:
                session.task_collectors[value] = collector
        return opened

    def has_room(self, session: Session) -> bool:
        """Count only what the session made itself."""
        own = [value for value in session.task_collectors if value not in self.left_over]
        return len(own) < self.settings.max_collector

    def forget_object(self, value: str) -> None:
        """Take what is destroyed away from every session."""
        super().forget_object(value)
        if self.left_over.pop(value, None) is not None:
            for session in self.sessions.values():
                session.task_collectors.pop(value, None)


class DeadSessionsCollectorShowsItsFilter(Burying):
    """A collector shows its filter to later sessions of its user."""

    def __init__(self, settings: Settings) -> None:
        """Start with no filter kept."""
        self.specs: dict[str, TaskFilterSpec] = {}
        super().__init__(settings)

    def end_session(self, name: str) -> None:
        """Keep the filters."""
        for value, collector in self.sessions[name].task_collectors.items():
            self.specs[value] = collector.filter.spec
        super().end_session(name)

    def read_collector_filter(self, call: calls.ReadCollectorFilter) -> Property[TaskFilterSpec]:
        """Show what was kept."""
        if self.is_buried(call.session, call.collector):
            return Property(value=self.specs[concrete(call.collector).value])
        return super().read_collector_filter(call)


class DeadSessionsCollectorCanBeDestroyed(Burying):
    """A collector can be destroyed by later sessions of its user."""

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        """Take it away, once."""
        if self.is_buried(call.session, call.collector):
            del self.graves[concrete(call.collector)]
        else:
            super().destroy_collector(call)


# --- the info filter --------------------------------------------------------------------------------------------------


def removes_all(collector: TaskCollector) -> bool:
    """Whether the collector's items come without results."""
    return collector.info_filter is not None and bool(collector.info_filter.remove_all)


class RemoveAllKeepsReferences(Simulator):
    """With removeAll, results that are references are given."""

    def keeps_result(self, spec: TaskInfoFilterSpec, task: TaskRecord) -> bool:
        """Keep them."""
        return isinstance(task.result, ObjectRef) if spec.remove_all else super().keeps_result(spec, task)


class RemoveAllForgetsTheLatestPage(Simulator):
    """With removeAll, latestPage has results."""

    def latest_items(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        """Give them whole."""
        return tuple([task.info for task in page]) if removes_all(collector) else super().latest_items(collector, page)


class RemoveAllForgetsThePages(Simulator):
    """With removeAll, pages have results."""

    def page_items(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        """Give them whole."""
        return tuple([task.info for task in page]) if removes_all(collector) else super().page_items(collector, page)


class EmptyInfoFilterRemovesResults(Simulator):
    """With an empty info filter, no item has a result."""

    def keeps_result(self, spec: TaskInfoFilterSpec, task: TaskRecord) -> bool:
        """Take the empty one for removeAll."""
        return spec != TaskInfoFilterSpec() and super().keeps_result(spec, task)


class NoInfoFilterRemovesResults(Simulator):
    """CreateCollectorWithInfoFilterForTasks without an info filter makes items without results."""

    def create_collector_with_info_filter_for_tasks(
        self, call: calls.CreateCollectorWithInfoFilterForTasks
    ) -> ObjectRef:
        """Take none for removeAll."""
        if call.info_filter is None:
            call = evolve(call, info_filter=TaskInfoFilterSpec(remove_all=True))
        return super().create_collector_with_info_filter_for_tasks(call)


class RemoveAllTakesTheEntityNameToo(Simulator):
    """With removeAll, items that had a result have no entity."""

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        """Take both."""
        items = super().items_of(collector, page)
        if not removes_all(collector):
            return items
        return tuple(
            [
                item if task.result is None else evolve(item, entity=None, entity_name=None)
                for task, item in zip(page, items, strict=True)
            ]
        )


class RemoveAllDropsTheTasks(Simulator):
    """With removeAll, tasks with a result are not held."""

    def collected(
        self, session: Session, collector: TaskCollector, numbers: Iterable[int], max_count: int
    ) -> list[TaskRecord]:
        """Pass them over."""
        if removes_all(collector):
            numbers = [number for number in numbers if self.history[number].result is None]
        return super().collected(session, collector, numbers, max_count)


class RemoveAllClearsTheResultForAll(Simulator):
    """With removeAll, giving an item takes the result from the task."""

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        """Take it out of the task itself."""
        items = super().items_of(collector, page)
        if removes_all(collector):
            for task in page:
                task.result = None
                task.changed()
        return items


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        **SHOWN_FAULTS,
        **REFUSED_FAULTS,
        "read-collector-outlives-its-session": ReadCollectorOutlivesItsSession,
        "dead-sessions-collector-shows-its-filter": DeadSessionsCollectorShowsItsFilter,
        "dead-sessions-collector-can-be-destroyed": DeadSessionsCollectorCanBeDestroyed,
        "remove-all-keeps-references": RemoveAllKeepsReferences,
        "remove-all-forgets-the-latest-page": RemoveAllForgetsTheLatestPage,
        "remove-all-forgets-the-pages": RemoveAllForgetsThePages,
        "empty-info-filter-removes-results": EmptyInfoFilterRemovesResults,
        "no-info-filter-removes-results": NoInfoFilterRemovesResults,
        "remove-all-takes-the-entity-name-too": RemoveAllTakesTheEntityNameToo,
        "remove-all-drops-the-tasks": RemoveAllDropsTheTasks,
        "remove-all-clears-the-result-for-all": RemoveAllClearsTheResultForAll,
        **DESTROYED_FAULTS,
    }
)
"""The simulator of every fault of this area, by the fault's id."""
