"""The simulator's history collectors: how they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import INVALID_ARGUMENT, refused
from taskconform.conformance.targets.sim_history import EVENT_COLLECTOR, SimulatedHistory
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.sim_state import TaskCollector
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import TaskInfo

MAX_COUNT: Final = 1_000
"""The most items that a page can be asked to have."""


class SimulatedPages(SimulatedHistory):
    """A server whose history collectors are read: page by page, and by their latest page. The scrollable view is a
    position between items. Only what the session may access is in a collector.
    """

    def check_in_range(self, max_count: int) -> None:
        """InvalidArgument "if maxCount is out of range": the page gives no range; here from 1 to `MAX_COUNT`."""
        if not 1 <= max_count <= MAX_COUNT:
            raise refused(INVALID_ARGUMENT, "maxCount is out of range")

    # --- the scrollable view --------------------------------------------------------------------------------------

    def move(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Put the scrollable view of this collector, and of no other, to a position."""
        del session
        collector.position = position

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Move past a page that ReadNextTasks gives."""
        self.move(session, collector, position)

    def read_next_tasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        """Follow the page: "The scrollable position is moved to the next newer page after the read. No item is returned
        when the end of the collector is reached".
        """
        session = self.authenticated(call.session)
        collector = self.find_task_collector(session, call.collector)
        self.check_in_range(call.max_count)
        page = self.next_page(session, collector, call.max_count)
        if page:
            self.move_on(session, collector, page[-1].number)
        return self.page_items(collector, page)

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Give the items after the position, "ordered by date and time of creation", as they are now; tasks made after
        the collector are appended to it.
        """
        return self.collected(session, collector, range(collector.position, len(self.history)), max_count)

    def read_previous_tasks(self, call: calls.ReadPreviousTasks) -> tuple[TaskInfo, ...]:
        """Follow the page: "The scrollable position is then moved to the next older page after the read. No item is
        returned when the head of the collector is reached".
        """
        session = self.authenticated(call.session)
        collector = self.find_task_collector(session, call.collector)
        self.check_in_range(call.max_count)
        page = self.previous_page(session, collector, call.max_count)
        self.move(session, collector, page[-1].number - 1 if page else collector.position)
        return self.page_items(collector, page)

    def previous_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Give the items before the position, "from the newest item to the oldest item". The page excludes the
        "viewable latest page" as ResetCollector does, by the position: whoever has read into it can read back.
        """
        return self.collected(session, collector, range(collector.position - 1, -1, -1), max_count)

    def collected(
        self, session: Session, collector: TaskCollector, numbers: Iterable[int], max_count: int
    ) -> list[TaskRecord]:
        """Give the first tasks, among those at these places of the history, that are items of the collector."""
        page: list[TaskRecord] = []
        history, matches, may_access = self.history, collector.filter.matches, self.may_access
        for index in numbers:
            task = history[index]
            if matches(task) and may_access(session, task):
                page.append(task)
                if len(page) == max_count:
                    break
        return page

    def read_by_view_spec(
        self,
        session_name: str,
        count: int,
        start_id: str,
        specs: tuple[calls.TaskFilterSpec, calls.TaskInfoFilterSpec | None],
    ) -> tuple[TaskInfo, ...]:
        """ReadNextTasksByViewSpec (API 9.0), without a collector: "at most abs(count)" tasks that the filter lets
        through, those before the task of this key if `count` is positive, the newest first, else those after it, the
        oldest first. No key is the newest end, `task-0` the oldest.
        """
        session = self.authenticated(session_name)
        self.check_has_history(session)
        self.check_in_range(abs(count))
        collector = TaskCollector(self.filter_class(specs[0], self.inventory), specs[1])
        self.check_refers(specs[0])
        self.check_may_filter(session, specs[0])
        start = self.place_of(start_id)
        places = range(start - 2, -1, -1) if count > 0 else range(start, len(self.history))
        return self.items_of(collector, self.collected(session, collector, places, abs(count)))

    def place_of(self, start_id: str) -> int:
        """Give the number of the task with this key; InvalidArgument if there is none."""
        if not start_id:
            return len(self.history) + 1
        task = self.tasks.get(start_id)
        if task is None and start_id != "task-0":
            raise refused(INVALID_ARGUMENT, f"no task has the key {start_id}")
        return 0 if task is None else task.number

    def find_scrollable(self, session: Session, collector: calls.Reference) -> TaskCollector | None:
        """Find a task collector; an event collector, which does nothing but exist, is None."""
        ref = concrete(collector)
        if ref.type == EVENT_COLLECTOR and ref.value in session.event_collectors:
            return None
        return self.find_task_collector(session, ref)

    def rewind_collector(self, call: calls.RewindCollector) -> None:
        """Follow the page: "Moves the "scrollable view" to the oldest item"."""
        session = self.authenticated(call.session)
        collector = self.find_scrollable(session, call.collector)
        if collector is not None:
            self.move(session, collector, 0)

    def reset_collector(self, call: calls.ResetCollector) -> None:
        """Follow the page: "Moves the "scrollable view" to the item immediately preceding the "viewable latest
        page"".
        """
        session = self.authenticated(call.session)
        collector = self.find_scrollable(session, call.collector)
        if collector is not None:
            self.move(session, collector, self.position_before_page(session, collector))

    def position_before_page(self, session: Session, collector: TaskCollector) -> int:
        """Give the position just before the oldest item of the latest page: ReadPreviousTasks begins with the item
        before it. Of a collector without items every position will do: here the oldest.
        """
        page = self.latest_page(session, collector)
        return page[-1].number - 1 if page else 0

    # --- the latest page ------------------------------------------------------------------------------------------

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Follow the page: the latest page is "to contain at most the number of items specified by [...] maxCount"."""
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        self.check_in_range(call.max_count)
        if collector is not None:
            collector.page_size = call.max_count

    def read_latest_page(self, call: calls.ReadLatestPage) -> Property[tuple[TaskInfo, ...]]:
        """Give "the items in the 'viewable latest page'"."""
        session = self.authenticated(call.session)
        collector = self.find_task_collector(session, call.collector)
        return Property(value=self.latest_items(collector, self.shown_page(session, collector)))

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Give what the property latestPage shows, to a read and to a property filter: the latest page as it is."""
        return self.latest_page(session, collector)

    def latest_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Give the items with the latest creation times, as many as the page holds: "the oldest tasks are removed". The
        page is "unordered": here the newest is first.
        """
        return self.newest(session, collector, collector.page_size)

    def newest(self, session: Session, collector: TaskCollector, count: int) -> list[TaskRecord]:
        """Give the newest items, so many at most."""
        return self.collected(session, collector, range(len(self.history) - 1, -1, -1), count)

    # --- what is read ---------------------------------------------------------------------------------------------

    def read_collector_filter(self, call: calls.ReadCollectorFilter) -> Property[calls.TaskFilterSpec]:
        """Give the collector's property filter."""
        session = self.authenticated(call.session)
        return Property(value=self.shown_filter(session, self.find_task_collector(session, call.collector)))

    def shown_filter(self, session: Session, collector: TaskCollector) -> calls.TaskFilterSpec:
        """Give "the filter used to create this collector", as it was given."""
        del session
        return collector.filter.spec

    def page_items(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        """Give the items of a page that ReadNextTasks or ReadPreviousTasks reads."""
        return self.items_of(collector, page)

    def latest_items(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        """Give the items of the latest page, to a read and to a property filter."""
        return self.items_of(collector, page)

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        """Give the items as they are now, each with its result unless the info filter leaves that out."""
        if collector.info_filter is None:
            return tuple([task.info for task in page])
        spec = collector.info_filter
        return tuple([task.info if self.keeps_result(spec, task) else evolve(task.info, result=None) for task in page])

    def keeps_result(self, spec: calls.TaskInfoFilterSpec, task: TaskRecord) -> bool:
        """Leave out every result with removeAll set; else those of the tasks that the descriptionIds name or, with
        filterIn set, of all the others. No descriptionIds filter nothing.
        """
        if spec.remove_all:
            return False
        if not spec.description_ids:
            return True
        return (task.description_id in spec.description_ids) == bool(spec.filter_in)
