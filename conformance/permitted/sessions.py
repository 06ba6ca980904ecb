"""Sessions: what they leave behind, when they end, and what somebody without privileges is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskconform.conformance.permitted.variant import Target, permitted, serving
from taskconform.conformance.targets.sim_faults import NOT_AUTHENTICATED, refused
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.calls import ReadMaxCollector, ReadRecentTask, ReadTaskInfo, WaitForRecentTask
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Property, RecentTaskUpdate, Returned

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import Call, ObjectRef
    from taskconform.model.vocabulary.outcomes import Outcome, TaskInfo, UserSession


@permitted("logout-ends-tasks", "logout", by="session.outlive-live: ended")
class LogoutEnds(Simulator):
    """With a session its live tasks end."""

    delay = 0

    def __init__(self, settings: Settings) -> None:
        self.made: dict[str, list[TaskRecord]] = {}
        super().__init__(settings)

    def create_task(self, call: calls.CreateTask) -> TaskInfo:
        info = super().create_task(call)
        self.made.setdefault(call.session, []).append(self.tasks[info.key])
        return info

    def end_session(self, name: str) -> None:
        super().end_session(name)
        for task in self.made.pop(name, []):
            if not task.completed:
                self.end_orphan(task)

    def end_orphan(self, task: TaskRecord) -> None:
        """End a task whose session is over."""
        self.end_canceled(task)


@permitted("logout-ends-tasks-later", "logout", by="session.outlive-live: ended")
class LogoutEndsLater(LogoutEnds):
    """With a session its live tasks end, some calls later."""

    def end_orphan(self, task: TaskRecord) -> None:
        due = [*self.cancelling, (self.clock.now + 5_000, task)]
        self.cancelling = type(self.cancelling)(sorted(due, key=lambda one: one[0]))


@permitted("sessions-idle-out", "idle", by="EV 2.7: a session is dead after 30 idle minutes")
class IdlesOut(Simulator):
    """A session that was not used for half an hour is over."""

    def __init__(self, settings: Settings) -> None:
        self.used: dict[str, int] = {}
        super().__init__(settings)

    def login(self, call: calls.Login) -> UserSession:
        opened = super().login(call)
        self.used[call.session] = self.clock.now
        return opened

    def authenticated(self, name: str) -> Session:
        session = super().authenticated(name)
        if self.clock.now - self.used.get(name, self.clock.now) > 1_800 * SECOND:
            self.end_session(name)
            raise refused(NOT_AUTHENTICATED, "the session was idle")
        self.used[name] = self.clock.now
        return session


@serving(
    "faults-in-missing-set", "missing-set", by="vmodl PropertyCollector, missingSet: a property's fault stands there"
)
class FaultsInMissingSet(Target):
    """Whoever is not logged in is given the fault in place of the value, not instead of the answer."""

    def perform(self, call: Call) -> Outcome:
        outcome = super().perform(call)
        if not isinstance(outcome, Faulted) or not outcome.fault.is_a("SecurityError"):
            return outcome
        missing: Any = Property(missing=outcome.fault)
        if isinstance(call, ReadRecentTask | ReadMaxCollector):
            return Returned(value=missing, at=outcome.at)
        if isinstance(call, WaitForRecentTask):
            return Returned(value=RecentTaskUpdate(changed=True, recent_task=missing), at=outcome.at)
        if isinstance(call, ReadTaskInfo):
            return Returned(value=tuple(missing for _ in call.tasks), at=outcome.at)
        return outcome


@permitted("nothing-shown-to-outsiders", "outsiders", by="session.no-view: nothing-shown (N 5)")
class NothingShown(Simulator):
    """Somebody without System.View is shown no value, without a word on it."""

    def read_max_collector(self, call: calls.ReadMaxCollector) -> Property[int]:
        found = super().read_max_collector(call)
        return found if found.missing is None else Property()

    def read_recent_task(self, call: calls.ReadRecentTask) -> Property[tuple[ObjectRef, ...]]:
        found = super().read_recent_task(call)
        return found if found.missing is None else Property(value=())
