"""Seeded faults of CancelTask, and of what happens to tasks that are over."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    INVALID_STATE,
    OBJECT_NOT_FOUND,
    REQUEST_CANCELED,
    fault_of,
    refused,
)
from taskconform.conformance.targets.sim_server import text
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import Fault

# --- cancelable tasks -------------------------------------------------------------------------------------------------


class CanceledEndsWithAnotherFault(Simulator):
    """A running task that is canceled ends with InvalidState."""

    def end_canceled(self, task: TaskRecord) -> None:
        """Put it in the place."""
        ran = task.state == RUNNING
        super().end_canceled(task)
        if ran:
            task.error = fault_of(INVALID_STATE)


class CanceledQueuedEndsWithAnotherFault(Simulator):
    """A queued task that is canceled ends with InvalidState."""

    def end_canceled(self, task: TaskRecord) -> None:
        """Put it in the place."""
        was_queued = task.state == QUEUED
        super().end_canceled(task)
        if was_queued:
            task.error = fault_of(INVALID_STATE)


class CancelSetsNoFlag(Simulator):
    """A running task that is canceled does not tell so."""

    def cancel(self, task: TaskRecord) -> None:
        """Take the flag away."""
        super().cancel(task)
        if not task.completed:
            task.cancelled = False


class CancelOfAChildIsLost(Simulator):
    """CancelTask does nothing to a task with a parent."""

    def cancel(self, task: TaskRecord) -> None:
        """Do nothing then."""
        if task.parent_task_key is None:
            super().cancel(task)


class CancelRefusedPastHalf(Simulator):
    """A running task with a progress above 50 cannot be canceled."""

    def may_cancel(self, task: TaskRecord) -> bool:
        """Look at the progress too."""
        return super().may_cancel(task) and (task.progress is None or task.progress <= 50)


class CancelOfRunningIsInvalid(Simulator):
    """A running task without progress counts as over."""

    def is_over(self, task: TaskRecord) -> bool:
        """Look at the progress too."""
        return super().is_over(task) or (task.cancelable and task.state == RUNNING and task.progress is None)


# --- tasks that are not cancelable ------------------------------------------------------------------------------------


class CancelOfNotCancelableWorksOnceItRuns(Simulator):
    """A running task can always be canceled."""

    def may_cancel(self, task: TaskRecord) -> bool:
        """Let it be."""
        return super().may_cancel(task) or task.state == RUNNING


class CancelOfNotCancelableIsIgnored(Simulator):
    """CancelTask on a task that is not cancelable does nothing."""

    def may_cancel(self, task: TaskRecord) -> bool:
        """Let it pass."""
        del task
        return True

    def cancel(self, task: TaskRecord) -> None:
        """Do nothing then."""
        if task.cancelable:
            super().cancel(task)


class RefusedCancelEndsTheTask(Simulator):
    """CancelTask, refused on a running task, ends it."""

    def may_cancel(self, task: TaskRecord) -> bool:
        """End it before it is refused."""
        allowed = super().may_cancel(task)
        if not allowed and task.state == RUNNING:
            self.end_canceled(task)
        return allowed


class RefusedCancelSetsTheFlag(Simulator):
    """CancelTask, refused for a task that is not cancelable, sets its flag."""

    def may_cancel(self, task: TaskRecord) -> bool:
        """Set it before it is refused."""
        allowed = super().may_cancel(task)
        if not allowed:
            task.changed()
            task.cancelled = True
        return allowed

    def is_over(self, task: TaskRecord) -> bool:
        """Do not go by the flag then."""
        return super().is_over(task) if task.cancelable else task.completed


# --- completed tasks --------------------------------------------------------------------------------------------------


class CancelOfCompletedIsIgnored(Simulator):
    """CancelTask on a completed cancelable task does nothing."""

    def is_over(self, task: TaskRecord) -> bool:
        """Let it pass."""
        return super().is_over(task) and not (task.completed and task.cancelable)

    def cancel(self, task: TaskRecord) -> None:
        """Do nothing then."""
        if not task.completed:
            super().cancel(task)


class CancelOfCompletedFindsNothing(Simulator):
    """CancelTask on a completed task is ManagedObjectNotFound."""

    def is_over(self, task: TaskRecord) -> bool:
        """Raise the other fault."""
        if task.completed:
            raise refused(OBJECT_NOT_FOUND, f"no such task: {task.key}")
        return super().is_over(task)


class CancelOfSuccessMakesAnError(Simulator):
    """CancelTask on a successful cancelable task makes it an error."""

    def is_over(self, task: TaskRecord) -> bool:
        """Let it pass."""
        return super().is_over(task) and not (task.state == SUCCESS and task.cancelable)

    def cancel(self, task: TaskRecord) -> None:
        """Change the state, and nothing of what is recent."""
        if task.state != SUCCESS:
            super().cancel(task)
            return
        become_error(task, fault_of(REQUEST_CANCELED))
        task.cancelled = True


class PendingCancelOverridesTheEnd(Simulator):
    """A cancel comes through when the task is completed already."""

    def end_canceled(self, task: TaskRecord) -> None:
        """Forget that it was completed."""
        if task.completed:
            if task in self.recent.ended:
                self.recent.ended.remove(task)
            task.state = RUNNING
            task.result = None
        super().end_canceled(task)


class FailedChildFailsItsParent(Simulator):
    """A child's error makes an error of its successful parent."""

    def take_state(self, task: TaskRecord, call: calls.SetTaskState, fault: Fault | None) -> None:
        """Look at the parent."""
        super().take_state(task, call, fault)
        parent = None if task.parent_task_key is None else self.tasks[task.parent_task_key]
        if task.state == ERROR and parent is not None and parent.state == SUCCESS:
            become_error(parent, fault)


