"""Where several conditions for a fault hold: the checks of a task's methods in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets.sim_faults import INVALID_STATE, NO_PERMISSION, NOT_SUPPORTED, refused
from taskconform.conformance.targets.sim_inventory import CANCEL_TASK, TASK_CREATE, TASK_UPDATE
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import RUNNING

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import TaskInfo

RANKS_NONE = "the pages rank no faults where several hold"


@permitted("privileges-last", "order", by=RANKS_NONE)
class PrivilegesLast(Simulator):
    """Privileges are looked at after everything else."""

    def require(self, session: Session, privilege: str) -> None:
        if privilege not in {TASK_UPDATE, CANCEL_TASK, TASK_CREATE}:
            super().require(session, privilege)

    def require_last(self, session: Session, privilege: str) -> None:
        """Refuse a session that lacks the privilege."""
        if not self.holds(session, privilege):
            raise refused(NO_PERMISSION, "")

    def create_task(self, call: calls.CreateTask) -> TaskInfo:
        session = self.authenticated(call.session)
        self.check_exists(session, call.obj)
        self.check_task_type(call.task_type_id)
        self.parent_of(call)
        self.require_last(session, TASK_CREATE)
        return super().create_task(call)

    def set_task_state(self, call: calls.SetTaskState) -> None:
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_not_completed(task)
        self.check_appropriate(call)
        if call.fault is not None:
            self.settable_fault(call.fault)
        self.require_last(session, TASK_UPDATE)
        super().set_task_state(call)

    def update_progress(self, call: calls.UpdateProgress) -> None:
        session = self.authenticated(call.session)
        if self.find_task(call.task).state != RUNNING:
            raise refused(INVALID_STATE, "")
        self.require_last(session, TASK_UPDATE)
        super().update_progress(call)

    def set_task_description(self, call: calls.SetTaskDescription) -> None:
        session = self.authenticated(call.session)
        self.find_task(call.task)
        self.require_last(session, TASK_UPDATE)
        super().set_task_description(call)

    def cancel_task(self, call: calls.CancelTask) -> None:
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        if not self.may_cancel(task):
            raise refused(NOT_SUPPORTED, "")
        if self.is_over(task):
            raise refused(INVALID_STATE, "")
        self.require_last(session, CANCEL_TASK)
        super().cancel_task(call)


@permitted("unsupported-before-over", "cancel-order", by=RANKS_NONE)
class UnsupportedFirst(Simulator):
    """Whether a task is cancelable is looked at before whether it is over."""

    def cancel_task(self, call: calls.CancelTask) -> None:
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_may_cancel(session, task)
        if not self.may_cancel(task):
            raise refused(NOT_SUPPORTED, "")
        super().cancel_task(call)


@permitted("fit-before-final", "set-order", by=RANKS_NONE)
class FitBeforeFinal(Simulator):
    """Whether result and fault fit is looked at before the state of the task."""

    def check_not_completed(self, task: TaskRecord) -> None:
        """Looked at later."""

    def check_appropriate(self, call: calls.SetTaskState) -> None:
        super().check_appropriate(call)
        if call.fault is not None:
            self.settable_fault(call.fault)
        super().check_not_completed(self.find_task(call.task))


@permitted("type-before-object", "create-order", by=RANKS_NONE)
class TypeBeforeObject(Simulator):
    """CreateTask looks at the parent and the type before the object."""

    def check_exists(self, session: Session, obj: calls.Reference) -> None:
        if self.creating is not None:
            call, self.creating = self.creating, None
            self.parent_of(call)
            self.check_accepted_type(call.task_type_id)
        super().check_exists(session, obj)

    creating: calls.CreateTask | None = None

    def create_task(self, call: calls.CreateTask) -> TaskInfo:
        self.creating = call
        try:
            return super().create_task(call)
        finally:
            self.creating = None
