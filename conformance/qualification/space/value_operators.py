"""The operators on arguments and on answers. Each takes a place, and yields what becomes of the value there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from taskconform.conformance.qualification.space.behaviour import (
    Edit,
    Fault,
    on_answers,
    on_arguments,
    on_methods,
    places_answered,
    with_answer,
)
from taskconform.conformance.qualification.space.fields import EACH, Place
from taskconform.model.vocabulary.outcomes import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.model.vocabulary.calls import Call

SIZES: Final = (1, 2, 3, 5, 10, 16, 32, 50, 64, 100, 128, 200, 255, 256, 500, 999)
"""Items or characters that are too many for something."""
WIDTHS: Final = (8, 16, 32, 64, 80, 128, 255, 256)
FIRST: Final = (0, 1, 2, 3, 7)
"""Places of single items in a list."""
UNITS: Final = {"ms": 1_000, "s": SECOND, "min": 60 * SECOND}
HOUR: Final = 3_600 * SECOND


def clip(count: int, value: Any, _around: Any) -> Any:
    """Keep the first so many."""
    return value[:count] if isinstance(value, tuple | str) else value


def leave_out(at: int, value: Any, _around: Any) -> Any:
    """Leave one item out."""
    return value[:at] + value[at + 1 :]


def repeat(at: int, value: Any, _around: Any) -> Any:
    """Have one item twice."""
    return value[: at + 1] + value[at:]


def take(other: str, _value: Any, around: Any) -> Any:
    """Take the value of a field beside."""
    return getattr(around, other)


def be(constant: bool, _value: Any, _around: Any) -> Any:  # noqa: FBT001
    """Be the same whatever was given."""
    return constant


def drop(value: Any, _around: Any) -> Any:
    """Leave a value out."""
    return () if isinstance(value, tuple) else None


def of_text(value: Any, _around: Any, change: Any) -> Any:
    """Change a text; what is none stays."""
    return change(value) if isinstance(value, str) else value


def of_number(value: Any, _around: Any, change: Any) -> Any:
    """Change a number; what is none stays."""
    return change(value) if isinstance(value, int) else value


WORDS: Final = frozenset(
    {"state", "recursion", "time_type", "fault", "form", "account", "kind", "version", "locale", "kinds"}
)
"""Fields that have one of a few words, no text of a client's."""


def texts(place: Place) -> Iterator[Edit]:
    """Yield what can become of a text."""
    if WORDS & set(place.path[-2:]):
        return
    changes: dict[str, Any] = {
        "lower": str.lower,
        "upper": str.upper,
        "stripped": str.strip,
        "ascii": lambda text: text.encode("ascii", "replace").decode("ascii"),
        "one-line": lambda text: " ".join(text.split()),
        "no-markup": lambda text: text.replace("<", "").replace("&", ""),
        "last-part": lambda text: text.rpartition(".")[2],
    }
    for name, change in changes.items():
        yield name, partial(of_text, change=change)
    for width in WIDTHS:
        yield f"{width}", partial(clip, width)


