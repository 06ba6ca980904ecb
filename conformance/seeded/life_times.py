"""Seeded faults of the time stamps of a task."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.makers import RealTimes
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import RUNNING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import Fault


class StartTimeMovesWithProgress(Simulator):
    """UpdateProgress moves the startTime."""

    def update_progress(self, call: calls.UpdateProgress) -> None:
        """Stamp it anew."""
        super().update_progress(call)
        self.find_task(call.task).start_time = self.clock.now


class CompleteTimeIsTheQueueTime(Simulator):
    """completeTime is the queueTime."""

    window_class = RealTimes

    def take_state(self, task: TaskRecord, call: calls.SetTaskState, fault: Fault | None) -> None:
        """Put it in the place."""
        super().take_state(task, call, fault)
        if task.completed:
            task.complete_time = task.queue_time


class QueueTimeMovesOnStart(Simulator):
    """queueTime moves to the first start."""

    def take_state(self, task: TaskRecord, call: calls.SetTaskState, fault: Fault | None) -> None:
        """Stamp it anew."""
        if call.state == RUNNING and task.start_time is None:
            task.queue_time = self.clock.now
        super().take_state(task, call, fault)


class StartTimeSetAtTheEnd(Simulator):
    """startTime is set when a task that ran is completed."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing running."""
        super().__init__(settings)
        self.have_run: set[str] = set()

    def take_state(self, task: TaskRecord, call: calls.SetTaskState, fault: Fault | None) -> None:
        """Hold it back while the task is not completed."""
        super().take_state(task, call, fault)
        if task.state == RUNNING:
            self.have_run.add(task.key)
        task.start_time = task.complete_time if task.completed and task.key in self.have_run else None


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "start-time-moves-with-progress": StartTimeMovesWithProgress,
        "complete-time-is-the-queue-time": CompleteTimeIsTheQueueTime,
        "queue-time-moves-on-start": QueueTimeMovesOnStart,
        "start-time-set-at-the-end": StartTimeSetAtTheEnd,
    }
)
"""The simulators here, by the id of what is wrong with them."""
