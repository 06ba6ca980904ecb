"""Functions that operators put in the place of the language's own: comparisons that look at less, and iterations that
come to less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final

from taskconform.model.vocabulary.calls import ObjectRef

PREFIX: Final = 6
"""Characters that a comparison by prefix looks at."""

Shown = Callable[[Any], Any]
"""What a comparison looks at of a value."""


def prefix(value: Any) -> Any:
    """Look at the first characters."""
    return value[:PREFIX] if isinstance(value, str) else value


def case(value: Any) -> Any:
    """Look at letters without their case."""
    return value.lower() if isinstance(value, str) else value


def blanks(value: Any) -> Any:
    """Look at what is between blanks."""
    return value.strip() if isinstance(value, str) else value


def ref_type(value: Any) -> Any:
    """Look at the type of a reference."""
    return value.type if isinstance(value, ObjectRef) else value


def ref_value(value: Any) -> Any:
    """Look at the value of a reference."""
    return value.value if isinstance(value, ObjectRef) else value


LOOKS: Final[dict[str, Shown]] = {
    "prefix": prefix,
    "case": case,
    "blanks": blanks,
    "type": ref_type,
    "value": ref_value,
}
"""Ways to look at less of a value, by name."""
TEXT_LOOKS: Final = ("prefix", "case", "blanks")
REF_LOOKS: Final = ("type", "value")


def same(how: str, left: Any, right: Any) -> bool:
    """Tell whether two values are the same to such a look."""
    look = LOOKS[how]
    return bool(look(left) == look(right))


def among(how: str, one: Any, those: Any) -> bool:
    """Tell whether a value is among others to such a look."""
    if isinstance(those, str):
        return one in those
    return any(same(how, one, other) for other in those)


def first(count: int, those: Iterable[Any]) -> list[Any]:
    """Return the first of some values."""
    return list(islice(those, count))


def all_but(at: int, those: Iterable[Any]) -> list[Any]:
    """Return the values without the one at this place."""
    found = list(those)
    return found[:at] + found[at + 1 :]


def turned(those: Iterable[Any]) -> list[Any]:
    """Return the values the other way round."""
    return list(those)[::-1]
