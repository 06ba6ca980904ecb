"""Drawing: what a domain is given to draw with, and how often it chooses what."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


class Draw(Protocol):
    """What draws a value from a strategy."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T:
        """Draw."""
        ...


@st.composite
def _acted(draw: st.DrawFn, act: Callable[[Draw], T]) -> T:
    return act(draw)


def let_draw(data: st.DataObject, what: Callable[[Draw], T]) -> T:
    """Do what draws much, and return what it returns. Hypothesis watches each draw of `data` by itself, which takes as
    long again as the draw; of these it watches the whole."""
    return data.draw(_acted(what))


@cache
def _numbers(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


def chance(draw: Draw, percent: int) -> bool:
    """Return True so many times in a hundred."""
    return draw(_numbers(1, 100)) <= percent


def one_of(draw: Draw, values: Sequence[T]) -> T:
    """Return one of some values, each as often. Raises IndexError if there are none."""
    return values[draw(_numbers(0, len(values) - 1)) if len(values) > 1 else 0]


def some_of(draw: Draw, values: Sequence[T], least: int = 1, most: int | None = None) -> tuple[T, ...]:
    """Return some of these values in any order, none twice: from `least` to `most` of them, all at most."""
    most = len(values) if most is None else min(most, len(values))
    least = min(least, most)
    count = draw(_numbers(least, most)) if least < most else most
    left = list(values)
    return tuple(left.pop(draw(_numbers(0, len(left) - 1)) if len(left) > 1 else 0) for _ in range(count))


def number(draw: Draw, least: int, most: int) -> int:
    """Return a number from `least` to `most`, each as often."""
    return draw(_numbers(least, most))