class UnregisterClearsResults(Simulator):
    """UnregisterExtension takes the results of its tasks away."""

    def __init__(self, settings: Settings) -> None:
        """Start with no results, before the server makes tasks of its own."""
        self.successes: list[TaskRecord] = []
        super().__init__(settings)

    def note_completed(self, task: TaskRecord) -> None:
        """Keep what succeeds."""
        super().note_completed(task)
        if task.state == SUCCESS:
            self.successes.append(task)

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        """Take them away."""
        extension = self.extensions.get(text(call.key))
        super().unregister_extension(call)
        for task in self.successes:
            if extension is not None and task.description_id in extension.task_ids:
                task.changed()
                task.result = None


def become_error(task: TaskRecord, fault: Fault | None) -> None:
    """Make an error of a successful task, all else left as it is."""
    task.changed()
    task.state = ERROR
    task.result = None
    task.error = fault


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "canceled-ends-with-another-fault": CanceledEndsWithAnotherFault,
        "canceled-queued-ends-with-another-fault": CanceledQueuedEndsWithAnotherFault,
        "cancel-sets-no-flag": CancelSetsNoFlag,
        "cancel-of-a-child-is-lost": CancelOfAChildIsLost,
        "cancel-refused-past-half": CancelRefusedPastHalf,
        "cancel-of-running-is-invalid": CancelOfRunningIsInvalid,
        "cancel-of-not-cancelable-works-once-it-runs": CancelOfNotCancelableWorksOnceItRuns,
        "cancel-of-not-cancelable-is-ignored": CancelOfNotCancelableIsIgnored,
        "refused-cancel-ends-the-task": RefusedCancelEndsTheTask,
        "refused-cancel-sets-the-flag": RefusedCancelSetsTheFlag,
        "cancel-of-completed-is-ignored": CancelOfCompletedIsIgnored,
        "cancel-of-completed-finds-nothing": CancelOfCompletedFindsNothing,
        "cancel-of-success-makes-an-error": CancelOfSuccessMakesAnError,
        "pending-cancel-overrides-the-end": PendingCancelOverridesTheEnd,
        "failed-child-fails-its-parent": FailedChildFailsItsParent,
        "unregister-clears-results": UnregisterClearsResults,
    }
)
"""The simulators here, by the id of what is wrong with them."""
