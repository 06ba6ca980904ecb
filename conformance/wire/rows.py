"""The kinds of rows that the table of calls has: a method, a read of a property, a composed call."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from taskconform.conformance.wire import body, schema
from taskconform.conformance.wire.answers import answer_reader, reader_of
from taskconform.conformance.wire.parts import Compiled, Leaf, Part, parts_of, read_parts
from taskconform.conformance.wire.xml import Undecodable, reference, required

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from xml.etree.ElementTree import Element

    from taskconform.model.vocabulary.calls import Call, ObjectRef


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
    def _compiled(self) -> tuple[Compiled, ...]:
        method = schema.newest().method(self.name)
        if method is None:
            raise KeyError(self.name)
        fields = frozenset(self.call.__struct_fields__) - {"session", self.of}
        return parts_of({each.name: each for each in method.params}, self.parts, fields)

    @cached_property
    def _steps(self) -> tuple[tuple[str, Callable[..., str]], ...]:
        """A field and the encoder of its value, or "" and the writer of a part: leaves are written without a detour,
        because every call goes this way."""
        return tuple(
            (part.name, part.encode) if isinstance(part, Leaf) else ("", part.write) for part in self._compiled
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
        read_parts(self._compiled, request, found, only=False)
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

    @cached_property
    def is_list(self) -> bool:
        """Tell whether the property is an array."""
        return issubclass(schema.newest().fields(schema.known_type(self.kind))[self.path].type, list)

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
