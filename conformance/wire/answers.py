"""Answers and requests as elements, read by pyVmomi's type information into what the vocabulary has for them.

pyVmomi's own reader is not used, because it raises on what its type information does not list, where an outcome has to
be whole: an unknown field is an observation, and an unknown fault still has a name.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.wire import schema
from taskconform.conformance.wire.schema import Array, DataObject, ManagedObject, MethodFault
from taskconform.conformance.wire.words import BY_WIRE
from taskconform.conformance.wire.xml import (
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
from taskconform.model.vocabulary.outcomes import Fault, Property, TaskInfo, UserSession

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from taskconform.conformance.wire.words import Row
    from taskconform.model.vocabulary.calls import ObjectRef

    Reader = Callable[[Element], Any]

_TASK_EVENTS: Final = frozenset({"TaskEvent", "TaskTimeoutEvent"})
"""TaskEvent and all that the API derives from it."""


# --- faults -----------------------------------------------------------------------------------------------------------


@cache
def fault_kinds(kind: str) -> tuple[str, ...]:
    """Return the wire names of all that a fault is a kind of, itself first. An unknown one is a MethodFault."""
    declared = schema.named_type(kind)
    if declared is None or not schema.is_fault(kind):
        return (kind, "MethodFault")
    names = [schema.wire_name(base) for base in declared.__mro__ if hasattr(base, "_wsdlName")]
    return tuple(names[: names.index("MethodFault") + 1])


def soap_fault(element: Element) -> Fault:
    """Read a soapenv:Fault. One without a detail is a RuntimeFault, as for every pyVmomi client."""
    detail = child(element, "detail")
    message = text_of(element, "faultstring") or ""
    if detail is None or not len(detail):
        return Fault(kind="RuntimeFault", kinds=fault_kinds("RuntimeFault"), message=message)
    kind = wire_type(detail[0], local(detail[0].tag).removesuffix("Fault") or "MethodFault")
    return Fault(kind=kind, kinds=fault_kinds(kind), message=message)


def fault_kind(element: Element) -> str:
    """Read a LocalizedMethodFault's wire name."""
    return wire_type(required(element, "fault"), "MethodFault")


def localized_fault(element: Element) -> Fault:
    """Read a LocalizedMethodFault."""
    kind = fault_kind(element)
    return Fault(kind=kind, kinds=fault_kinds(kind), message=text_of(element, "localizedMessage") or "")


# --- values by their declared type ------------------------------------------------------------------------------------


def _any(element: Element) -> str | ObjectRef:
    """Read a value of any type: a reference, else its text."""
    return reference(element) if wire_type(element, "string") == "ManagedObjectReference" else text(element)


def _event(element: Element) -> Any:
    """Read an event; None if it is no TaskEvent."""
    is_task_event = wire_type(element, "Event") in _TASK_EVENTS
    return reader_of(schema.known_type("TaskEvent"))(element) if is_task_event else None


_PLAIN: Final[dict[str, Reader]] = {
    "KeyAnyValue": lambda pair: (text_of(pair, "key") or "", text_of(pair, "value") or ""),
    "ExtensionTaskTypeInfo": lambda task_type: text(required(task_type, "taskID")),
    "Event": _event,
}


_readers: dict[type, Reader] = {}


def reader_of(kind: type) -> Reader:
    """Return the reader of an element of this declared type. Readers raise Undecodable."""
    found = _readers.get(kind)
    if found is None:
        found = _readers[kind] = _reader(kind)
    return found


def _reader(kind: type) -> Reader:
    if issubclass(kind, Array):
        one = reader_of(kind.Item)  # type: ignore[attr-defined]  # pyVmomi's
        return lambda element: tuple([one(each) for each in element])
    if issubclass(kind, ManagedObject):
        return reference
    if issubclass(kind, MethodFault):
        return localized_fault
    if kind is object:
        return _any
    name = schema.wire_name(kind)
    if issubclass(kind, DataObject):
        return _checked_reader(BY_WIRE[name]) if name in BY_WIRE else _PLAIN[name]
    if issubclass(kind, datetime):
        return microseconds
    if issubclass(kind, bool):
        return boolean
    return integer if issubclass(kind, int) else text


