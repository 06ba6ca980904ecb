"""The simulator's history collectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    INVALID_STATE,
    NO_PERMISSION,
    NOT_SUPPORTED,
    OBJECT_NOT_FOUND,
    refused,
)
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.conformance.targets.sim_server import SimulatedServer, concrete
from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
from taskconform.model.calls import ObjectRef

if TYPE_CHECKING:
    from taskconform.model import calls
    from taskconform.model.outcomes import TaskInfo

TASK_COLLECTOR: Final = "TaskHistoryCollector"
EVENT_COLLECTOR: Final = "EventHistoryCollector"


class SimulatedHistory(SimulatedServer):
    """A server whose past tasks can be collected."""

    def create_collector_for_tasks(self, call: calls.CreateCollectorForTasks) -> ObjectRef:
        """InvalidState "if there are more than the maximum number of task collectors", InvalidArgument "if the filter
        is null". A host does not support the method.
        """
        session = self.authenticated(call.session)
        if not self.settings.vcenter:
            raise refused(NOT_SUPPORTED, "task history is kept by a vCenter Server only")
        self.require(session, SYSTEM_VIEW)
        if not self.has_room(session):
            raise refused(INVALID_STATE, "there are as many task collectors as can be")
        if call.filter is None:
            raise refused(INVALID_ARGUMENT, "the filter is null")
        collector = TaskCollector(self.filter_class(call.filter, self.inventory))
        self.check_may_filter(session, call.filter)
        ref = self.new_collector_ref(session, TASK_COLLECTOR)
        session.task_collectors[ref.value] = collector
        return ref

    def has_room(self, session: Session) -> bool:
        """Whether one more task collector is within the maximum "per client", a client being a session."""
        return len(session.task_collectors) < self.settings.max_collector

    def check_may_filter(self, session: Session, spec: calls.TaskFilterSpec) -> None:
        """ByEntity.entity has the privilege System.View: on that entity."""
        if spec.entity is not None and not self.holds(session, SYSTEM_VIEW, concrete(spec.entity.entity).value):
            raise refused(NO_PERMISSION, f"{SYSTEM_VIEW} is required on the entity of the filter")

    def new_collector_ref(self, session: Session, type_name: str) -> ObjectRef:
        """Make a reference that no other collector has or had."""
        self.collectors += 1
        return ObjectRef(type=type_name, value=f"session[{session.number}]collector-{self.collectors}")

    def create_collector_for_events(self, call: calls.CreateCollectorForEvents) -> ObjectRef:
        """Make an event collector, which does nothing but exist; the maximum is one of task collectors."""
        session = self.authenticated(call.session)
        self.require(session, SYSTEM_VIEW)
        ref = self.new_collector_ref(session, EVENT_COLLECTOR)
        session.event_collectors.add(ref.value)
        return ref

    def find_task_collector(self, session: Session, collector: calls.Reference) -> TaskCollector:
        """Find the collector referred to; one of another session is as good as none."""
        ref = concrete(collector)
        found = session.task_collectors.get(ref.value)
        if found is None or ref.type != TASK_COLLECTOR:
            raise refused(OBJECT_NOT_FOUND, f"no such task collector: {ref.value}")
        return found

    def read_next_tasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        """Follow the page: "The scrollable position is moved to the next newer page after the read. No item is returned
        when the end of the collector is reached". InvalidArgument "if maxCount is out of range": below one.
        """
        session = self.authenticated(call.session)
        collector = self.find_task_collector(session, call.collector)
        if call.max_count < 1:
            raise refused(INVALID_ARGUMENT, "maxCount is out of range")
        page = self.next_page(session, collector, call.max_count)
        if page:
            collector.position = page[-1].number
        return tuple([task.info for task in page])

    def next_page(self, session: Session, collector: TaskCollector, max_count: int) -> list[TaskRecord]:
        """Give the items after the last one read, "ordered by date and time of creation", as they are now; tasks made
        after the collector are appended to it. Only what the session may access is in it.
        """
        page: list[TaskRecord] = []
        history = self.history
        for index in range(collector.position, len(history)):
            task = history[index]
            if collector.filter.matches(task) and self.may_access(session, task):
                page.append(task)
                if len(page) == max_count:
                    break
        return page

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        """Follow the page: "Destroys this collector", of tasks or of events."""
        session = self.authenticated(call.session)
        ref = concrete(call.collector)
        if ref.type == EVENT_COLLECTOR and ref.value in session.event_collectors:
            session.event_collectors.remove(ref.value)
            return
        self.find_task_collector(session, ref)
        del session.task_collectors[ref.value]
