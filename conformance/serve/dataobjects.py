"""The simulator's outcomes as data objects of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.values import Data
from taskconform.model.vocabulary import calls, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PRIVILEGE_FAULTS: Final = frozenset({"NoPermission", "NotAuthenticated"})


def task_info(info: outcomes.TaskInfo) -> Data:
    """Give a vim.TaskInfo."""
    return Data(
        "TaskInfo",
        key=info.key,
        task=info.task,
        description=info.description,
        name=info.name,
        descriptionId=info.description_id,
        entity=info.entity,
        entityName=info.entity_name,
        locked=info.locked or None,
        state=info.state,
        cancelled=info.cancelled,
        cancelable=info.cancelable,
        error=info.error,
        result=info.result,
        progress=info.progress,
        reason=info.reason,
        queueTime=info.queue_time,
        startTime=info.start_time,
        completeTime=info.complete_time,
        eventChainId=info.event_chain_id,
        changeTag=info.change_tag,
        parentTaskKey=info.parent_task_key,
        rootTaskKey=info.root_task_key,
        activationId=info.activation_id,
    )


def _reason(reason: outcomes.TaskReason) -> Data:
    return Data(
        reason.kind,
        userName=reason.user_name,
        name=reason.name,
        scheduledTask=reason.scheduled_task,
        alarmName=reason.alarm_name,
        alarm=reason.alarm,
        entityName=reason.entity_name,
        entity=reason.entity,
    )


def _message(message: outcomes.LocalizableMessage) -> Data:
    args = [Data("KeyAnyValue", key=key, value=value) for key, value in message.args]
    return Data("LocalizableMessage", key=message.key, arg=args or None, message=message.message)


def _extension(extension: outcomes.Extension) -> Data:
    return Data(
        "Extension",
        description=Data("Description", label=extension.key, summary=extension.key),
        key=extension.key,
        version=extension.version,
        taskList=[Data("ExtensionTaskTypeInfo", taskID=task_id) for task_id in extension.task_ids],
        lastHeartbeatTime=0,
    )


def _elements(type_name: str, elements: Sequence[outcomes.ElementDescription]) -> list[Data]:
    return [Data(type_name, label=each.label, summary=each.summary, key=each.key) for each in elements]


def _description(description: outcomes.TaskDescription) -> Data:
    return Data(
        "TaskDescription",
        methodInfo=_elements("ElementDescription", description.method_info),
        state=_elements("ElementDescription", description.state),
        reason=_elements("TypeDescription", description.reason),
    )


def _filter(spec: calls.TaskFilterSpec) -> Data:
    return Data(
        "TaskFilterSpec",
        entity=spec.entity,
        time=spec.time,
        userName=spec.user_name,
        activationId=spec.activation_id or None,
        state=spec.state or None,
        alarm=spec.alarm,
        scheduledTask=spec.scheduled_task,
        eventChainId=spec.event_chain_id or None,
        tag=spec.tag or None,
        parentTaskKey=spec.parent_task_key or None,
        rootTaskKey=spec.root_task_key or None,
    )


def _by_entity(by: calls.ByEntity) -> Data:
    return Data("TaskFilterSpecByEntity", entity=by.entity, recursion=by.recursion)


def _by_time(by: calls.ByTime) -> Data:
    return Data("TaskFilterSpecByTime", timeType=by.time_type, beginTime=by.begin_time, endTime=by.end_time)


def _by_username(by: calls.ByUsername) -> Data:
    return Data("TaskFilterSpecByUsername", systemUser=by.system_user, userList=by.user_list or None)


_CONVERSIONS: Final[Mapping[type, Callable[[Any], Data]]] = {
    outcomes.TaskInfo: task_info,
    outcomes.TaskReason: _reason,
    outcomes.LocalizableMessage: _message,
    outcomes.Extension: _extension,
    outcomes.TaskDescription: _description,
    calls.TaskFilterSpec: _filter,
    calls.ByEntity: _by_entity,
    calls.ByTime: _by_time,
    calls.ByUsername: _by_username,
}


def as_data(value: Any) -> Data:
    """Give a data object, or one of the simulator's outcomes, as a data object. Raises KeyError for anything else."""
    return value if isinstance(value, Data) else _CONVERSIONS[value.__class__](value)
