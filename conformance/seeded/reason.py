"""Seeded faults of the reasons of tasks that scheduled tasks and alarms start."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_filter import USER_REASON
from taskconform.conformance.targets.sim_inventory import ROOT
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import TaskReason
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Trigger
    from taskconform.model.vocabulary import calls


class ScheduledRunHasTheRunnersReason(Simulator):
    """A run of a scheduled task has the user who asked for it as its reason."""

    runner: str = ""

    def run_scheduled_task(self, call: calls.RunScheduledTask) -> None:
        """Note who asks."""
        self.runner = self.authenticated(call.session).user_name
        super().run_scheduled_task(call)

    def schedule_reason(self, schedule: Trigger) -> TaskReason:
        """Name the user."""
        del schedule
        return TaskReason(kind=USER_REASON, user_name=self.runner)


class ScheduleReasonHasTheIdAsName(Simulator):
    """The name in TaskReasonSchedule is the reference's value."""

    def schedule_reason(self, schedule: Trigger) -> TaskReason:
        """Put it in the name's place."""
        return evolve(super().schedule_reason(schedule), name=schedule.ref.value)


class ScheduleReasonNamesTheFirstSchedule(Simulator):
    """TaskReasonSchedule is about the first scheduled task there is."""

    def schedule_reason(self, schedule: Trigger) -> TaskReason:
        """Take the first."""
        return super().schedule_reason(next(iter(self.schedules.values()), schedule))


class AlarmReasonNamesTheRoot(Simulator):
    """The entity in TaskReasonAlarm is the root folder."""

    def alarm_reason(self, alarm: Trigger) -> TaskReason:
        """Put it in the entity's place."""
        root = self.inventory.entities[ROOT]
        return evolve(super().alarm_reason(alarm), entity=root.ref, entity_name=root.name)


class SecondFiringIsTheUsers(Simulator):
    """From the second task on that an alarm starts the reason is the user who logged the event."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing fired."""
        super().__init__(settings)
        self.fired: Counter[str] = Counter()
        self.logger = ""

    def log_user_event(self, call: calls.LogUserEvent) -> None:
        """Note who logs it."""
        self.logger = self.authenticated(call.session).user_name
        super().log_user_event(call)

    def alarm_reason(self, alarm: Trigger) -> TaskReason:
        """Count the tasks; there is none of a type that nobody registers."""
        if self.is_registered(alarm.task_type_id):
            self.fired[alarm.ref.value] += 1
        if self.fired[alarm.ref.value] > 1:
            return TaskReason(kind=USER_REASON, user_name=self.logger)
        return super().alarm_reason(alarm)


class AlarmReasonHasItsNamesSwapped(Simulator):
    """The names of the alarm and of the entity stand in each other's place."""

    def alarm_reason(self, alarm: Trigger) -> TaskReason:
        """Swap them."""
        reason = super().alarm_reason(alarm)
        return evolve(reason, alarm_name=reason.entity_name, entity_name=reason.alarm_name)


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "scheduled-run-has-the-runners-reason": ScheduledRunHasTheRunnersReason,
        "schedule-reason-has-the-id-as-name": ScheduleReasonHasTheIdAsName,
        "schedule-reason-names-the-first-schedule": ScheduleReasonNamesTheFirstSchedule,
        "alarm-reason-names-the-root": AlarmReasonNamesTheRoot,
        "second-firing-is-the-users": SecondFiringIsTheUsers,
        "alarm-reason-has-its-names-swapped": AlarmReasonHasItsNamesSwapped,
    }
)
"""The simulators here, by the id of what is wrong with them."""
