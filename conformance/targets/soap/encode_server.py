"""The way out, for inventory, scheduled tasks, alarms and events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.soap.encode import concrete, element, method, number, reference, time, word

if TYPE_CHECKING:
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef

_ON_USER_EVENT: Final = (
    '<expression xsi:type="EventAlarmExpression"><eventType>GeneralUserEvent</eventType><status>yellow</status>'
    "</expression>"
)
_GREEN_TO_YELLOW: Final = (
    "<transitionSpecs><startState>green</startState><finalState>yellow</finalState><repeats>false</repeats>"
    "</transitionSpecs><green2yellow>true</green2yellow><yellow2red>false</yellow2red><red2yellow>false</red2yellow>"
    "<yellow2green>false</yellow2green>"
)
"""Of the transitions that every version of the API takes, the one an event leads to from a fresh alarm (gray counts as
green). Once an alarm is yellow, further events do not set it off again."""


def create_folder(call: calls.CreateFolder) -> str:
    """Folder.CreateFolder."""
    return method("CreateFolder", concrete(call.parent), element("name", call.name))


def destroy(call: calls.Destroy) -> str:
    """ManagedEntity.Destroy_Task."""
    return method("Destroy_Task", concrete(call.entity))


def _create_task_action(task_type_id: object) -> str:
    """A CreateTaskAction, as `action`."""
    return (
        f'<action xsi:type="CreateTaskAction">{element("taskTypeId", word(task_type_id))}<cancelable>true</cancelable>'
        "</action>"
    )


def create_scheduled_task(manager: ObjectRef, call: calls.CreateScheduledTask, run_at: int) -> str:
    """ScheduledTaskManager.CreateScheduledTask, for once, at `run_at` in microseconds since 1970: without a time it
    would run at once."""
    return method(
        "CreateScheduledTask",
        manager,
        reference("entity", concrete(call.entity)),
        f"<spec>{element('name', call.name)}<description>taskconform conformance suite</description>"
        f'<enabled>true</enabled><scheduler xsi:type="OnceTaskScheduler">{time("runAt", run_at)}</scheduler>'
        f"{_create_task_action(call.task_type_id)}</spec>",
    )


def run_scheduled_task(call: calls.RunScheduledTask) -> str:
    """ScheduledTask.RunScheduledTask."""
    return method("RunScheduledTask", concrete(call.scheduled_task))


def remove_scheduled_task(call: calls.RemoveScheduledTask) -> str:
    """ScheduledTask.RemoveScheduledTask."""
    return method("RemoveScheduledTask", concrete(call.scheduled_task))


def create_alarm(manager: ObjectRef, call: calls.CreateAlarm) -> str:
    """AlarmManager.CreateAlarm: a user event on the entity turns it yellow, which creates a task."""
    return method(
        "CreateAlarm",
        manager,
        reference("entity", concrete(call.entity)),
        f"<spec>{element('name', call.name)}<description>taskconform conformance suite</description>"
        f'<enabled>true</enabled>{_ON_USER_EVENT}<action xsi:type="AlarmTriggeringAction">'
        f"{_create_task_action(call.task_type_id)}{_GREEN_TO_YELLOW}</action></spec>",
    )


def log_user_event(manager: ObjectRef, call: calls.LogUserEvent) -> str:
    """EventManager.LogUserEvent."""
    return method("LogUserEvent", manager, reference("entity", concrete(call.entity)), "<msg>taskconform</msg>")


def remove_alarm(call: calls.RemoveAlarm) -> str:
    """Alarm.RemoveAlarm."""
    return method("RemoveAlarm", concrete(call.alarm))


def query_events(manager: ObjectRef, call: calls.QueryTaskEvents) -> str:
    """EventManager.QueryEvents of one chain."""
    return method("QueryEvents", manager, f"<filter><eventChainId>{number(call.chain)}</eventChainId></filter>")
