"""Parts of a request: how a call's fields become the parameters of a method, and back.

A method's parameters, and the properties of the data objects in them, are taken from pyVmomi's type information. One
that has the name of a field of the call (`taskTypeId`, `task_type_id`) is that field; what is irregular is said by a
`Part`. Each part can be written (a call as XML), read (XML as a call, leniently: of a recording) and taken (what a
server's strict decoder made of XML, as a call).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from taskconform.conformance.wire import schema
from taskconform.conformance.wire.answers import fault_kind, reader_of
from taskconform.conformance.wire.encoding import request_encoders
from taskconform.conformance.wire.schema import MethodFault
from taskconform.conformance.wire.words import items, snake, taken, writer_of
from taskconform.conformance.wire.xml import XSI_NIL, Undecodable, local

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from taskconform.conformance.wire.schema import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Const:
    """A parameter that the suite always sends alike. `value`: it, or what makes it of the time. A recorded request that
    lacks it stands for no call if `needed`."""

    value: Any
    needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """A data object that holds fields of the call. `kind` is its wire name, if it is not the declared type. `parts` as
    in `Method`. `only`: a recorded request that sets anything else stands for no call."""

    parts: Mapping[str, Part] = field(default_factory=dict)
    kind: str = ""
    only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A parameter with functions of its own: `write` makes its XML of the call; `read` and `take` make fields of its
    element or its value, which are None if it was left out."""

    write: Callable[[Any], str]
    read: Callable[[Element | None], dict[str, Any]]
    take: Callable[[Any], dict[str, Any]]


Part = str | Const | Inside | Own
"""The content of a parameter or property: the field of this name, or one of the above."""


class Leaf:
    """A parameter or property that is a field of the call."""

    def __init__(self, declared: Field, name: str) -> None:
        """Prepare the encoder of the field `name`."""
        self.name = name
        self.tag = declared.name
        self.kind, self.many = items(declared.type)
        encode = request_encoders().element(declared.name, declared.type)
        convert = writer_of(declared.type, many=self.many)
        self.encode = encode if convert is None else lambda value: encode(convert(value))

    def write(self, call: Any, _: int) -> str:
        """Write the field; nothing if it is None."""
        value = getattr(call, self.name)
        return "" if value is None else self.encode(value)

    def read(self, elements: Sequence[Element], found: dict[str, Any]) -> None:
        """Read the field of its elements."""
        one = fault_kind if issubclass(self.kind, MethodFault) else reader_of(self.kind)
        if self.many:
            found[self.name] = tuple([one(each) for each in elements])
        elif elements:
            found[self.name] = one(elements[0])

    def take(self, value: Any, found: dict[str, Any]) -> None:
        """Take the field of what a strict decoder made."""
        if value is not None:
            found[self.name] = value if self.kind is object else taken(value)
        elif self.many:
            found[self.name] = ()


class _Constant:
    """A parameter or property that is always written alike."""

    def __init__(self, declared: Field, const: Const) -> None:
        self.const = const
        self.tag = declared.name
        self.encode = request_encoders().element(declared.name, declared.type)
        self.text = "" if callable(const.value) else self.encode(const.value)

    def write(self, _: Any, now: int) -> str:
        return self.text or self.encode(self.const.value(now))

    def read(self, elements: Sequence[Element], _: dict[str, Any]) -> None:
        if self.const.needed and not elements:
            raise Undecodable(_lacking(self.tag))

    def take(self, value: Any, found: dict[str, Any]) -> None:
        """Take nothing: the call does not hold it."""


class _Inner:
    """A data object within a request."""

    def __init__(self, declared: Field, inside: Inside, fields: frozenset[str]) -> None:
        self.tag = declared.name
        self.optional = declared.optional
        kind = schema.known_type(inside.kind) if inside.kind else declared.type
        self.opening = f'<{self.tag} xsi:type="{inside.kind}">' if inside.kind else f"<{self.tag}>"
        self.only = inside.only
        self.parts = parts_of(schema.newest().fields(kind), inside.parts, fields)

    def write(self, call: Any, now: int) -> str:
        inner = "".join([part.write(call, now) for part in self.parts])
        return f"{self.opening}{inner}</{self.tag}>"

    def read(self, elements: Sequence[Element], found: dict[str, Any]) -> None:
        if not elements:
            if not self.optional:
                raise Undecodable(_lacking(self.tag))
            return
        read_parts(self.parts, elements[0], found, only=self.only)

    def take(self, value: Any, found: dict[str, Any]) -> None:
        if value is not None:
            for part in self.parts:
                part.take(value.get(part.tag), found)


class _Owned:
    """A parameter with functions of its own."""

    def __init__(self, declared: Field, own: Own) -> None:
        self.tag = declared.name
        self.own = own

    def write(self, call: Any, _: int) -> str:
        return self.own.write(call)

    def read(self, elements: Sequence[Element], found: dict[str, Any]) -> None:
        found.update(self.own.read(elements[0] if elements else None))

    def take(self, value: Any, found: dict[str, Any]) -> None:
        found.update(self.own.take(value))


Compiled = Leaf | _Constant | _Inner | _Owned


def _lacking(name: str) -> str:
    return f"a request without {name}"


def parts_of(declared: Mapping[str, Field], parts: Mapping[str, Part], fields: frozenset[str]) -> tuple[Compiled, ...]:
    """Return the parts of a method or a data object that a call has to do with, in the order of the wire."""
    found: list[Compiled] = []
    for name, each in declared.items():
        part = parts.get(name, snake(name))
        if isinstance(part, Const):
            found.append(_Constant(each, part))
        elif isinstance(part, Inside):
            found.append(_Inner(each, part, fields))
        elif isinstance(part, Own):
            found.append(_Owned(each, part))
        elif part in fields:
            found.append(Leaf(each, part))
    return tuple(found)


def read_parts(parts: Sequence[Compiled], element: Element, found: dict[str, Any], *, only: bool) -> None:
    """Read the parts from the children of an element."""
    given: dict[str, list[Element]] = {}
    owners = {part.tag: part for part in parts}
    for each in element:
        if each.get(XSI_NIL) in {"true", "1"} and not isinstance(owners.get(local(each.tag)), _Owned):
            continue  # as good as left out
        given.setdefault(local(each.tag), []).append(each)
    if only and not given.keys() <= {part.tag for part in parts}:
        message = f"{local(element.tag)} holds more than a call has"
        raise Undecodable(message)
    for part in parts:
        part.read(given.get(part.tag, ()), found)
