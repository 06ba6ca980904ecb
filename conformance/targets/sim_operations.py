"""The simulator's own operations: `…_Task` methods whose tasks run through their states by themselves.

What an operation does to the inventory happens when its task ends. A task that cannot do its work ends in error, with
the fault that says why; what can be told beforehand (no such object, no privilege) is refused, and makes no task.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    DUPLICATE_NAME,
    INVALID_ARGUMENT,
    INVALID_NAME,
    INVALID_POWER_STATE,
    INVALID_STATE,
    METHOD_NOT_FOUND,
    NOT_SUPPORTED,
    OBJECT_NOT_FOUND,
    fault_of,
    refused,
)
from taskconform.conformance.targets.sim_filter import USER_REASON
from taskconform.conformance.targets.sim_folders import DESTROY_ID, DESTROY_NAME
from taskconform.conformance.targets.sim_inventory import (
    FOLDER_DELETE,
    HOST_MAINTENANCE,
    RENAME,
    VM_POWER_OFF,
    VM_POWER_ON,
)
from taskconform.conformance.targets.sim_state import COMPLETED, MILLISECOND
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.declaration import Entity
from taskconform.model.vocabulary.outcomes import ERROR, RUNNING, SUCCESS, TaskReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord, Trigger
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import Fault

    Work = Callable[[], Fault | None]

QUEUED_TIME: Final = 20 * MILLISECOND
"""How long an operation's task is queued before it runs, where operations take time at all."""


