"""Seeded faults of SetCollectorPageSize."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.remembering import Marking
from taskconform.conformance.targets.sim_faults import INVALID_STATE, refused
from taskconform.conformance.targets.sim_state import DEFAULT_PAGE_SIZE
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls


class SizeMarking(Marking):
    """A simulator that keeps with a collector the size that was set last."""

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Keep the size."""
        super().set_collector_page_size(call)
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        if collector is not None:
            self.marks[collector] = call.max_count


class LatestPageOfOneItemMore(SizeMarking):
    """LatestPage has one item more than the size set."""

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Read one more."""
        return self.newest(session, collector, collector.page_size + (collector in self.marks))


class PageSizesBelowTenAreTen(Simulator):
    """A size from 1 to 9 is 10."""

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Set 10 instead."""
        below = 1 <= call.max_count < DEFAULT_PAGE_SIZE
        super().set_collector_page_size(evolve(call, max_count=DEFAULT_PAGE_SIZE) if below else call)


class NegativePageSizeIsTaken(Simulator):
    """A negative size is taken, and changes nothing."""

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Do nothing."""
        self.find_scrollable(self.authenticated(call.session), call.collector)
        if call.max_count >= 0:
            super().set_collector_page_size(call)


class NegativePageSizeIsAnInvalidState(Simulator):
    """A negative size faults with InvalidState."""

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Refuse it with the wrong fault."""
        self.find_scrollable(self.authenticated(call.session), call.collector)
        if call.max_count < 0:
            raise refused(INVALID_STATE, "maxCount is negative")
        super().set_collector_page_size(call)


class NegativePageSizeEmptiesThePage(Marking):
    """A negative size is refused, and leaves an empty page."""

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Mark the collector before the size is looked at."""
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        if collector is not None and call.max_count < 0:
            self.marks[collector] = 1
        super().set_collector_page_size(call)
        if collector is not None:
            self.marks.pop(collector, None)

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Show nothing."""
        return [] if collector in self.marks else super().shown_page(session, collector)


class PageSizeOnlyGrows(SizeMarking):
    """A smaller size than the one set before is ignored."""

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Ignore it, if it is in order."""
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        self.check_in_range(call.max_count)
        if collector is None or call.max_count >= self.marks.get(collector, 0):
            super().set_collector_page_size(call)


class ShrunkPageKeepsItsOldest(Simulator):
    """A latestPage that is made smaller keeps its oldest items."""

    def __init__(self, settings: Settings) -> None:
        """Start with none made smaller, before the server makes tasks of its own."""
        self.shrunk: dict[TaskCollector, list[TaskRecord]] = {}
        super().__init__(settings)

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        """Keep the oldest of the page as it was."""
        session = self.authenticated(call.session)
        collector = self.find_scrollable(session, call.collector)
        before = [] if collector is None else self.latest_page(session, collector)
        size = 0 if collector is None else collector.page_size
        super().set_collector_page_size(call)
        if collector is not None:
            self.shrunk.pop(collector, None)
            if call.max_count < size:
                self.shrunk[collector] = before[-call.max_count :]

    def shown_page(self, session: Session, collector: TaskCollector) -> list[TaskRecord]:
        """Show what was kept."""
        return self.shrunk[collector] if collector in self.shrunk else super().shown_page(session, collector)

    def admit(self, task: TaskRecord) -> None:
        """Begin anew where the new task belongs."""
        super().admit(task)
        for collector in [collector for collector in self.shrunk if collector.filter.matches(task)]:
            del self.shrunk[collector]


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "latest-page-of-one-item-more": LatestPageOfOneItemMore,
        "page-sizes-below-ten-are-ten": PageSizesBelowTenAreTen,
        "negative-page-size-is-taken": NegativePageSizeIsTaken,
        "negative-page-size-is-an-invalid-state": NegativePageSizeIsAnInvalidState,
        "negative-page-size-empties-the-page": NegativePageSizeEmptiesThePage,
        "page-size-only-grows": PageSizeOnlyGrows,
        "shrunk-page-keeps-its-oldest": ShrunkPageKeepsItsOldest,
    }
)
"""The simulator of every fault of SetCollectorPageSize, by the fault's id."""
