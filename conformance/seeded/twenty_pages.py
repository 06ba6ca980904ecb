"""Seeded faults of the history collectors: how their pages and the latest page are read.

Of the bugs in `frozen/twenty_bugs.toml` these are those of pages and the latest page; a docstring here says in
short what the file says in full.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_picture import Seen
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec

# --- pages ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Row:
    """The calls of ReadNextTasks since the position was put somewhere: where that was, and the maxCount of each."""

    place: int
    counts: list[int] = field(default_factory=list)


class PositionIsAPageNumber(Simulator):
    """ReadNextTasks passes over as many of its own pages as there were calls before it, whatever size those had."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing read."""
        super().__init__(settings)
        self.rows: dict[TaskCollector, Row] = {}

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Begin so many pages after the place; with one maxCount throughout that is where the last page ended, also if
        it was not full when it was read.
        """
        row = self.rows.setdefault(collector, Row(collector.position))
        row.counts.append(max_count)
        if len(set(row.counts)) == 1:
            return super().next_page(session, collector, max_count)
        begin = max_count * (len(row.counts) - 1)
        return self.collected(session, collector, range(row.place, len(self.history)), begin + max_count)[begin:]

    def move(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Begin another row from here."""
        super().move(session, collector, position)
        self.rows.pop(collector, None)

    def move_on(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Go on in the same row."""
        del session
        collector.position = position


class LastSingleItemJoinsThePage(Simulator):
    """ReadNextTasks gives one item more than maxCount if that is the last one."""

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Look two items further than asked: there is one, or there are more."""
        page = super().next_page(session, collector, max_count + 2)
        return page if len(page) == max_count + 1 else page[:max_count]


class RewindsOnlyOnce(Simulator):
    """The second and every later RewindCollector of a collector does nothing."""

    def __init__(self, settings: Settings) -> None:
        """Start with no mark set."""
        super().__init__(settings)
        self.rewound: set[TaskCollector] = set()

    def rewind_collector(self, call: calls.RewindCollector) -> None:
        """Set the mark, for good."""
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        if collector not in self.rewound:
            super().rewind_collector(call)
        if collector is not None:
            self.rewound.add(collector)


class EqualFiltersShareAPosition(Simulator):
    """The collectors of one session that have equal filters have one position between them."""

    def move(self, session: Session, collector: TaskCollector, position: int) -> None:
        """Move them all."""
        super().move(session, collector, position)
        for other in session.task_collectors.values():
            if other.filter.spec == collector.filter.spec:
                other.position = position

    def new_collector(
        self, session: Session, spec: TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        """Move them all to where the new one stands."""
        ref = super().new_collector(session, spec, info_filter)
        collector = session.task_collectors[ref.value]
        self.move(session, collector, collector.position)
        return ref


# --- the latest page --------------------------------------------------------------------------------------------------


class FullLatestPageIsSilent(Simulator):
    """To a property filter, a latestPage has changed if the number of its items has."""

    def page_seen(self, session: Session, collector: TaskCollector) -> Seen:
        """Tell no item from another."""
        return tuple([(0, "")] * len(self.shown_page(session, collector)))


class SmallerPageWaitsForTheNextTask(Simulator):
    """A smaller page size takes effect on a latestPage that was shown before only with the next matching task."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing shown, before the server makes tasks of its own."""
        self.put_together: set[TaskCollector] = set()
        self.sizes_before: dict[TaskCollector, int] = {}
        super().__init__(settings)

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Show it in the size that still holds."""
        self.put_together.add(collector)
        return self.newest(session, collector, self.sizes_before.get(collector, collector.page_size))

    def create_filter(self, call: calls.CreateFilter) -> ObjectRef:
        """Put the pages together that are followed from now on."""
        ref = super().create_filter(call)
        made = self.authenticated(call.session).task_collectors
        self.put_together.update(
            made[value] for value in (concrete(obj).value for obj in call.watched) if value in made
        )
        return ref

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Remember the size before if the new one is smaller; a larger one holds at once."""
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        before = call.max_count if collector is None else collector.page_size
        super().set_collector_page_size(call)
        if collector is None:
            return
        if call.max_count > before:
            self.sizes_before.pop(collector, None)
        elif call.max_count < before and collector in self.put_together:
            self.sizes_before.setdefault(collector, before)

    def admit(self, task: TaskRecord) -> None:
        """Bring the pages up to date that the new task belongs to."""
        super().admit(task)
        for session in self.sessions.values():
            for collector in session.task_collectors.values():
                if collector.filter.matches(task) and self.may_access(session, task):
                    self.sizes_before.pop(collector, None)


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "position-is-a-page-number": PositionIsAPageNumber,
        "last-single-item-joins-the-page": LastSingleItemJoinsThePage,
        "rewinds-only-once": RewindsOnlyOnce,
        "equal-filters-share-a-position": EqualFiltersShareAPosition,
        "full-latest-page-is-silent": FullLatestPageIsSilent,
        "smaller-page-waits-for-the-next-task": SmallerPageWaitsForTheNextTask,
    }
)
"""The simulator of every frozen bug of pages and the latest page, by the bug's id."""
