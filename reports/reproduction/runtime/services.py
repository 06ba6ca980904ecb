"""Extensions, inventory, scheduled tasks, alarms and events."""

import time
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape

from pyVmomi import vim

from taskconform.reports.reproduction.runtime.server import now
from taskconform.reports.reproduction.runtime.state import UNDO


def extension_of(content: Any, key: str, version: str, task_types: list[str]) -> Any:
    """Return an Extension that declares these task types."""
    return vim.Extension(
        key=key,
        version=version,
        description=vim.Description(label="taskconform", summary="taskconform"),
        lastHeartbeatTime=now(content),
        taskList=[vim.Extension.TaskTypeInfo(taskID=each) for each in task_types],
    )


def incomplete(content: Any, key: str, task_types: list[str]) -> str:
    """Return an Extension without a version, as XML."""
    tasks = "".join(f"<taskList><taskID>{escape(each)}</taskID></taskList>" for each in task_types)
    return (
        "<extension><description><label>taskconform</label><summary>taskconform</summary></description>"
        f"<key>{escape(key)}</key>{tasks}<lastHeartbeatTime>{now(content).isoformat()}</lastHeartbeatTime></extension>"
    )


def schedule(content: Any, entity: Any, name: str, task_type: str) -> Any:
    """CreateScheduledTask: one that does not run by itself for a year, and whose action is to create a task."""
    spec = vim.scheduler.ScheduledTaskSpec(
        name=name,
        description="taskconform",
        enabled=True,
        scheduler=vim.scheduler.OnceTaskScheduler(runAt=now(content) + timedelta(days=365)),
        action=vim.action.CreateTaskAction(taskTypeId=task_type, cancelable=True),
    )
    made = content.scheduledTaskManager.CreateScheduledTask(entity, spec)
    UNDO.append(made.RemoveScheduledTask)
    return made


def create_alarm(content: Any, entity: Any, name: str, task_type: str) -> Any:
    """CreateAlarm: a user event sets it off, its action is to create a task."""
    action = vim.alarm.AlarmTriggeringAction(
        action=vim.action.CreateTaskAction(taskTypeId=task_type, cancelable=True),
        transitionSpecs=[
            vim.alarm.AlarmTriggeringAction.TransitionSpec(startState="green", finalState="yellow", repeats=False)
        ],
        green2yellow=True,
        yellow2red=False,
        red2yellow=False,
        yellow2green=False,
    )
    expression = vim.alarm.EventAlarmExpression(eventType=vim.event.GeneralUserEvent, status="yellow")
    spec = vim.alarm.AlarmSpec(name=name, description="taskconform", enabled=True, expression=expression, action=action)
    made = content.alarmManager.CreateAlarm(entity, spec)
    UNDO.append(made.RemoveAlarm)
    return made


def create_folder(parent: Any, name: str) -> Any:
    """CreateFolder."""
    made = parent.CreateFolder(name)
    UNDO.append(made.Destroy_Task)
    return made


def start_operation(entity: Any, name: str) -> Any:
    """Start an operation that does no harm: it leaves its entity as it is. Return its Task."""
    arguments = {"Rename_Task": lambda: [entity.name], "ReconfigVM_Task": lambda: [vim.vm.ConfigSpec()]}
    if name not in arguments:
        message = f"this script does not know the arguments of {name}"
        raise SystemExit(message)
    return getattr(entity, name)(*arguments[name]())


def wait_for_end(task: Any) -> None:
    """Wait until an operation's task has ended, 10 seconds at most."""
    deadline = time.monotonic() + 10
    while task.info.state not in {"success", "error"} and time.monotonic() < deadline:
        time.sleep(0.02)


def task_events(content: Any, chain: int) -> list[Any]:
    """QueryEvents by eventChainId. Return the TaskEvents that it gives."""
    found = content.eventManager.QueryEvents(vim.event.EventFilterSpec(eventChainId=chain))
    return [event for event in found if isinstance(event, vim.event.TaskEvent)]
