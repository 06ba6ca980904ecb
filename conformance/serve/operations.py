"""The server's own operations: `…_Task` methods whose tasks go through their states by themselves.

A shell around a specification in use, as pure as that. An operation changes the inventory when its task ends. A task
that cannot do its work ends in error, with the fault that says why; what can be told beforehand (no such object, no
privilege) faults, and makes no task.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from taskconform.conformance.targets.builtin.inventory import HOST_MAINTENANCE, RENAME, VM_POWER_OFF, VM_POWER_ON
from taskconform.conformance.targets.builtin.server import FAULT_KINDS
from taskconform.conformance.targets.builtin.specification import Specification  # noqa: TC001  # as the others
from taskconform.model.spec import inventory
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.state import After, Session, State, Task
from taskconform.model.vocabulary.calls import Destroy, ObjectRef
from taskconform.model.vocabulary.declaration import Entity  # noqa: TC001  # as the others
from taskconform.model.vocabulary.outcomes import ERROR, RUNNING, SUCCESS, Fault, TaskInfo, TaskReason
from taskconform.model.vocabulary.words import evolve

Work = Callable[[State], State | Fault]
"""The work of an operation, done when its task ends: it returns the server after it, or the fault it fails with."""
Action = Callable[[State], State]
"""A change of the server that no client asks for, made when it is due."""

QUEUED_TIME: Final = 20_000
"""Microseconds that an operation's task is queued before it runs, where operations take time at all."""
POWERED_ON: Final = "powered on"
IN_MAINTENANCE: Final = "in maintenance mode"
"""Keys of `State.memory`: the reference values of the machines and hosts that are so."""


