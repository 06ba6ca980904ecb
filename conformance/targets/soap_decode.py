"""The way back: a SOAP answer, as elements, to the outcomes of `taskconform.model.outcomes`.

pyVmomi's own reader is not used here, because it raises on what its type information does not list, where an outcome
has to be whole: a field it has never heard of is an observation, and a fault it cannot name still has a name. The type
information is used for what only it knows, the ancestors of a fault.

An answer that lacks what its type requires, or cannot be read as its type, is `Undecodable`: it says nothing of the
target's rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, XMLParser

from pyVmomi.VmomiSupport import GetWsdlName, GetWsdlType

from taskconform.model.calls import ObjectRef
from taskconform.model.outcomes import (
    ElementDescription,
    Fault,
    LocalizableMessage,
    Property,
    RecentTaskUpdate,
    TaskDescription,
    TaskInfo,
    TaskReason,
    UserSession,
)

XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
VIM_NAMESPACE: Final = "urn:vim25"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_ELEMENT_KEY: Final = re.compile(r'\["?(.*?)"?\]')


class Undecodable(ValueError):
    """The answer is no XML, or not what the method answers with."""


def root_of(document: bytes) -> Element:
    """The root element. A document type declaration is refused: no vSphere answer has one, and what it could declare
    (entities) is of use only to an attacker. The encoding is pinned, so that the bytes looked at are those parsed."""
    if b"<!DOCTYPE" in document or b"\0" in document:
        message = "the answer holds a document type declaration or is not UTF-8"
        raise Undecodable(message)
    parser = XMLParser(encoding="utf-8")  # noqa: S314 -- no declaration, hence no entity to expand
    try:
        parser.feed(document)
        root: Element = parser.close()
    except ParseError as error:
        message = f"the answer is not well-formed XML: {error}"
        raise Undecodable(message) from error
    return root


def body_of(root: Element) -> Element:
    """What stands inside soapenv:Body: the method's response element, or soapenv:Fault."""
    for child in root:
        if local(child.tag) == "Body" and len(child):
            return child[0]
    message = "the answer is no SOAP envelope with a body"
    raise Undecodable(message)


# --- pieces -----------------------------------------------------------------------------------------------------------


def local(name: str) -> str:
    """A tag without its namespace."""
    return name.rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """The children of that name, whatever their namespace."""
    return (child for child in element if local(child.tag) == name)


def child(element: Element, name: str) -> Element | None:
    """The first child of that name."""
    return next(children(element, name), None)


def text(element: Element) -> str:
    """The element's text; of an element with children all the text there is."""
    return element.text or "" if not len(element) else "".join(element.itertext())


def text_of(element: Element, name: str) -> str | None:
    """The text of the first child of that name."""
    found = child(element, name)
    return None if found is None else text(found)


def required(element: Element, name: str) -> Element:
    """The first child of that name, which the schema says is there."""
    found = child(element, name)
    if found is None:
        message = f"{local(element.tag)} without {name}"
        raise Undecodable(message)
    return found


def wire_type(element: Element, default: str) -> str:
    """The element's own word for its type, without a prefix; `default` is the type declared for the place."""
    return element.get(XSI_TYPE, default).rpartition(":")[2]


def reference(element: Element) -> ObjectRef:
    """A ManagedObjectReference."""
    kind = element.get("type")
    if kind is None:
        message = f"{local(element.tag)} is a reference without a type"
        raise Undecodable(message)
    return ObjectRef(type=kind, value=text(element))


def references(element: Element) -> tuple[ObjectRef, ...]:
    """An ArrayOfManagedObjectReference."""
    return tuple([reference(each) for each in element])


def boolean(element: Element) -> bool:
    """An xsd:boolean."""
    value = text(element).strip()
    if value not in ("true", "false", "1", "0"):
        message = f"{local(element.tag)} is no boolean: {value!r}"
        raise Undecodable(message)
    return value in ("true", "1")


def integer(element: Element) -> int:
    """An xsd:int or xsd:long."""
    try:
        return int(text(element))
    except ValueError as error:
        message = f"{local(element.tag)} is no integer: {text(element)!r}"
        raise Undecodable(message) from error


def microseconds(element: Element) -> int:
    """An xsd:dateTime as microseconds since 1970, UTC; finer digits are cut off, a time without a zone is UTC."""
    value = text(element).strip()
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        message = f"{local(element.tag)} is no time: {value!r}"
        raise Undecodable(message) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


