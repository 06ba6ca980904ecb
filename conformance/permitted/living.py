"""The life of a task: which moves are taken, and what becomes of progress, result and description."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets.sim_faults import INVALID_ARGUMENT, INVALID_STATE, fault_of, refused
from taskconform.conformance.targets.sim_server import text
from taskconform.conformance.targets.sim_state import COMPLETED
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Collection

    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import Fault

# --- moves ------------------------------------------------------------------------------------------------------------


class Strict(Simulator):
    """Some moves, from a state to another, are refused."""

    refuses: ClassVar[Collection[tuple[str, str]]] = ()
    kind = INVALID_STATE

    def set_task_state(self, call: calls.SetTaskState) -> None:
        task = self.find_task(call.task)
        session = self.authenticated(call.session)
        self.check_may_update(session, task)
        if (task.state, call.state) in self.refuses:
            raise refused(self.kind, "no such move")
        super().set_task_state(call)


@permitted("never-backward", "moves", by="life.backward: refused")
class NeverBackward(Strict):
    """A running task cannot be queued again."""

    refuses: ClassVar[Collection[tuple[str, str]]] = ((RUNNING, QUEUED),)


@permitted("never-skipping", "moves", by="life.skip: refused")
class NeverSkipping(Strict):
    """A queued task has to run before it can end."""

    refuses: ClassVar[Collection[tuple[str, str]]] = ((QUEUED, SUCCESS), (QUEUED, ERROR))


@permitted("skipping-to-error-only", "moves", by="life.skip: error-only")
class SkippingToError(Strict):
    """A queued task can end in error, but has to run before it can succeed."""

    refuses: ClassVar[Collection[tuple[str, str]]] = ((QUEUED, SUCCESS),)


@permitted("silent-moves-refused", "moves", by="life.backward, life.same-state: refused")
class SilentRefused(Strict):
    """No state that the task has, and no way back, with InvalidArgument."""

    refuses: ClassVar[Collection[tuple[str, str]]] = ((QUEUED, QUEUED), (RUNNING, RUNNING), (RUNNING, QUEUED))
    kind = INVALID_ARGUMENT


@permitted("same-end-taken", "same-end", by="life.same-state-final: taken")
class SameEndTaken(Simulator):
    """Setting the final state that a task has is taken, and changes nothing."""

    def set_task_state(self, call: calls.SetTaskState) -> None:
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_may_update(session, task)
        if not (task.completed and task.state == call.state):
            super().set_task_state(call)
            return
        self.check_appropriate(call)
        if call.fault is not None:
            self.settable_fault(call.fault)


# --- faults and descriptions ------------------------------------------------------------------------------------------


@permitted("error-filled-in", "error", by="info.error-missing: filled-in")
class ErrorFilledIn(Simulator):
    """A task set to error without a fault gets one of the server's."""

    def set_task_state(self, call: calls.SetTaskState) -> None:
        super().set_task_state(call)
        if call.state == ERROR and call.fault is None:
            self.find_task(call.task).error = fault_of("GenericVmConfigFault")


@permitted("error-wants-a-fault", "error", by="info.error-missing: refused")
class ErrorWantsFault(Simulator):
    """A task cannot be set to error without a fault."""

    def check_appropriate(self, call: calls.SetTaskState) -> None:
        super().check_appropriate(call)
        if call.state == ERROR and call.fault is None:
            raise refused(INVALID_ARGUMENT, "a fault is missing")


@permitted("canceled-refused-as-fault", "canceled-fault", by="life.fault-cancelled: refused")
class CanceledRefused(Simulator):
    """RequestCanceled is no fault that an extension can set."""

    def settable_fault(self, name: str) -> Fault:
        if name == "RequestCanceled":
            raise refused(INVALID_ARGUMENT, "no kind of VimFault")
        return super().settable_fault(name)


@permitted("final-description-refused", "final-description", by="life.description-final: refused")
class FinalDescriptionRefused(Simulator):
    """A completed task cannot be described any more."""

    def set_task_description(self, call: calls.SetTaskDescription) -> None:
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_may_update(session, task)
        if task.completed:
            raise refused(INVALID_STATE, "the task is completed")
        super().set_task_description(call)


@permitted("final-description-ignored", "final-description", by="life.description-final: ignored")
class FinalDescriptionIgnored(Simulator):
    """The description of a completed task is taken, and changes nothing."""

    def set_task_description(self, call: calls.SetTaskDescription) -> None:
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_may_update(session, task)
        if not task.completed:
            super().set_task_description(call)


# --- progress ---------------------------------------------------------------------------------------------------------


@permitted("progress-kept-at-the-end", "progress", by="info.progress-end, info.progress-end-error: kept")
class ProgressKept(Simulator):
    """A task that ends keeps its progress."""

    def enter_state(self, task: TaskRecord, state: str) -> None:
        before = task.progress
        super().enter_state(task, state)
        task.progress = before


@permitted("progress-of-100-at-the-end", "progress", by="info.progress-end, info.progress-end-error: hundred")
class ProgressHundred(Simulator):
    """A task that has ended is at 100."""

    def enter_state(self, task: TaskRecord, state: str) -> None:
        super().enter_state(task, state)
        if state in COMPLETED:
            task.progress = 100


@permitted("progress-of-0-at-the-start", "progress", by="EV 2.37: progress 0 while running")
class ProgressZero(Simulator):
    """A running task is at 0 until it is said otherwise."""

    def enter_state(self, task: TaskRecord, state: str) -> None:
        before = task.progress
        super().enter_state(task, state)
        if state == RUNNING and before is None:
            task.progress = 0


@permitted("progress-never-falls", "progress-back", by="life.progress-back: kept")
class NeverFalls(Simulator):
    """A lower percentage than before is taken, and not shown."""

    def update_progress(self, call: calls.UpdateProgress) -> None:
        before = self.find_task(call.task).progress
        super().update_progress(call)
        task = self.find_task(call.task)
        if before is not None and task.progress is not None:
            task.progress = max(before, task.progress)


@permitted("progress-of-children", "progress-overall", by="life.progress-overall: recalculated")
class Overall(ProgressKept):
    """A running parent's progress is the mean of its children's, up the chain; a task that ends keeps its own."""

    def recalculate(self, key: str | None) -> None:
        """Work out the progress of the task with this key, and of those above."""
        parent = self.tasks.get(key) if key is not None else None
        if parent is None or parent.completed:
            return
        children = [task for task in self.tasks.values() if task.parent_task_key == key]
        values = [100 if task.completed else task.progress or 0 for task in children]
        if parent.state == RUNNING and values:
            parent.changed()
            parent.progress = sum(values) // len(values)
        self.recalculate(parent.parent_task_key)

    def update_progress(self, call: calls.UpdateProgress) -> None:
        super().update_progress(call)
        self.recalculate(self.find_task(call.task).parent_task_key)

    def enter_state(self, task: TaskRecord, state: str) -> None:
        super().enter_state(task, state)
        self.recalculate(task.parent_task_key)


@permitted("tasks-have-names", "name", by="vim.TaskInfo, name: optional (EV 1.1, 1.2)")
class Named(Simulator):
    """A task of an extension has a name, too."""

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        task = super().new_task(session, call)
        task.name = f"{text(call.task_type_id).rpartition('.')[2].title()}_Task"
        return task
