"""Seeded faults of recentTask: the limits, and what is listed for how long."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.makers import LeavesOut, MakersKnown
from taskconform.conformance.targets.sim_state import RecentWindow
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord

DEFAULT_WINDOW = 600
DEFAULT_CAP = 200

# --- live tasks -------------------------------------------------------------------------------------------------------


class QueuedDropsOutAfterTheWindow(LeavesOut):
    """A queued task is listed for the length of the window."""

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Leave it out then."""
        del session
        return task.state == QUEUED and self.is_before_the_window(task.queue_time)


class QueuedOnlyForItsUser(LeavesOut, MakersKnown):
    """A queued task is listed for the user who created it."""

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Leave it out for others."""
        return task.state == QUEUED and self.is_of_another_user(session, task)


class RunningDropsOutAfterTheWindow(LeavesOut):
    """A running task is listed for the length of the window."""

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Leave it out then."""
        del session
        return task.state == RUNNING and self.is_before_the_window(task.start_time)


class RunningOutAtFullProgress(LeavesOut):
    """A running task with all its progress is not listed."""

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Leave it out then."""
        del session
        return task.state == RUNNING and task.progress == 100


# --- the window -------------------------------------------------------------------------------------------------------


class ErrorsLeaveAtOnce(LeavesOut):
    """A task in error is not listed."""

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Leave it out."""
        del session
        return task.state == ERROR


class HalfWindow(RecentWindow):
    """A window of half the length."""

    def cutoff(self, now: int) -> int:
        """Go back half as far."""
        return now - self.window * SECOND // 2


class WindowOfHalfTheLength(Simulator):
    """Completed tasks are listed for half of the window."""

    window_class = HalfWindow


class WindowFromTheCreation(LeavesOut):
    """Completed tasks are listed for the window from their creation on."""

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Leave out what was created before."""
        del session
        return task.completed and self.is_before_the_window(task.queue_time)


class DoubleWindow(RecentWindow):
    """A window of twice the length."""

    def cutoff(self, now: int) -> int:
        """Go back twice as far."""
        return now - 2 * self.window * SECOND


class WindowOfTwiceTheLength(Simulator):
    """Completed tasks are listed for twice the window."""

    window_class = DoubleWindow


class AgelessErrors(RecentWindow):
    """A window in which errors stay."""

    def completed_tasks(self, now: int) -> list[TaskRecord]:
        """Look at the time of the successes."""
        cutoff = self.cutoff(now)
        return [
            task
            for task in self.completed_order()
            if task.state == ERROR or (task.complete_time is not None and task.complete_time >= cutoff)
        ]


class ErrorsNeverAge(Simulator):
    """Tasks in error are listed however old they are."""

    window_class = AgelessErrors


class WindowOfTheLastCompletion(RecentWindow):
    """A window that ends with the last completion."""

    last = 0

    def note_completed(self, task: TaskRecord) -> None:
        """Keep its time."""
        self.last = task.complete_time or 0
        super().note_completed(task)

    def cutoff(self, now: int) -> int:
        """Go back from there."""
        return super().cutoff(min(now, self.last))


class AgedOutOnlyByTheNextCompletion(Simulator):
    """Completed tasks that are too old are listed until another task completes."""

    window_class = WindowOfTheLastCompletion


class LimitsAre600And200WhateverIsDeclared(Simulator):
    """The limits are the defaults, whatever is set."""

    def __init__(self, settings: Settings) -> None:
        """Set the window back."""
        super().__init__(settings)
        self.recent.window = DEFAULT_WINDOW

    def cap_in_force(self) -> int | None:
        """Give the default number; on a host there is none."""
        return DEFAULT_CAP if self.settings.vcenter else None


# --- the number -------------------------------------------------------------------------------------------------------


class NoCap(Simulator):
    """Completed tasks are listed however many there are."""

    def cap_in_force(self) -> int | None:
        """Give none."""
        return None


class CapPerState(RecentWindow):
    """A window that counts successes and errors apart."""

    def trim(self) -> None:
        """Drop the first of the state that has too many."""
        if self.cap is None or len(self.ended) <= self.cap:
            return
        alike = [task for task in self.ended if task.state == self.ended[-1].state]
        if len(alike) > self.cap:
            self.ended.remove(alike[0])


class CapForEachOutcome(Simulator):
    """The number applies to successes and to errors, each for itself."""

    window_class = CapPerState


class FirstOnes(RecentWindow):
    """A window that is full when it is full."""

    def trim(self) -> None:
        """Make room for what is too old only; else the last one finds none."""
        if self.cap is None:
            return
        cutoff = self.cutoff(self.ended[-1].complete_time or 0)
        while (self.ended[0].complete_time or 0) < cutoff:
            self.ended.popleft()
        if len(self.ended) > self.cap:
            self.ended.pop()


class CapKeepsTheFirst(Simulator):
    """Of the completed tasks the first are listed, so many as the number says."""

    window_class = FirstOnes


class CapOverAll(RecentWindow):
    """A window that counts live tasks too."""

    def tasks(self, now: int) -> list[TaskRecord]:
        """Give those that were created last."""
        tasks = super().tasks(now)
        if self.cap is None or len(tasks) <= self.cap:
            return tasks
        return sorted(tasks, key=lambda task: -task.number)[: self.cap]


class CapEvictsLiveTasks(Simulator):
    """The number is one of all tasks that are listed."""

    window_class = CapOverAll


class CapTakesTheOlderAlong(RecentWindow):
    """A window from which live tasks go with the completed."""

    def trim(self) -> None:
        """Drop the live ones that were created before."""
        if self.cap is not None and len(self.ended) > self.cap:
            dropped = self.ended.popleft()
            for task in [task for task in self.live.values() if task.number < dropped.number]:
                del self.live[task.key]


class LongRunningGoWithTheCap(Simulator):
    """With a completed task go the live ones that were created before it."""

    window_class = CapTakesTheOlderAlong


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "queued-drops-out-after-the-window": QueuedDropsOutAfterTheWindow,
        "queued-only-for-its-user": QueuedOnlyForItsUser,
        "running-drops-out-after-the-window": RunningDropsOutAfterTheWindow,
        "running-out-at-full-progress": RunningOutAtFullProgress,
        "errors-leave-at-once": ErrorsLeaveAtOnce,
        "window-of-half-the-length": WindowOfHalfTheLength,
        "window-from-the-creation": WindowFromTheCreation,
        "window-of-twice-the-length": WindowOfTwiceTheLength,
        "errors-never-age": ErrorsNeverAge,
        "aged-out-only-by-the-next-completion": AgedOutOnlyByTheNextCompletion,
        "limits-are-600-and-200-whatever-is-declared": LimitsAre600And200WhateverIsDeclared,
        "no-cap": NoCap,
        "cap-for-each-outcome": CapForEachOutcome,
        "cap-keeps-the-first": CapKeepsTheFirst,
        "cap-evicts-live-tasks": CapEvictsLiveTasks,
        "long-running-go-with-the-cap": LongRunningGoWithTheCap,
    }
)
"""The simulators here, by the id of what is wrong with them."""
