"""Seeded faults of DestroyCollector: what it takes along, and what is left of a destroyed collector."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.remembering import Remembering
from taskconform.conformance.targets.sim_faults import INVALID_STATE, OBJECT_NOT_FOUND, refused
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec, TaskInfoFilterSpec
    from taskconform.model.vocabulary.outcomes import TaskInfo


class DestroyTakesEqualFiltersAlong(Simulator):
    """DestroyCollector destroys all of the session's collectors that have an equal filter."""

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        """Destroy the others too."""
        session = self.authenticated(call.session)
        collector = session.task_collectors.get(concrete(call.collector).value)
        super().destroy_collector(call)
        if collector is None:
            return
        equal = [
            value for value, other in session.task_collectors.items() if other.filter.spec == collector.filter.spec
        ]
        for value in equal:
            del session.task_collectors[value]
            self.forget_object(value)


class DestroyTakesTheNextAlong(Simulator):
    """DestroyCollector destroys also the collector that the session made next."""

    def __init__(self, settings: Settings) -> None:
        """Start with none made."""
        self.made: dict[int, list[str]] = {}
        super().__init__(settings)

    def new_collector(
        self, session: Session, spec: TaskFilterSpec, info_filter: TaskInfoFilterSpec | None
    ) -> ObjectRef:
        """Remember the order."""
        ref = super().new_collector(session, spec, info_filter)
        self.made.setdefault(session.number, []).append(ref.value)
        return ref

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        """Destroy the next one too."""
        super().destroy_collector(call)
        session = self.authenticated(call.session)
        made, value = self.made.get(session.number, []), concrete(call.collector).value
        following = made[made.index(value) + 1 :][:1] if value in made else []
        for other in following:
            if session.task_collectors.pop(other, None) is not None:
                self.forget_object(other)


class DestroyedCollectorIsAnInvalidState(Remembering):
    """A destroyed collector answers with InvalidState."""

    def find_task_collector(self, session: Session, collector: calls.Reference) -> TaskCollector:
        """Refuse it with the wrong fault."""
        if self.is_destroyed(session, collector):
            raise refused(INVALID_STATE, "the collector is destroyed")
        return super().find_task_collector(session, collector)

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        """Refuse this with the right one."""
        if self.was_destroyed(call.session, call.collector):
            raise refused(OBJECT_NOT_FOUND, "the collector is destroyed")
        super().destroy_collector(call)


class DestroyedCollectorCanBeMoved(Remembering):
    """A destroyed collector can be rewound, reset, and given a page size."""

    def find_scrollable(self, session: Session, collector: calls.Reference) -> TaskCollector | None:
        """Take it for one to which nothing has to be done."""
        return None if self.is_destroyed(session, collector) else super().find_scrollable(session, collector)


class DestroyedCollectorGivesEmptyPages(Remembering):
    """A destroyed collector has empty pages."""

    def read_next_tasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        """Give nothing."""
        return () if self.was_destroyed(call.session, call.collector) else super().read_next_tasks(call)

    def read_previous_tasks(self, call: calls.ReadPreviousTasks) -> tuple[TaskInfo, ...]:
        """Give nothing."""
        return () if self.was_destroyed(call.session, call.collector) else super().read_previous_tasks(call)


class DestroyTwiceReturns(Remembering):
    """A destroyed collector can be destroyed again."""

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        """Do nothing."""
        if not self.was_destroyed(call.session, call.collector):
            super().destroy_collector(call)


class DestroyTwiceIsAnInvalidState(Remembering):
    """DestroyCollector of a destroyed collector faults with InvalidState."""

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        """Refuse it with the wrong fault."""
        if self.was_destroyed(call.session, call.collector):
            raise refused(INVALID_STATE, "the collector is destroyed")
        super().destroy_collector(call)


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "destroy-takes-equal-filters-along": DestroyTakesEqualFiltersAlong,
        "destroy-takes-the-next-along": DestroyTakesTheNextAlong,
        "destroyed-collector-is-an-invalid-state": DestroyedCollectorIsAnInvalidState,
        "destroyed-collector-can-be-moved": DestroyedCollectorCanBeMoved,
        "destroyed-collector-gives-empty-pages": DestroyedCollectorGivesEmptyPages,
        "destroy-twice-returns": DestroyTwiceReturns,
        "destroy-twice-is-an-invalid-state": DestroyTwiceIsAnInvalidState,
    }
)
"""The simulator of every fault of DestroyCollector, by the fault's id."""
