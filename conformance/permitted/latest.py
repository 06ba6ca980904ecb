"""The latest page: its size, its order, what updates it, what it pushes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.permitted.pages import NewestFirst
from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets.sim_history import TASK_COLLECTOR
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ObjectUpdate, Property, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.targets.sim_picture import Seen, Watch
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef


class OfSize(Simulator):
    """A latest page of another size, until one is set."""

    size = 1000

    def new_collector(
        self, session: Session, spec: calls.TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        ref = super().new_collector(session, spec, info_filter)
        session.task_collectors[ref.value].page_size = self.size
        return ref


@permitted("latest-page-of-1000", "page-size", by="latest.default-size: thousand (EV 2.15)")
class OfThousand(OfSize):
    """The latest page holds 1000 items by default."""


@permitted("latest-page-of-25", "page-size", by="latest.default-size: other (EV 2.15)")
class OfTwentyFive(OfSize):
    """The latest page holds 25 items by default."""

    size = 25


@permitted("latest-page-of-13", "page-size", by="latest.default-size: other (EV 2.15)")
class OfThirteen(OfSize):
    """The latest page holds 13 items by default."""

    size = 13


@permitted("latest-page-of-3", "page-size", by="latest.default-size: other (EV 2.15)")
class OfThree(OfSize):
    """The latest page holds 3 items by default."""

    size = 3


@permitted("latest-page-oldest-first", "latest", by="vim.TaskHistoryCollector, latestPage: unordered (EV 2.16)")
class LatestOldestFirst(Simulator):
    """THC: "the tasks in the returned page are unordered"."""

    def read_latest_page(self, call: calls.ReadLatestPage) -> Property[tuple[TaskInfo, ...]]:
        found = super().read_latest_page(call)
        return found if found.value is None else Property(value=found.value[::-1])


class Sized(Simulator):
    """Remembers the collectors whose page size was set."""

    def __init__(self, settings: Settings) -> None:
        self.sized: set[TaskCollector] = set()
        super().__init__(settings)

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        super().set_collector_page_size(call)
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        if collector is not None:
            self.sized.add(collector)


@permitted("evicts", "evicting", by="page.evicts: removed (vim.TaskHistoryCollector, latestPage)")
class Evicts(Sized):
    """THC: "the oldest tasks are removed from the collector": if a size was set, it holds the latest page only."""

    def collected(
        self, session: Session, collector: TaskCollector, numbers: Iterable[int], max_count: int
    ) -> list[TaskRecord]:
        if collector in self.sized:
            newest_first = range(len(self.history) - 1, -1, -1)
            page = super().collected(session, collector, newest_first, collector.page_size)
            oldest = page[-1].number - 1 if page else 0
            numbers = [number for number in numbers if number >= oldest]
        return super().collected(session, collector, numbers, max_count)


@permitted("evicts-newest-first", by="page.evicts: removed; page.direction (EV 1.1)")
class EvictsNewestFirst(Evicts, NewestFirst):
    """Evicts, and pages newest first."""


@permitted("monitor-tells-everything", "monitor", by="latest.monitor-progress, latest.monitor-description: updated")
class MonitorTellsEverything(Simulator):
    """Any change of an item updates latestPage."""

    def page_seen(self, session: Session, collector: TaskCollector) -> Seen:
        return tuple([(task.number, repr(task.info)) for task in self.shown_page(session, collector)])


@permitted(
    "monitor-tells-of-new-tasks-only", "monitor", by="latest.monitor-state: silent (vim.TaskHistoryCollector is silent)"
)
class MonitorTellsOfNewTasks(Simulator):
    """Only what enters or leaves the page updates it."""

    def page_seen(self, session: Session, collector: TaskCollector) -> Seen:
        return tuple([(task.number, "") for task in self.shown_page(session, collector)])


@permitted(
    "monitor-always-tells",
    "monitor",
    by="vmodl PropertyCollector, WaitForUpdatesEx: a property may be reported unchanged",
)
class MonitorAlwaysTells(Simulator):
    """latestPage counts as changed in every calculation."""

    def is_news(self, watch: Watch, value: str, before: Seen, seen: Seen) -> bool:
        is_page = value in watch.watched and watch.watched[value].type == TASK_COLLECTOR
        return is_page or super().is_news(watch, value, before, seen)


@permitted("monitor-tells-in-parts", "telling", by="vmodl PropertyChange, name: a path into an array is allowed")
class MonitorTellsInParts(Simulator):
    """A change of latestPage is told element by element."""

    def update_of(self, session: Session, watch: Watch, ref: ObjectRef, before: Seen, seen: Seen) -> ObjectUpdate:
        update = super().update_of(session, watch, ref, before, seen)
        return evolve(update, latest_page=None) if update.changed and update.kind == "modify" else update
