"""The way back: the elements of a SOAP answer to the outcomes of `taskconform.model.vocabulary.outcomes`.

pyVmomi's own reader is not used here, because it raises on what its type information does not list, where an outcome
has to be whole: a field it has never heard of is an observation, and a fault it cannot name still has a name. The type
information is used for what only it knows, the ancestors of a fault.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from pyVmomi import VmomiSupport

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
from taskconform.model.vocabulary.outcomes import (
    ElementDescription,
    Extension,
    Fault,
    LocalizableMessage,
    Property,
    TaskDescription,
    TaskEvent,
    TaskInfo,
    TaskReason,
    UserSession,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from taskconform.model.vocabulary.calls import ObjectRef

_wsdl_type = cast("Callable[[str, str], type]", VmomiSupport.GetWsdlType)
_wsdl_name = cast("Callable[[type], str]", VmomiSupport.GetWsdlName)
_TASK_EVENTS: Final = frozenset({"TaskEvent", "TaskTimeoutEvent"})
"""TaskEvent and all that the API derives from it."""


# --- faults -----------------------------------------------------------------------------------------------------------


@cache
def fault_kinds(kind: str) -> tuple[str, ...]:
    """The wire names of all that a fault is a kind of, itself first. Of an unknown one we know only that it is one."""
    try:
        declared = _wsdl_type("urn:vim25", kind)
    except KeyError:
        return (kind, "MethodFault")
    names = [_wsdl_name(base) for base in declared.__mro__ if hasattr(base, "_wsdlName")]
    return tuple(names[: names.index("MethodFault") + 1]) if "MethodFault" in names else (kind, "MethodFault")


def soap_fault(element: Element) -> Fault:
    """A soapenv:Fault. Where it has no detail we call it RuntimeFault, as every pyVmomi client does."""
    detail = child(element, "detail")
    message = text_of(element, "faultstring") or ""
    if detail is None or not len(detail):
        return Fault(kind="RuntimeFault", kinds=fault_kinds("RuntimeFault"), message=message)
    kind = wire_type(detail[0], local(detail[0].tag).removesuffix("Fault") or "MethodFault")
    return Fault(kind=kind, kinds=fault_kinds(kind), message=message)


def localized_fault(element: Element) -> Fault:
    """A LocalizedMethodFault."""
    kind = wire_type(required(element, "fault"), "MethodFault")
    return Fault(kind=kind, kinds=fault_kinds(kind), message=text_of(element, "localizedMessage") or "")


# --- TaskInfo ---------------------------------------------------------------------------------------------------------


def _message(element: Element) -> LocalizableMessage:
    arguments = tuple(
        (text_of(argument, "key") or "", text_of(argument, "value") or "") for argument in children(element, "arg")
    )
    return LocalizableMessage(key=text(required(element, "key")), args=arguments, message=text_of(element, "message"))


_REASON_FIELDS: Final[dict[str, tuple[str, Callable[[Element], Any]]]] = {
    "userName": ("user_name", text),
    "name": ("name", text),
    "scheduledTask": ("scheduled_task", reference),
    "alarmName": ("alarm_name", text),
    "alarm": ("alarm", reference),
    "entityName": ("entity_name", text),
    "entity": ("entity", reference),
}


def _reason(element: Element) -> TaskReason:
    known = (_REASON_FIELDS.get(local(each.tag)) for each in element)
    fields = {field[0]: field[1](each) for field, each in zip(known, element, strict=True) if field is not None}
    return TaskReason(kind=wire_type(element, "TaskReason"), **fields)


def _result(element: Element) -> str | ObjectRef:
    return reference(element) if wire_type(element, "string") == "ManagedObjectReference" else text(element)


_INFO_FIELDS: Final[dict[str, tuple[str, Callable[[Element], Any]]]] = {
    "key": ("key", text),
    "task": ("task", reference),
    "description": ("description", _message),
    "name": ("name", text),
    "descriptionId": ("description_id", text),
    "entity": ("entity", reference),
    "entityName": ("entity_name", text),
    "state": ("state", text),
    "cancelled": ("cancelled", boolean),
    "cancelable": ("cancelable", boolean),
    "error": ("error", localized_fault),
    "result": ("result", _result),
    "progress": ("progress", integer),
    "reason": ("reason", _reason),
    "queueTime": ("queue_time", microseconds),
    "startTime": ("start_time", microseconds),
    "completeTime": ("complete_time", microseconds),
    "eventChainId": ("event_chain_id", integer),
    "changeTag": ("change_tag", text),
    "parentTaskKey": ("parent_task_key", text),
    "rootTaskKey": ("root_task_key", text),
    "activationId": ("activation_id", text),
}
_INFO_REQUIRED: Final = (
    "key",
    "task",
    "description_id",
    "state",
    "cancelled",
    "cancelable",
    "reason",
    "queue_time",
    "event_chain_id",
)


def task_info(element: Element) -> TaskInfo:
    """A vim.TaskInfo, whole."""
    fields: dict[str, Any] = {}
    locked: list[ObjectRef] = []
    other: list[tuple[str, str]] = []
    for each in element:
        name = local(each.tag)
        known = _INFO_FIELDS.get(name)
        if known is not None:
            fields[known[0]] = known[1](each)
        elif name == "locked":
            locked.append(reference(each))
        else:
            other.append((name, text(each)))
    for name in _INFO_REQUIRED:
        if name not in fields:
            message = f"a TaskInfo without {name}"
            raise Undecodable(message)
    return TaskInfo(locked=tuple(locked), other=tuple(other), **fields)


# --- what the methods answer ------------------------------------------------------------------------------------------


def returned(response: Element) -> Element:
    """The returnval of a response that must have one."""
    return required(response, "returnval")


def object_made(response: Element) -> ObjectRef:
    """The answer of a method that makes an object."""
    return reference(returned(response))


def user_session(response: Element) -> tuple[str, UserSession]:
    """The answer to Login: the session's key, which goes no further than the adapter, and the rest."""
    session = returned(response)
    return text(required(session, "key")), UserSession(user_name=text(required(session, "userName")))