def _or_unset(one: Reader, element: Element, others: list[tuple[str, str]]) -> Any:
    """Read a field of TaskInfo. One that cannot be read is unset, and its text goes to the others: the rest can be
    judged."""
    try:
        return one(element)
    except Undecodable:
        others.append((local(element.tag), text(element)))
        return None


def _word_reader(row: Row) -> Reader:
    """Return the reader of a word's data object, in one pass over its elements."""
    single = {each.name: (each.field, reader_of(each.kind)) for each in row.properties if not each.many}
    many = {each.name: (each.field, reader_of(each.kind)) for each in row.properties if each.many}
    word, wire, rest, told, absent = row.word, row.wire, row.rest, row.told, row.absent
    lists = [field for field, _ in many.values()]

    def read(element: Element) -> Any:
        found: dict[str, Any] = {**absent, **{field: [] for field in lists}}
        others: list[tuple[str, str]] = []
        for each in element:
            name = each.tag.rpartition("}")[2]
            if name in single:
                field, one = single[name]
                found[field] = one(each) if word is not TaskInfo else _or_unset(one, each, others)
            elif name in many:
                field, one = many[name]
                found[field].append(one(each))
            else:
                others.append((name, text(each)))
        for field in lists:
            found[field] = tuple(found[field])
        if rest:
            found[rest] = tuple(others)
        if told:
            found[told] = wire_type(element, wire)
        try:
            return word(**found)
        except TypeError as error:
            message = f"{wire}: {error}"
            raise Undecodable(message) from error

    return read


def _checked_reader(row: Row) -> Reader:
    """Return the reader of a word that is only part of its data object, or that no other type may stand for."""
    read, wire = _word_reader(row), row.wire

    def read_only(element: Element) -> Any:
        if wire_type(element, wire) != wire:
            message = f"{local(element.tag)} is a {wire_type(element, wire)} and no {wire}"
            raise Undecodable(message)
        return read(element)

    def read_inside(element: Element) -> Any:
        inner = child(element, row.inside)
        return row.word() if inner is None else read(inner)

    return read_inside if row.inside else read_only if row.only else read


def task_info(element: Element) -> TaskInfo:
    """Read a vim.TaskInfo, whole."""
    info: TaskInfo = reader_of(schema.known_type("TaskInfo"))(element)
    return info


# --- what the methods answer ------------------------------------------------------------------------------------------


def returned(response: Element) -> Element:
    """Return the returnval of a response that must have one."""
    return required(response, "returnval")


@cache
def answer_reader(method: str) -> Reader:
    """Return the reader of what a method returns, by the type that pyVmomi declares. Events other than TaskEvents are
    left out. Raises KeyError for an unknown method."""
    found = schema.newest().method(method)
    if found is None:
        raise KeyError(method)
    if found.result is None:
        return lambda _: None
    if issubclass(found.result, Array):
        one = reader_of(found.result.Item)  # type: ignore[attr-defined]  # pyVmomi's
        return lambda response: tuple(
            [value for each in children(response, "returnval") if (value := one(each)) is not None]
        )
    read = reader_of(found.result)
    if found.may_return_nothing:
        return lambda response: None if (value := child(response, "returnval")) is None else read(value)
    return lambda response: read(returned(response))


def user_session(response: Element) -> tuple[str, UserSession]:
    """Read the answer to Login: the session's key, which goes no further than the adapter, and the rest."""
    session = returned(response)
    return text(required(session, "key")), UserSession(user_name=text(required(session, "userName")))


def property_of(content: Element, path: str, decode: Callable[[Element], Any]) -> Property[Any]:
    """Read one property out of an ObjectContent or ObjectUpdate: its value, or the fault that stands for it, or
    neither."""
    for each in children(content, "propSet"):
        if text_of(each, "name") == path:
            return Property(value=decode(required(each, "val")))
    return Property(missing=missing(content, path))


def missing(content: Element, path: str) -> Fault | None:
    """Return the fault that missingSet has for a property."""
    for each in children(content, "missingSet"):
        if text_of(each, "path") == path:
            return localized_fault(required(each, "fault"))
    return None
