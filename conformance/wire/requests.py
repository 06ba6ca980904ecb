"""Requests: how a call's fields become the parameters of a method, and back.

A method's parameters, and the properties of the data objects in them, are taken from pyVmomi's type information. One
that has the name of a field of the call (`taskTypeId`, `task_type_id`) is that field; what is irregular is said by a
`Part`. From this follow three functions: `write` (a call as XML), `read` (XML as a call, leniently: of a recording) and
`take` (what a server's strict decoder made of XML, as a call).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.wire import body, schema
from taskconform.conformance.wire.answers import answer_reader, fault_kind, reader_of
from taskconform.conformance.wire.encoding import request_encoders
from taskconform.conformance.wire.schema import MethodFault
from taskconform.conformance.wire.words import items, snake, taken, writer_of
from taskconform.conformance.wire.xml import Undecodable, local, reference, required

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from taskconform.conformance.wire.schema import Field
    from taskconform.model.vocabulary.calls import Call, ObjectRef


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


class _Leaf:
    """A parameter or property that is a field of the call."""

    def __init__(self, declared: Field, name: str) -> None:
        self.name = name
        self.tag = declared.name
        self.kind, self.many = items(declared.type)
        encode = request_encoders().element(declared.name, declared.type)
        convert = writer_of(declared.type, many=self.many)
        self.encode = encode if convert is None else lambda value: encode(convert(value))

    def write(self, call: Any, _: int) -> str:
        value = getattr(call, self.name)
        return "" if value is None else self.encode(value)

    def read(self, elements: Sequence[Element], found: dict[str, Any]) -> None:
        one = fault_kind if issubclass(self.kind, MethodFault) else reader_of(self.kind)
        if self.many:
            found[self.name] = tuple([one(each) for each in elements])
        elif elements:
            found[self.name] = one(elements[0])

    def take(self, value: Any, found: dict[str, Any]) -> None:
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
        self.parts = _parts(schema.newest().fields(kind), inside.parts, fields)

    def write(self, call: Any, now: int) -> str:
        inner = "".join([part.write(call, now) for part in self.parts])
        return f"{self.opening}{inner}</{self.tag}>"

    def read(self, elements: Sequence[Element], found: dict[str, Any]) -> None:
        if not elements:
            if not self.optional:
                raise Undecodable(_lacking(self.tag))
            return
        _read(self.parts, elements[0], found, only=self.only)

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


_Compiled = _Leaf | _Constant | _Inner | _Owned


def _lacking(name: str) -> str:
    return f"a request without {name}"


def _parts(declared: Mapping[str, Field], parts: Mapping[str, Part], fields: frozenset[str]) -> tuple[_Compiled, ...]:
    """Return the parts of a method or a data object that a call has to do with, in the order of the wire."""
    found: list[_Compiled] = []
    for name, each in declared.items():
        part = parts.get(name, snake(name))
        if isinstance(part, Const):
            found.append(_Constant(each, part))
        elif isinstance(part, Inside):
            found.append(_Inner(each, part, fields))
        elif isinstance(part, Own):
            found.append(_Owned(each, part))
        elif part in fields:
            found.append(_Leaf(each, part))
    return tuple(found)


def _read(parts: Sequence[_Compiled], element: Element, found: dict[str, Any], *, only: bool) -> None:
    """Read the parts from the children of an element."""
    given: dict[str, list[Element]] = {}
    for each in element:
        given.setdefault(local(each.tag), []).append(each)
    if only and not given.keys() <= {part.tag for part in parts}:
        message = f"{local(element.tag)} holds more than a call has"
        raise Undecodable(message)
    for part in parts:
        part.read(given.get(part.tag, ()), found)


class Method:
    """A call that is one method. A row of the table.

    `name`: the method's name on the wire, if it is not that of the class. `at`: the field of ServiceContent that holds
    the object it is called on; or `of`: the field of the call that does. `only`: the one type of objects on which the
    method is this call. `parts`: what is irregular, by parameter. `absent`: fields of the call that a request may leave
    out, and what they then are. `recorded`: it is read from recordings. `answer`: the reader of what it
    returns, where its type does not say enough.
    """

    def __init__(
        self,
        call: type[Call],
        name: str = "",
        *,
        at: str = "",
        of: str = "",
        only: str = "",
        parts: Mapping[str, Part] | None = None,
        absent: Mapping[str, Any] | None = None,
        recorded: bool = True,
        answer: Callable[[Element], Any] | None = None,
    ) -> None:
        """Keep what is said of the call; pyVmomi is asked when it is first needed."""
        self.call = call
        self.name = name or call.__name__
        self.at = at
        self.of = of
        self.only = only
        self.parts = parts or {}
        self.absent = absent or {}
        self.recorded = recorded
        self._answer = answer

    @cached_property
    def _compiled(self) -> tuple[_Compiled, ...]:
        method = schema.newest().method(self.name)
        if method is None:
            raise KeyError(self.name)
        fields = frozenset(self.call.__struct_fields__) - {"session", self.of}
        return _parts({each.name: each for each in method.params}, self.parts, fields)

    @cached_property
    def _steps(self) -> tuple[tuple[str, Callable[..., str]], ...]:
        """A field and the encoder of its value, or "" and the writer of a part: leaves are written without a detour,
        because every call goes this way."""
        return tuple(
            (part.name, part.encode) if isinstance(part, _Leaf) else ("", part.write) for part in self._compiled
        )

    def write(self, call: Call, this: ObjectRef | None = None, now: int = 0) -> str:
        """Write the call as what stands inside soapenv:Body. `this`: the object it is called on, if the call does not
        name it; `now`: the time, in microseconds since 1970. Raises TypeError for a call that holds a symbol."""
        try:
            pieces = [body.reference("_this", getattr(call, self.of) if this is None else this)]
            for name, write in self._steps:
                if not name:
                    pieces.append(write(call, now))
                elif (value := getattr(call, name)) is not None:
                    pieces.append(write(value))
        except (AttributeError, TypeError) as error:
            message = f"a symbol reached the adapter: {call!r}"
            raise TypeError(message) from error
        return f'<{self.name} xmlns="urn:vim25">{"".join(pieces)}</{self.name}>'

    def read(self, session: str, request: Element) -> Call | None:
        """Read a recorded request; None if it is of an object on which the method is another call. Raises Undecodable
        for one that is not as the method requires, or that says more than a call can."""
        this = reference(required(request, "_this"))
        if self.only and this.type != self.only:
            return None
        found = dict(self.absent)
        _read(self._compiled, request, found, only=False)
        try:
            return self._made(session, this, found)
        except TypeError as error:
            raise Undecodable(str(error)) from error

    def take(self, session: str, this: ObjectRef, arguments: Mapping[str, Any]) -> Call:
        """Return the call that a request's arguments make. They are as the strict decoder returns them."""
        found = dict(self.absent)
        for part in self._compiled:
            part.take(arguments.get(part.tag), found)
        return self._made(session, this, found)

    def _made(self, session: str, this: ObjectRef, found: dict[str, Any]) -> Call:
        if self.of:
            found[self.of] = this
        made: Call = self.call(session=session, **found)
        return made

    @property
    def answer(self) -> Callable[[Element], Any]:
        """The reader of what the method returns."""
        return self._answer or answer_reader(self.name)


