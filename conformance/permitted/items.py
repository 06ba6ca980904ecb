"""The items of a history: how exact their stamps are, which fields they have."""

from __future__ import annotations

from taskconform.conformance.permitted.filters import FilterInMilliseconds
from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.conformance.targets.sim_state import Clock, TaskCollector, TaskRecord
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import SECOND, TaskInfo
from taskconform.model.vocabulary.words import evolve


class Items(Simulator):
    """A history that stores tasks in its own way."""

    def stored(self, item: TaskInfo) -> TaskInfo:
        return item

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        return tuple([self.stored(item) for item in super().items_of(collector, page)])


def rounded(item: TaskInfo, unit: int, lag: int) -> TaskInfo:
    """An item with its stamps in this unit, cut, `lag` microseconds later."""

    def cut(at: int | None) -> int | None:
        return None if at is None else at // unit * unit + lag

    queued = item.queue_time // unit * unit + lag
    return evolve(item, queue_time=queued, start_time=cut(item.start_time), complete_time=cut(item.complete_time))


@permitted(
    "items-one-microsecond-early", "items", by="EV 1.1, 1.3: stamps ending in .999, name absent, cancelable falls"
)
class ItemsEarly(Items):
    """Stamps in history end in .999, without a name, and no completed task is cancelable (EV 1.1, 1.3)."""

    def stored(self, item: TaskInfo) -> TaskInfo:
        item = evolve(item, name=None, cancelable=item.cancelable and item.complete_time is None)
        return rounded(item, 1000, -1)


@permitted("items-one-millisecond-late", "items", by="EV 1.1: stamps of the history are rounded")
class ItemsLate(Items):
    """Stamps in history are rounded up to the next millisecond."""

    def stored(self, item: TaskInfo) -> TaskInfo:
        return rounded(item, 1000, 1000)


@permitted("items-in-whole-seconds", "items", by="EV 1.1: stamps of the history are rounded")
class ItemsInSeconds(Items):
    """Stamps in history are cut to the second; filters go by the exact ones."""

    def stored(self, item: TaskInfo) -> TaskInfo:
        return rounded(item, SECOND, 0)


class StoredLate(TaskFilter):
    """Goes by stamps that the history has rounded up to a millisecond."""

    def time_of(self, task: TaskRecord, time_type: str | None) -> int | None:
        stamp = super().time_of(task, time_type)
        return None if stamp is None else -(-stamp // 1000) * 1000


class FineClock(Clock):
    """A clock whose calls take a millisecond and a bit."""

    __slots__ = ()

    def tick(self) -> None:
        self.now += 1_237


@permitted("stamps-of-microseconds", "clock", by="EV 1.2: stamps of six places")
class Microseconds(Simulator):
    """Stamps are not whole milliseconds."""

    clock_class = FineClock


@permitted("filters-go-by-rounded-stamps", by="EV 1.1: stamps of the history are rounded")
class FiltersRounded(Simulator):
    """Stamps are not whole milliseconds, but in the history they are: filters go by those."""

    clock_class = FineClock
    filter_class = StoredLate

    def items_of(self, collector: TaskCollector, page: list[TaskRecord]) -> tuple[TaskInfo, ...]:
        items = super().items_of(collector, page)
        return tuple([rounded(rounded(item, 1, 999), 1000, 0) for item in items])


@permitted(
    "filter-told-in-milliseconds-of-microseconds", by="EV 1.1, 1.2: stamps of six places, rounded in the history"
)
class FilterInMillisecondsOfMicroseconds(FilterInMilliseconds):
    """Stamps are not whole milliseconds, but the times of the filter property are."""

    clock_class = FineClock
