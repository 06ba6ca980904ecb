"""Seeded faults of latestPage: what is in it, what size it has, how it is followed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.seeded.latest_sizes import FAULTS as SIZE_FAULTS
from taskconform.conformance.seeded.remembering import Marking
from taskconform.conformance.targets.sim_history import TASK_COLLECTOR
from taskconform.conformance.targets.sim_picture import ABSENT
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import QUEUED
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_picture import Seen, Watch
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import ObjectUpdate

# --- what is in it ----------------------------------------------------------------------------------------------------


class LatestPageHasTheOldest(Simulator):
    """LatestPage has the oldest items."""

    def latest_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Begin at the wrong end."""
        return self.collected(session, collector, range(len(self.history)), collector.page_size)[::-1]


class LatestPageLacksTheNewest(Simulator):
    """LatestPage lacks the newest item."""

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Pass over it."""
        return self.newest(session, collector, collector.page_size + 1)[1:]


class LatestPagePrefersLiveTasks(Simulator):
    """LatestPage has the live items first."""

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Put the completed ones last."""
        held = self.newest(session, collector, len(self.history) + 1)
        return sorted(held, key=lambda task: task.completed)[: collector.page_size]


class LatestPageGoesByCompletion(Simulator):
    """LatestPage has the items that completed last."""

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Put the live ones last, then those that completed last."""
        held = self.newest(session, collector, len(self.history) + 1)
        by_completion = sorted(held, key=lambda task: (not task.completed, -(task.complete_time or 0)))
        return by_completion[: collector.page_size]


class FullLatestPageStaysAsItIs(Simulator):
    """A latestPage that is full stays as it is."""

    def __init__(self, settings: Settings) -> None:
        """Start with none full."""
        self.full: dict[TaskCollector, list[TaskRecord]] = {}
        super().__init__(settings)

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Keep a full one."""
        if collector in self.full:
            return self.full[collector]
        page = super().shown_page(session, collector)
        if len(page) == collector.page_size:
            self.full[collector] = page
        return page

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Begin anew."""
        super().set_collector_page_size(call)
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        if collector is not None:
            self.full.pop(collector, None)


class LatestPageGrowsPastItsSize(Marking):
    """No item leaves latestPage for those that are created after its size is set."""

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Remember how many tasks there are; a mark is that number."""
        super().set_collector_page_size(call)
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        if collector is not None:
            self.marks[collector] = len(self.history)

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Add those to the size."""
        if collector not in self.marks:
            return super().shown_page(session, collector)
        count = len(self.history)
        added = self.collected(session, collector, range(self.marks[collector], count), count + 1)
        return self.newest(session, collector, collector.page_size + len(added))


class NewTasksEnterOnceRunning(Simulator):
    """A task is not in latestPage before it has been running."""

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Leave it out."""
        held = self.newest(session, collector, len(self.history) + 1)
        entered = [task for task in held if task.state != QUEUED or task.start_time is not None]
        return entered[: collector.page_size]


# --- following it -----------------------------------------------------------------------------------------------------


class UpdatesKnowNoPageSize(Simulator):
    """Updates give ten items where the size is smaller."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing to tell."""
        self.is_telling = False
        super().__init__(settings)

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Give more to an update than to a read."""
        if self.is_telling:
            return self.newest(session, collector, max(10, collector.page_size))
        return super().shown_page(session, collector)

    def page_seen(self, session: Session, collector: TaskCollector) -> Seen:
        """Look for an update."""
        self.is_telling = True
        try:
            return super().page_seen(session, collector)
        finally:
            self.is_telling = False

    def update_of(self, session: Session, watch: Watch, ref: ObjectRef, before: Seen, seen: Seen) -> ObjectUpdate:
        """Look for an update."""
        self.is_telling = True
        try:
            return super().update_of(session, watch, ref, before, seen)
        finally:
            self.is_telling = False


class LatestPageIsNotFollowed(Simulator):
    """No change of a latestPage is told."""

    def is_news(self, watch: Watch, value: str, before: Seen, seen: Seen) -> bool:
        """Be content with what was given first."""
        both = isinstance(before, tuple) and isinstance(seen, tuple)
        return not both and super().is_news(watch, value, before, seen)


class UpdateLacksTheNewTask(Simulator):
    """An update of a latestPage that the client knows lacks the newest item."""

    def update_of(self, session: Session, watch: Watch, ref: ObjectRef, before: Seen, seen: Seen) -> ObjectUpdate:
        """Leave it out."""
        update = super().update_of(session, watch, ref, before, seen)
        if ref.type != TASK_COLLECTOR or update.latest_page is None or before == ABSENT:
            return update
        newest = [task.key for task in self.newest(session, session.task_collectors[ref.value], 1)]
        page = tuple([item for item in update.latest_page if item.key not in newest])
        return evolve(update, latest_page=page)


class OnlyOwnTasksAreNews(Simulator):
    """A latestPage has changed only if a task of the session's user entered or left it."""

    def is_news(self, watch: Watch, value: str, before: Seen, seen: Seen) -> bool:
        """Look whose tasks they are."""
        if not (isinstance(before, tuple) and isinstance(seen, tuple)):
            return super().is_news(watch, value, before, seen)
        moved = _numbers(before) ^ _numbers(seen)
        names = {self.history[number - 1].reason.user_name for number in moved}
        return self.user_of(watch) in names

    def user_of(self, watch: Watch) -> str:
        """Give the name of the user whose filter this is."""
        return next(
            session.user_name
            for session in self.sessions.values()
            for collector in session.update_collectors.values()
            if watch in collector.watches.values()
        )


def _numbers(page: tuple[Any, ...]) -> set[int]:
    """Give the numbers of the tasks on a page that was seen."""
    return {number for number, _ in page}


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        **SIZE_FAULTS,
        "updates-know-no-page-size": UpdatesKnowNoPageSize,
        "latest-page-has-the-oldest": LatestPageHasTheOldest,
        "latest-page-lacks-the-newest": LatestPageLacksTheNewest,
        "latest-page-prefers-live-tasks": LatestPagePrefersLiveTasks,
        "latest-page-goes-by-completion": LatestPageGoesByCompletion,
        "full-latest-page-stays-as-it-is": FullLatestPageStaysAsItIs,
        "latest-page-grows-past-its-size": LatestPageGrowsPastItsSize,
        "new-tasks-enter-once-running": NewTasksEnterOnceRunning,
        "latest-page-is-not-followed": LatestPageIsNotFollowed,
        "update-lacks-the-new-task": UpdateLacksTheNewTask,
        "only-own-tasks-are-news": OnlyOwnTasksAreNews,
    }
)
"""The simulator of every fault of this area, by the fault's id."""
