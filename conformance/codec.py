"""The codec: vocabulary objects to plain JSON values and back.

A dataclass becomes an object with its class under `"is"`, and without the fields that have their default; a tuple
becomes an array. What is written once can be read for good: fields are only ever added, with a default.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from taskconform.model import calls, declaration, findings, outcomes, plan

if TYPE_CHECKING:
    from collections.abc import Callable

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


_PLAIN: Final[frozenset[type]] = frozenset({str, int, float, bool, type(None)})

_REMEMBERED: Final = 256
"""How many objects are remembered with what they were written as."""

_ENCODERS: Final[dict[type, Callable[[Any], Any]]] = {}
"""How a value of each class is written."""


def encode(value: Any) -> Any:
    """A vocabulary object, or a tuple, list, dict or plain value, as plain JSON values."""
    return _ENCODERS.get(value.__class__, _refuse)(value)


def _refuse(value: Any) -> Any:
    """Anything else is none of ours."""
    message = f"not a vocabulary object: {value!r}"
    raise TypeError(message)


def _encode_plain(value: Any) -> Any:
    """A plain value stands for itself."""
    return value


def _encode_array(value: Any) -> list[Any]:
    """A tuple or a list, item by item."""
    find = _ENCODERS.get
    return [find(item.__class__, _refuse)(item) for item in value]


def _encode_object(value: Any) -> dict[str, Any]:
    """A dict; keys become strings."""
    return {str(key): encode(item) for key, item in value.items()}


_ENCODERS.update(dict.fromkeys(_PLAIN, _encode_plain))
_ENCODERS.update({tuple: _encode_array, list: _encode_array, dict: _encode_object})


def _is_default(item: Any, default: Any) -> bool:
    """Whether a field need not be written: equal, and of the same class."""
    return item is default or (item.__class__ is default.__class__ and bool(item == default))


def _encoder_of(cls: type) -> Callable[[Any], dict[str, Any]]:
    """The function that writes a dataclass, made of source text as `dataclasses` makes `__init__`: every call of every
    run goes through these, and a loop over the fields takes several times as long."""
    known: dict[str, Any] = {
        "find": _ENCODERS.get,
        "refuse": _refuse,
        "PLAIN": _PLAIN,
        "is_default": _is_default,
    }
    plain, encoded = "item.__class__ is str or item.__class__ in PLAIN", "find(item.__class__, refuse)(item)"
    lines = ["def encode_fields(value):", f"    found = {{'is': {cls.__name__!r}}}"]
    for number, field in enumerate(fields(cls)):
        if field.default is not MISSING:
            default = field.default
        else:
            default = field.default_factory() if field.default_factory is not MISSING else _UNSET
        lines.append(f"    item = value.{field.name}")
        indent = "    "
        if default is not _UNSET:
            known[f"default_{number}"] = default
            is_singleton = default is None or default.__class__ is bool
            differs = f"item is not default_{number}"
            if not is_singleton:
                differs += f" and not is_default(item, default_{number})"
            lines.append(f"    if {differs}:")
            indent = "        "
        lines.append(f"{indent}found[{field.name!r}] = item if {plain} else {encoded}")
    lines.append("    return found")
    exec("\n".join(lines), known)  # noqa: S102  # of the names of our own fields, nothing from outside
    made: Callable[[Any], dict[str, Any]] = known["encode_fields"]
    return made


def _remembering(encoder: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """The same, for objects that never change and come again and again: a target in this process answers with the very
    same TaskInfo until the task changes. The object is kept beside what it was written as, so that its id stays its."""
    known: dict[int, tuple[Any, dict[str, Any]]] = {}

    def remember(value: Any) -> dict[str, Any]:
        found = known.get(id(value))
        if found is not None:
            return found[1]
        if len(known) >= _REMEMBERED:
            known.clear()
        written = encoder(value)
        known[id(value)] = (value, written)
        return written

    return remember


def register(cls: type) -> None:
    """Add a dataclass to what can be written."""
    _CLASSES[cls.__name__] = cls
    _ENCODERS[cls] = _encoder_of(cls)


for _cls in tuple(_CLASSES.values()):
    register(_cls)
_ENCODERS[outcomes.TaskInfo] = _remembering(_ENCODERS[outcomes.TaskInfo])


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
