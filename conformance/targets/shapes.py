"""Shapes: what an adapter may return for each call, and whether a value has that shape.

What a field of TaskInfo holds of another type than the API declares is kept as its text, and the field is unset: the
rest of the answer can be judged, and the field itself is, by `info.required`."""

from __future__ import annotations

import re
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary import outcomes as o
from taskconform.model.vocabulary.parts import REQUIRED, wire_name
from taskconform.model.vocabulary.words import evolve

_OTHERS: Final[dict[type, Any]] = {
    c.Login: o.UserSession,
    c.FindExtension: o.Extension | None,
    c.ReadExtensionList: o.Property[tuple[o.Extension, ...]],
    c.CreateTask: o.TaskInfo,
    c.ReadRecentTask: o.Property[tuple[c.ObjectRef, ...]],
    c.WaitForRecentTask: o.RecentTaskUpdate,
    c.ReadMaxCollector: o.Property[int],
    c.ReadDescription: o.Property[o.TaskDescription],
    c.ReadTaskInfo: tuple[o.Property[o.TaskInfo], ...],
    c.CreateCollectorForTasks: c.ObjectRef,
    c.CreateCollectorWithInfoFilterForTasks: c.ObjectRef,
    c.CreateCollectorForEvents: c.ObjectRef,
    c.ReadCollectorFilter: o.Property[c.TaskFilterSpec],
    c.ReadLatestPage: o.Property[tuple[o.TaskInfo, ...]],
    c.ReadNextTasks: tuple[o.TaskInfo, ...],
    c.ReadPreviousTasks: tuple[o.TaskInfo, ...],
    c.CreateListView: c.ObjectRef,
    c.ModifyListView: tuple[c.ObjectRef, ...],
    c.ResetListView: tuple[c.ObjectRef, ...],
    c.ReadView: o.Property[tuple[c.ObjectRef, ...]],
    c.CreatePropertyCollector: c.ObjectRef,
    c.CreateFilter: c.ObjectRef,
    c.WaitForUpdatesEx: o.UpdateSet | None,
    c.BreakOffWait: o.UpdateSet | None,
    c.RetrieveReported: tuple[c.ObjectRef, ...],
    c.CreateFolder: c.ObjectRef,
    c.Destroy: c.ObjectRef,
    c.StartOperation: c.ObjectRef,
    c.CreateScheduledTask: c.ObjectRef,
    c.CreateAlarm: c.ObjectRef,
    c.QueryTaskEvents: tuple[o.TaskEvent, ...],
}

SHAPES: Final[dict[type, Any]] = {cls: _OTHERS.get(cls, NoneType) for cls in get_args(c.Call)}
"""The type of the value that each call returns, as the docstring of its class says."""


def misfit(call: c.Call, value: Any) -> str:
    """Say what is wrong with the shape of a value that a call returned; "" if nothing is. A field of TaskInfo may be
    absent."""
    wrong = misfit_of(value, SHAPES[type(call)])
    if not wrong and isinstance(call, c.ReadTaskInfo) and len(value) != len(call.tasks):
        return f"{len(value)} answers for {len(call.tasks)} tasks"
    return wrong


@cache
def hints(cls: type) -> dict[str, Any]:
    """Return the types of a struct's fields."""
    found = get_type_hints(cls)
    return {name: found[name] for name in cls.__struct_fields__}  # type: ignore[attr-defined]  # a struct's


def misfit_of(value: Any, wanted: Any) -> str:
    """Say where a value is not of a type; "" if it is. A type variable stands for anything."""
    origin = get_origin(wanted)
    if isinstance(wanted, TypeVar):
        return ""
    if origin in {Union, UnionType}:
        said = [misfit_of(value, each) for each in get_args(wanted)]
        return "" if "" in said else next((one for one in said if ": " in one), f"{_kind(value)}, not {_named(wanted)}")
    if origin is tuple:
        return _misfit_of_tuple(value, get_args(wanted))
    cls = origin or wanted
    if isinstance(cls, type) and issubclass(cls, Struct):
        return _misfit_of_struct(value, cls, get_args(wanted))
    fits = type(value) is cls or (cls is float and type(value) is int) or (cls is dict and isinstance(value, dict))
    return "" if fits else f"{_kind(value)}, not {_named(cls)}"


def _misfit_of_tuple(value: Any, kinds: tuple[Any, ...]) -> str:
    if not isinstance(value, tuple):
        return f"{_kind(value)}, not a tuple"
    many = kinds[1:] == (...,)
    if not many and len(value) != len(kinds):
        return f"a tuple of {len(value)}, not {len(kinds)}"
    wanted = [kinds[0]] * len(value) if many else kinds
    return next((wrong for each, kind in zip(value, wanted, strict=True) if (wrong := misfit_of(each, kind))), "")


def _misfit_of_struct(value: Any, cls: type[Struct], arguments: tuple[Any, ...]) -> str:
    if type(value) is not cls:
        return f"{_kind(value)}, not {cls.__name__}"
    for name, kind in hints(cls).items():  # type: ignore[arg-type]  # every class can be hashed
        part = getattr(value, name)
        if cls is o.TaskInfo and part is None and name in REQUIRED:
            continue
        one = arguments[0] | None if cls is o.Property and name == "value" and arguments else kind
        if wrong := misfit_of(part, one):
            return f"{cls.__name__}.{name}: {wrong}"
    return ""


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def _named(kind: Any) -> str:
    return re.sub(r"\b[\w.]+\.(?=\w)", "", str(kind)) if get_origin(kind) else getattr(kind, "__name__", str(kind))


def told(value: Any) -> Any:
    """Return a value in which every field of a TaskInfo that is of another type is unset, its text among `other`."""
    if type(value) is tuple:
        return tuple([told(each) for each in value])
    if isinstance(value, o.TaskInfo):
        return _told_info(value)
    if isinstance(value, o.Property | o.UpdateSet | o.ObjectUpdate | o.TaskEvent):
        changes = {
            name: after
            for name in value.__struct_fields__
            if (after := told(before := getattr(value, name))) is not before and after != before
        }
        return evolve(value, **changes) if changes else value
    return value


_MOST: Final = 200
"""Characters of a strange value that are kept."""


def _told_info(info: o.TaskInfo) -> o.TaskInfo:
    changes: dict[str, Any] = {}
    strange: list[tuple[str, str]] = []
    for name, kind in hints(o.TaskInfo).items():
        part = getattr(info, name)
        if part is None and name in REQUIRED:
            continue
        if misfit_of(part, kind):
            changes[name] = () if name in {"locked", "other"} else None
            strange.append((wire_name(name), repr(part)[:_MOST]))
    if not strange:
        return info
    other = info.other if "other" not in changes else ()
    return evolve(info, **{**changes, "other": (*other, *strange)})
