"""Values to XML, by encoders that are made once for each type and version of the API.

An encoder takes a value and returns the whole element. A server's encoders send a version only what it knows: fields
that came later are left out, and an object of a type that came later goes as the nearest type above it that is known.
Those of requests write whatever they are given, unknown types included, because the suite sends such requests.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.wire import body, schema
from taskconform.conformance.wire.schema import Array, DataObject, ManagedObject, MethodFault
from taskconform.conformance.wire.values import Data, Typed
from taskconform.conformance.wire.words import as_data
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import Fault, TaskInfo, dated

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.conformance.wire.schema import Schema

    Encoder = Callable[[Any], str]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_KEPT: Final = 4_096
"""So many encoded TaskInfos are kept, each as long as the task does not change."""
_SPECIAL: Final = re.compile(r'[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]')
_NOT_XML: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")
"""Characters that no XML document may hold, not even escaped."""


def escape(value: str) -> str:
    """Return character data, fit for an attribute in double quotes as well."""
    if _SPECIAL.search(value) is None:
        return value
    return body.escape(value).translate(_NOT_XML).replace("\r", "&#13;")


def time_text(microseconds: int) -> str:
    """Give an xsd:dateTime, in UTC."""
    return f"{(_EPOCH + timedelta(microseconds=dated(microseconds))).isoformat(timespec='microseconds')}Z"


def _simple(kind: type) -> Callable[[Any], str] | None:
    """Give what writes a simple value of the type; None if it is not simple."""
    if issubclass(kind, bool):
        return lambda value: "true" if value else "false"
    if issubclass(kind, datetime):
        return time_text
    if issubclass(kind, int):
        return "{:d}".format  # raises on a symbol
    return str if issubclass(kind, float) else None


@cache
def encoders_of(version: Schema) -> Encoders:
    """Return the encoders of a version, for a server's answers."""
    return Encoders(version)


@cache
def request_encoders() -> Encoders:
    """Return the encoders of requests: those of the newest version."""
    return Encoders(schema.newest(), for_requests=True)


