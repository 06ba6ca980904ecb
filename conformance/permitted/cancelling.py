"""CancelTask: when a canceled task ends, whether it does, and what a second cancel comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from taskconform.conformance.permitted.variant import Slow, chance, permitted, serving
from taskconform.conformance.targets.sim_faults import INVALID_STATE, refused
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ERROR, RUNNING, SECOND, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Collection

    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls

ASYNCHRONOUS = "vim.Task, CancelTask: may return before the task is canceled (EV 2.30)"


class Delayed(Simulator):
    """A canceled task ends some time later."""

    delay: int | None = None

    def delay_of(self, task: TaskRecord) -> int | None:
        """Microseconds until a canceled task ends; None: it never does by itself."""
        del task
        return self.delay

    def cancel(self, task: TaskRecord) -> None:
        task.changed()
        task.cancelled = True
        delay = self.delay_of(task)
        if delay == 0:
            self.end_canceled(task)
        elif delay is not None:
            self.cancelling.append((self.clock.now + delay, task))
            self.cancelling = type(self.cancelling)(sorted(self.cancelling, key=lambda due: due[0]))


@permitted("cancel-never-ends", "cancel", by=ASYNCHRONOUS)
class NeverEnds(Delayed):
    """A canceled task is flagged, and goes on until its extension ends it."""


@permitted("cancel-ends-at-once", "cancel", by=ASYNCHRONOUS)
class EndsAtOnce(Delayed):
    """A canceled task ends within the call."""

    delay = 0


@permitted("cancel-takes-a-second", "cancel", by=ASYNCHRONOUS)
class TakesASecond(Delayed):
    """A canceled task, queued or running, ends a second later."""

    delay = SECOND


@permitted("cancel-takes-a-minute", "cancel", by=ASYNCHRONOUS)
class TakesAMinute(Delayed):
    """A canceled task ends a minute later."""

    delay = 60 * SECOND


@permitted("cancel-takes-any-time", "cancel", by=ASYNCHRONOUS)
class TakesAnyTime(Delayed):
    """A canceled task ends at once, some calls later, or never."""

    def delay_of(self, task: TaskRecord) -> int | None:
        return (0, 500, 1_500, 2_500, 40_000, 3 * SECOND, None)[task.number % 7]


@permitted("cancel-twice-is-once", "cancel-twice", by="life.cancel-twice: no-effect")
class TwiceIsOnce(Simulator):
    """Another cancel of a task that has not ended yet is treated as the same request."""

    def is_over(self, task: TaskRecord) -> bool:
        return task.completed

    def cancel(self, task: TaskRecord) -> None:
        if not task.cancelled:
            super().cancel(task)


class FlaggedLate(Delayed):
    """The task is flagged as cancelled a moment after the call, and ends then."""

    def cancel(self, task: TaskRecord) -> None:
        self.cancelling.append((self.clock.now + 3_000, task))

    def end_canceled(self, task: TaskRecord) -> None:
        if not task.completed:
            task.changed()
            task.cancelled = True
        super().end_canceled(task)


serving("flagged-when-it-ends", by=ASYNCHRONOUS, simulator=FlaggedLate)(Slow)


class Falling(Simulator):
    """`cancelable` is taken back in some states."""

    states: ClassVar[Collection[str]] = ()

    def enter_state(self, task: TaskRecord, state: str) -> None:
        super().enter_state(task, state)
        if state in self.states:
            task.cancelable = False


@permitted("not-cancelable-once-completed", "cancelable", by="EV 1.3, 1.6: cancelable is false after completion")
class FallsAtTheEnd(Falling):
    """No completed task is cancelable."""

    states: ClassVar[Collection[str]] = (SUCCESS, ERROR)


@permitted("not-cancelable-once-running", "cancelable", by="vim.TaskInfo, cancelable: whether it can be canceled now")
class FallsWhenRunning(Falling):
    """No running or completed task is cancelable."""

    states: ClassVar[Collection[str]] = (RUNNING, SUCCESS, ERROR)


@permitted("not-cancelable-once-canceled", "cancelable", by="vim.TaskInfo, cancelable: whether it can be canceled now")
class FallsWhenCanceled(Simulator):
    """A task that was canceled is not cancelable any more; another cancel meets InvalidState all the same."""

    def cancel(self, task: TaskRecord) -> None:
        super().cancel(task)
        task.changed()
        task.cancelable = False


@permitted("ended-by-cancel-only", "cancel-end", by="life.cancel-end: invalid-state")
class EndedByCancelOnly(Simulator):
    """Once a task is canceled its extension cannot set its state any more."""

    def set_task_state(self, call: calls.SetTaskState) -> None:
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_may_update(session, task)
        if task.cancelled and not task.completed:
            raise refused(INVALID_STATE, "the task is being canceled")
        super().set_task_state(call)


@permitted("canceled-task-ends-in-error-only", "cancel-end", by="life.cancel-end: error-only")
class ErrorOnly(Simulator):
    """Once a task is canceled its extension can set no other end than error."""

    def set_task_state(self, call: calls.SetTaskState) -> None:
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_may_update(session, task)
        if task.cancelled and not task.completed and call.state == SUCCESS:
            raise refused(INVALID_STATE, "the task is being canceled")
        super().set_task_state(call)


@permitted("cancel-without-privilege", "cancel-privilege", by="life.privilege-cancel: allowed")
class NoPrivilege(Simulator):
    """Whoever may read a task may cancel it."""

    def check_may_cancel(self, session: Session, task: TaskRecord) -> None:
        """Nothing is asked for."""


@permitted("canceled-while-queued-runs-first", "cancel", by=ASYNCHRONOUS)
class QueuedLingers(Delayed):
    """A queued task that is canceled stays queued for a while; some never end."""

    def delay_of(self, task: TaskRecord) -> int | None:
        return 5 * SECOND if chance(task.number, 50) else None
