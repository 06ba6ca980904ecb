"""What several seeded faults have to know: who created a task, what call is being served, what a list leaves out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from taskconform.conformance.targets.sim_inventory import USER_NAMES
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.sim_state import RecentWindow, Session
from taskconform.conformance.targets.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef


class MakersKnown(Simulator):
    """A simulator that remembers which session created a task by CreateTask, by the task's key."""

    def __init__(self, settings: Settings) -> None:
        """Start with no task, before the server makes tasks of its own."""
        self.makers: dict[str, Session] = {}
        super().__init__(settings)

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        """Remember the session."""
        task = super().new_task(session, call)
        self.makers[task.key] = session
        return task

    def is_of_another(self, session: Session, task: TaskRecord) -> bool:
        """Whether another session than this one created the task."""
        return self.makers.get(task.key, session) is not session

    def is_of_another_user(self, session: Session, task: TaskRecord) -> bool:
        """Whether a session of another user created the task."""
        return self.makers.get(task.key, session).account != session.account


class StateCallKnown(Simulator):
    """A simulator that knows, while it serves SetTaskState, what the call is."""

    asked: calls.SetTaskState | None = None

    def set_task_state(self, call: calls.SetTaskState) -> None:
        """Know the call for as long as it is served."""
        self.asked = call
        try:
            super().set_task_state(call)
        finally:
            self.asked = None


class LeavesOut(Simulator):
    """A simulator whose recentTask leaves out some of the tasks that it should list."""

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Whether the session is not shown the task."""
        raise NotImplementedError

    def recent_refs(self, session: Session) -> tuple[ObjectRef, ...]:
        """Take those out."""
        return tuple(
            [ref for ref in super().recent_refs(session) if not self.leaves_out(session, self.tasks[ref.value])]
        )

    def is_before_the_window(self, time: int | None) -> bool:
        """Whether that was longer ago than the window in force."""
        return time is not None and time < self.recent.cutoff(self.clock.now)


class RealTimes(RecentWindow):
    """A window that goes by the times at which tasks completed, whatever their completeTime is made to say."""

    def __init__(self, window: int, cap: int | None) -> None:
        """Begin empty."""
        super().__init__(window, cap)
        self.real: dict[str, int] = {}

    def note_completed(self, task: TaskRecord) -> None:
        """Keep the time."""
        self.real[task.key] = task.complete_time or 0
        super().note_completed(task)

    def completed_tasks(self, now: int) -> list[TaskRecord]:
        """Go by the times that were kept."""
        cutoff = self.cutoff(now)
        return [task for task in self.completed_order() if self.real[task.key] >= cutoff]


class StampedEarly(Simulator):
    """A simulator that gives some tasks a startTime before they run; the first start puts its own in the place."""

    def __init__(self, settings: Settings) -> None:
        """Start with no stamp out of place, before the server makes tasks of its own."""
        self.stamped: set[str] = set()
        super().__init__(settings)

    def stamp(self, task: TaskRecord) -> None:
        """Stamp the time."""
        task.changed()
        task.start_time = self.clock.now
        self.stamped.add(task.key)

    def note_running(self, task: TaskRecord) -> None:
        """Put the time of the start over the stamp."""
        if task.key in self.stamped:
            self.stamped.remove(task.key)
            task.start_time = None
        super().note_running(task)


class Lends(Simulator):
    """A simulator that serves some calls without a login, as if a user with every privilege were logged in."""

    @contextmanager
    def lent(self, name: str) -> Iterator[None]:
        """Have a session of this name for as long as it takes, if there is none."""
        if name in self.sessions:
            yield
            return
        account = "primary"
        self.sessions[name] = Session(0, account, USER_NAMES[account], self.inventory.privileges[account])
        try:
            yield
        finally:
            del self.sessions[name]


def is_task(server: Simulator, reference: calls.Reference) -> bool:
    """Whether the reference is to a task that exists."""
    ref = concrete(reference)
    return ref.type == "Task" and ref.value in server.tasks