def numbers(place: Place) -> Iterator[Edit]:
    """Yield what can become of a number."""
    changes: dict[str, Any] = {"plus-one": lambda one: one + 1, "minus-one": lambda one: one - 1}
    if place.path[-1:] and place.path[-1].endswith("_time"):
        for unit, size in UNITS.items():
            changes[f"down-to-{unit}"] = lambda one, size=size: one // size * size
            changes[f"up-to-{unit}"] = lambda one, size=size: -(-one // size) * size
        changes["hour-later"] = lambda one: one + HOUR
    else:
        changes |= {"unsigned": abs, "byte": lambda one: one % 256, "tens": lambda one: one // 10 * 10}
        for most in (10, 50, 99, 100, 256, 999):
            changes[f"at-most-{most}"] = lambda one, most=most: min(one, most)
    for name, change in changes.items():
        yield name, partial(of_number, change=change)


# --- arguments --------------------------------------------------------------------------------------------------------


@on_arguments("argument-clipped", "list", conditional=False)
def argument_clipped(_place: Place) -> Iterator[Edit]:
    """A list is taken up to so many items."""
    for count in SIZES:
        yield f"{count}", partial(clip, count)


@on_arguments("argument-item-ignored", "list")
def argument_item_ignored(_place: Place) -> Iterator[Edit]:
    """One item of a list is not looked at."""
    for at in FIRST:
        yield f"{at + 1}", partial(leave_out, at)


@on_arguments("argument-ignored")
def argument_ignored(place: Place) -> Iterator[Edit]:
    """Something that may be left out is taken as left out."""
    if place.optional and place.path[-1] != EACH:
        yield "default", drop


@on_arguments("argument-text", "str", conditional=False)
def argument_text(place: Place) -> Iterator[Edit]:
    """A text is changed on the way in."""
    yield from texts(place)


@on_arguments("argument-number", "int", conditional=False)
def argument_number(place: Place) -> Iterator[Edit]:
    """A number is changed on the way in."""
    yield from numbers(place)


@on_arguments("argument-flag", "bool")
def argument_flag(_place: Place) -> Iterator[Edit]:
    """A flag is taken for set, or for not set."""
    for value in (True, False):
        yield str(value).lower(), partial(be, value)


@on_arguments("argument-crossed")
def argument_crossed(place: Place) -> Iterator[Edit]:
    """An argument is taken for another of its type."""
    for other in place.siblings:
        if other != "session":
            yield other, partial(take, other)


# --- answers ----------------------------------------------------------------------------------------------------------


@on_answers("answer-clipped", "list", conditional=False)
def answer_clipped(_place: Place) -> Iterator[Edit]:
    """A list is given up to so many items."""
    for count in SIZES:
        yield f"{count}", partial(clip, count)


@on_answers("answer-item-left-out", "list")
def answer_item_left_out(_place: Place) -> Iterator[Edit]:
    """A list lacks one item."""
    for at in FIRST:
        yield f"{at + 1}", partial(leave_out, at)


@on_answers("answer-item-twice", "list")
def answer_item_twice(_place: Place) -> Iterator[Edit]:
    """A list has one item twice."""
    for at in FIRST[:3]:
        yield f"{at + 1}", partial(repeat, at)


@on_answers("answer-turned", "list")
def answer_turned(_place: Place) -> Iterator[Edit]:
    """A list is given the other way round."""
    yield "round", lambda value, _around: value[::-1]


@on_answers("answer-absent")
def answer_absent(place: Place) -> Iterator[Edit]:
    """A field is not given."""
    if place.optional and place.path and place.path[-1] != EACH:
        yield "absent", drop


@on_answers("answer-text", "str", conditional=False)
def answer_text(place: Place) -> Iterator[Edit]:
    """A text is changed on the way out."""
    yield from texts(place)


@on_answers("answer-number", "int")
def answer_number(place: Place) -> Iterator[Edit]:
    """A number or a time is changed on the way out."""
    yield from numbers(place)


@on_answers("answer-flag", "bool")
def answer_flag(_place: Place) -> Iterator[Edit]:
    """A flag is given as set, or as not set."""
    for value in (True, False):
        yield str(value).lower(), partial(be, value)


@on_answers("answer-crossed")
def answer_crossed(place: Place) -> Iterator[Edit]:
    """A field has what another one of its type should have."""
    for other in place.siblings:
        yield other, partial(take, other)


@on_methods("answer-of-the-item-before", conditional=True)
def answer_of_the_item_before(method: type[Call]) -> Iterator[Fault]:
    """A field of an item is that of the item before."""
    for place in places_answered(method):
        if place.path[-2:-1] == (EACH,) and place.kind != "list":
            for at in (1, 2):
                change = partial(as_before, place.path[-1], at)
                yield place.name, f"{at + 1}", partial(with_answer, place.path[:-2], change)


def as_before(field: str, at: int, value: Any, _around: Any) -> Any:
    """Give an item a field of the item before it."""
    if len(value) <= at or not (hasattr(value[at], field) and hasattr(value[at - 1], field)):
        return value
    return (*value[:at], replace(value[at], **{field: getattr(value[at - 1], field)}), *value[at + 1 :])