def resolution(element: Element) -> int:
    """How coarse an xsd:dateTime is written, in microseconds: a second if it has no fraction, 1 at the finest."""
    fraction = re.search(r"\.(\d+)", text(element))
    return 10 ** max(0, 6 - len(fraction[1])) if fraction else 1_000_000


# --- faults -----------------------------------------------------------------------------------------------------------


@cache
def fault_kinds(kind: str) -> tuple[str, ...]:
    """The wire names of all that a fault is a kind of, itself first. Of an unknown one we know only that it is one."""
    try:
        declared = GetWsdlType(VIM_NAMESPACE, kind)
    except KeyError:
        return (kind, "MethodFault")
    names = [GetWsdlName(base) for base in declared.__mro__ if hasattr(base, "_wsdlName")]
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


def user_session(response: Element) -> tuple[str, UserSession]:
    """The answer to Login: the session's key, which goes no further than the adapter, and the rest."""
    session = returned(response)
    return text(required(session, "key")), UserSession(user_name=text(required(session, "userName")))


def tasks(response: Element) -> tuple[TaskInfo, ...]:
    """The answer to ReadNextTasks."""
    return tuple([task_info(each) for each in children(response, "returnval")])


def _descriptions(element: Element, name: str) -> tuple[ElementDescription, ...]:
    return tuple(
        ElementDescription(
            key=text_of(each, "key") or "", label=text_of(each, "label") or "", summary=text_of(each, "summary") or ""
        )
        for each in children(element, name)
    )


def task_description(element: Element) -> TaskDescription:
    """A vim.TaskDescription."""
    return TaskDescription(
        method_info=_descriptions(element, "methodInfo"),
        state=_descriptions(element, "state"),
        reason=_descriptions(element, "reason"),
    )


def property_of(content: Element, path: str, decode: Callable[[Element], Any]) -> Property[Any]:
    """One property out of an ObjectContent or ObjectUpdate: its value, or the fault that stands for it, or neither."""
    for each in children(content, "propSet"):
        if text_of(each, "name") == path:
            return Property(value=decode(required(each, "val")))
    return Property(missing=_missing(content, path))


def _missing(content: Element, path: str) -> Fault | None:
    for each in children(content, "missingSet"):
        if text_of(each, "path") == path:
            return localized_fault(required(each, "fault"))
    return None


def version_of(update: Element) -> str:
    """UpdateSet.version."""
    return text(required(update, "version"))


def is_truncated(update: Element) -> bool:
    """UpdateSet.truncated."""
    flag = child(update, "truncated")
    return flag is not None and boolean(flag)


def recent_task_update(updates: list[Element]) -> RecentTaskUpdate:
    """What the UpdateSets of one wait, in order, say of recentTask. A change that assigns the whole property makes
    those before it moot, and takes in those after it."""
    seen = _RecentTaskChanges()
    for update in updates:
        for filtered in children(update, "filterSet"):
            for content in children(filtered, "objectSet"):
                for change in children(content, "changeSet"):
                    seen.take(change)
                fault = _missing(content, "recentTask")
                if fault is not None:
                    seen.whole = Property(missing=fault)
    return RecentTaskUpdate(
        changed=bool(updates), recent_task=seen.whole, added=tuple(seen.added), removed=tuple(seen.removed)
    )


class _RecentTaskChanges:
    """PropertyChanges of recentTask, folded. An element is named `recentTask["key"]`."""

    def __init__(self) -> None:
        self.whole: Property[tuple[ObjectRef, ...]] | None = None
        self.added: list[ObjectRef] = []
        self.removed: list[str] = []

    def take(self, change: Element) -> None:
        path = text(required(change, "name"))
        operation = text_of(change, "op")
        value = child(change, "val")
        key = _ELEMENT_KEY.search(path)
        if not path.startswith("recentTask"):
            return
        if key is not None:
            self._element(key[1], value)
        elif operation == "add" and value is not None:
            self._element("", value)
        else:
            self.whole = Property() if value is None else Property(value=references(value))
            self.added.clear()
            self.removed.clear()

    def _element(self, key: str, value: Element | None) -> None:
        """One element came (it has a value) or went."""
        before = self.whole.value if self.whole is not None else None
        if before is not None:
            kept = tuple(each for each in before if each.value != key)
            self.whole = Property(value=kept if value is None else (*kept, reference(value)))
        elif value is None:
            self.removed.append(key)
        else:
            self.added.append(reference(value))
