"""Seeded faults of UpdateProgress and SetTaskDescription, of unknown tasks, and of the privilege Task.Update."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.makers import MakersKnown, StateCallKnown, is_task
from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    INVALID_STATE,
    NOT_FOUND,
    NOT_SUPPORTED,
    refused,
)
from taskconform.conformance.targets.sim_inventory import TASK_UPDATE
from taskconform.conformance.targets.sim_state import COMPLETED
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import QUEUED, RUNNING, LocalizableMessage
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls

OUT_OF_BOUNDS = "OutOfBounds"

# --- progress ---------------------------------------------------------------------------------------------------------


class ProgressInTens(Simulator):
    """A percentage is rounded down to a multiple of ten."""

    def clamped(self, percent_done: int) -> int:
        """Round it."""
        return super().clamped(percent_done) // 10 * 10


class ProgressOneUpdateLate(Simulator):
    """UpdateProgress shows what the update before it gave."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing given."""
        super().__init__(settings)
        self.before: dict[str, int | None] = {}

    def update_progress(self, call: calls.UpdateProgress) -> None:
        """Show that, and keep this."""
        super().update_progress(call)
        task = self.find_task(call.task)
        given, task.progress = task.progress, self.before.get(task.key, task.progress)
        self.before[task.key] = given


class ProgressFromAnotherUserIsLost(MakersKnown):
    """UpdateProgress does nothing to tasks that another user's session created."""

    def update_progress(self, call: calls.UpdateProgress) -> None:
        """Do nothing, but refuse what is to be refused."""
        task = self.task_to_update(call)
        progress = task.progress
        super().update_progress(call)
        if self.is_of_another_user(self.authenticated(call.session), task):
            task.progress = progress


class NegativeProgressIsRefused(Simulator):
    """A percentage below zero is an InvalidArgument."""

    def clamped(self, percent_done: int) -> int:
        """Refuse it."""
        if percent_done < 0:
            raise refused(INVALID_ARGUMENT, "the percentage is negative")
        return super().clamped(percent_done)


class ProgressAbove100IsOutOfBounds(Simulator):
    """A percentage above 100 is OutOfBounds."""

    def clamped(self, percent_done: int) -> int:
        """Refuse it."""
        if percent_done > 100:
            raise refused(OUT_OF_BOUNDS, "the percentage is above 100")
        return super().clamped(percent_done)


class NegativeProgressCountsAs100(Simulator):
    """A percentage below zero counts as 100."""

    def clamped(self, percent_done: int) -> int:
        """Take it for unsigned."""
        return super().clamped(percent_done % 2**32)


class ProgressAbove100IsShown(Simulator):
    """A percentage above 100 is kept."""

    def clamped(self, percent_done: int) -> int:
        """Look at the lower bound only."""
        return max(0, percent_done)


class ProgressOfQueuedIsIgnored(Simulator):
    """UpdateProgress on a queued task does nothing."""

    def update_progress(self, call: calls.UpdateProgress) -> None:
        """Return then."""
        if self.task_to_update(call).state != QUEUED:
            super().update_progress(call)


class ProgressOfCompletedIsShown(Simulator):
    """UpdateProgress on a completed task sets its progress."""

    def update_progress(self, call: calls.UpdateProgress) -> None:
        """Set it."""
        task = self.task_to_update(call)
        if not task.completed:
            super().update_progress(call)
            return
        task.changed()
        task.progress = self.clamped(call.percent_done)


class ProgressOfNotRunningIsNotSupported(Simulator):
    """UpdateProgress on a task that is not running is NotSupported."""

    def update_progress(self, call: calls.UpdateProgress) -> None:
        """Raise the other fault."""
        if self.task_to_update(call).state != RUNNING:
            raise refused(NOT_SUPPORTED, "the task is not running")
        super().update_progress(call)


# --- description ------------------------------------------------------------------------------------------------------


class DescriptionKeepsItsOldArguments(Simulator):
    """SetTaskDescription adds its arguments to those before."""

    def set_task_description(self, call: calls.SetTaskDescription) -> None:
        """Put them together."""
        before = self.task_to_update(call).description
        old = () if before is None else before.args
        super().set_task_description(evolve(call, args=tuple({**dict(old), **dict(call.args)}.items())))


class DescriptionOfAChildGoesToItsParent(Simulator):
    """SetTaskDescription on a task with a parent describes the parent."""

    def set_task_description(self, call: calls.SetTaskDescription) -> None:
        """Go up."""
        parent = self.task_to_update(call).parent_task_key
        super().set_task_description(call if parent is None else evolve(call, task=self.tasks[parent].ref))


class DescriptionWithoutArgumentsIsLost(Simulator):
    """SetTaskDescription without arguments does nothing."""

    def set_task_description(self, call: calls.SetTaskDescription) -> None:
        """Do nothing, but refuse what is to be refused."""
        self.task_to_update(call)
        if call.args:
            super().set_task_description(call)


