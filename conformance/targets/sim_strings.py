"""The simulator's TaskManager.description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.outcomes import ElementDescription, TaskDescription

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def _element(key: str, label: str, summary: str) -> ElementDescription:
    return ElementDescription(key=key, label=label, summary=summary)


METHODS: Final = (
    _element("VirtualMachine.powerOn", "Power On virtual machine", "Power On this virtual machine"),
    _element("VirtualMachine.powerOff", "Power Off virtual machine", "Power Off this virtual machine"),
    _element("VirtualMachine.createSnapshot", "Create virtual machine snapshot", "Create a new snapshot"),
    _element("ManagedEntity.destroy", "Delete object", "Delete this object from the inventory"),
    _element("ManagedEntity.rename", "Rename object", "Rename this object"),
    _element("Folder.createVm", "Create virtual machine", "Create a new virtual machine in this folder"),
    _element("HostSystem.enterMaintenanceMode", "Enter maintenance mode", "Put this host in maintenance mode"),
)
STATES: Final = (
    _element("queued", "Queued", "Task is waiting for a thread"),
    _element("running", "Running", "Task is in progress"),
    _element("success", "Success", "Task completed successfully"),
    _element("error", "Error", "Task completed with a failure"),
)
REASONS: Final = (
    _element("TaskReasonAlarm", "Alarm", "Task started by an alarm"),
    _element("TaskReasonSchedule", "Scheduled task", "Task started by a scheduled task"),
    _element("TaskReasonSystem", "System", "Task started by the server"),
    _element("TaskReasonUser", "User", "Task started by a specific user"),
)


def description_of(task_lists: Iterable[Collection[str]]) -> TaskDescription:
    """Give the server's own strings, with an entry for every task type that extensions registered, once each. What is
    not in any catalog is labelled with its key.
    """
    registered = dict.fromkeys(task_id for task_ids in task_lists for task_id in task_ids)
    methods = METHODS + tuple(_element(task_id, task_id, task_id) for task_id in registered)
    return TaskDescription(method_info=methods, state=STATES, reason=REASONS)
