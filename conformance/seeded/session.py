"""Seeded faults of logins and logouts, and of what sessions see of one another."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.makers import LeavesOut, Lends, MakersKnown, is_task
from taskconform.conformance.targets.sim_faults import INVALID_REQUEST, OBJECT_NOT_FOUND, refused
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.calls import NOBODY
from taskconform.model.vocabulary.outcomes import Property

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import Extension, TaskInfo

# --- without a login --------------------------------------------------------------------------------------------------


class StateNeedsNoLogin(Lends):
    """SetTaskState works without a login."""

    def set_task_state(self, call: calls.SetTaskState) -> None:
        """Serve a connection without one."""
        if call.session != NOBODY:
            super().set_task_state(call)
            return
        with self.lent(NOBODY):
            super().set_task_state(call)


class FindExtensionNeedsNoLogin(Lends):
    """Extensions can be read without a login."""

    def find_extension(self, call: calls.FindExtension) -> Extension | None:
        """Serve whoever asks."""
        with self.lent(call.session):
            return super().find_extension(call)

    def read_extension_list(self, call: calls.ReadExtensionList) -> Property[tuple[Extension, ...]]:
        """Serve whoever asks."""
        with self.lent(call.session):
            return super().read_extension_list(call)


class CreateWithoutALoginIsAnInvalidRequest(Simulator):
    """CreateTask and the methods of Task fault with InvalidRequest without a login."""

    def check_logged_in(self, name: str) -> None:
        """Raise the other fault."""
        if name not in self.sessions:
            raise refused(INVALID_REQUEST, "there is no session")

    def create_task(self, call: calls.CreateTask) -> TaskInfo:
        """Look first."""
        self.check_logged_in(call.session)
        return super().create_task(call)

    def task_to_update(self, call: calls.SetTaskState | calls.UpdateProgress | calls.SetTaskDescription) -> TaskRecord:
        """Look first."""
        self.check_logged_in(call.session)
        return super().task_to_update(call)

    def cancel_task(self, call: calls.CancelTask) -> None:
        """Look first."""
        self.check_logged_in(call.session)
        super().cancel_task(call)


class TaskInfoNeedsNoLogin(Lends):
    """Task.info can be read without a login."""

    def read_task_info(self, call: calls.ReadTaskInfo) -> tuple[Property[TaskInfo], ...]:
        """Serve a connection without one."""
        if call.session != NOBODY:
            return super().read_task_info(call)
        with self.lent(NOBODY):
            return super().read_task_info(call)


# --- after a logout ---------------------------------------------------------------------------------------------------


class LogoutAfterTheNextCall(Simulator):
    """A session that logs out serves one more call."""

    def __init__(self, settings: Settings) -> None:
        """Start with nobody leaving. `leaving` has the time of that call, once it has come, by session."""
        super().__init__(settings)
        self.leaving: dict[str, int | None] = {}

    def logout(self, call: calls.Logout) -> None:
        """Put it off."""
        self.authenticated(call.session)
        if call.session in self.leaving:
            super().logout(call)
        else:
            self.leaving[call.session] = None

    def authenticated(self, name: str) -> Session:
        """End the session at the call after that one. Within a call the clock stands still."""
        if name in self.leaving:
            at = self.leaving[name]
            if at is None:
                self.leaving[name] = self.clock.now
            elif at != self.clock.now:
                self.end_session(name)
        return super().authenticated(name)

    def end_session(self, name: str) -> None:
        """It has left."""
        self.leaving.pop(name, None)
        super().end_session(name)


class DeadSessionsCanEndTasks(MakersKnown):
    """A session that has logged out can update the tasks that it created."""

    def __init__(self, settings: Settings) -> None:
        """Start with no session dead."""
        super().__init__(settings)
        self.dead: dict[str, Session] = {}

    def logout(self, call: calls.Logout) -> None:
        """Remember the session."""
        session = self.authenticated(call.session)
        super().logout(call)
        self.dead[call.session] = session

    def task_to_update(self, call: calls.SetTaskState | calls.UpdateProgress | calls.SetTaskDescription) -> TaskRecord:
        """Let it pass."""
        dead = self.dead.get(call.session)
        if dead is not None and call.session not in self.sessions and is_task(self, call.task):
            task = self.tasks[concrete(call.task).value]
            if self.makers.get(task.key) is dead:
                return task
        return super().task_to_update(call)


class LogoutWaitsForTheCollectors(Simulator):
    """A session that has a task collector does not log out."""

    def logout(self, call: calls.Logout) -> None:
        """Look for collectors."""
        if not self.authenticated(call.session).task_collectors:
            super().logout(call)


class LogoutEndsEverySessionOfTheUser(Simulator):
    """All sessions of the user end with one."""

    def logout(self, call: calls.Logout) -> None:
        """End them."""
        account = self.authenticated(call.session).account
        super().logout(call)
        for name in [name for name, session in self.sessions.items() if session.account == account]:
            self.end_session(name)


# --- what others see --------------------------------------------------------------------------------------------------


class TasksOfOthersAreNotFound(MakersKnown):
    """Task.info of a task that another live session created is not found."""

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        """Look who created it."""
        if self.is_of_another(session, task) and self.makers[task.key] in self.sessions.values():
            raise refused(OBJECT_NOT_FOUND, f"no such task: {task.key}")
        return super().info_for(session, task)


class OthersSeeTheTaskAsCreated(MakersKnown):
    """Task.info of a live task that another session created is as it was at the creation."""

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        """Give that."""
        found = super().info_for(session, task)
        is_stale = found.value is not None and not task.completed and self.is_of_another(session, task)
        return Property(value=task.created) if is_stale else found


class ListHoldsOwnTasksOnly(LeavesOut, MakersKnown):
    """recentTask lists no task that another user's session created."""

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Leave those out."""
        return self.is_of_another_user(session, task)


class CompletedTasksLeaveWithTheirMaker(LeavesOut, MakersKnown):
    """recentTask does not list what a session had completed when it logged out."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing gone."""
        super().__init__(settings)
        self.gone: set[str] = set()

    def logout(self, call: calls.Logout) -> None:
        """Note what goes."""
        session = self.authenticated(call.session)
        super().logout(call)
        self.gone.update(task.key for task in self.recent.ended if self.makers.get(task.key) is session)

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Leave that out."""
        del session
        return task.key in self.gone


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "state-needs-no-login": StateNeedsNoLogin,
        "find-extension-needs-no-login": FindExtensionNeedsNoLogin,
        "create-without-a-login-is-an-invalid-request": CreateWithoutALoginIsAnInvalidRequest,
        "task-info-needs-no-login": TaskInfoNeedsNoLogin,
        "logout-after-the-next-call": LogoutAfterTheNextCall,
        "dead-sessions-can-end-tasks": DeadSessionsCanEndTasks,
        "logout-waits-for-the-collectors": LogoutWaitsForTheCollectors,
        "logout-ends-every-session-of-the-user": LogoutEndsEverySessionOfTheUser,
        "tasks-of-others-are-not-found": TasksOfOthersAreNotFound,
        "others-see-the-task-as-created": OthersSeeTheTaskAsCreated,
        "list-holds-own-tasks-only": ListHoldsOwnTasksOnly,
        "completed-tasks-leave-with-their-maker": CompletedTasksLeaveWithTheirMaker,
    }
)
"""The simulators here, by the id of what is wrong with them."""
