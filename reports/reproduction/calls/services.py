"""Extensions, inventory, scheduled tasks, alarms and events in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.reports.reproduction.calls.methods import on, property_of, raw
from taskconform.reports.reproduction.literals import called, literal
from taskconform.reports.reproduction.names import own_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.reports.reproduction.names import Names


def _describe(method: str) -> Callable[[Names, Any], str]:
    """RegisterExtension, UpdateExtension. Without a version, which pyVmomi insists on, as XML."""

    def expression(names: Names, call: c.RegisterExtension[c.Symbol] | c.UpdateExtension[c.Symbol]) -> str:
        session = names.session(call.session)
        key, ids = names.text(call.key), names.texts(call.task_ids)
        if call.version is None:
            inside = called("incomplete", session, key, ids)
            return raw(names, call.session, method, inside, manager="extensionManager")
        extension = called("extension_of", session, key, literal(call.version), ids)
        return called(f"{session}.extensionManager.{method}", extension)

    return expression


def _by_key(method: str) -> Callable[[Names, Any], str]:
    """UnregisterExtension, FindExtension."""
    return lambda names, call: f"{names.session(call.session)}.extensionManager.{method}({names.text(call.key)})"


def _starter(function: str) -> Callable[[Names, Any], str]:
    """CreateScheduledTask, CreateAlarm."""

    def expression(names: Names, call: c.CreateScheduledTask[c.Symbol] | c.CreateAlarm[c.Symbol]) -> str:
        entity, type_id = names.ref(call.entity, call.session), names.text(call.task_type_id)
        return called(function, names.session(call.session), entity, own_key(call.name, "-"), type_id)

    return expression


EXPRESSIONS: Final[dict[type, Callable[[Names, Any], str]]] = {
    c.RegisterExtension: _describe("RegisterExtension"),
    c.UpdateExtension: _describe("UpdateExtension"),
    c.UnregisterExtension: _by_key("UnregisterExtension"),
    c.FindExtension: _by_key("FindExtension"),
    c.ReadExtensionList: property_of("extensionManager", "extensionList", " or []"),
    c.CreateFolder: lambda names, call: (
        f"create_folder({names.ref(call.parent, call.session)}, {own_key(call.name, '-')})"
    ),
    c.Destroy: on("entity", "Destroy_Task"),
    c.StartOperation: lambda names, call: called(
        "start_operation", names.ref(call.entity, call.session), names.text(call.operation)
    ),
    c.CreateScheduledTask: _starter("schedule"),
    c.RunScheduledTask: on("scheduled_task", "RunScheduledTask"),
    c.RemoveScheduledTask: on("scheduled_task", "RemoveScheduledTask"),
    c.CreateAlarm: _starter("create_alarm"),
    c.LogUserEvent: lambda names, call: (
        f"{names.session(call.session)}.eventManager.LogUserEvent({names.ref(call.entity, call.session)}, "
        '"taskconform")'
    ),
    c.RemoveAlarm: on("alarm", "RemoveAlarm"),
    c.QueryTaskEvents: lambda names, call: f"task_events({names.session(call.session)}, {names.text(call.chain)})",
}
"""Each call as an expression."""
