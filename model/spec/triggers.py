"""Scheduled tasks, alarms and events: what starts tasks other than a call, and what tells of them.

Their own pages are no subject here: names, and which alarms an event sets off, are rules of ours.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.scheduler.ScheduledTask.html
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.alarm.Alarm.html
"""

from __future__ import annotations

from taskconform.model.spec import access, inventory, tasks
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.spec.state import After, Session, State, Trigger
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import TaskEvent, TaskReason
from taskconform.model.vocabulary.words import evolve


def asked_by(state: State, name: str) -> Session:
    """Find the session of a call. A host has neither a ScheduledTaskManager nor an AlarmManager (EV 1.5, N21), and so
    no event on it sets off anything.
    vmodl.fault.NotSupported 1-2. Clauses: session.required."""
    session = access.current(state, name)
    fault_if(not state.server.vcenter, "NotSupported", "there are no scheduled tasks and alarms on this server")
    return session


def create(
    state: State, type_name: str, call: calls.CreateScheduledTask | calls.CreateAlarm, choices: Choices
) -> After[ObjectRef]:
    """Make a scheduled task or an alarm on an entity, under a name of its own, for a task type that is registered."""
    entity = inventory.find_entity(state, call.entity)
    fault_if(not call.name, "InvalidName", "the name is empty")
    same = any(one.name == call.name and one.ref.type == type_name for one in state.triggers)
    fault_if(same, "DuplicateName", f"there is a {call.name}")
    tasks.check_type(state, call.task_type_id, choices)
    made = state.made + 1
    ref = ObjectRef(type=type_name, value=f"{type_name.lower()}-{made}")
    trigger = Trigger(ref=ref, name=call.name, entity=entity, task_type_id=call.task_type_id)
    return evolve(state, made=made, triggers=(*state.triggers, trigger)), ref


def find(state: State, ref: ObjectRef) -> Trigger:
    """Find a scheduled task or an alarm.
    vmodl.fault.ManagedObjectNotFound 1."""
    trigger = next((one for one in state.triggers if one.ref == ref), None)
    if trigger is None:
        fault("ManagedObjectNotFound", f"no such object: {ref.value}")
    return trigger


def start(state: State, trigger: Trigger, reason: TaskReason, choices: Choices) -> State:
    """Make a queued, cancelable task; none if no extension registers the type any longer.
    Clauses: reason.schedule, reason.alarm."""
    if not tasks.is_type(state, trigger.task_type_id, choices):
        return state
    started = tasks.start(state, trigger.task_type_id, reason, trigger.entity, cancelable=True, choices=choices)
    return started[0]


def remove(state: State, ref: ObjectRef) -> State:
    """Take a scheduled task or an alarm away. Tasks that it started go on, and still name it.
    vim.TaskReasonAlarm alarmName 1; vim.TaskReasonSchedule name 1. Clauses: reason.alarm, reason.schedule."""
    kept = tuple(trigger for trigger in state.triggers if trigger.ref != ref)
    return inventory.forget(evolve(state, triggers=kept), {ref.value})


def create_scheduled_task(state: State, call: calls.CreateScheduledTask, choices: Choices) -> After[ObjectRef]:
    """Make a scheduled task, which runs when it is told to.
    vim.scheduler.ScheduledTaskManager CreateScheduledTask 1."""
    access.require(state, asked_by(state, call.session), "ScheduledTask.Create", choices)
    return create(state, "ScheduledTask", call, choices)


def run_scheduled_task(state: State, call: calls.RunScheduledTask, choices: Choices) -> After[None]:
    """Start a task, with the reason that says so.
    vim.TaskReasonSchedule 1; name 1; scheduledTask 1. Clauses: reason.schedule, filter.scheduled."""
    session = asked_by(state, call.session)
    schedule = find(state, call.scheduled_task)
    access.require(state, session, "ScheduledTask.Run", choices)
    reason = TaskReason(kind="TaskReasonSchedule", name=schedule.name, scheduled_task=schedule.ref)
    return start(state, schedule, reason, choices), None


def remove_scheduled_task(state: State, call: calls.RemoveScheduledTask, choices: Choices) -> After[None]:
    """Remove a scheduled task.
    vim.scheduler.ScheduledTask RemoveScheduledTask 1."""
    session = asked_by(state, call.session)
    find(state, call.scheduled_task)
    access.require(state, session, "ScheduledTask.Delete", choices)
    return remove(state, call.scheduled_task), None


def create_alarm(state: State, call: calls.CreateAlarm, choices: Choices) -> After[ObjectRef]:
    """Make an alarm, which a user event sets off.
    vim.alarm.AlarmManager CreateAlarm 1."""
    access.require(state, asked_by(state, call.session), "Alarm.Create", choices)
    return create(state, "Alarm", call, choices)


def log_user_event(state: State, call: calls.LogUserEvent, choices: Choices) -> After[None]:
    """Log a user event on an entity, which sets off the alarms made on it. Each starts a task that says so.
    vim.TaskReasonAlarm 1; alarmName 1; alarm 1; entityName 1; entity 1. Clauses: reason.alarm, filter.alarm."""
    session = asked_by(state, call.session)
    entity = inventory.find_entity(state, call.entity)
    access.require(state, session, "Global.LogEvent", choices)
    for alarm in set_off_by(state, entity.ref):
        reason = TaskReason(
            kind="TaskReasonAlarm",
            alarm_name=alarm.name,
            alarm=alarm.ref,
            entity_name=alarm.entity.name,
            entity=alarm.entity.ref,
        )
        state = start(state, alarm, reason, choices)
    return state, None


def set_off_by(state: State, entity: ObjectRef) -> list[Trigger]:
    """Return the alarms that an event on the entity sets off: those made on that very entity, every time anew."""
    return [one for one in state.triggers if one.ref.type == "Alarm" and one.entity.ref == entity]


def remove_alarm(state: State, call: calls.RemoveAlarm, choices: Choices) -> After[None]:
    """Remove an alarm.
    vim.alarm.Alarm RemoveAlarm 1."""
    session = asked_by(state, call.session)
    find(state, call.alarm)
    access.require(state, session, "Alarm.Delete", choices)
    return remove(state, call.alarm), None


def query_task_events(state: State, call: calls.QueryTaskEvents, choices: Choices) -> After[tuple[TaskEvent, ...]]:
    """Query the events of a chain: each new task left one, with its info as it was made. Those of tasks that the
    session may not access are left out.
    vim.event.TaskEvent 1-3; info 1; vim.TaskInfo eventChainId 1. Clauses: info.event-chain."""
    session = access.current(state, call.session)
    access.require(state, session, access.SYSTEM_VIEW, choices)
    events = [
        TaskEvent(key=task.number, chain_id=call.chain, info=task.created)
        for _, task in sorted(state.tasks.items())
        if task.info.event_chain_id == call.chain and access.may_access(state, session, task, choices)
    ]
    return state, tuple(events)
