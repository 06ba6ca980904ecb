"""The built-in simulator: the TaskManager of a vCenter Server, or of an ESXi host, written from the API pages.

Every method checks in the same order: the session is authenticated, the object exists, the privilege is held, and then
the conditions of the method in the order of its page. Where the page is silent, the method's docstring says what was
chosen. Each decision is a method of its own, so that a subclass can take another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_extensions import SimulatedExtensions
from taskconform.conformance.targets.sim_filter import SYSTEM_REASON
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.conformance.targets.sim_strings import description_of
from taskconform.conformance.targets.sim_triggers import SimulatedTriggers
from taskconform.conformance.targets.sim_updates import SimulatedUpdates
from taskconform.model.vocabulary.outcomes import RUNNING, SUCCESS, Property, RecentTaskUpdate, TaskReason

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.declaration import Entity
    from taskconform.model.vocabulary.outcomes import TaskDescription

AUTOSTART_ID: Final = "VirtualMachine.powerOn"
AUTOSTART_NAME: Final = "PowerOnVM_Task"


class Simulator(SimulatedTriggers, SimulatedUpdates, SimulatedExtensions):
    """One server, from its start on. Methods take calls and answer with values, or raise `RefusedError`."""

    def __init__(self, settings: Settings) -> None:
        """Start the server."""
        super().__init__(settings)
        self.start_up()

    def start_up(self) -> None:
        """What a server does before anybody comes: here it powers on a virtual machine by itself. The reason of that
        task is the system, and it is through."""
        task = self.own_task(AUTOSTART_ID, TaskReason(kind=SYSTEM_REASON), self.autostarted(), cancelable=False)
        task.name = AUTOSTART_NAME
        self.admit(task)
        self.enter_state(task, RUNNING)
        self.enter_state(task, SUCCESS)

    def autostarted(self) -> Entity:
        """Give the virtual machine that is powered on at the start: the first one."""
        return next(one for one in self.inventory.entities.values() if one.ref.type == "VirtualMachine")

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
        tasks = self.recent.tasks(self.clock.now)
        if self.inventory.gone:
            tasks = [task for task in tasks if self.is_listed(task)]
        may_list = self.may_list
        return tuple([task.ref for task in tasks if may_list(session, task)])

    def may_list(self, session: Session, task: TaskRecord) -> bool:
        """Whether recentTask shows the session this task: if it may access it."""
        return self.may_access(session, task)

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
        them. "These strings are locale-specific": in the session's locale.
        """
        session = self.authenticated(call.session)
        if not self.may_view(session):
            return Property(missing=self.no_view())
        return Property(value=description_of(self.registered_types(), session.locale))

    def registered_types(self) -> list[tuple[str, ...]]:
        """Give the task types of every extension that is registered now."""
        return [extension.task_ids for extension in self.extensions.values()]
