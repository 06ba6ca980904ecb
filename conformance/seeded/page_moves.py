"""Seeded faults of the position of a collector: where it is put by its creation, RewindCollector and ResetCollector,
and how ReadPreviousTasks reads on.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.remembering import Marking, PlacingUnmarks
from taskconform.conformance.targets.sim_state import DEFAULT_PAGE_SIZE
from taskconform.conformance.targets.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec

# --- RewindCollector --------------------------------------------------------------------------------------------------


class RewindStopsAtTheSecondItem(Simulator):
    """RewindCollector puts the position behind the oldest item."""

    def rewind_collector(self, call: calls.RewindCollector) -> None:
        """Stop there."""
        super().rewind_collector(call)
        session = self.authenticated(call.session)
        collector = self.find_scrollable(session, call.collector)
        if collector is not None:
            oldest = self.collected(session, collector, range(len(self.history)), 1)
            self.move(session, collector, oldest[0].number if oldest else 0)


class RewindAfterTheEndDoesNothing(Marking):
    """RewindCollector after an empty page does nothing."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Remember whether the page is empty."""
        page = super().next_page(session, collector, max_count)
        if page:
            self.marks.pop(collector, None)
        else:
            self.marks[collector] = 1
        return page

    def rewind_collector(self, call: calls.RewindCollector) -> None:
        """Leave the position where it is."""
        if self.find_scrollable(self.authenticated(call.session), call.collector) not in self.marks:
            super().rewind_collector(call)


class RewindGoesBackOnePage(Marking):
    """RewindCollector goes back to where the last page began."""

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Remember where that was."""
        self.marks[collector] = collector.position
        super().move_on(session, collector, position)

    def rewind_collector(self, call: calls.RewindCollector) -> None:
        """Go there."""
        super().rewind_collector(call)
        session = self.authenticated(call.session)
        collector = self.find_scrollable(session, call.collector)
        if collector is not None:
            self.move(session, collector, self.marks.get(collector, 0))


class RewindDropsTheFilter(Marking):
    """After RewindCollector, the pages have every task."""

    def rewind_collector(self, call: calls.RewindCollector) -> None:
        """Mark the collector."""
        super().rewind_collector(call)
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        if collector is not None:
            self.marks[collector] = 1

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Take all that comes."""
        if collector in self.marks:
            return self.anything(session, range(collector.position, len(self.history)), max_count)
        return super().next_page(session, collector, max_count)

    def previous_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Take all that comes."""
        if collector in self.marks:
            return self.anything(session, range(collector.position - 1, -1, -1), max_count)
        return super().previous_page(session, collector, max_count)

    def anything(self, session: Session, numbers: Iterable[int], max_count: int) -> list[TaskRecord]:
        """Give the first of these that the session may access."""
        tasks = [self.history[number] for number in numbers]
        return [task for task in tasks if self.may_access(session, task)][:max_count]


# --- a fresh collector ------------------------------------------------------------------------------------------------


class FreshCollectorStandsElsewhere(Simulator):
    """A new collector does not stand at the oldest item."""

    def new_collector(
        self, session: Session, spec: TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        """Put it elsewhere."""
        ref = super().new_collector(session, spec, info_filter)
        collector = session.task_collectors[ref.value]
        collector.position = self.first_position(session, collector)
        return ref

    def first_position(self, session: Session, collector: TaskCollector) -> int:
        """Give the place: behind the newest item."""
        del session, collector
        return len(self.history)


class FreshCollectorLacksTheOldest(FreshCollectorStandsElsewhere):
    """A new collector stands behind the oldest item."""

    def first_position(self, session: Session, collector: TaskCollector) -> int:
        """Pass over one."""
        oldest = self.collected(session, collector, range(len(self.history)), 1)
        return oldest[0].number if oldest else 0


class FreshCollectorStandsBeforeTheLatestPage(FreshCollectorStandsElsewhere):
    """A new collector stands where ResetCollector puts it."""

    def first_position(self, session: Session, collector: TaskCollector) -> int:
        """Pass over what is before the latest page."""
        return self.position_before_page(session, collector)


# --- ResetCollector and ReadPreviousTasks -----------------------------------------------------------------------------


class ResetSkipsOneItem(Simulator):
    """ResetCollector goes one item too far back."""

    def position_before_page(self, session: Session, collector: TaskCollector) -> int:
        """Pass over one more."""
        position = super().position_before_page(session, collector)
        skipped = self.collected(session, collector, range(position - 1, -1, -1), 1)
        return skipped[0].number - 1 if skipped else position


class ResetKnowsNoPageSize(Simulator):
    """ResetCollector goes back by the default page size."""

    def position_before_page(self, session: Session, collector: TaskCollector) -> int:
        """Take the default."""
        page = self.newest(session, collector, DEFAULT_PAGE_SIZE)
        return page[-1].number - 1 if page else 0


class ResetIsARewind(Simulator):
    """ResetCollector goes to the oldest item."""

    def position_before_page(self, session: Session, collector: TaskCollector) -> int:
        """Give the beginning."""
        del session, collector
        return 0


class PreviousUnmarks(PlacingUnmarks):
    """A simulator whose marks last as long as only ReadPreviousTasks moves the position."""

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Take the mark away."""
        super().move_on(session, collector, position)
        self.marks.pop(collector, None)


class PreviousPageBeginsWithTheLastItemAgain(PreviousUnmarks):
    """A page of ReadPreviousTasks begins with the last item of the one before, if there are others."""

    def previous_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Put it in front; a mark is the number of the item."""
        last = self.marks.pop(collector, None)
        repeated = [] if last is None or max_count == 1 else [self.history[last - 1]]
        page = super().previous_page(session, collector, max_count - len(repeated))
        if not page:
            return []
        self.marks[collector] = page[-1].number
        return [*repeated, *page]


class OneItemIsLostBetweenPreviousPages(PreviousUnmarks):
    """After a full page of ReadPreviousTasks, the position is one item too far back."""

    def previous_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Pass over the item after a full page."""
        lost = self.marks.get(collector, 0)
        page = super().previous_page(session, collector, max_count + lost)[lost:]
        if page:
            self.marks[collector] = int(len(page) == max_count)
        return page


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "rewind-stops-at-the-second-item": RewindStopsAtTheSecondItem,
        "rewind-after-the-end-does-nothing": RewindAfterTheEndDoesNothing,
        "rewind-goes-back-one-page": RewindGoesBackOnePage,
        "rewind-drops-the-filter": RewindDropsTheFilter,
        "fresh-collector-lacks-the-oldest": FreshCollectorLacksTheOldest,
        "fresh-collector-stands-before-the-latest-page": FreshCollectorStandsBeforeTheLatestPage,
        "fresh-collector-stands-at-the-end": FreshCollectorStandsElsewhere,
        "reset-skips-one-item": ResetSkipsOneItem,
        "reset-knows-no-page-size": ResetKnowsNoPageSize,
        "reset-is-a-rewind": ResetIsARewind,
        "previous-page-begins-with-the-last-item-again": PreviousPageBeginsWithTheLastItemAgain,
        "one-item-is-lost-between-previous-pages": OneItemIsLostBetweenPreviousPages,
    }
)
"""The simulator of every fault of the position, by the fault's id."""
