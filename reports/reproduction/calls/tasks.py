"""Sessions, tasks and recentTask in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.faults import VIM_FAULTS
from taskconform.reports.reproduction.calls.methods import on, property_of
from taskconform.reports.reproduction.literals import called, listed, literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.reports.reproduction.names import Names


def _login(names: Names, call: c.Login[c.Symbol]) -> str:
    """Login, by SmartConnect; with a locale, by Login on a connection of its own."""
    user, password = names.account(call.account)
    if call.locale is None:
        return f"connect(args, {user}, {password})"
    return f"connect_in(args, main, {user}, {password}, {names.text(call.locale)})"


def create_task(names: Names, call: c.CreateTask[c.Symbol]) -> str:
    """CreateTask. The TaskInfo returned."""
    arguments = [
        f"obj={names.ref(call.obj)}",
        f"taskTypeId={names.text(call.task_type_id)}",
        f"cancelable={literal(call.cancelable)}",
    ]
    if call.initiated_by is not None:
        arguments.append(f"initiatedBy={names.text(call.initiated_by)}")
    if call.parent_task_key is not None:
        arguments.append(f"parentTaskKey={names.key(call.parent_task_key)}")
    if call.activation_id is not None:
        arguments.append(f"activationId={names.text(call.activation_id)}")
    at_once = names.trace.clause == "create.resolvable"
    return called("create_task_at_once" if at_once else "create_task", names.session(call.session), *arguments)


def _set_state(names: Names, call: c.SetTaskState[c.Symbol]) -> str:
    """SetTaskState."""
    arguments = [literal(call.state)]
    if call.result is not None:
        is_text = isinstance(call.result, str)
        arguments.append(f"result={names.text(call.result) if is_text else names.ref(call.result)}")
    if call.fault is not None:
        arguments.append(f"fault={_fault(call.fault)}")
    return called(f"{names.ref(call.task, call.session)}.SetTaskState", *arguments)


def _fault(name: str) -> str:
    """A fault to end a task with."""
    return f"vim.fault.{name}()" if name in VIM_FAULTS else f'GetWsdlType("urn:vim25", {literal(name)})()'


def _set_description(names: Names, call: c.SetTaskDescription[c.Symbol]) -> str:
    """SetTaskDescription."""
    pairs = listed(f"vmodl.KeyAnyValue(key={literal(key)}, value={literal(value)})" for key, value in call.args)
    message = called("vmodl.LocalizableMessage", f"key={literal(call.key)}", f"arg={pairs}")
    return called(f"{names.ref(call.task, call.session)}.SetTaskDescription", message)


EXPRESSIONS: Final[dict[type, Callable[[Names, Any], str]]] = {
    c.Login: _login,
    c.Logout: lambda names, call: f"{names.session(call.session)}.sessionManager.Logout()",
    c.AdvanceClock: lambda _, call: f"advance_clock({literal(call.seconds)})",
    c.CreateTask: create_task,
    c.ReadRecentTask: property_of("taskManager", "recentTask", " or []"),
    c.WaitForRecentTask: lambda names, call: f'wait_for_recent_task({names.session(call.session)}, "", None)',
    c.ReadMaxCollector: property_of("taskManager", "maxCollector"),
    c.ReadDescription: property_of("taskManager", "description"),
    c.ReadTaskInfo: lambda names, call: listed(names.info(task, call.session) for task in call.tasks),
    c.SetTaskState: _set_state,
    c.UpdateProgress: on("task", "UpdateProgress", "percent_done"),
    c.SetTaskDescription: _set_description,
    c.CancelTask: on("task", "CancelTask"),
}
"""Each call as an expression."""
