"""The simulator's history collectors: how they are made, found and destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    INVALID_STATE,
    METHOD_NOT_FOUND,
    NO_PERMISSION,
    NOT_SUPPORTED,
    OBJECT_NOT_FOUND,
    refused,
)
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.conformance.targets.sim_server import SimulatedServer, concrete
from taskconform.conformance.targets.sim_state import Session, TaskCollector

if TYPE_CHECKING:
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef

TASK_COLLECTOR: Final = "TaskHistoryCollector"
EVENT_COLLECTOR: Final = "EventHistoryCollector"
TYPED: Final = "typed"
INFO_FILTERS_SINCE: Final = (8, 0, 3)
"""The API version that brought CreateCollectorWithInfoFilterForTasks."""


class SimulatedHistory(SimulatedServer):
    """A server whose past tasks can be collected."""

    def create_collector_for_tasks(self, call: calls.CreateCollectorForTasks) -> ObjectRef:
        """InvalidState "if there are more than the maximum number of task collectors", InvalidArgument "if the filter
        is null or unknown". A host does not support the method.
        """
        session = self.authenticated(call.session)
        self.check_may_collect(session)
        return self.new_collector(session, self.filter_given(session, call), None)

    def filter_given(self, session: Session, call: calls.CreateCollectorForTasks) -> calls.TaskFilterSpec:
        """Give the call's filter; InvalidArgument "if the filter is null or unknown"."""
        del session
        if call.filter is None or call.form != TYPED:
            raise refused(INVALID_ARGUMENT, "the filter is null or unknown")
        return call.filter

    def create_collector_with_info_filter_for_tasks(
        self, call: calls.CreateCollectorWithInfoFilterForTasks
    ) -> ObjectRef:
        """Make a collector of which some items come without their result; as CreateCollectorForTasks in all else. Below
        API 8.0.3 it is "an unknown [...] method".
        """
        session = self.authenticated(call.session)
        if self.settings.api_version[:3] < INFO_FILTERS_SINCE:
            raise refused(METHOD_NOT_FOUND, "there is no such method in this version of the API")
        self.check_may_collect(session)
        return self.new_collector(session, call.filter, call.info_filter)

    def check_may_collect(self, session: Session) -> None:
        """Ask for what it takes to read history, and for room: "the maximum number of task collectors"."""
        self.check_has_history(session)
        if not self.has_room(session):
            raise refused(INVALID_STATE, "there are as many task collectors as can be")

    def check_has_history(self, session: Session) -> None:
        """Ask for a vCenter Server, and for the privilege System.View."""
        if not self.settings.vcenter:
            raise refused(NOT_SUPPORTED, "task history is kept by a vCenter Server only")
        self.require(session, SYSTEM_VIEW)

    def new_collector(
        self, session: Session, spec: calls.TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        """Make the collector, once its filter is found to be in order."""
        collector = TaskCollector(self.filter_class(spec, self.inventory), info_filter)
        self.check_refers(spec)
        self.check_may_filter(session, spec)
        ref = self.new_collector_ref(session, TASK_COLLECTOR)
        session.task_collectors[ref.value] = collector
        return ref

    def has_room(self, session: Session) -> bool:
        """Whether one more task collector is within the maximum "per client", a client being a session."""
        return len(session.task_collectors) < self.settings.max_collector

    def check_refers(self, spec: calls.TaskFilterSpec) -> None:
        """ManagedObjectNotFound for an alarm or a scheduled task "that no longer exists or has never existed"; a
        collector made while it was there goes on.
        """
        for given in (spec.alarm, spec.scheduled_task):
            if given is not None and not self.is_trigger(concrete(given)):
                raise refused(OBJECT_NOT_FOUND, f"no such object: {given}")

    def check_may_filter(self, session: Session, spec: calls.TaskFilterSpec) -> None:
        """ByEntity.entity has the privilege System.View: on that entity."""
        if spec.entity is not None and not self.holds(session, SYSTEM_VIEW, concrete(spec.entity.entity).value):
            raise refused(NO_PERMISSION, f"{SYSTEM_VIEW} is required on the entity of the filter")

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

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        """Follow the page: "Destroys this collector", of tasks or of events."""
        session = self.authenticated(call.session)
        ref = concrete(call.collector)
        if ref.type == EVENT_COLLECTOR and ref.value in session.event_collectors:
            session.event_collectors.remove(ref.value)
            self.forget_object(ref.value)
            return
        self.find_task_collector(session, ref)
        del session.task_collectors[ref.value]
        self.forget_object(ref.value)
