"""Seeded faults of the property filter of a history collector: it is not what the collector was created with."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.remembering import Marking
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.calls import TaskFilterSpec
from taskconform.model.vocabulary.outcomes import SECOND
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef


class FilterShownWithItsFirstStateOnly(Simulator):
    """The filter property shows the first state of its list only."""

    def shown_filter(self, session: Session, collector: TaskCollector) -> TaskFilterSpec:
        """Cut the list."""
        spec = super().shown_filter(session, collector)
        return evolve(spec, state=spec.state[:1])


class FilterShownWithRecursionAll(Simulator):
    """The filter property shows recursion `all`, whatever was given."""

    def shown_filter(self, session: Session, collector: TaskCollector) -> TaskFilterSpec:
        """Put `all` in its place."""
        spec = super().shown_filter(session, collector)
        return spec if spec.entity is None else evolve(spec, entity=evolve(spec.entity, recursion="all"))


def in_whole_seconds(time: int | None) -> int | None:
    """Round down to the second."""
    return time - time % SECOND if time is not None else None


class FilterTimesShownInWholeSeconds(Simulator):
    """The filter property shows its times rounded down to the second."""

    def shown_filter(self, session: Session, collector: TaskCollector) -> TaskFilterSpec:
        """Round what is shown."""
        spec = super().shown_filter(session, collector)
        by = spec.time
        if by is None:
            return spec
        begin, end = in_whole_seconds(by.begin_time), in_whole_seconds(by.end_time)
        return evolve(spec, time=evolve(by, begin_time=begin, end_time=end))


class FilterShownWithoutItsUserList(Simulator):
    """The filter property shows no userList."""

    def shown_filter(self, session: Session, collector: TaskCollector) -> TaskFilterSpec:
        """Leave it out."""
        spec = super().shown_filter(session, collector)
        return spec if spec.user_name is None else evolve(spec, user_name=evolve(spec.user_name, user_list=()))


class FilterShownIsTheSessionsFirst(Simulator):
    """Each collector of a session shows the filter of the oldest one."""

    def shown_filter(self, session: Session, collector: TaskCollector) -> TaskFilterSpec:
        """Look at the wrong collector."""
        return super().shown_filter(session, next(iter(session.task_collectors.values()), collector))


class FilterShownIsTheNextCollectors(Simulator):
    """A new collector makes those before it show its filter."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing shown for another."""
        self.shown_instead: dict[TaskCollector, TaskFilterSpec] = {}
        super().__init__(settings)

    def new_collector(
        self, session: Session, spec: TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        """Write over what the others show."""
        others = list(session.task_collectors.values())
        ref = super().new_collector(session, spec, info_filter)
        self.shown_instead.update((other, spec) for other in others)
        return ref

    def shown_filter(self, session: Session, collector: TaskCollector) -> TaskFilterSpec:
        """Show what was written over it."""
        return self.shown_instead.get(collector) or super().shown_filter(session, collector)


class RewindEmptiesTheFilterShown(Marking):
    """The filter property is empty once the collector was rewound."""

    def rewind_collector(self, call: calls.RewindCollector) -> None:
        """Mark the collector."""
        super().rewind_collector(call)
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        if collector is not None:
            self.marks[collector] = 1

    def shown_filter(self, session: Session, collector: TaskCollector) -> TaskFilterSpec:
        """Show nothing of it."""
        return TaskFilterSpec() if collector in self.marks else super().shown_filter(session, collector)


class PageReadDropsTheStatesShown(Marking):
    """The filter property has no states once a page was read."""

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Mark the collector."""
        super().move_on(session, collector, position)
        self.marks[collector] = 1

    def shown_filter(self, session: Session, collector: TaskCollector) -> TaskFilterSpec:
        """Leave them out."""
        spec = super().shown_filter(session, collector)
        return evolve(spec, state=()) if collector in self.marks else spec


class PageReadMovesTheBeginShown(Marking):
    """The filter property shows as beginTime the queueTime of the last item that was read."""

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Keep the queueTime."""
        super().move_on(session, collector, position)
        self.marks[collector] = self.history[position - 1].queue_time

    def shown_filter(self, session: Session, collector: TaskCollector) -> TaskFilterSpec:
        """Put it into the time part."""
        spec = super().shown_filter(session, collector)
        if spec.time is None or collector not in self.marks:
            return spec
        return evolve(spec, time=evolve(spec.time, begin_time=self.marks[collector]))


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "filter-shown-with-its-first-state-only": FilterShownWithItsFirstStateOnly,
        "filter-shown-with-recursion-all": FilterShownWithRecursionAll,
        "filter-times-shown-in-whole-seconds": FilterTimesShownInWholeSeconds,
        "filter-shown-without-its-user-list": FilterShownWithoutItsUserList,
        "filter-shown-is-the-sessions-first": FilterShownIsTheSessionsFirst,
        "filter-shown-is-the-next-collectors": FilterShownIsTheNextCollectors,
        "rewind-empties-the-filter-shown": RewindEmptiesTheFilterShown,
        "page-read-drops-the-states-shown": PageReadDropsTheStatesShown,
        "page-read-moves-the-begin-shown": PageReadMovesTheBeginShown,
    }
)
"""The simulator of every fault of the filter property, by the fault's id."""
