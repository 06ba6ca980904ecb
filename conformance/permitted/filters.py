"""Filters: bounds of time, states that move, what counts as below an entity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.permitted.variant import filtering, outcome_of, permitted
from taskconform.conformance.targets import sim_faults as sf
from taskconform.conformance.targets.sim_faults import RefusedError, refused
from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.conformance.targets.sim_inventory import INVENTORY
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from taskconform.conformance.targets.sim_entities import LiveInventory
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ByEntity, ByTime, ObjectRef


def moment(at: object) -> int | None:
    """A bound of time as it goes over the wire. Raises TypeError for a symbol."""
    if at is not None and not isinstance(at, int):
        raise TypeError(at)
    return at


class Bounded(TaskFilter):
    """Compares a stamp with the bounds in its own way."""

    begins_inside = True
    ends_inside = True

    def passes_time(self, task: TaskRecord) -> bool:
        by = self.spec.time
        stamp = None if by is None else self.time_of(task, by.time_type)
        if by is None or stamp is None:
            return by is None
        begin, end = moment(by.begin_time), moment(by.end_time)
        is_after = begin is None or begin < stamp or (self.begins_inside and begin == stamp)
        return is_after and (end is None or stamp < end or (self.ends_inside and stamp == end))


@filtering("bounds-exclusive", "filter", by="filter.time-edge: outside (vim.TaskFilterSpec.ByTime is silent)")
class BoundsExclusive(Bounded):
    """A stamp on a bound is outside."""

    begins_inside = False
    ends_inside = False


@filtering("bounds-half-open", "filter", by="filter.time-edge: begin-only (vim.TaskFilterSpec.ByTime is silent)")
class BoundsHalfOpen(Bounded):
    """beginTime is inside, endTime is outside."""

    ends_inside = False


@filtering("stampless-held", "filter", by="filter.time-open: held (vim.TaskFilterSpec.ByTime is silent)")
class StamplessHeld(TaskFilter):
    """Without bounds, tasks without the stamp are held."""

    def passes_time(self, task: TaskRecord) -> bool:
        by = self.spec.time
        is_open = by is not None and by.begin_time is None and by.end_time is None
        return is_open or super().passes_time(task)


@filtering("reversed-refused", "filter", by="filter.time-reversed: refused (vim.TaskFilterSpec.ByTime is silent)")
class ReversedRefused(TaskFilter):
    """A range that begins after its end is refused."""

    def check_time(self, by: ByTime) -> None:
        super().check_time(by)
        begin, end = moment(by.begin_time), moment(by.end_time)
        if begin is not None and end is not None and begin > end:
            raise refused(sf.INVALID_ARGUMENT, "")


@filtering("root-key-holds-the-head", "filter", by="filter.root-head: held (vim.TaskFilterSpec is silent)")
class RootHolds(TaskFilter):
    """A filter by rootTaskKey holds the head of the chain."""

    def passes_root_task_key(self, task: TaskRecord) -> bool:
        return task.key in self.spec.root_task_key or super().passes_root_task_key(task)


@filtering("unknown-entity-taken", "entity", by="filter.entity-unknown: nothing-held")
class UnknownEntityTaken(TaskFilter):
    """An entity that does not exist has no tasks."""

    def entities_of(self, by: ByEntity, inventory: LiveInventory) -> AbstractSet[str]:
        found = outcome_of(lambda: super(UnknownEntityTaken, self).entities_of(by, inventory))
        return frozenset() if isinstance(found, RefusedError) else found


class Computing(TaskFilter):
    """Counts virtual machines among what is below a host, and above."""

    hosted: frozenset[str] = frozenset()

    def entities_of(self, by: ByEntity, inventory: LiveInventory) -> AbstractSet[str]:
        found = super().entities_of(by, inventory)
        compute = {"host-9", "domain-s8", "group-h7", "group-d1", "datacenter-2"}
        return found | self.hosted if by.recursion != "self" and concrete(by.entity).value in compute else found


@filtering("machines-below-hosts", "entity", by="filter.entity-compute: all")
class MachinesBelowHosts(Computing):
    """Every virtual machine counts as a child of the host."""

    hosted = frozenset(value for value, one in INVENTORY.entities.items() if one.ref.type == "VirtualMachine")


@filtering("some-machines-below-hosts", "entity", by="filter.entity-compute: by-kind")
class SomeMachinesBelowHosts(Computing):
    """Those that run on it do."""

    hosted = frozenset({"vm-21", "vm-22"})


class Remembering(Simulator):
    """A filter by state is asked when the collector is made, and of a later task when that is made."""

    enters = leaves = False

    def __init__(self, settings: Settings) -> None:
        self.matched: dict[TaskCollector, set[int]] = {}
        super().__init__(settings)

    def new_collector(
        self, session: Session, spec: calls.TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        ref = super().new_collector(session, spec, info_filter)
        if spec.state:
            collector = session.task_collectors[ref.value]
            self.matched[collector] = {task.number for task in self.history if collector.filter.matches(task)}
        return ref

    def admit(self, task: TaskRecord) -> None:
        super().admit(task)
        for collector, numbers in self.matched.items():
            if collector.filter.matches(task):
                numbers.add(task.number)

    def collected(
        self, session: Session, collector: TaskCollector, numbers: Iterable[int], max_count: int
    ) -> list[TaskRecord]:
        if collector not in self.matched:
            return super().collected(session, collector, numbers, max_count)
        page = [self.history[number] for number in numbers]
        page = [task for task in page if self.is_held(collector, task) and self.may_access(session, task)]
        return page[:max_count]

    def is_held(self, collector: TaskCollector, task: TaskRecord) -> bool:
        was, is_now = task.number in self.matched[collector], collector.filter.matches(task)
        return (was and (is_now or not self.leaves)) or (is_now and self.enters)


@permitted("states-as-of-creation", "states", by="filter.state-moves: neither (vim.TaskFilterSpec, state is silent)")
class StatesAsOfCreation(Remembering):
    """A task that moves neither enters nor leaves."""


@permitted("states-enter-only", "states", by="filter.state-moves: enters-only (vim.TaskFilterSpec, state is silent)")
class StatesEnterOnly(Remembering):
    """A task that moves may enter, and never leaves."""

    enters = True


@permitted("states-leave-only", "states", by="filter.state-moves: leaves-only (vim.TaskFilterSpec, state is silent)")
class StatesLeaveOnly(Remembering):
    """A task that moves may leave, and never enters."""

    leaves = True


@permitted("filter-told-in-milliseconds", by="EV 1.1: times of the history are rounded")
class FilterInMilliseconds(Simulator):
    """The filter property gives its times cut to a millisecond."""

    def read_collector_filter(self, call: calls.ReadCollectorFilter) -> Property[calls.TaskFilterSpec]:
        found = super().read_collector_filter(call)
        by = None if found.value is None else found.value.time
        if found.value is None or by is None:
            return found
        begin, end = moment(by.begin_time), moment(by.end_time)
        rounded = evolve(
            by,
            begin_time=None if begin is None else begin // 1000 * 1000,
            end_time=None if end is None else end // 1000 * 1000,
        )
        return Property(value=evolve(found.value, time=rounded))
