"""Seeded faults of the pages of a collector: how ReadNextTasks reads on. What moves the position otherwise, and what
else can be wrong with a page, is in `page_moves` and `page_items`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.page_items import FAULTS as ITEM_FAULTS
from taskconform.conformance.seeded.page_moves import FAULTS as MOVE_FAULTS
from taskconform.conformance.seeded.remembering import Marking, PlacingUnmarks, RewindUnmarks
from taskconform.conformance.targets.sim_faults import INVALID_STATE, refused
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec

MOST_ITEMS: Final = 200

# --- from page to page ------------------------------------------------------------------------------------------------


class OneItemIsLostBetweenPages(Marking):
    """After a full page of ReadNextTasks, the position is one item too far."""

    def __init__(self, settings: Settings) -> None:
        """Start with no page read."""
        self.is_full = False
        super().__init__(settings)

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Pass over the item after a full page."""
        lost = self.marks.get(collector, 0)
        page = super().next_page(session, collector, max_count + lost)[lost:]
        self.is_full = len(page) == max_count
        return page

    def move(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Lose nothing from here."""
        super().move(session, collector, position)
        self.marks.pop(collector, None)

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Lose the next item if the page was full."""
        super().move_on(session, collector, position)
        if self.is_full:
            self.marks[collector] = 1


class PageBeginsWithTheLastItemAgain(Marking):
    """A page of ReadNextTasks begins with the last item of the one before, if there are others."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Put it in front; a mark is the number of the item."""
        last = self.marks.pop(collector, None)
        repeated = [] if last is None or max_count == 1 else [self.history[last - 1]]
        page = super().next_page(session, collector, max_count - len(repeated))
        return [*repeated, *page] if page else []

    def move(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Repeat nothing from here."""
        super().move(session, collector, position)
        self.marks.pop(collector, None)

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Keep the last item."""
        super().move_on(session, collector, position)
        self.marks[collector] = position


class PageGoesOnFromTheNextSecond(Marking):
    """A page of ReadNextTasks begins with an item of a later second than the last one given."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Pass over those of the same second; a mark is the second."""
        second = self.marks.get(collector, 0)
        left = super().next_page(session, collector, len(self.history) + 1)
        return [task for task in left if task.queue_time // SECOND > second][:max_count]

    def move(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Pass over nothing from here."""
        super().move(session, collector, position)
        self.marks.pop(collector, None)

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Keep the second."""
        super().move_on(session, collector, position)
        self.marks[collector] = self.history[position - 1].queue_time // SECOND


class CompletedBetweenPagesIsSkipped(RewindUnmarks):
    """A task that completed since the last page is not given any more."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Pass over them, up to the last item of the page or to the end; a mark is the time of the last page."""
        read = self.marks.get(collector)
        left = super().next_page(session, collector, len(self.history) + 1)
        kept = [task for task in left if read is None or task.complete_time is None or task.complete_time <= read]
        page = kept[:max_count]
        if page:
            self.marks[collector] = self.clock.now
        if len(page) == len(kept):
            collector.position = len(self.history)
        return page

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Stay at the end if that is where the page took the position."""
        super().move_on(session, collector, max(position, collector.position))


class DrainEndsAfter200(RewindUnmarks):
    """ReadNextTasks gives 200 items, no more."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Count what is given."""
        given = self.marks.get(collector, 0)
        if given >= MOST_ITEMS:
            return []
        page = super().next_page(session, collector, min(max_count, MOST_ITEMS - given))
        self.marks[collector] = given + len(page)
        return page


class PageOfOneItemMore(Simulator):
    """A page of ReadNextTasks has one item more than asked for."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Read one more."""
        return super().next_page(session, collector, max_count + 1)


class SecondPageTakesAllThatIsLeft(RewindUnmarks):
    """The second page of ReadNextTasks has all items that are left."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Read them all."""
        return super().next_page(session, collector, len(self.history) + 1 if collector in self.marks else max_count)

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Remember that a page was read."""
        super().move_on(session, collector, position)
        self.marks[collector] = 1


# --- at the end -------------------------------------------------------------------------------------------------------


class EndWrapsAround(Simulator):
    """After an empty page, ReadNextTasks begins anew."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Go back to the oldest item."""
        page = super().next_page(session, collector, max_count)
        if not page:
            self.move(session, collector, 0)
        return page


class EndGivesTheLastItemOnceMore(Marking):
    """The first ReadNextTasks at the end gives the newest item."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Give it, if the page before had items."""
        page = super().next_page(session, collector, max_count)
        if page:
            self.marks[collector] = 1
        elif self.marks.pop(collector, 0):
            return self.newest(session, collector, 1)
        return page


class EndIsAFault(Simulator):
    """ReadNextTasks at the end faults."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Refuse to give nothing."""
        page = super().next_page(session, collector, max_count)
        if not page:
            raise refused(INVALID_STATE, "the end of the collector is reached")
        return page


class HeadWrapsAround(Simulator):
    """After an empty page, ReadPreviousTasks begins with the newest item."""

    def previous_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Go behind the newest item."""
        page = super().previous_page(session, collector, max_count)
        if not page:
            self.move(session, collector, len(self.history))
        return page


class PagesEndWhereTheCollectorWasMade(Marking):
    """ReadNextTasks gives only what was there when the collector was made."""

    def new_collector(
        self, session: Session, spec: TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        """Remember how much that was."""
        ref = super().new_collector(session, spec, info_filter)
        self.marks[session.task_collectors[ref.value]] = len(self.history)
        return ref

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Leave out what came later."""
        page = super().next_page(session, collector, max_count)
        return [task for task in page if task.number <= self.marks[collector]]


class EndOnceReachedIsFinal(PlacingUnmarks):
    """After an empty page, ReadNextTasks gives nothing until the position is put elsewhere."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Give nothing any more."""
        if collector in self.marks:
            return []
        page = super().next_page(session, collector, max_count)
        if not page:
            self.marks[collector] = 1
        return page


class FirstTaskAfterTheEndIsSkipped(Marking):
    """An empty page puts the position one behind the end."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Pass over the first item after the end."""
        if collector in self.marks:
            skipped = super().next_page(session, collector, 1)
            if not skipped:
                return []
            self.move(session, collector, skipped[0].number)
        page = super().next_page(session, collector, max_count)
        if not page:
            self.marks[collector] = 1
        return page

    def move(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Skip nothing from here."""
        super().move(session, collector, position)
        self.marks.pop(collector, None)


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "one-item-is-lost-between-pages": OneItemIsLostBetweenPages,
        "page-begins-with-the-last-item-again": PageBeginsWithTheLastItemAgain,
        "page-goes-on-from-the-next-second": PageGoesOnFromTheNextSecond,
        "completed-between-pages-is-skipped": CompletedBetweenPagesIsSkipped,
        "drain-ends-after-200": DrainEndsAfter200,
        "page-of-one-item-more": PageOfOneItemMore,
        "second-page-takes-all-that-is-left": SecondPageTakesAllThatIsLeft,
        "end-wraps-around": EndWrapsAround,
        "end-gives-the-last-item-once-more": EndGivesTheLastItemOnceMore,
        "end-is-a-fault": EndIsAFault,
        "head-wraps-around": HeadWrapsAround,
        "pages-end-where-the-collector-was-made": PagesEndWhereTheCollectorWasMade,
        "end-once-reached-is-final": EndOnceReachedIsFinal,
        "first-task-after-the-end-is-skipped": FirstTaskAfterTheEndIsSkipped,
        **MOVE_FAULTS,
        **ITEM_FAULTS,
    }
)
"""The simulator of every fault of this area, by the fault's id."""