class Read:
    """A call that is a read of one property of one object, or of `many`. A row of the table.

    `kind` and `path`: the type and the property. `at` and `of` as in `Method`. `value`: the wire name of the property's
    type, where the declared one says less.
    """

    def __init__(
        self, call: type[Call], kind: str, path: str, *, at: str = "", of: str = "", value: str = "", many: bool = False
    ) -> None:
        """Keep what is said of the call; pyVmomi is asked when it is first needed."""
        self.call = call
        self.kind = kind
        self.path = path
        self.at = at
        self.of = of
        self.value = value
        self.many = many

    @cached_property
    def decode(self) -> Callable[[Element], Any]:
        """The reader of the property's value."""
        if self.value:
            return reader_of(schema.known_type(self.value))
        return reader_of(schema.newest().fields(schema.known_type(self.kind))[self.path].type)

    def made(self, session: str, ref: ObjectRef) -> Call:
        """Return the call that reads the property of this object."""
        fields: dict[str, Any] = {"session": session, self.of: ref} if self.of else {"session": session}
        made: Call = self.call(**fields)
        return made


class Composed:
    """A call that takes a session to perform, or several requests: `methods`. A row of the table."""

    def __init__(self, call: type[Call], *methods: str) -> None:
        """Keep what is said of the call."""
        self.call = call
        self.methods = methods


Row = Method | Read | Composed
"""A row of the table: one call."""

UNLIMITED: Final = 2**31 - 1
"""maxWaitSeconds of a wait that sets none."""
