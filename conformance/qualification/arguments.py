"""Plan coverage: which classes of arguments the plans of a seed give each call, by the state of the task it is about.

A class is a range of values of a type (`2 to 9` of a number, `markup` of a text, `6 to 64` of a list): by the types of
the calls, so nobody chooses what counts. What no plan reaches stands with its reason, if there is one
(`unreached.toml`).
"""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from taskconform.conformance.qualification.document import Reached
from taskconform.model.spec.step import METHODS
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from taskconform.model.vocabulary.calls import Call

Place = tuple[str, str, str, str]
"""Call, argument, class of its value, and state of the task that the call is about ("" if it is about none)."""

STATES: Final = (QUEUED, RUNNING, SUCCESS, ERROR)
NUMBERS: Final = {"negative": -1, "0": 0, "1": 1, "2 to 9": 9, "10 to 100": 100, "101 to 1000": 1000}
"""Classes of a number, by the largest in each."""
COUNTS: Final = {"none": 0, "one": 1, "2 to 5": 5, "6 to 64": 64}
BEYOND: Final = ("above 1000", "over 64")
LONG: Final = 64
TEXTS: Final = ("empty", "plain", "markup", "other letters", "long")


def class_of(value: object) -> str:
    """Return the class of a value."""
    if value is None or isinstance(value, bool):
        return "absent" if value is None else str(value).lower()
    if isinstance(value, int):
        return next((name for name, most in NUMBERS.items() if value <= most), BEYOND[0])
    if isinstance(value, str):
        return _class_of_text(value)
    if isinstance(value, tuple):
        return next((name for name, most in COUNTS.items() if len(value) <= most), BEYOND[1])
    return "given"


def _class_of_text(text: str) -> str:
    """Return the class of a text: the first that fits."""
    if not text or len(text) > LONG:
        return "long" if text else "empty"
    if any(one in text for one in "<>&\"'"):
        return "markup"
    return "plain" if text.isascii() else "other letters"


def classes_of(hint: Any) -> tuple[str, ...]:
    """Return the classes that values of a type can have."""
    if get_origin(hint) in (Union, UnionType):
        return tuple(dict.fromkeys(one for part in get_args(hint) for one in classes_of(part)))
    if isinstance(hint, TypeVar):
        return ()
    if get_origin(hint) is tuple:
        return (*COUNTS, BEYOND[1])
    known = {NoneType: ("absent",), bool: ("true", "false"), int: (*NUMBERS, BEYOND[0]), str: TEXTS}
    return known.get(hint, ("given",))


def _parts(hint: Any) -> Iterator[type[Struct]]:
    """Yield the data objects that a type may be."""
    for one in (hint, *get_args(hint)):
        kind = get_origin(one) or one
        if isinstance(kind, type) and issubclass(kind, Struct) and kind is not ObjectRef:
            yield kind


def _arguments(kind: type[Struct], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every argument of a call with its type, those inside of data objects too."""
    for name, hint in get_type_hints(kind).items():
        if name != "session":
            yield f"{prefix}{name}", hint
            for part in _parts(hint):
                yield from _arguments(part, f"{prefix}{name}.")


def _values(call: Struct, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield every argument of a call with its value."""
    for name in call.__struct_fields__:
        value = getattr(call, name)
        if name != "session":
            yield f"{prefix}{name}", value
            if isinstance(value, Struct) and not isinstance(value, ObjectRef):
                yield from _values(value, f"{prefix}{name}.")


@cache
def places() -> tuple[Place, ...]:
    """Return every class of every argument of every call, in every state of the task that it is about."""
    return tuple(
        (call.__name__, argument, value, state)
        for call in METHODS
        for argument, hint in _arguments(call)
        for value in classes_of(hint)
        for state in (STATES if "task" in call.__struct_fields__ else ("",))
    )


def places_of(call: Call, state: str) -> Iterator[Place]:
    """Yield where a call falls. `state` is that of the task it is about, "" if that is not known."""
    for argument, value in _values(call):
        yield type(call).__name__, argument, class_of(value), state if "task" in call.__struct_fields__ else ""


@cache
def reasons() -> Mapping[str, str]:
    """Return why a place is not reached, by the pattern of its name."""
    text = files("taskconform.conformance.qualification").joinpath("unreached.toml").read_text(encoding="utf-8")
    return {name: one["reason"] for one in tomllib.loads(text)["unreached"] for name in one["places"]}


def name_of(place: Place) -> str:
    """Return the name of a place: `Call.argument: class` and, of a call on a task, `on a queued task`."""
    call, argument, value, state = place
    return f"{call}.{argument}: {value}{f' on a {state} task' if state else ''}"


def reached(counted: Mapping[Place, int]) -> tuple[Reached, ...]:
    """Return every place with the number of calls that fell there, and, if there was none, the reason."""
    found = []
    for place in places():
        times, name = counted.get(place, 0), name_of(place)
        why = "" if times else next((why for glob, why in reasons().items() if fnmatchcase(name, glob)), "")
        call, argument, value, state = place
        found.append(Reached(call=call, argument=argument, value=value, state=state, times=times, reason=why))
    return tuple(found)
