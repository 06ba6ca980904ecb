"""The way back, for the filter of a task history collector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.targets.soap.xml import (
    Undecodable,
    boolean,
    child,
    children,
    integer,
    local,
    microseconds,
    reference,
    required,
    text,
    text_of,
    wire_type,
)
from taskconform.model.vocabulary.calls import ByEntity, ByTime, ByUsername, TaskFilterSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element


def _by_entity(element: Element) -> ByEntity:
    return ByEntity(entity=reference(required(element, "entity")), recursion=text(required(element, "recursion")))


def _by_time(element: Element) -> ByTime:
    begin, end = child(element, "beginTime"), child(element, "endTime")
    return ByTime(
        time_type=text_of(element, "timeType"),
        begin_time=None if begin is None else microseconds(begin),
        end_time=None if end is None else microseconds(end),
    )


def _by_username(element: Element) -> ByUsername:
    return ByUsername(
        system_user=boolean(required(element, "systemUser")),
        user_list=tuple([text(each) for each in children(element, "userList")]),
    )


_SINGLE: Final[dict[str, tuple[str, Callable[[Element], Any]]]] = {
    "entity": ("entity", _by_entity),
    "time": ("time", _by_time),
    "userName": ("user_name", _by_username),
    "alarm": ("alarm", reference),
    "scheduledTask": ("scheduled_task", reference),
}
_REPEATED: Final[dict[str, tuple[str, Callable[[Element], Any]]]] = {
    "state": ("state", text),
    "activationId": ("activation_id", text),
    "eventChainId": ("event_chain_id", integer),
    "tag": ("tag", text),
    "parentTaskKey": ("parent_task_key", text),
    "rootTaskKey": ("root_task_key", text),
}


def task_filter(element: Element) -> TaskFilterSpec:
    """A vim.TaskFilterSpec. Raises Undecodable on any other type: the property is declared as anyType."""
    kind = wire_type(element, "TaskFilterSpec")
    if kind != "TaskFilterSpec":
        message = f"the filter of a task collector is a {kind}"
        raise Undecodable(message)
    fields: dict[str, Any] = {}
    for each in element:
        name = local(each.tag)
        if name in _SINGLE:
            field, decode = _SINGLE[name]
            fields[field] = decode(each)
        elif name in _REPEATED:
            field, decode = _REPEATED[name]
            fields[field] = (*fields.get(field, ()), decode(each))
    return TaskFilterSpec(**fields)
