"""Tasks that a scheduled task or an alarm starts."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import RUNNING, SUCCESS, TaskReason

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Trigger
    from taskconform.model.vocabulary.calls import ObjectRef


@permitted("alarms-are-inherited", "alarms", by="vim.alarm.AlarmManager: an alarm on an entity holds for what is below")
class AlarmsInherited(Simulator):
    """An alarm on an entity is set off by events on what is below, too; the reason names where that was."""

    def set_off_by(self, entity: ObjectRef) -> list[Trigger]:
        within = self.inventory.within
        return [
            replace(alarm, entity=self.inventory.entities[entity.value])
            for alarm in self.alarms.values()
            if entity.value in within[alarm.entity.ref.value]
        ]


@permitted("alarms-go-off-once", "alarms", by="vim.alarm.Alarm: triggered on a change of its status")
class AlarmsGoOffOnce(Simulator):
    """An alarm that has gone off stays so."""

    def __init__(self, settings: Settings) -> None:
        self.spent: set[str] = set()
        super().__init__(settings)

    def set_off_by(self, entity: ObjectRef) -> list[Trigger]:
        fresh = [alarm for alarm in super().set_off_by(entity) if alarm.ref.value not in self.spent]
        self.spent.update(alarm.ref.value for alarm in fresh)
        return fresh


@permitted("starts-take-a-moment", "starts", by="vim.scheduler.ScheduledTask, RunScheduledTask is asynchronous")
class StartsTakeAMoment(Simulator):
    """What a scheduled task or an alarm starts is made some calls later."""

    def __init__(self, settings: Settings) -> None:
        self.waiting: deque[tuple[int, Any, Any]] = deque()
        super().__init__(settings)

    def start(self, trigger: Trigger, reason: TaskReason) -> None:
        self.waiting.append((self.clock.now + 2500, trigger, reason))

    def end_due(self) -> None:
        while self.waiting and self.waiting[0][0] <= self.clock.now:
            _, trigger, reason = self.waiting.popleft()
            super().start(trigger, reason)
        super().end_due()


@permitted("started-tasks-run-at-once", "started", by="vim.TaskInfo: nothing says how long a task is queued")
class StartedTasksRun(Simulator):
    """What a scheduled task or an alarm starts has ended when it is first seen."""

    def start(self, trigger: Trigger, reason: TaskReason) -> None:
        before = len(self.history)
        super().start(trigger, reason)
        for task in self.history[before:]:
            self.enter_state(task, RUNNING)
            self.enter_state(task, SUCCESS)