class Encoders:
    """The encoders of one version of the API."""

    def __init__(self, version: Schema, *, for_requests: bool = False) -> None:
        """Make none yet. `for_requests`: text is written as it is but for XML's own marks, empty objects are closed at
        once, and a type need not be known.
        """
        self.schema = version
        self._escape = body.escape if for_requests else escape
        self._for_requests = for_requests
        self._elements: dict[tuple[str, type], Encoder] = {}
        self._typed: dict[tuple[str, type], Encoder] = {}
        self._objects: dict[str, Encoder] = {}
        self._names: dict[str, str] = {}
        self._infos: dict[int, tuple[TaskInfo, str]] = {}

    # --- an element whose type the schema says ------------------------------------------------------------------------

    def element(self, tag: str, kind: type) -> Encoder:
        """Give the encoder of an element of this declared type."""
        found = self._elements.get((tag, kind))
        if found is None:
            found = self._elements[tag, kind] = self._element(tag, kind)
        return found

    def _element(self, tag: str, kind: type) -> Encoder:
        if issubclass(kind, Array):
            one = self.element(tag, kind.Item)  # type: ignore[attr-defined]
            return lambda values: "".join([one(value) for value in values])
        if issubclass(kind, ManagedObject):
            return self._reference(tag)
        if issubclass(kind, MethodFault):
            return self._localized_fault(tag)
        if issubclass(kind, DataObject):
            return self._object(tag, kind)
        if kind is object:
            return lambda value: self.any(tag, value)
        if issubclass(kind, bool):
            return {True: f"<{tag}>true</{tag}>", False: f"<{tag}>false</{tag}>"}.__getitem__
        simple = _simple(kind)
        if simple is not None:
            return lambda value: f"<{tag}>{simple(value)}</{tag}>"
        text = self._escape
        return lambda value: f"<{tag}>{text(value)}</{tag}>"

    def _object(self, tag: str, kind: type) -> Encoder:
        declared = schema.wire_name(kind)
        inside = self.inside

        def encode(value: Any) -> str:
            data = value if value.__class__ is Data else None
            name = data.type if data is not None else declared
            if data is None and value.__class__ is not TaskInfo:
                value = as_data(value)
                name = value.type
            told = "" if name == declared else f' xsi:type="{self.known_name(name)}"'
            return self._whole(tag, told, inside(value))

        return encode

    def _whole(self, tag: str, attributes: str, inner: str) -> str:
        """Return an element that holds elements."""
        return f"<{tag}{attributes}/>" if self._for_requests and not inner else f"<{tag}{attributes}>{inner}</{tag}>"

    def _localized_fault(self, tag: str) -> Encoder:
        def encode(value: Any) -> str:
            fault = value if isinstance(value, Fault) else None
            data = Data(fault.kind) if fault is not None else value
            message = fault.message if fault is not None else str(value.get("msg", ""))
            inner = self._whole("fault", f' xsi:type="{self.known_name(data.type)}"', self.inside(data))
            return f"<{tag}>{inner}<localizedMessage>{self._escape(message)}</localizedMessage></{tag}>"

        return encode

    # --- what stands inside a data object -----------------------------------------------------------------------------

    def inside(self, value: Any) -> str:
        """Give the fields of a data object."""
        if value.__class__ is TaskInfo:
            return self._task_info(value)
        data: Data = value if value.__class__ is Data else as_data(value)
        found = self._objects.get(data.type)
        if found is None:
            found = self._objects[data.type] = self._fields(data.type)
        return found(data)

    def _task_info(self, info: TaskInfo) -> str:
        """Give the fields of a TaskInfo, as written before if it is the same one."""
        kept = self._infos.get(id(info))
        if kept is not None and kept[0] is info:
            return kept[1]
        found = self.inside(as_data(info))
        if len(self._infos) >= _KEPT:
            self._infos.clear()
        self._infos[id(info)] = (info, found)
        return found

    def _fields(self, name: str) -> Encoder:
        kind = schema.named_type(self.known_name(name))
        if kind is None:  # only in a request
            return lambda _: ""
        parts = [
            (each.name, self.element(each.name, each.type))
            for each in self.schema.fields(kind).values()
            if each.name != "msg" or not issubclass(kind, MethodFault)  # pyVmomi's own, for the localizedMessage
        ]

        def encode(data: Data) -> str:
            fields = data.fields
            return "".join([encoder(fields[name]) for name, encoder in parts if name in fields])

        return encode

    def known_name(self, name: str) -> str:
        """Give the type's own name, or that of the nearest above it that this version has."""
        found = self._names.get(name)
        if found is None:
            found = self._names[name] = self._nearest_known(name)
        return found

    def _nearest_known(self, name: str) -> str:
        kind = schema.named_type(name)
        if kind is None:
            if self._for_requests:
                return self._escape(name)
            raise KeyError(name)
        known = next((each for each in kind.__mro__ if self.schema.has_type(each)), kind)
        return schema.wire_name(known)

    # --- an element that says its type itself -------------------------------------------------------------------------

    def typed(self, tag: str, kind: type) -> Encoder:
        """Give the encoder of an element of type anyType for values of this type."""
        found = self._typed.get((tag, kind))
        if found is None:
            found = self._typed[tag, kind] = self._type_told(tag, kind)
        return found

    def _type_told(self, tag: str, kind: type) -> Encoder:
        if kind is object:
            return lambda value: self.any(tag, value)
        if issubclass(kind, Array):
            name, item = schema.wire_name(kind), schema.item_name(kind)
            one = self.element(item, kind.Item)  # type: ignore[attr-defined]
            return lambda values: f'<{tag} xsi:type="{name}">{"".join([one(value) for value in values])}</{tag}>'
        if issubclass(kind, ManagedObject):
            return self._reference(tag, ' xsi:type="ManagedObjectReference"')
        if issubclass(kind, MethodFault):
            one = self.element(tag, kind)
            opening = f'<{tag} xsi:type="LocalizedMethodFault"'
            return lambda value: f"{opening}{one(value).removeprefix(f'<{tag}')}"
        if issubclass(kind, DataObject):
            return lambda value: self._object_told(tag, value)
        prefix = "" if issubclass(kind, schema.Enum) else "xsd:"
        name = {"TypeName": "string", "MethodName": "string", "PropertyPath": "string"}.get(
            schema.wire_name(kind), schema.wire_name(kind)
        )
        text = _simple(kind) or self._escape
        return lambda value: f'<{tag} xsi:type="{prefix}{name}">{text(value)}</{tag}>'

    def _object_told(self, tag: str, value: Any) -> str:
        name = "TaskInfo" if value.__class__ is TaskInfo else as_data(value).type
        return f'<{tag} xsi:type="{self.known_name(name)}">{self.inside(value)}</{tag}>'

    def any(self, tag: str, value: Any) -> str:
        """Give an element of type anyType for a value that says what it is."""
        if isinstance(value, Typed):
            return self.typed(tag, value.type)(value.value)
        if isinstance(value, ObjectRef):
            return self.typed(tag, ManagedObject)(value)
        if isinstance(value, bool | int | str):
            return self.typed(tag, type(value))(value)
        if isinstance(value, Fault):
            return self.typed(tag, MethodFault)(value)
        return self._object_told(tag, value)

    def _reference(self, tag: str, attributes: str = "") -> Encoder:
        """Give the encoder of a reference. Those to tasks are kept: they are what the longest lists are made of."""
        tasks: dict[str, str] = {}
        text = self._escape

        def encode(ref: ObjectRef) -> str:
            value = ref.value
            if ref.type == "Task":
                found = tasks.get(value)
                if found is None:
                    if len(tasks) >= _KEPT:
                        tasks.clear()
                    found = tasks[value] = f'<{tag}{attributes} type="Task">{text(value)}</{tag}>'
                return found
            return f'<{tag}{attributes} type="{text(ref.type)}">{text(value)}</{tag}>'

        return encode
