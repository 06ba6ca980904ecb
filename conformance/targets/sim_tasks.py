"""The simulator's tasks: vim.Task, and TaskManager.CreateTask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    INVALID_REQUEST,
    INVALID_STATE,
    NO_PERMISSION,
    NOT_SUPPORTED,
    OBJECT_NOT_FOUND,
    REQUEST_CANCELED,
    fault_of,
    kinds_of,
    refused,
)
from taskconform.conformance.targets.sim_filter import USER_REASON
from taskconform.conformance.targets.sim_inventory import SYSTEM_READ
from taskconform.conformance.targets.sim_server import SimulatedServer, concrete, text
from taskconform.conformance.targets.sim_state import MILLISECOND, STATES, Session, TaskRecord
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    QUEUED,
    RUNNING,
    SUCCESS,
    LocalizableMessage,
    Property,
    TaskReason,
)

if TYPE_CHECKING:
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.declaration import Entity
    from taskconform.model.vocabulary.outcomes import Fault, TaskInfo


CANCEL_TIME: Final = 20 * MILLISECOND
"""How long a running task takes to end once it is canceled."""


class SimulatedTasks(SimulatedServer):
    """A server on which tasks are made, read, moved on and canceled."""

    record_class: type[TaskRecord] = TaskRecord

    # --- making tasks ---------------------------------------------------------------------------------------------

    def create_task(self, call: calls.CreateTask) -> TaskInfo:
        """Follow the page: "Creates a new Task, specifying the object with which the Task is associated, the type of
        task, and whether the task is cancelable". No fault is on the page: here an object that does not exist is
        ManagedObjectNotFound, an unknown type or parent InvalidArgument, in this order.
        """
        session = self.authenticated(call.session)
        parent = self.check_create(session, call)
        return self.make_task(session, call, parent).info

    def check_create(self, session: Session, call: calls.CreateTask) -> TaskRecord | None:
        """Refuse what is to be refused, and give the parent if one is named."""
        self.check_may_create(session, call)
        self.check_exists(session, call.obj)
        self.check_accepted_type(call.task_type_id)
        return self.parent_of(call)

    def make_task(self, session: Session, call: calls.CreateTask, parent: TaskRecord | None) -> TaskRecord:
        """Make the task that a call asks for, and make it known."""
        task = self.new_task(session, call)
        self.bind_entity(task, call.obj)
        if parent is not None:
            self.bind_parent(task, parent)
        self.admit(task)
        return task

    def admit(self, task: TaskRecord) -> None:
        """Make the task known: by its key, in the history, as a recent one; and keep it as it is now, for its event."""
        self.tasks[task.key] = task
        self.history.append(task)
        self.recent.note_created(task)
        self.chains.setdefault(task.event_chain_id, []).append(task)
        task.created = task.info

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        """Make a queued task, known under the next number."""
        task = self.record_class(
            number=len(self.history) + 1,
            description_id=text(call.task_type_id),
            reason=self.reason_of(session, call),
            queue_time=self.clock.now,
            cancelable=call.cancelable,
        )
        task.activation_id = call.activation_id
        return task

    def own_task(self, description_id: str, reason: TaskReason, entity: Entity, *, cancelable: bool) -> TaskRecord:
        """Make a queued task that no call of CreateTask asked for."""
        number = len(self.history) + 1
        task = self.record_class(number, description_id, reason, self.clock.now, cancelable=cancelable)
        task.entity = entity.ref
        task.entity_name = entity.name
        return task

    def reason_of(self, session: Session, call: calls.CreateTask) -> TaskReason:
        """Follow the page: "The name of the user on whose behalf the Extension is creating the task", known to the
        server or not; the session's own user if left out.
        """
        user_name = session.user_name if call.initiated_by is None else text(call.initiated_by)
        return TaskReason(kind=USER_REASON, user_name=user_name)

    def check_exists(self, session: Session, obj: calls.Reference) -> None:
        """Any managed object that is there will do."""
        ref = concrete(obj)
        if not self.exists(session, ref):
            raise refused(OBJECT_NOT_FOUND, f"no such object: {ref.value}")

    def check_task_type(self, task_type_id: str | calls.TypeId) -> None:
        """Follow the page: "Extension registered task type identifier"; a host, which has no extensions, takes any."""
        if self.settings.vcenter and not self.is_registered(text(task_type_id)):
            raise refused(INVALID_ARGUMENT, f"no extension registers the task type {task_type_id}")

    def check_accepted_type(self, task_type_id: str | calls.TypeId) -> None:
        """Refuse in CreateTask what is refused everywhere."""
        self.check_task_type(task_type_id)

    def bind_entity(self, task: TaskRecord, obj: calls.Reference) -> None:
        """Follow the page: "Managed entity to which the operation applies", and its name; unset for an object that is
        no entity.
        """
        known = self.inventory.entities.get(concrete(obj).value)
        if known is not None:
            task.entity = known.ref
            task.entity_name = known.name

    def parent_of(self, call: calls.CreateTask) -> TaskRecord | None:
        """Follow the page: "Key of the task that is the parent of this task"; it may be in any state."""
        if call.parent_task_key is None:
            return None
        parent = self.tasks.get(text(call.parent_task_key))
        if parent is None:
            raise refused(INVALID_ARGUMENT, f"no task has the key {call.parent_task_key}")
        return parent

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Keep the parent's key and "the key of the task that started the chain of tasks". A task without parent has
        neither key.
        """
        task.parent_task_key = parent.key
        task.root_task_key = parent.root_task_key or parent.key

    # --- one task -------------------------------------------------------------------------------------------------

    def find_task(self, task: calls.Reference) -> TaskRecord:
        """Find the task; ManagedObjectNotFound if it "has never existed". Tasks never cease to exist here."""
        ref = concrete(task)
        record = self.tasks.get(ref.value)
        if record is None or ref.type != "Task":
            raise refused(OBJECT_NOT_FOUND, f"no such task: {ref.value}")
        return record

    def read_task_info(self, call: calls.ReadTaskInfo) -> tuple[Property[TaskInfo], ...]:
        """Follow the page: "Detailed information about this task", or NoPermission in its place. One reference to
        nothing among several fails the retrieval as a whole.
        """
        session = self.authenticated(call.session)
        found = [self.find_task(task) for task in call.tasks]
        return tuple([self.info_for(session, task) for task in found])

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        """Task.info as this session is given it."""
        if self.may_read_info(session, task):
            return Property(value=task.info)
        return Property(missing=fault_of(NO_PERMISSION, f"{SYSTEM_READ} is required on the task's entity"))

    def task_to_update(self, call: calls.SetTaskState | calls.UpdateProgress | calls.SetTaskDescription) -> TaskRecord:
        """Find the task of a call that needs the privilege Task.Update."""
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_may_update(session, task)
        return task

    def set_task_state(self, call: calls.SetTaskState) -> None:
        """Follow the page: "Sets task state and optionally sets results or fault, as appropriate for state". From a
        state that is not final every state can be set, the present one included.
        """
        task = self.task_to_update(call)
        if call.state not in STATES:
            raise refused(INVALID_REQUEST, f"no state: {call.state}")
        self.check_not_completed(task)
        self.check_appropriate(call)
        fault = None if call.fault is None else self.settable_fault(call.fault)
        self.take_state(task, call, fault)

    def take_state(self, task: TaskRecord, call: calls.SetTaskState, fault: Fault | None) -> None:
        """Do what the call asks for, once it is found to be in order."""
        self.enter_state(task, call.state)
        task.result = call.result
        task.error = fault

    def check_not_completed(self, task: TaskRecord) -> None:
        """InvalidState "if attempting to change states after task is completed or in error"."""
        if task.completed:
            raise refused(INVALID_STATE, "the task is completed")

    def check_appropriate(self, call: calls.SetTaskState) -> None:
        """Hold a result to be "valid only if task state is success", a fault "only if task state is error"; else
        InvalidState. An error without a fault is left without one.
        """
        if call.result is not None and call.state != SUCCESS:
            raise refused(INVALID_STATE, "a result goes with success only")
        if call.fault is not None and call.state != ERROR:
            raise refused(INVALID_STATE, "a fault goes with error only")

    def settable_fault(self, name: str) -> Fault:
        """Follow the page: "The fault must be of a fault type that directly or indirectly extends VimFault";
        RequestCanceled, which a canceled task must show, is taken too. Anything else is InvalidArgument.
        """
        if "VimFault" not in kinds_of(name) and name != REQUEST_CANCELED:
            raise refused(INVALID_ARGUMENT, f"{name} does not extend VimFault")
        return fault_of(name)

    def enter_state(self, task: TaskRecord, state: str) -> None:
        """Take the state and stamp the time. startTime is when the task first started running, unset if it never did; a
        task that is not running reports no progress.
        """
        task.changed()
        task.state = state
        if state == RUNNING:
            self.note_running(task)
        else:
            task.progress = None
            if state != QUEUED:
                self.note_completed(task)

    def note_running(self, task: TaskRecord) -> None:
        """Follow the page: "Time stamp when the task started running"."""
        if task.start_time is None:
            task.start_time = self.clock.now

    def note_completed(self, task: TaskRecord) -> None:
        """Follow the page: "Time stamp when the task was completed (whether success or failure)"."""
        task.complete_time = self.clock.now
        self.recent.note_completed(task)

    def update_progress(self, call: calls.UpdateProgress) -> None:
        """Follow the page: "Sets percentage done for this task"; InvalidState "if task is not running"."""
        task = self.task_to_update(call)
        if task.state != RUNNING:
            raise refused(INVALID_STATE, "the task is not running")
        task.changed()
        task.progress = self.clamped(call.percent_done)

    def clamped(self, percent_done: int) -> int:
        """Below zero or above 100, "a value of zero or 100 respectively is used"."""
        return max(0, min(100, percent_done))

    def set_task_description(self, call: calls.SetTaskDescription) -> None:
        """Follow the page: "Updates task description to describe the current phase of the task", in any state: the page
        knows no InvalidState here. No catalog has the key, so there is no message.
        """
        task = self.task_to_update(call)
        task.changed()
        task.description = LocalizableMessage(key=call.key, args=call.args)

    def cancel_task(self, call: calls.CancelTask) -> None:
        """Do what "cancels a running or queued task": InvalidState "if the task is already canceled or completed",
        NotSupported "if the task is not cancelable".
        """
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_may_cancel(session, task)
        if self.is_over(task):
            raise refused(INVALID_STATE, "the task is canceled or completed")
        if not self.may_cancel(task):
            raise refused(NOT_SUPPORTED, "the task is not cancelable")
        self.cancel(task)

    def is_over(self, task: TaskRecord) -> bool:
        """Whether the task is "already canceled or completed"."""
        return task.cancelled or task.completed

    def may_cancel(self, task: TaskRecord) -> bool:
        """Follow the page: "A task may only be canceled if it is cancelable"."""
        return task.cancelable

    def cancel(self, task: TaskRecord) -> None:
        """Follow the page: "A cancel operation is asynchronous. The operation may return before the task is canceled."
        A queued task ends at once, a running one takes `CANCEL_TIME` to come to its end.
        """
        task.changed()
        task.cancelled = True
        if task.state == QUEUED:
            self.end_canceled(task)
        else:
            self.cancelling.append((self.clock.now + CANCEL_TIME, task))

    def end_canceled(self, task: TaskRecord) -> None:
        """Follow the page: "Its runtime state will be set to error and its error state will be set to RequestCanceled":
        unless its extension has ended it meanwhile.
        """
        if not task.completed:
            self.enter_state(task, ERROR)
            task.error = fault_of(REQUEST_CANCELED)

    def end_due(self) -> None:
        """End the canceled tasks whose time has come."""
        while self.cancelling and self.cancelling[0][0] <= self.clock.now:
            self.end_canceled(self.cancelling.popleft()[1])
