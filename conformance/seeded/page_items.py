"""Seeded faults of what is in a page: its order, its items, how many can be asked for; and of one collector's calls
that touch another.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.remembering import Marking
from taskconform.conformance.targets.sim_faults import INVALID_STATE, fault_of, refused
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ERROR, SECOND
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec
    from taskconform.model.vocabulary.outcomes import Property, TaskInfo

SYSTEM_ERROR: Final = "SystemError"

# --- the order --------------------------------------------------------------------------------------------------------


class PageIsSortedAsText(Simulator):
    """The items of a page are ordered by their keys as text."""

    def read_next_tasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        """Sort them."""
        return tuple(sorted(super().read_next_tasks(call), key=lambda item: item.key))


class PageIsSortedByCompletion(Simulator):
    """The items of a page are ordered by completion."""

    def read_next_tasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        """Sort them, live ones last."""
        page = super().read_next_tasks(call)
        return tuple(sorted(page, key=lambda item: (item.complete_time is None, item.complete_time or 0)))


class EverySecondPageRunsBackwards(Marking):
    """Every second page has its items in the opposite order."""

    def read_next_tasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        """Count the pages that have items."""
        page = super().read_next_tasks(call)
        collector = self.find_task_collector(self.authenticated(call.session), call.collector)
        if page:
            self.marks[collector] = self.marks.get(collector, 0) + 1
        return page[::-1] if self.marks.get(collector, 0) % 2 == 0 else page


# --- how many ---------------------------------------------------------------------------------------------------------


class PreviousPageOfOneItemMore(Simulator):
    """A page of ReadPreviousTasks has one item more than asked for."""

    def previous_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Read one more."""
        return super().previous_page(session, collector, max_count + 1)


class NegativeCountIsAnEmptyPage(Simulator):
    """A negative maxCount gives an empty page."""

    def read_next_tasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        """Give nothing."""
        self.find_task_collector(self.authenticated(call.session), call.collector)
        return () if call.max_count < 0 else super().read_next_tasks(call)

    def read_previous_tasks(self, call: calls.ReadPreviousTasks) -> tuple[TaskInfo, ...]:
        """Give nothing."""
        self.find_task_collector(self.authenticated(call.session), call.collector)
        return () if call.max_count < 0 else super().read_previous_tasks(call)


class NegativeCountOfPreviousIsTaken(Simulator):
    """A negative maxCount of ReadPreviousTasks counts as if it were positive."""

    def read_previous_tasks(self, call: calls.ReadPreviousTasks) -> tuple[TaskInfo, ...]:
        """Take its absolute value."""
        return super().read_previous_tasks(evolve(call, max_count=abs(call.max_count)))


class NegativeCountIsAnInvalidState(Simulator):
    """A negative maxCount faults with InvalidState."""

    def read_next_tasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        """Refuse it with the wrong fault."""
        self.find_task_collector(self.authenticated(call.session), call.collector)
        self.check_is_not_negative(call.max_count)
        return super().read_next_tasks(call)

    def read_previous_tasks(self, call: calls.ReadPreviousTasks) -> tuple[TaskInfo, ...]:
        """Refuse it with the wrong fault."""
        self.find_task_collector(self.authenticated(call.session), call.collector)
        self.check_is_not_negative(call.max_count)
        return super().read_previous_tasks(call)

    def check_is_not_negative(self, max_count: int) -> None:
        """InvalidState for what is out of range below."""
        if max_count < 0:
            raise refused(INVALID_STATE, "maxCount is negative")


# --- the items --------------------------------------------------------------------------------------------------------


class SecondTimeOtherwise(Simulator):
    """A collector without an info filter gives an item otherwise when ReadNextTasks gives it again."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing given."""
        self.given: set[tuple[TaskCollector, str]] = set()
        super().__init__(settings)

    def read_next_tasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        """Change what was given before."""
        page = super().read_next_tasks(call)
        collector = self.find_task_collector(self.authenticated(call.session), call.collector)
        if collector.info_filter is not None:
            return page
        again = tuple([self.other(item) if (collector, item.key) in self.given else item for item in page])
        self.given.update((collector, item.key) for item in page if self.other(item) != item)
        return again

    def other(self, item: TaskInfo) -> TaskInfo:
        """Give the item without its result."""
        return evolve(item, result=None)


class SecondReadHasAnotherError(SecondTimeOtherwise):
    """A collector gives another error when ReadNextTasks gives a task in error again."""

    def other(self, item: TaskInfo) -> TaskInfo:
        """Put another error in its place."""
        return item if item.state != ERROR else evolve(item, error=fault_of(SYSTEM_ERROR))


class HistoryForgetsTheEntity(Simulator):
    """Items whose tasks completed ten minutes ago have no entity."""

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        """Take it from them."""
        aged = self.clock.now - self.settings.window * SECOND
        return tuple(
            [
                evolve(item, entity=None, entity_name=None) if (item.complete_time or aged + 1) <= aged else item
                for item in super().items_of(collector, page)
            ]
        )


# --- other collectors, other reads ------------------------------------------------------------------------------------


class RewindRewindsAllCollectors(Simulator):
    """RewindCollector rewinds all collectors of the session."""

    def rewind_collector(self, call: calls.RewindCollector) -> None:
        """Move them all."""
        super().rewind_collector(call)
        session = self.authenticated(call.session)
        for collector in session.task_collectors.values():
            self.move(session, collector, 0)


class PageSizeIsTheSessions(Simulator):
    """SetCollectorPageSize sets the size of all the session's collectors."""

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Set them all."""
        super().set_collector_page_size(call)
        for collector in self.authenticated(call.session).task_collectors.values():
            collector.page_size = call.max_count


class NewCollectorRewindsTheOthers(Simulator):
    """The creation of a collector rewinds those that the session has."""

    def new_collector(
        self, session: Session, spec: TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        """Move them all."""
        ref = super().new_collector(session, spec, info_filter)
        for collector in session.task_collectors.values():
            self.move(session, collector, 0)
        return ref


class LatestPageReadMovesToTheEnd(Simulator):
    """A read of latestPage puts the position behind its newest item."""

    def read_latest_page(self, call: calls.ReadLatestPage) -> Property[tuple[TaskInfo, ...]]:
        """Move it."""
        read = super().read_latest_page(call)
        session = self.authenticated(call.session)
        collector = self.find_task_collector(session, call.collector)
        for newest in self.newest(session, collector, 1):
            self.move(session, collector, newest.number)
        return read


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "page-is-sorted-as-text": PageIsSortedAsText,
        "page-is-sorted-by-completion": PageIsSortedByCompletion,
        "every-second-page-runs-backwards": EverySecondPageRunsBackwards,
        "previous-page-of-one-item-more": PreviousPageOfOneItemMore,
        "negative-count-is-an-empty-page": NegativeCountIsAnEmptyPage,
        "negative-count-of-previous-is-taken": NegativeCountOfPreviousIsTaken,
        "negative-count-is-an-invalid-state": NegativeCountIsAnInvalidState,
        "result-is-given-once": SecondTimeOtherwise,
        "second-read-has-another-error": SecondReadHasAnotherError,
        "history-forgets-the-entity": HistoryForgetsTheEntity,
        "rewind-rewinds-all-collectors": RewindRewindsAllCollectors,
        "page-size-is-the-sessions": PageSizeIsTheSessions,
        "new-collector-rewinds-the-others": NewCollectorRewindsTheOthers,
        "latest-page-read-moves-to-the-end": LatestPageReadMovesToTheEnd,
    }
)
"""The simulator of every fault of what is in a page, by the fault's id."""
