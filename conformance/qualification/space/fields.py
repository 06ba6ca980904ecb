"""Fields of the vocabulary and of the state, by their types: which could be taken for one another, and what lies where
in a call and in an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_type_hints

import msgspec
from msgspec import inspect

from taskconform.model.spec import state as states
from taskconform.model.spec.step import METHODS
from taskconform.model.vocabulary import calls, outcomes
from taskconform.model.vocabulary.calls import Call, ObjectRef
from taskconform.model.vocabulary.outcomes import Fault, Property

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping

MOST_SIBLINGS: Final = 2
"""Fields that one is taken for, at most."""
LEAVES: Final = (ObjectRef, Fault)
"""Structs that are taken as one value."""
SYMBOLS: Final = frozenset({"Made", "Place", "TypeId", "ExtensionKey", "UserName", "Locale", "Moment", "Chain"})
EACH: Final = "[]"
"""The step of a path that goes through all items of a list."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a call or an answer: the way there, the kind of value that lies there (`str`, `int`, `bool`, `list`,
    `ref`, `other`), and whether it may be left out. `siblings` are fields beside it of the same type."""

    path: tuple[str, ...]
    kind: str
    optional: bool = False
    siblings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The way, as it is written."""
        return ".".join(self.path)


def _siblings() -> Mapping[str, tuple[str, ...]]:
    """Return, for each field, the next fields of its struct that have the same type, in the order of the struct."""
    found: dict[str, tuple[str, ...]] = {}
    for module in (states, outcomes, calls):
        for struct in vars(module).values():
            if isinstance(struct, type) and issubclass(struct, msgspec.Struct) and struct.__module__ == module.__name__:
                for name, others in _alike(struct).items():
                    found.setdefault(name, others)
    return found


def _alike(struct: type[msgspec.Struct]) -> dict[str, tuple[str, ...]]:
    """Return, for each field of a struct, the next ones of the same type."""
    written = {name: str(struct.__annotations__.get(name, "")) for name in struct.__struct_fields__}
    names = list(written)
    alike = {}
    for at, name in enumerate(names):
        others = [one for one in names[at + 1 :] + names[:at] if _bare(written[one]) == _bare(written[name])]
        alike[name] = tuple(others[:MOST_SIBLINGS])
    return alike


def _bare(annotation: str) -> str:
    return annotation.replace(" | None", "").replace(" | S_co", "")


def _kinds() -> Mapping[str, str]:
    """Return, for each field, the kind of value that it has: `ref`, `str`, or `other`."""
    kinds = {"ObjectRef": "ref", "str": "str"}
    return {
        name: kinds.get(_bare(str(annotation)), "other")
        for module in (states, outcomes, calls)
        for struct in vars(module).values()
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct) and struct.__module__ == module.__name__
        for name, annotation in struct.__annotations__.items()
    }


SIBLINGS: Final = _siblings()
KINDS: Final = _kinds()

# --- places -----------------------------------------------------------------------------------------------------------


def argument_places(call: type[Call]) -> list[Place]:
    """Return the places of a call's arguments, the session's not among them."""
    return [one for one in _places(inspect.type_info(call), ()) if one.path and one.path[0] != "session"]


def answer_places(call: type[Call], written: Container[str]) -> list[Place]:
    """Return the places of a call's answer, of the fields that are `written` at all."""
    _, answer = get_type_hints(METHODS[call])["return"].__args__
    places = _places(inspect.type_info(answer), ()) if answer is not type(None) else ()
    return [one for one in places if all(step in written for step in one.path)]


def _places(kind: inspect.Type, path: tuple[str, ...], siblings: tuple[str, ...] = ()) -> Iterator[Place]:
    options = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    flat = [one for each in options for one in (each.types if isinstance(each, inspect.UnionType) else (each,))]
    optional = any(isinstance(one, inspect.NoneType) for one in flat)
    plain = [one for one in flat if not isinstance(one, inspect.NoneType) and not _is_symbol(one)]
    for one in plain[:1]:
        struct = _class_of(one)
        if struct is Property and isinstance(one, inspect.StructType):
            yield from _places(one.fields[0].type, (*path, "value"), siblings)
        elif struct is not None and struct not in LEAVES and isinstance(one, inspect.StructType):
            if path:
                yield Place(path, "other", optional)
            alike = _alike(struct)
            for field in one.fields:
                yield from _places(field.type, (*path, field.name), alike.get(field.name, ()))
        elif isinstance(one, inspect.VarTupleType):
            yield Place(path, "list", optional=True, siblings=siblings)
            yield from _places(one.item_type, (*path, EACH))
        else:
            yield Place(path, _kind_of(one), optional, siblings)


def _class_of(kind: inspect.Type) -> type[msgspec.Struct] | None:
    """Return the struct of a type, without what stands in for its type variables."""
    found: Any = kind.cls if isinstance(kind, inspect.StructType) else None
    struct: type[msgspec.Struct] | None = getattr(found, "__origin__", found)
    return struct


def _is_symbol(kind: inspect.Type) -> bool:
    struct = _class_of(kind)
    return struct is not None and struct.__name__ in SYMBOLS


def _kind_of(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.StructType):
        return "ref" if _class_of(kind) is ObjectRef else "other"
    return {inspect.StrType: "str", inspect.IntType: "int", inspect.BoolType: "bool"}.get(type(kind), "other")


def changed(value: Any, path: tuple[str, ...], change: Callable[[Any, Any], Any], around: Any = None) -> Any:
    """Return a value with what lies at a place changed: `change` is given it, and the struct or list that it lies in.
    Where the way leads through nothing, nothing changes."""
    if not path:
        return change(value, around)
    step, *rest = path
    if value is None or value == ():
        return value
    if step == EACH:
        return tuple([changed(one, tuple(rest), change, value) for one in value])
    if not hasattr(value, step):
        return value
    before = getattr(value, step)
    after = changed(before, tuple(rest), change, value)
    return value if after is before else msgspec.structs.replace(value, **{step: after})
