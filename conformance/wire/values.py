"""Values of the API between the wire and the specification.

Strings, numbers and booleans are Python's; a time is `int` microseconds since 1970, UTC; a reference is an `ObjectRef`;
an array is a list or tuple; a data object is a `Data`, or a word of the vocabulary, which
`words.as_data` turns into one. Where the API says anyType, a value that does not say of itself what it is goes as
a `Typed`.
"""

from __future__ import annotations

from typing import Any


class Data:
    """A data object: its wire type, and its fields by wire name. An unset field is not there. `made` caches what was
    made of it; a data object of a request never changes.
    """

    __slots__ = ("fields", "made", "type")

    def __init__(self, type_name: str, /, **fields: Any) -> None:
        """Keep the fields that have a value."""
        self.type = type_name
        self.made: Any = None
        self.fields = {name: value for name, value in fields.items() if value is not None}

    def get(self, name: str, default: Any = None) -> Any:
        """Give a field; the default if it is unset."""
        return self.fields.get(name, default)

    def __eq__(self, other: object) -> bool:
        """Compare types, and values field by field."""
        if not isinstance(other, Data):
            return NotImplemented
        return self.type == other.type and self.fields == other.fields

    def __hash__(self) -> int:
        """Data objects that are equal have equal types."""
        return hash(self.type)

    def __repr__(self) -> str:
        """Return the expression that makes it."""
        return f"Data({self.type!r}, {self.fields!r})"


class Typed:
    """A value with its type, as pyVmomi has it, for places where the API allows any."""

    __slots__ = ("type", "value")

    def __init__(self, declared: type, value: Any) -> None:
        """Keep both."""
        self.type = declared
        self.value = value

    def __eq__(self, other: object) -> bool:
        """Compare types and values."""
        if not isinstance(other, Typed):
            return NotImplemented
        return self.type is other.type and bool(self.value == other.value)

    def __hash__(self) -> int:
        """Values that are equal have equal types."""
        return hash(self.type)