# --- tasks that never existed -----------------------------------------------------------------------------------------


class UnknownTaskIsNotFound(Simulator):
    """The methods of a task that never existed fault with NotFound."""

    def check_known(self, name: str, task: calls.Reference) -> None:
        """Raise the other fault."""
        self.authenticated(name)
        if not is_task(self, task):
            raise refused(NOT_FOUND, "no such task")

    def task_to_update(self, call: calls.SetTaskState | calls.UpdateProgress | calls.SetTaskDescription) -> TaskRecord:
        """Look first."""
        self.check_known(call.session, call.task)
        return super().task_to_update(call)

    def cancel_task(self, call: calls.CancelTask) -> None:
        """Look first."""
        self.check_known(call.session, call.task)
        super().cancel_task(call)


class CancelOfUnknownIsIgnored(Simulator):
    """CancelTask on a task that never existed does nothing."""

    def cancel_task(self, call: calls.CancelTask) -> None:
        """Return then."""
        self.authenticated(call.session)
        if is_task(self, call.task):
            super().cancel_task(call)


class ProgressOfUnknownIsAnInvalidState(Simulator):
    """UpdateProgress on a task that never existed is an InvalidState."""

    def update_progress(self, call: calls.UpdateProgress) -> None:
        """Raise the other fault."""
        self.authenticated(call.session)
        if not is_task(self, call.task):
            raise refused(INVALID_STATE, "the task is not running")
        super().update_progress(call)


# --- privileges, and what a refused call leaves behind ----------------------------------------------------------------


class DescriptionNeedsNoPrivilege(Simulator):
    """SetTaskDescription asks for access to the task only."""

    def set_task_description(self, call: calls.SetTaskDescription) -> None:
        """Do it for whoever has that."""
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        if not self.may_access(session, task):
            super().set_task_description(call)
            return
        task.changed()
        task.description = LocalizableMessage(key=call.key, args=call.args)


class StateNeedsNoPrivilegeToEnd(StateCallKnown):
    """SetTaskState asks for no privilege when it completes the task."""

    def check_may_update(self, session: Session, task: TaskRecord) -> None:
        """Let it pass."""
        if self.asked is None or self.asked.state not in COMPLETED:
            super().check_may_update(session, task)


class RefusedProgressIsShown(Simulator):
    """UpdateProgress, refused for the privilege, sets the progress."""

    def update_progress(self, call: calls.UpdateProgress) -> None:
        """Set it before it is refused."""
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        if task.state == RUNNING and not self.holds(session, TASK_UPDATE):
            task.changed()
            task.progress = self.clamped(call.percent_done)
        super().update_progress(call)


class RefusedProgressClearsTheDescription(Simulator):
    """UpdateProgress, refused for the state, takes the description away."""

    def update_progress(self, call: calls.UpdateProgress) -> None:
        """Take it away before it is refused."""
        task = self.task_to_update(call)
        if task.state != RUNNING:
            task.changed()
            task.description = None
        super().update_progress(call)


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "progress-in-tens": ProgressInTens,
        "progress-one-update-late": ProgressOneUpdateLate,
        "progress-from-another-user-is-lost": ProgressFromAnotherUserIsLost,
        "negative-progress-is-refused": NegativeProgressIsRefused,
        "progress-above-100-is-out-of-bounds": ProgressAbove100IsOutOfBounds,
        "negative-progress-counts-as-100": NegativeProgressCountsAs100,
        "progress-above-100-is-shown": ProgressAbove100IsShown,
        "progress-of-queued-is-ignored": ProgressOfQueuedIsIgnored,
        "progress-of-completed-is-shown": ProgressOfCompletedIsShown,
        "progress-of-not-running-is-not-supported": ProgressOfNotRunningIsNotSupported,
        "description-keeps-its-old-arguments": DescriptionKeepsItsOldArguments,
        "description-of-a-child-goes-to-its-parent": DescriptionOfAChildGoesToItsParent,
        "description-without-arguments-is-lost": DescriptionWithoutArgumentsIsLost,
        "unknown-task-is-not-found": UnknownTaskIsNotFound,
        "cancel-of-unknown-is-ignored": CancelOfUnknownIsIgnored,
        "progress-of-unknown-is-an-invalid-state": ProgressOfUnknownIsAnInvalidState,
        "description-needs-no-privilege": DescriptionNeedsNoPrivilege,
        "state-needs-no-privilege-to-end": StateNeedsNoPrivilegeToEnd,
        "refused-progress-is-shown": RefusedProgressIsShown,
        "refused-progress-clears-the-description": RefusedProgressClearsTheDescription,
    }
)
"""The simulators here, by the id of what is wrong with them."""
