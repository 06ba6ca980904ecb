"""Seeded faults of SetTaskState: the state, what goes with it, and what it refuses."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.makers import MakersKnown, RealTimes, StateCallKnown
from taskconform.conformance.targets.sim_faults import (
    NOT_SUPPORTED,
    REQUEST_CANCELED,
    RefusedError,
    fault_of,
    kinds_of,
    refused,
)
from taskconform.conformance.targets.sim_state import STATES
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_state import TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import Fault

# --- which state ------------------------------------------------------------------------------------------------------


class StartOfAChildIsLost(Simulator):
    """A queued task with a parent does not start."""

    def take_state(self, task: TaskRecord, call: calls.SetTaskState, fault: Fault | None) -> None:
        """Do nothing then."""
        if call.state != RUNNING or task.state != QUEUED or task.parent_task_key is None:
            super().take_state(task, call, fault)


class ErrorWithoutAFaultIsSuccess(Simulator):
    """SetTaskState(error) without a fault makes a success."""

    def set_task_state(self, call: calls.SetTaskState) -> None:
        """Take it for that."""
        fails = call.state == ERROR and call.fault is None and call.result is None
        super().set_task_state(evolve(call, state=SUCCESS) if fails else call)


class StateFromAnotherSessionIsLost(MakersKnown):
    """SetTaskState does nothing to tasks that another session created."""

    def take_state(self, task: TaskRecord, call: calls.SetTaskState, fault: Fault | None) -> None:
        """Do nothing then."""
        if not self.is_of_another(self.authenticated(call.session), task):
            super().take_state(task, call, fault)


class ChangesTheCompleted(StateCallKnown):
    """A simulator that lets a completed task into another state, sometimes."""

    def check_not_completed(self, task: TaskRecord) -> None:
        """Let it pass."""
        if self.asked is None or not self.may_change(task, self.asked):
            super().check_not_completed(task)

    def may_change(self, task: TaskRecord, asked: calls.SetTaskState) -> bool:
        """Whether it is let pass."""
        raise NotImplementedError

    def enter_state(self, task: TaskRecord, state: str) -> None:
        """Forget that it was completed before."""
        if task.completed:
            if task in self.recent.ended:
                self.recent.ended.remove(task)
            self.recent.note_created(task)
            task.complete_time = None
        super().enter_state(task, state)


class ErrorCanBecomeSuccess(ChangesTheCompleted):
    """A task in error can be made a success."""

    def may_change(self, task: TaskRecord, asked: calls.SetTaskState) -> bool:
        """Let that pass."""
        return task.state == ERROR and asked.state == SUCCESS


class SuccessCanRunAgain(ChangesTheCompleted):
    """A successful task can be set running."""

    def may_change(self, task: TaskRecord, asked: calls.SetTaskState) -> bool:
        """Let that pass."""
        return task.state == SUCCESS and asked.state == RUNNING


class ChangeOfCompletedIsIgnored(Simulator):
    """SetTaskState on a completed task does nothing."""

    def set_task_state(self, call: calls.SetTaskState) -> None:
        """Return then."""
        if not self.task_to_update(call).completed or call.state not in STATES:
            super().set_task_state(call)


class ChangeOfCompletedIsNotSupported(Simulator):
    """SetTaskState on a completed task is NotSupported."""

    def check_not_completed(self, task: TaskRecord) -> None:
        """Raise the other fault."""
        if task.completed:
            raise refused(NOT_SUPPORTED, "the task is completed")


class RefusedChangeMovesTheCompleteTime(Simulator):
    """SetTaskState, refused on a completed task, moves its completeTime."""

    window_class = RealTimes

    def check_not_completed(self, task: TaskRecord) -> None:
        """Stamp it before it is refused."""
        if task.completed:
            task.changed()
            task.complete_time = self.clock.now
        super().check_not_completed(task)


class RefusedChangeTakesTheResult(StateCallKnown):
    """SetTaskState(success), refused on a successful task, replaces its result."""

    def check_not_completed(self, task: TaskRecord) -> None:
        """Take it before it is refused."""
        asked = self.asked
        if asked is not None and asked.result is not None and task.state == asked.state == SUCCESS:
            task.changed()
            task.result = asked.result
        super().check_not_completed(task)


# --- results and faults -----------------------------------------------------------------------------------------------


class ReferenceResultBecomesText(Simulator):
    """A result that is a reference is kept as its value."""

    def take_state(self, task: TaskRecord, call: calls.SetTaskState, fault: Fault | None) -> None:
        """Keep the value."""
        is_reference = isinstance(call.result, ObjectRef)
        super().take_state(task, call, fault)
        if is_reference and isinstance(task.result, ObjectRef):
            task.result = task.result.value


class ResultLostUnlessItRan(Simulator):
    """The result of a task that never ran is dropped."""

    def take_state(self, task: TaskRecord, call: calls.SetTaskState, fault: Fault | None) -> None:
        """Drop it."""
        super().take_state(task, call, fault)
        if task.start_time is None:
            task.result = None


class ResultWithRunningIsTaken(Simulator):
    """A result with running is not refused, but dropped."""

    def set_task_state(self, call: calls.SetTaskState) -> None:
        """Drop it."""
        super().set_task_state(evolve(call, result=None) if call.state == RUNNING else call)


class ResultWithErrorIsTaken(Simulator):
    """A result with error is not refused, but dropped."""

    def set_task_state(self, call: calls.SetTaskState) -> None:
        """Drop it."""
        super().set_task_state(evolve(call, result=None) if call.state == ERROR else call)


class FaultBecomesItsBaseType(Simulator):
    """A fault is kept as a bare VimFault."""

    def settable_fault(self, name: str) -> Fault:
        """Keep no more of it; RequestCanceled is none."""
        fault = super().settable_fault(name)
        return fault if name == REQUEST_CANCELED else fault_of("VimFault")


class FirstFaultStays(Simulator):
    """The first fault of the server is that of every task set to error with one."""

    first: Fault | None = None

    def settable_fault(self, name: str) -> Fault:
        """Keep the first."""
        fault = super().settable_fault(name)
        if self.first is None:
            self.first = fault
        return self.first


class FaultWithSuccessIsTaken(Simulator):
    """A fault with success is not refused, but dropped."""

    def set_task_state(self, call: calls.SetTaskState) -> None:
        """Drop it."""
        super().set_task_state(evolve(call, fault=None) if call.state == SUCCESS else call)


class AnyFaultIsTaken(Simulator):
    """A fault of whatever type is taken."""

    def settable_fault(self, name: str) -> Fault:
        """Keep it as it is, if it is a fault at all."""
        return fault_of(name) if kinds_of(name) else super().settable_fault(name)


class FaultOfWrongKindEndsTheTask(StateCallKnown):
    """A fault that is refused for its type ends the task in error, with another one."""

    def settable_fault(self, name: str) -> Fault:
        """End it before it is refused."""
        try:
            return super().settable_fault(name)
        except RefusedError:
            if self.asked is not None and kinds_of(name):
                task = self.find_task(self.asked.task)
                self.enter_state(task, ERROR)
                task.error = fault_of("GenericVmConfigFault")
            raise


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "start-of-a-child-is-lost": StartOfAChildIsLost,
        "error-without-a-fault-is-success": ErrorWithoutAFaultIsSuccess,
        "state-from-another-session-is-lost": StateFromAnotherSessionIsLost,
        "error-can-become-success": ErrorCanBecomeSuccess,
        "success-can-run-again": SuccessCanRunAgain,
        "change-of-completed-is-ignored": ChangeOfCompletedIsIgnored,
        "change-of-completed-is-not-supported": ChangeOfCompletedIsNotSupported,
        "refused-change-moves-the-complete-time": RefusedChangeMovesTheCompleteTime,
        "refused-change-takes-the-result": RefusedChangeTakesTheResult,
        "reference-result-becomes-text": ReferenceResultBecomesText,
        "result-lost-unless-it-ran": ResultLostUnlessItRan,
        "result-with-running-is-taken": ResultWithRunningIsTaken,
        "result-with-error-is-taken": ResultWithErrorIsTaken,
        "fault-becomes-its-base-type": FaultBecomesItsBaseType,
        "first-fault-stays": FirstFaultStays,
        "fault-with-success-is-taken": FaultWithSuccessIsTaken,
        "any-fault-is-taken": AnyFaultIsTaken,
        "fault-of-wrong-kind-ends-the-task": FaultOfWrongKindEndsTheTask,
    }
)
"""The simulators here, by the id of what is wrong with them."""
