"""The way in: XML to values, by decoders that are made once for each type and version of the API.

What the schema does not allow is refused with InvalidRequest: an element that is not known, or twice where it may stand
once, a required one that is missing, a text that is no value of its type. The order of elements does not matter.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.wire import schema
from taskconform.conformance.wire.schema import Array, DataObject, Enum, ManagedObject, MethodFault
from taskconform.conformance.wire.values import Data, Typed
from taskconform.model.spec.faults import FaultRaised, fault, fault_if
from taskconform.model.vocabulary.calls import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from xml.etree.ElementTree import Element

    from taskconform.conformance.wire.schema import Field, Method, Schema

    Decoder = Callable[[Element], Any]

_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}")
_FRACTION: Final = re.compile(r"(\.\d{6})\d+")
_BITS: Final = {"byte": 7, "short": 15, "int": 31, "long": 63}
_DEEPEST: Final = 48
"""So many values within each other at most, each of which can hold any other."""


def malformed(subject: str, complaint: str) -> FaultRaised:
    """Return the fault of a request that is not as the schema has it."""
    return FaultRaised("InvalidRequest", f"{subject} {complaint}")


def local(tag: str) -> str:
    """Give a tag without its namespace."""
    return tag.rpartition("}")[2]


def text_of(element: Element) -> str:
    """Give the text of a simple element."""
    if len(element):
        raise malformed(local(element.tag), "holds elements")
    return element.text or ""


def reference(element: Element) -> ObjectRef:
    """Give a ManagedObjectReference."""
    kind = element.get("type")
    if not kind:
        raise malformed(local(element.tag), "is a reference without a type")
    return ObjectRef(type=kind, value=text_of(element))


def _boolean(element: Element) -> bool:
    value = text_of(element).strip()
    if value in ("true", "1"):
        return True
    if value in ("false", "0"):
        return False
    raise malformed(local(element.tag), "is no boolean")


def _integer(bits: int) -> Decoder:
    complaint = f"is no integer of {bits + 1} bits"

    def decode(element: Element) -> int:
        value = text_of(element).strip()
        if not _INTEGER.fullmatch(value) or not -(1 << bits) <= int(value) < (1 << bits):
            raise malformed(local(element.tag), complaint)
        return int(value)

    return decode


def _number(element: Element) -> float:
    try:
        return float(text_of(element))
    except ValueError:
        raise malformed(local(element.tag), "is no number") from None


def _time(element: Element) -> int:
    value = _FRACTION.sub(r"\1", text_of(element).strip())
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise malformed(local(element.tag), "is no time") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


def _word(kind: type) -> Decoder:
    """Give what reads one of an enumeration's words."""
    words = frozenset(str(word) for word in kind.values)  # type: ignore[attr-defined]

    def decode(element: Element) -> str:
        value = text_of(element)
        if value not in words:
            raise malformed(local(element.tag), "has no such value")
        return value

    return decode


def is_nil(element: Element) -> bool:
    """Tell whether the element is nil."""
    return element.get(f"{_XSI}nil") in ("true", "1")


def type_told(element: Element) -> str | None:
    """Give the element's own word for its type, without a prefix."""
    told = element.get(f"{_XSI}type")
    return None if told is None else told.rpartition(":")[2]


@cache
def decoders_of(version: Schema) -> Decoders:
    """Give the decoders of a version."""
    return Decoders(version)


class Decoders:
    """The decoders of one version of the API."""

    def __init__(self, version: Schema) -> None:
        """Make none yet."""
        self.schema = version
        self._values: dict[type, Decoder] = {}
        self._depth = 0

    def arguments(self, method: Method, element: Element) -> dict[str, Any]:
        """Give the arguments of a method's call, by name; what was left out is not there."""
        children = [child for child in element if local(child.tag) != "_this"]
        return self._fields(method.name, {each.name: each for each in method.params}, children)

    def _fields(self, name: str, fields: dict[str, Field], children: Iterable[Element]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in children:
            tag = local(child.tag)
            field = fields.get(tag)
            if field is None:
                raise malformed(name, f"has no {tag}")
            if is_nil(child):
                continue
            if issubclass(field.type, Array):
                found.setdefault(tag, []).append(self.value(field.type.Item)(child))  # type: ignore[attr-defined]
            elif tag in found:
                raise malformed(name, f"has {tag} twice")
            else:
                found[tag] = self.value(field.type)(child)
        for field in fields.values():
            if not field.optional and field.name not in found:
                if not issubclass(field.type, Array):
                    raise malformed(name, f"lacks {field.name}")
                found[field.name] = []  # as an array without items looks
        return found

    def value(self, kind: type) -> Decoder:
        """Give the decoder of an element of this declared type."""
        found = self._values.get(kind)
        if found is None:
            found = self._values[kind] = self._value(kind)
        return found

    def _value(self, kind: type) -> Decoder:
        if issubclass(kind, Array):
            item: type = kind.Item  # type: ignore[attr-defined]
            return lambda element: [self.value(item)(child) for child in element]
        if issubclass(kind, ManagedObject):
            return reference
        if issubclass(kind, MethodFault):
            return self._localized_fault
        if issubclass(kind, DataObject):
            return lambda element: self._object(kind, element)
        if kind is object:
            return self._any
        if issubclass(kind, Enum):
            return _word(kind)
        return _simple(kind)

    def _object(self, kind: type, element: Element) -> Data:
        told = type_told(element)
        actual: type | None = kind
        if told is not None and told != schema.wire_name(kind):
            actual = schema.named_type(told)
        if actual is None or not issubclass(actual, kind) or not self.schema.has_type(actual):
            raise malformed(local(element.tag), f"is of no type that could stand there: {told}")
        name = schema.wire_name(actual)
        with self._deeper():
            return Data(name, **self._fields(name, self.schema.fields(actual), element))

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        """Read what is within a value that can hold any other. Raises FaultRaised where that is too deep."""
        fault_if(self._depth >= _DEEPEST, "InvalidRequest", "values are too deep within each other")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _localized_fault(self, element: Element) -> Data:
        """A LocalizedMethodFault, which is what the WSDL makes of a fault; the message is kept as `msg`."""
        inner = [child for child in element if local(child.tag) == "fault"]
        messages = [child for child in element if local(child.tag) == "localizedMessage"]
        if len(inner) != 1 or len(messages) > 1 or len(inner) + len(messages) != len(element):
            raise malformed(local(element.tag), "is no LocalizedMethodFault")
        found = self._object(MethodFault, inner[0])
        if messages:
            found.fields["msg"] = text_of(messages[0])
        return found

    def _any(self, element: Element) -> Any:
        told = type_told(element)
        if told is None:
            raise malformed(local(element.tag), "does not tell its type")
        if told == "LocalizedMethodFault":
            return Typed(MethodFault, self._localized_fault(element))
        kind = schema.named_type(told)
        if kind is None or kind is object or not self.schema.has_type(kind):
            fault("InvalidRequest", f"there is no type {told}")
        with self._deeper():
            value = self.value(kind)(element)
        return (
            value
            if isinstance(value, str | bool | ObjectRef | Data) and not issubclass(kind, Enum)
            else (Typed(kind, value))
        )


def _simple(kind: type) -> Decoder:
    if issubclass(kind, bool):
        return _boolean
    if issubclass(kind, datetime):
        return _time
    name = schema.wire_name(kind)
    if name in _BITS:
        return _integer(_BITS[name])
    return _number if name in ("float", "double") else text_of