def tasks(response: Element) -> tuple[TaskInfo, ...]:
    """The answer to ReadNextTasks and ReadPreviousTasks."""
    return tuple([task_info(each) for each in children(response, "returnval")])


def page(element: Element) -> tuple[TaskInfo, ...]:
    """An ArrayOfTaskInfo."""
    return tuple([task_info(each) for each in element])


def references_returned(response: Element) -> tuple[ObjectRef, ...]:
    """The answer of a method that returns objects."""
    return tuple([reference(each) for each in children(response, "returnval")])


def extension(element: Element) -> Extension:
    """A vim.Extension, as far as we register it."""
    return Extension(
        key=text(required(element, "key")),
        version=text(required(element, "version")),
        task_ids=tuple([text(required(each, "taskID")) for each in children(element, "taskList")]),
    )


def extensions(element: Element) -> tuple[Extension, ...]:
    """An ArrayOfExtension."""
    return tuple([extension(each) for each in element])


def task_events(response: Element) -> tuple[TaskEvent, ...]:
    """The answer to QueryEvents: the TaskEvents among the events."""
    return tuple(
        [
            TaskEvent(
                key=integer(required(each, "key")),
                chain_id=integer(required(each, "chainId")),
                info=task_info(required(each, "info")),
            )
            for each in children(response, "returnval")
            if wire_type(each, "Event") in _TASK_EVENTS
        ]
    )


_LISTS: Final = {"methodInfo": 0, "state": 1, "reason": 2}


def _element_description(element: Element) -> ElementDescription:
    """In one pass, for there are some seven hundred."""
    found: dict[str, str] = {}
    for each in element:
        found.setdefault(local(each.tag), text(each))
    return ElementDescription(key=found.get("key", ""), label=found.get("label", ""), summary=found.get("summary", ""))


def task_description(element: Element) -> TaskDescription:
    """A vim.TaskDescription."""
    lists: tuple[list[ElementDescription], ...] = ([], [], [])
    for each in element:
        number = _LISTS.get(local(each.tag))
        if number is not None:
            lists[number].append(_element_description(each))
    method_info, state, reason = map(tuple, lists)
    return TaskDescription(method_info=method_info, state=state, reason=reason)


def property_of(content: Element, path: str, decode: Callable[[Element], Any]) -> Property[Any]:
    """One property out of an ObjectContent or ObjectUpdate: its value, or the fault that stands for it, or neither."""
    for each in children(content, "propSet"):
        if text_of(each, "name") == path:
            return Property(value=decode(required(each, "val")))
    return Property(missing=missing(content, path))


def missing(content: Element, path: str) -> Fault | None:
    """The fault that missingSet has for a property."""
    for each in children(content, "missingSet"):
        if text_of(each, "path") == path:
            return localized_fault(required(each, "fault"))
    return None
