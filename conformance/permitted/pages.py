"""Pages of collectors: their direction, their turns, their length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets import sim_faults as sf
from taskconform.conformance.targets.sim_faults import refused
from taskconform.conformance.targets.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import TaskInfo

NEWEST: Final = 1 << 40
"""A position behind all that there will be."""


@permitted("newest-first", "pages", by="page.direction: newest-first (EV 1.1, 1.9)")
class NewestFirst(Simulator):
    """Pages run from the newest task to the oldest, inside and from page to page (EV 1.1); Rewind goes there."""

    def new_collector(
        self, session: Session, spec: calls.TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        ref = super().new_collector(session, spec, info_filter)
        session.task_collectors[ref.value].position = NEWEST
        return ref

    def rewind_collector(self, call: calls.RewindCollector) -> None:
        super().rewind_collector(call)
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        if collector is not None:
            collector.position = NEWEST

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        newer = min(collector.position, len(self.history))
        return self.collected(session, collector, range(newer - 1, -1, -1), max_count)

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        super().move_on(session, collector, position - 1)

    def previous_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        return self.collected(session, collector, range(collector.position, len(self.history)), max_count)

    def read_previous_tasks(self, call: calls.ReadPreviousTasks) -> tuple[TaskInfo, ...]:
        session = self.authenticated(call.session)
        collector = self.find_task_collector(session, call.collector)
        self.check_in_range(call.max_count)
        page = self.previous_page(session, collector, call.max_count)
        if page:
            self.move(session, collector, page[-1].number)
        return self.items_of(collector, page)


@permitted("newest-first-inside", "pages", by="page.direction: newest-first-inside (EV 1.1)")
class NewestInside(Simulator):
    """Pages follow each other from the oldest to the newest; the items of one run the other way."""

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        return super().items_of(collector, page)[::-1]


@permitted("newest-page-first", "pages", by="page.direction: newest-page-first (EV 1.1)")
class NewestPageFirst(NewestInside, NewestFirst):
    """The newest page comes first; its items run from the oldest to the newest."""


class Turning(Simulator):
    """Remembers what ReadNextTasks gave last, until something else moves the position."""

    def __init__(self, settings: Settings) -> None:
        self.pages: dict[TaskCollector, list[Any]] = {}
        super().__init__(settings)

    def move(self, session: Session, collector: TaskCollector, position: int) -> None:
        self.pages.pop(collector, None)
        super().move(session, collector, position)

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        page = super().next_page(session, collector, max_count)
        self.given = page
        return page

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        super().move_on(session, collector, position)
        self.pages[collector] = self.given


@permitted("turn-skips", "pages", by="page.turn: before-last-read (vim.TaskHistoryCollector is silent)")
class TurnSkips(Turning):
    """ReadPreviousTasks right after ReadNextTasks does not repeat the item read last."""

    def previous_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        if collector in self.pages:
            return self.collected(session, collector, range(collector.position - 2, -1, -1), max_count)
        return super().previous_page(session, collector, max_count)


@permitted("turn-goes-before-the-page", "pages", by="page.turn: before-page (vim.TaskHistoryCollector is silent)")
class TurnGoesBeforeThePage(Turning):
    """ReadPreviousTasks right after ReadNextTasks goes on before the page read last."""

    def previous_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        if collector in self.pages:
            first = self.pages[collector][0].number
            return self.collected(session, collector, range(first - 2, -1, -1), max_count)
        return super().previous_page(session, collector, max_count)


@permitted("turn-skips-newest-first-inside", by="page.turn and page.direction (EV 1.1)")
class TurnSkipsInside(TurnSkips, NewestInside):
    """Skips at a turn, and pages whose items run from the newest to the oldest."""


@permitted("turn-skips-newest-first", by="page.turn and page.direction (EV 1.1)")
class TurnSkipsNewestFirst(NewestFirst):
    """Newest first, and ReadPreviousTasks does not repeat the item read last."""

    def previous_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        return self.collected(session, collector, range(collector.position + 1, len(self.history)), max_count)


@permitted("short-pages", "pages", by="filter.visible: left-out-short-pages (EV 2.11)")
class ShortPages(Simulator):
    """Rows are read, then those that the session may not access are dropped: pages are short, or empty (EV 2.11)."""

    is_reading_rows = False

    def may_access(self, session: Session, task: TaskRecord) -> bool:
        return self.is_reading_rows or super().may_access(session, task)

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        self.is_reading_rows = True
        try:
            return super().next_page(session, collector, max_count)
        finally:
            self.is_reading_rows = False

    def read_next_tasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        session = self.authenticated(call.session)
        collector = self.find_task_collector(session, call.collector)
        self.check_in_range(call.max_count)
        rows = self.next_page(session, collector, call.max_count)
        if rows:
            self.move_on(session, collector, rows[-1].number)
        return self.page_items(collector, [task for task in rows if self.may_access(session, task)])


@permitted("reset-includes-the-latest-page", "reset", by="page.reset-latest: yields (EV 2.20)")
class ResetIncludes(Simulator):
    """After ResetCollector, ReadPreviousTasks begins with the newest item of the latest page."""

    def position_before_page(self, session: Session, collector: TaskCollector) -> int:
        page = self.latest_page(session, collector)
        return page[0].number if page else 0


class Ranged(Simulator):
    """Takes sizes out of the usual range."""

    def check_in_range(self, max_count: int) -> None:
        if max_count < 0:
            raise refused(sf.INVALID_ARGUMENT, "")

    def collected(
        self, session: Session, collector: TaskCollector, numbers: Iterable[int], max_count: int
    ) -> list[TaskRecord]:
        return super().collected(session, collector, numbers, min(max_count, 1000)) if max_count else []


@permitted("odd-sizes-taken", "sizes", by="page.max-count-zero, page.max-count-large (EV 2.12)")
class OddSizesTaken(Ranged):
    """maxCount 0 gives no item, above 1000 at most 1000 items."""


@permitted("zero-taken", "sizes", by="page.max-count-zero: no-item (vim.TaskHistoryCollector is silent)")
class ZeroTaken(Ranged):
    """0 is taken, above 1000 is not."""

    def check_in_range(self, max_count: int) -> None:
        if not 0 <= max_count <= 1000:
            raise refused(sf.INVALID_ARGUMENT, "")


@permitted("large-sizes-taken", "sizes", by="page.max-count-large: at-most-1000 (EV 2.12)")
class LargeTaken(Ranged):
    """Above 1000 is taken, 0 is not."""

    def check_in_range(self, max_count: int) -> None:
        if max_count < 1:
            raise refused(sf.INVALID_ARGUMENT, "")