class Operation(NamedTuple):
    """An operation that has begun: its task, and what the end of that does."""

    task: ObjectRef
    number: int
    work: Work
    by: Specification
    queued: int = QUEUED_TIME

    def moves(self, time: int) -> list[tuple[int, Action]]:
        """Return what its task does by itself, and how many microseconds from now, if the operation runs for `time`."""
        if not time:
            return [(0, self.run), (0, self.finish)]
        return [
            (self.queued, self.run),
            (self.queued + time // 2, self.report_half),
            (self.queued + time, self.finish),
        ]

    def run(self, state: State) -> State:
        """Let the task run, unless it was canceled meanwhile."""
        if self.has_ended(state):
            return state
        return self.with_progress(self.enter(state, RUNNING), 0)

    def report_half(self, state: State) -> State:
        """Report progress, as long as the task runs."""
        return self.with_progress(state, 50) if state.tasks[self.number].info.state == RUNNING else state

    def finish(self, state: State) -> State:
        """Do the work, and end the task in success or in error; nothing if it was canceled meanwhile."""
        if self.has_ended(state):
            return state
        done = self.work(state)
        if isinstance(done, State):
            return self.enter(done, SUCCESS)
        state = self.enter(state, ERROR)
        task = state.tasks[self.number]
        return self.with_info(state, task, evolve(task.info, error=done))

    def has_ended(self, state: State) -> bool:
        """Tell whether the task has ended, or is about to because it was canceled."""
        return self.number not in state.live or state.tasks[self.number].info.cancelled

    def with_progress(self, state: State, percent: int) -> State:
        """Return the state with the progress of the task."""
        task = state.tasks[self.number]
        return self.with_info(state, task, evolve(task.info, progress=percent))

    def with_info(self, state: State, task: Task, info: TaskInfo) -> State:
        """Return the state in which the task shows this."""
        after: State = self.by.modules.tasks.with_info(state, task, info)
        return after

    def enter(self, state: State, entered: str) -> State:
        """Return the state in which the task has entered another state of its own."""
        after: State = self.by.modules.life.enter(state, self.number, entered, self.by.choices)
        return after


def begin(
    by: Specification,
    state: State,
    session: Session,
    entity: Entity,
    described: tuple[str, str],
    work: Work,
    *,
    cancelable: bool = False,
) -> After[Operation]:
    """Make the task of an operation. `described`: the task's descriptionId, and the name of the method."""
    tasks = by.modules.tasks
    reason = TaskReason(kind=tasks.USER_REASON, user_name=session.user_name)
    type_id, name = described
    state, task = tasks.start(state, type_id, reason, entity, name=name, choices=by.choices, cancelable=cancelable)
    return state, Operation(task.info.task, task.number, work, by)


def because(name: str, message: str) -> Fault:
    """Return the error of a task that could not do its work."""
    return Fault(kind=name, kinds=FAULT_KINDS.get(name), message=message)


# --- virtual machines and hosts ---------------------------------------------------------------------------------------


def is_on(state: State, what: str, value: str) -> bool:
    """Tell whether a machine is `POWERED_ON`, or a host `IN_MAINTENANCE`."""
    return value in state.memory.get(what, ())


def switched(state: State, what: str, value: str, *, on: bool) -> State:
    """Return the state with this machine or host so, or not so any more."""
    kept = frozenset(state.memory.get(what, ())) - {value}
    return evolve(state, memory=state.memory.set(what, kept | {value} if on else kept))


def find_of_type(state: State, ref: ObjectRef, type_name: str) -> Entity:
    """Find a managed entity of this type; an entity of another has no such method."""
    entity = inventory.find_entity(state, ref)
    fault_if(entity.ref.type != type_name, "MethodNotFound", f"{ref.value} is no {type_name}")
    return entity


def power(by: Specification, state: State, session: Session, machine: ObjectRef, *, on: bool) -> After[Operation]:
    """PowerOnVM_Task and PowerOffVM_Task. InvalidPowerState, as the task's error, for a machine that is so already."""
    entity = find_of_type(state, machine, "VirtualMachine")
    by.modules.access.require(state, session, VM_POWER_ON if on else VM_POWER_OFF, by.choices)
    verb = "On" if on else "Off"

    def work(state: State) -> State | Fault:
        if is_on(state, POWERED_ON, machine.value) == on:
            return because("InvalidPowerState", f"the virtual machine is powered {verb.lower()}")
        return switched(state, POWERED_ON, machine.value, on=on)

    return begin(by, state, session, entity, (f"VirtualMachine.power{verb}", f"Power{verb}VM_Task"), work)


def maintain(by: Specification, state: State, session: Session, host: ObjectRef, *, on: bool) -> After[Operation]:
    """EnterMaintenanceMode_Task, which can be canceled, and ExitMaintenanceMode_Task. InvalidState, as the task's
    error, if the host is or is not in maintenance mode already."""
    entity = find_of_type(state, host, "HostSystem")
    by.modules.access.require(state, session, HOST_MAINTENANCE, by.choices)
    verb = "enter" if on else "exit"

    def work(state: State) -> State | Fault:
        if is_on(state, IN_MAINTENANCE, host.value) == on:
            return because("InvalidState", "the host is in that mode already")
        return switched(state, IN_MAINTENANCE, host.value, on=on)

    described = (f"HostSystem.{verb}MaintenanceMode", f"{verb.capitalize()}MaintenanceMode_Task")
    return begin(by, state, session, entity, described, work, cancelable=on)


# --- managed entities -------------------------------------------------------------------------------------------------


def rename(by: Specification, state: State, session: Session, ref: ObjectRef, name: str) -> After[Operation]:
    """Rename_Task. DuplicateName, as the task's error, if another entity beside it has the name by then."""
    entity = inventory.find_entity(state, ref)
    by.modules.access.require(state, session, RENAME, by.choices)
    fault_if(not name, "InvalidName", "the name is empty")

    def work(state: State) -> State | Fault:
        if ref.value not in state.entities:
            return because("ManagedObjectNotFound", f"no managed entity: {ref.value}")
        beside = [one for one in state.entities.values() if one.parent == entity.parent and one.ref != ref]
        if any(one.name == name for one in beside):
            return because("DuplicateName", f"there is a {name} beside it")
        return evolve(state, entities=state.entities.set(ref.value, evolve(entity, name=name)))

    return begin(by, state, session, entity, ("ManagedEntity.rename", "Rename_Task"), work)


def destroy(by: Specification, state: State, session: Session, ref: ObjectRef) -> After[Operation]:
    """Destroy_Task of a folder, under the fault conditions of the specification's, whose effect is for later here."""
    folders = by.modules.folders
    folders.destroy(state, Destroy(session=session.name, entity=ref), by.choices)
    entity = state.entities[ref.value]

    def work(state: State) -> State | Fault:
        if ref.value not in state.entities:
            return because("ManagedObjectNotFound", f"no managed entity: {ref.value}")
        removed: State = folders.remove_entity(state, entity)
        return removed

    return begin(by, state, session, entity, ("Folder.destroy", "Destroy_Task"), work)


# --- scheduled tasks --------------------------------------------------------------------------------------------------


def run_scheduled(by: Specification, state: State, ref: ObjectRef) -> State:
    """Run a scheduled task by itself, if it is still there."""
    schedule = next((one for one in state.triggers if one.ref == ref), None)
    if schedule is None:
        return state
    reason = TaskReason(kind="TaskReasonSchedule", name=schedule.name, scheduled_task=schedule.ref)
    after: State = by.modules.triggers.start(state, schedule, reason, by.choices)
    return after
