"""The codec: vocabulary objects to plain JSON values and back.

A dataclass becomes an object with its class under `"is"`, and without the fields that have their default; a tuple
becomes an array. What is written once can be read for good: fields are only ever added, with a default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Final

from taskconform.model import calls, declaration, findings, outcomes, plan

_CLASSES: Final[dict[str, type]] = {
    name: cls
    for module in (calls, outcomes, plan, declaration, findings)
    for name, cls in vars(module).items()
    if isinstance(cls, type) and is_dataclass(cls) and cls.__module__ == module.__name__
}
"""Every dataclass of the vocabulary, by name."""

_UNSET: Final = object()


class UnreadableValueError(ValueError):
    """A document names a class or a field that this version does not know."""


def _plan_of(cls: type) -> tuple[tuple[str, Any], ...]:
    """The fields of a dataclass with their defaults."""
    return tuple(
        (
            field.name,
            field.default
            if field.default is not MISSING
            else (field.default_factory() if field.default_factory is not MISSING else _UNSET),
        )
        for field in fields(cls)
    )


_FIELDS: Final[dict[type, tuple[tuple[str, Any], ...]]] = {cls: _plan_of(cls) for cls in _CLASSES.values()}


def register(cls: type) -> None:
    """Add a dataclass to what can be written."""
    _CLASSES[cls.__name__] = cls
    _FIELDS[cls] = _plan_of(cls)


_PLAIN: Final = (str, int, float, bool, type(None))


def encode(value: Any) -> Any:
    """A vocabulary object, or a tuple, list, dict or plain value, as plain JSON values."""
    cls = value.__class__
    if cls in _PLAIN:
        return value
    known = _FIELDS.get(cls)
    if known is not None:
        found: dict[str, Any] = {"is": cls.__name__}
        for name, default in known:
            item = getattr(value, name)
            if item is default or (item == default and item.__class__ is default.__class__):
                continue
            found[name] = item if item.__class__ in _PLAIN else encode(item)
        return found
    if cls is tuple or cls is list:
        return [encode(item) for item in value]
    if cls is dict:
        return {str(key): encode(item) for key, item in value.items()}
    message = f"not a vocabulary object: {value!r}"
    raise TypeError(message)


def decode(value: Any) -> Any:
    """The object that `encode` made this of; arrays become tuples. Raises UnreadableValueError."""
    if isinstance(value, list):
        return tuple(map(decode, value))
    if not isinstance(value, dict):
        return value
    name = value.get("is")
    if name is None:
        return {key: decode(item) for key, item in value.items()}
    cls: Callable[..., Any] | None = _CLASSES.get(name)
    if cls is None:
        message = f"this version knows no {name}"
        raise UnreadableValueError(message)
    try:
        return cls(**{key: decode(item) for key, item in value.items() if key != "is"})
    except TypeError as problem:
        message = f"not a {name}: {problem}"
        raise UnreadableValueError(message) from problem
