"""The simulator's scheduled tasks, alarms and events: what starts tasks other than a call, and what tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    DUPLICATE_NAME,
    INVALID_NAME,
    NOT_SUPPORTED,
    OBJECT_NOT_FOUND,
    refused,
)
from taskconform.conformance.targets.sim_folders import SimulatedFolders
from taskconform.conformance.targets.sim_inventory import (
    ALARM_CREATE,
    ALARM_DELETE,
    LOG_EVENT,
    SCHEDULE_CREATE,
    SCHEDULE_DELETE,
    SCHEDULE_RUN,
    SYSTEM_VIEW,
)
from taskconform.conformance.targets.sim_server import concrete, text
from taskconform.conformance.targets.sim_state import Trigger
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import TaskEvent, TaskReason

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_state import TaskRecord
    from taskconform.model.vocabulary import calls

SCHEDULED_TASK: Final = "ScheduledTask"
ALARM: Final = "Alarm"
SCHEDULE_REASON: Final = "TaskReasonSchedule"
ALARM_REASON: Final = "TaskReasonAlarm"


class SimulatedTriggers(SimulatedFolders):
    """A server on which scheduled tasks and alarms start tasks, and on which every new task leaves an event."""

    def check_has_triggers(self) -> None:
        """Refuse on a host, which has neither a ScheduledTaskManager nor an AlarmManager."""
        if not self.settings.vcenter:
            raise refused(NOT_SUPPORTED, "there are no scheduled tasks and alarms on this server")

    def new_trigger(
        self, there: dict[str, Trigger], type_name: str, call: calls.CreateScheduledTask | calls.CreateAlarm
    ) -> ObjectRef:
        """Make one on a managed entity, under a name that no other of its kind has, for a task type that an extension
        registers.
        """
        entity = self.find_entity(call.entity)
        if not call.name:
            raise refused(INVALID_NAME, "the name is empty")
        if any(other.name == call.name for other in there.values()):
            raise refused(DUPLICATE_NAME, f"there is a {call.name}")
        self.check_task_type(call.task_type_id)
        self.triggers += 1
        ref = ObjectRef(type=type_name, value=f"{type_name.lower()}-{self.triggers}")
        there[ref.value] = Trigger(ref=ref, name=call.name, entity=entity, task_type_id=text(call.task_type_id))
        return ref

    def find_trigger(self, there: dict[str, Trigger], reference: calls.Reference) -> Trigger:
        """Find the scheduled task or the alarm; ManagedObjectNotFound if it "no longer exists or has never existed"."""
        ref = concrete(reference)
        found = there.get(ref.value)
        if found is None or found.ref != ref:
            raise refused(OBJECT_NOT_FOUND, f"no such object: {ref.value}")
        return found

    def start(self, trigger: Trigger, reason: TaskReason) -> None:
        """Make a task of the type on the entity: "queued", and cancelable. If no extension registers the type any
        longer, there is none.
        """
        if self.is_registered(trigger.task_type_id):
            self.admit(self.own_task(trigger.task_type_id, reason, trigger.entity, cancelable=True))

    # --- scheduled tasks ------------------------------------------------------------------------------------------

    def create_scheduled_task(self, call: calls.CreateScheduledTask) -> ObjectRef:
        """Make a scheduled task, which runs when it is told to."""
        session = self.authenticated(call.session)
        self.check_has_triggers()
        self.require(session, SCHEDULE_CREATE)
        return self.new_trigger(self.schedules, SCHEDULED_TASK, call)

    def run_scheduled_task(self, call: calls.RunScheduledTask) -> None:
        """Start a task, with the reason that says so."""
        session = self.authenticated(call.session)
        self.check_has_triggers()
        schedule = self.find_trigger(self.schedules, call.scheduled_task)
        self.require(session, SCHEDULE_RUN)
        self.start(schedule, self.schedule_reason(schedule))

    def schedule_reason(self, schedule: Trigger) -> TaskReason:
        """Follow the page: "Indicates that the task was queued by a scheduled task"; whoever ran it is not told."""
        return TaskReason(kind=SCHEDULE_REASON, name=schedule.name, scheduled_task=schedule.ref)

    def remove_scheduled_task(self, call: calls.RemoveScheduledTask) -> None:
        """Take it away. Tasks that it started go on, and still name it."""
        session = self.authenticated(call.session)
        self.check_has_triggers()
        schedule = self.find_trigger(self.schedules, call.scheduled_task)
        self.require(session, SCHEDULE_DELETE)
        del self.schedules[schedule.ref.value]
        self.forget_object(schedule.ref.value)

    # --- alarms ---------------------------------------------------------------------------------------------------

    def create_alarm(self, call: calls.CreateAlarm) -> ObjectRef:
        """Make an alarm, which a user event sets off."""
        session = self.authenticated(call.session)
        self.check_has_triggers()
        self.require(session, ALARM_CREATE)
        return self.new_trigger(self.alarms, ALARM, call)

    def log_user_event(self, call: calls.LogUserEvent) -> None:
        """Set off the alarms, each of which starts a task."""
        session = self.authenticated(call.session)
        self.check_has_triggers()
        entity = self.find_entity(call.entity)
        self.require(session, LOG_EVENT)
        for alarm in self.set_off_by(entity.ref):
            self.start(alarm, self.alarm_reason(alarm))

    def set_off_by(self, entity: ObjectRef) -> list[Trigger]:
        """Give the alarms that an event on the entity sets off: those made on that very entity, every time anew."""
        return [alarm for alarm in self.alarms.values() if alarm.entity.ref == entity]

    def alarm_reason(self, alarm: Trigger) -> TaskReason:
        """Follow the page: "Indicates that the task was queued by an alarm", with the alarm, the "entity on which the
        alarm is triggered", and the names of both.
        """
        return TaskReason(
            kind=ALARM_REASON,
            alarm_name=alarm.name,
            alarm=alarm.ref,
            entity_name=alarm.entity.name,
            entity=alarm.entity.ref,
        )

    def remove_alarm(self, call: calls.RemoveAlarm) -> None:
        """Take it away. Tasks that it started go on, and still name it."""
        session = self.authenticated(call.session)
        self.check_has_triggers()
        alarm = self.find_trigger(self.alarms, call.alarm)
        self.require(session, ALARM_DELETE)
        del self.alarms[alarm.ref.value]
        self.forget_object(alarm.ref.value)

    # --- events ---------------------------------------------------------------------------------------------------

    def query_task_events(self, call: calls.QueryTaskEvents) -> tuple[TaskEvent, ...]:
        """Give the events of the chain: each "records the creation of a Task". A chain that is nobody's has none. The
        events of tasks that the session may not access are left out.
        """
        session = self.authenticated(call.session)
        self.require(session, SYSTEM_VIEW)
        if not isinstance(call.chain, int):
            raise TypeError(call.chain)
        tasks = self.chains.get(call.chain, ())
        return tuple([self.event_of(task) for task in tasks if self.may_access(session, task)])

    def event_of(self, task: TaskRecord) -> TaskEvent:
        """Follow the page: the info is "a snapshot of the Task state at the time of its creation, so its state will
        always be "queued"".
        """
        return TaskEvent(key=task.number, chain_id=task.event_chain_id, info=task.created or task.info)
