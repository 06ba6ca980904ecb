"""Extensions, inventory, scheduled tasks, alarms and events in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.reports.reproduction.history import raw
from taskconform.reports.reproduction.tasks import on
from taskconform.reports.reproduction.text import called, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.reports.reproduction.steps import Steps


def _describe(method: str) -> Callable[[Steps, Any], str]:
    """RegisterExtension, UpdateExtension. Without a version, which pyVmomi insists on, as XML."""

    def expression(steps: Steps, call: c.RegisterExtension[c.Symbol] | c.UpdateExtension[c.Symbol]) -> str:
        session = steps.session(call.session)
        key, ids = steps.text(call.key), steps.texts(call.task_ids)
        if call.version is None:
            inside = called(steps.part("incomplete"), session, key, ids)
            return raw(steps, call.session, method, inside, manager="extensionManager")
        tasks = ", ".join(f"vim.Extension.TaskTypeInfo(taskID={steps.text(task)})" for task in call.task_ids)
        extension = called(
            "vim.Extension",
            f"key={key}",
            f"version={quoted(call.version)}",
            'description=vim.Description(label="taskconform", summary="taskconform")',
            f"lastHeartbeatTime={steps.part('now')}({session})",
            f"taskList=[{tasks}]",
        )
        return called(f"{session}.extensionManager.{method}", extension)

    return expression


def _by_key(method: str) -> Callable[[Steps, Any], str]:
    """UnregisterExtension, FindExtension."""
    return lambda steps, call: f"{steps.session(call.session)}.extensionManager.{method}({steps.text(call.key)})"


def named(name: str) -> str:
    """A name of the inventory's, that no other run gives."""
    return f'f"{{key}}-{name}"'


def _starter(part: str) -> Callable[[Steps, Any], str]:
    """CreateScheduledTask, CreateAlarm."""

    def expression(steps: Steps, call: c.CreateScheduledTask[c.Symbol] | c.CreateAlarm[c.Symbol]) -> str:
        entity, type_id = steps.ref(call.entity, call.session), steps.text(call.task_type_id)
        return called(steps.part(part), steps.session(call.session), entity, named(call.name), type_id)

    return expression


EXPRESSIONS: Final[dict[type, Callable[[Steps, Any], str]]] = {
    c.RegisterExtension: _describe("RegisterExtension"),
    c.UpdateExtension: _describe("UpdateExtension"),
    c.UnregisterExtension: _by_key("UnregisterExtension"),
    c.FindExtension: _by_key("FindExtension"),
    c.ReadExtensionList: lambda steps, call: (
        f"{steps.read(call.session, steps.session(call.session) + '.extensionManager', 'extensionList')} or []"
    ),
    c.CreateFolder: lambda steps, call: (
        f"{steps.part('create_folder')}({steps.ref(call.parent, call.session)}, {named(call.name)})"
    ),
    c.Destroy: on("entity", "Destroy_Task"),
    c.CreateScheduledTask: _starter("schedule"),
    c.RunScheduledTask: on("scheduled_task", "RunScheduledTask"),
    c.RemoveScheduledTask: on("scheduled_task", "RemoveScheduledTask"),
    c.CreateAlarm: _starter("create_alarm"),
    c.LogUserEvent: lambda steps, call: (
        f"{steps.session(call.session)}.eventManager.LogUserEvent({steps.ref(call.entity, call.session)}, "
        '"taskconform")'
    ),
    c.RemoveAlarm: on("alarm", "RemoveAlarm"),
    c.QueryTaskEvents: lambda steps, call: (
        f"{steps.part('task_events')}({steps.session(call.session)}, {steps.text(call.chain)})"
    ),
}
"""Each call as an expression."""