class OperatingSimulator(Simulator):
    """A simulator whose operations take `operation_time` microseconds to run; with zero they are through when the call
    returns.
    """

    def __init__(self, settings: Settings, operation_time: int = 0) -> None:
        """Start the server."""
        self.operation_time = operation_time
        self.powered_on: set[str] = set()
        self.in_maintenance: set[str] = set()
        self.due: list[tuple[int, int, Callable[[], None]]] = []
        self.planned = 0
        super().__init__(settings)

    def start_up(self) -> None:
        """Power on the first virtual machine, as the simulator does, and note that it is on."""
        super().start_up()
        self.powered_on.add(self.autostarted().ref.value)

    # --- what happens by itself -----------------------------------------------------------------------------------

    def plan(self, at: int, action: Callable[[], None]) -> None:
        """Do this when its time has come; what is due at the same time in the order in which it was planned."""
        self.planned += 1
        heappush(self.due, (at, self.planned, action))

    def end_due(self) -> None:
        """Do what is due by now: canceled tasks end, operations go on, scheduled tasks run."""
        super().end_due()
        while self.due and self.due[0][0] <= self.clock.now:
            heappop(self.due)[2]()

    def next_due(self) -> int | None:
        """Give the time at which something happens next by itself; None if nothing will."""
        times = [at for at, _ in self.cancelling]
        return min([*times, *(entry[0] for entry in self.due[:1])], default=None)

    def begin(self, task: TaskRecord, work: Work) -> ObjectRef:
        """Make the task known and let it run through its states."""
        self.admit(task)
        if not self.operation_time:
            self.run_task(task)
            self.finish(task, work)
            return task.ref
        self.plan(self.clock.now + QUEUED_TIME, lambda: self.run_task(task))
        self.plan(self.clock.now + QUEUED_TIME + self.operation_time // 2, lambda: self.report_half(task))
        self.plan(self.clock.now + QUEUED_TIME + self.operation_time, lambda: self.finish(task, work))
        return task.ref

    def run_task(self, task: TaskRecord) -> None:
        """Let the task run, unless it was canceled meanwhile."""
        if task.state not in COMPLETED and not task.cancelled:
            self.enter_state(task, RUNNING)
            task.progress = 0

    def report_half(self, task: TaskRecord) -> None:
        """Report progress, as long as the task runs."""
        if task.state == RUNNING:
            task.changed()
            task.progress = 50

    def finish(self, task: TaskRecord, work: Work) -> None:
        """Do the work, and end the task in success or in error; nothing if it was canceled meanwhile."""
        if task.state in COMPLETED or task.cancelled:
            return
        fault = work()
        self.enter_state(task, SUCCESS if fault is None else ERROR)
        task.error = fault

    def operation(
        self, session: Session, entity: Entity, description_id: str, name: str, *, cancelable: bool
    ) -> TaskRecord:
        """Make the task of an operation: "Indicates that the task was queued by a specific user"."""
        reason = TaskReason(kind=USER_REASON, user_name=session.user_name)
        task = self.own_task(description_id, reason, entity, cancelable=cancelable)
        task.name = name
        return task

    # --- virtual machines and hosts -------------------------------------------------------------------------------

    def find_of_type(self, reference: ObjectRef, type_name: str) -> Entity:
        """Find a managed entity of this type; what is of another has no such method."""
        entity = self.find_entity(reference)
        if entity.ref.type != type_name:
            raise refused(METHOD_NOT_FOUND, f"{entity.ref.value} is no {type_name}")
        return entity

    def power(self, session_name: str, machine: ObjectRef, *, on: bool) -> ObjectRef:
        """PowerOnVM_Task and PowerOffVM_Task. InvalidPowerState, as the task's error, for one that is so already."""
        session = self.authenticated(session_name)
        entity = self.find_of_type(machine, "VirtualMachine")
        self.require(session, VM_POWER_ON if on else VM_POWER_OFF)
        verb = "On" if on else "Off"
        task = self.operation(session, entity, f"VirtualMachine.power{verb}", f"Power{verb}VM_Task", cancelable=False)

        def work() -> Fault | None:
            if (machine.value in self.powered_on) == on:
                return fault_of(INVALID_POWER_STATE, f"the virtual machine is powered {verb.lower()}")
            (self.powered_on.add if on else self.powered_on.discard)(machine.value)
            return None

        return self.begin(task, work)

    def maintain(self, session_name: str, host: ObjectRef, *, enter: bool) -> ObjectRef:
        """EnterMaintenanceMode_Task, which can be canceled, and ExitMaintenanceMode_Task. InvalidState, as the task's
        error, if the host is or is not in maintenance mode already."""
        session = self.authenticated(session_name)
        entity = self.find_of_type(host, "HostSystem")
        self.require(session, HOST_MAINTENANCE)
        verb = "enter" if enter else "exit"
        name = f"{verb.capitalize()}MaintenanceMode_Task"
        task = self.operation(session, entity, f"HostSystem.{verb}MaintenanceMode", name, cancelable=enter)

        def work() -> Fault | None:
            if (host.value in self.in_maintenance) == enter:
                return fault_of(INVALID_STATE, "the host is in that mode already")
            (self.in_maintenance.add if enter else self.in_maintenance.discard)(host.value)
            return None

        return self.begin(task, work)

    # --- managed entities -----------------------------------------------------------------------------------------

    def rename(self, session_name: str, reference: ObjectRef, name: str) -> ObjectRef:
        """Rename_Task. DuplicateName, as the task's error, if another entity beside it has the name by then."""
        session = self.authenticated(session_name)
        entity = self.find_entity(reference)
        self.require(session, RENAME)
        if not name:
            raise refused(INVALID_NAME, "the name is empty")
        task = self.operation(session, entity, "ManagedEntity.rename", "Rename_Task", cancelable=False)

        def work() -> Fault | None:
            known = self.inventory.entities.get(reference.value)
            if known is None:
                return fault_of(OBJECT_NOT_FOUND, f"no managed entity: {reference.value}")
            if any(
                other.name == name and other.parent == known.parent and other.ref != known.ref
                for other in self.inventory.entities.values()
            ):
                return fault_of(DUPLICATE_NAME, f"there is a {name} beside it")
            self.inventory.entities[reference.value] = Entity(ref=known.ref, name=name, parent=known.parent)
            return None

        return self.begin(task, work)

    def destroy(self, call: calls.Destroy) -> ObjectRef:
        """Destroy a folder that was made here, as the simulator does, when the task ends."""
        if not self.operation_time:
            return super().destroy(call)
        session = self.authenticated(call.session)
        self.check_is_managed()
        entity = self.find_entity(call.entity)
        self.require(session, FOLDER_DELETE)
        if entity.ref.value not in self.inventory.made:
            raise refused(NOT_SUPPORTED, f"{entity.ref.value} cannot be destroyed")
        task = self.operation(session, entity, DESTROY_ID, DESTROY_NAME, cancelable=False)

        def work() -> Fault | None:
            if entity.ref.value not in self.inventory.entities:
                return fault_of(OBJECT_NOT_FOUND, f"no managed entity: {entity.ref.value}")
            self.remove_entity(entity)
            return None

        return self.begin(task, work)

    # --- scheduled tasks ------------------------------------------------------------------------------------------

    def schedule_at(self, schedule: Trigger, at: int) -> None:
        """Run the scheduled task once, at this time, if it is still there by then. A time that is over is refused:
        "if the specification is invalid"."""
        if at <= self.clock.now:
            raise refused(INVALID_ARGUMENT, "the time to run at is over")

        def run() -> None:
            if self.schedules.get(schedule.ref.value) is schedule:
                self.start(schedule, self.schedule_reason(schedule))

        self.plan(at, run)
