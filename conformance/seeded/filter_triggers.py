"""Seeded faults of filters by alarm and by scheduled task."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.filter_parts import InformedFilter, with_filter
from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.conformance.targets.sim_triggers import ALARM_REASON, SCHEDULE_REASON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_state import TaskRecord
    from taskconform.conformance.targets.simulator import Simulator


class AlarmFilterTakesEveryAlarmFilter(TaskFilter):
    """A filter by alarm holds every alarm's tasks."""

    def passes_alarm(self, task: TaskRecord) -> bool:
        """Look at the kind of the reason."""
        return task.reason.kind == ALARM_REASON


class AlarmFilterGoesByTheEntityFilter(InformedFilter):
    """A filter by alarm holds all tasks of entities where it has started one."""

    def passes_alarm(self, task: TaskRecord) -> bool:
        """Look for another task on the entity."""
        started = [other for other in self.tasks.values() if other.reason.alarm == self.spec.alarm]
        return any(other.entity == task.entity for other in started)


class AlarmFilterHoldsNothingFilter(TaskFilter):
    """A filter by alarm holds no task."""

    def passes_alarm(self, task: TaskRecord) -> bool:
        """Leave all out."""
        del task
        return False


class AlarmIsNotLookedAtFilter(TaskFilter):
    """A filter by alarm limits nothing."""

    def passes_alarm(self, task: TaskRecord) -> bool:
        """Let everything pass."""
        del task
        return True


class ScheduledFilterTakesEveryScheduleFilter(TaskFilter):
    """A filter by scheduled task holds the tasks of all of them."""

    def passes_scheduled_task(self, task: TaskRecord) -> bool:
        """Look at the kind of the reason."""
        return task.reason.kind == SCHEDULE_REASON


class ScheduledFilterHoldsTheFirstRunFilter(InformedFilter):
    """A filter by scheduled task holds the task of its first run."""

    def passes_scheduled_task(self, task: TaskRecord) -> bool:
        """Look for an earlier one."""
        runs = [other for other in self.tasks.values() if other.reason.scheduled_task == self.spec.scheduled_task]
        return task is next(iter(runs), None)


class ScheduledFilterGoesByTheTypeFilter(InformedFilter):
    """A filter by scheduled task holds all tasks of the type of those that it started."""

    def passes_scheduled_task(self, task: TaskRecord) -> bool:
        """Look for another task of the type."""
        runs = [other for other in self.tasks.values() if other.reason.scheduled_task == self.spec.scheduled_task]
        return any(other.description_id == task.description_id for other in runs)


class ScheduledTaskIsNotLookedAtFilter(TaskFilter):
    """A filter by scheduled task limits nothing."""

    def passes_scheduled_task(self, task: TaskRecord) -> bool:
        """Let everything pass."""
        del task
        return True


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "alarm-filter-takes-every-alarm": with_filter(AlarmFilterTakesEveryAlarmFilter),
        "alarm-filter-goes-by-the-entity": with_filter(AlarmFilterGoesByTheEntityFilter),
        "alarm-filter-holds-nothing": with_filter(AlarmFilterHoldsNothingFilter),
        "alarm-is-not-looked-at": with_filter(AlarmIsNotLookedAtFilter),
        "scheduled-filter-takes-every-schedule": with_filter(ScheduledFilterTakesEveryScheduleFilter),
        "scheduled-filter-holds-the-first-run": with_filter(ScheduledFilterHoldsTheFirstRunFilter),
        "scheduled-filter-goes-by-the-type": with_filter(ScheduledFilterGoesByTheTypeFilter),
        "scheduled-task-is-not-looked-at": with_filter(ScheduledTaskIsNotLookedAtFilter),
    }
)
"""The simulator of every fault of filters by alarm and scheduled task, by the fault's id."""
