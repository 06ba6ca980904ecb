"""The built-in simulator: the TaskManager of a vCenter Server, or of an ESXi host, written from the API pages.

Every method checks in the same order: the session is authenticated, the object exists, the privilege is held, and then
the conditions of the method in the order of its page. Where the page is silent, the method's docstring says what was
chosen. Each decision is a method of its own, so that a subclass can take another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.targets.sim_faults import NO_PERMISSION, fault_of
from taskconform.conformance.targets.sim_history import SimulatedHistory
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.conformance.targets.sim_strings import description_of
from taskconform.conformance.targets.sim_tasks import SimulatedTasks
from taskconform.model.outcomes import Property, RecentTaskUpdate

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model import calls
    from taskconform.model.calls import ObjectRef
    from taskconform.model.outcomes import Fault, TaskDescription


class Simulator(SimulatedTasks, SimulatedHistory):
    """One server, from its start on. Methods take calls and answer with values, or raise `RefusedError`."""

    def no_view(self) -> Fault:
        """Give what stands in missingSet for a property that the session may not read."""
        return fault_of(NO_PERMISSION, f"{SYSTEM_VIEW} is required on the root folder")

    def read_recent_task(self, call: calls.ReadRecentTask) -> Property[tuple[ObjectRef, ...]]:
        """Give the recent tasks "that the client has permission to access". The page gives no order: here the queued
        and running ones by creation, then the completed ones, the last first.
        """
        session = self.authenticated(call.session)
        if not self.may_view(session):
            return Property(missing=self.no_view())
        return Property(value=self.recent_refs(session))

    def recent_refs(self, session: Session) -> tuple[ObjectRef, ...]:
        """Give references to the recent tasks that the session may access. The limits are the server's, and apply
        before.
        """
        may_access = self.may_access
        return tuple([task.ref for task in self.recent.tasks(self.clock.now) if may_access(session, task)])

    def wait_for_recent_task(self, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        """With the empty version, the value as it is; "any other version value will not produce any property values as
        no updates are generated". Without System.View neither the filter nor the update can be had.
        """
        session = self.authenticated(call.session)
        self.require(session, SYSTEM_VIEW)
        if not call.fresh:
            return RecentTaskUpdate(changed=False)
        return RecentTaskUpdate(changed=True, recent_task=Property(value=self.recent_refs(session)))

    def read_max_collector(self, call: calls.ReadMaxCollector) -> Property[int]:
        """Follow the page: "Maximum number of TaskHistoryCollector data objects that can exist concurrently, per
        client".
        """
        session = self.authenticated(call.session)
        if not self.may_view(session):
            return Property(missing=self.no_view())
        return Property(value=self.settings.max_collector)

    def read_description(self, call: calls.ReadDescription) -> Property[TaskDescription]:
        """Follow the page: "Static strings that describe Task information to users"; registered task types are among
        them.
        """
        session = self.authenticated(call.session)
        if not self.may_view(session):
            return Property(missing=self.no_view())
        return Property(value=description_of(self.extensions.values()))
