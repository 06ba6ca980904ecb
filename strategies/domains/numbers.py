"""Numbers: the constants of the specification, powers of two and of ten, each with its neighbours, and the bounds of
the API's integers."""

from __future__ import annotations

from functools import cache
from typing import Final

from hypothesis import strategies as st

from taskconform.model.spec.items import MAX_COUNT
from taskconform.model.spec.state import Server

INT32: Final = 2**31
"""One past the largest int32."""
LIMITS: Final = Server()
"""The limits that the API page names."""
CONSTANTS: Final = frozenset((MAX_COUNT, LIMITS.max_collector, LIMITS.cap, 50))
POWERS: Final = frozenset((*(2**n for n in range(2, 11)), *(10**n for n in range(1, 4))))
BOUNDS: Final = (-INT32, -INT32 + 1, -1, 0, INT32 - 2, INT32 - 1)


def _around(numbers: frozenset[int], most: int) -> tuple[int, ...]:
    """Return the numbers and their neighbours, as far as they are positive and no larger than `most`."""
    return tuple(sorted({each for one in numbers for each in (one - 1, one, one + 1) if 0 < each <= most}))


@cache
def sizes(most: int) -> st.SearchStrategy[int]:
    """Sizes from 1 to `most`: of a list, a page, a crowd. Half of them are small."""
    edges = _around(CONSTANTS | POWERS, most)
    few = st.integers(1, min(8, most))
    return st.one_of(few, st.sampled_from(edges), st.integers(1, most)) if edges else few


@cache
def counts() -> st.SearchStrategy[int]:
    """Any int32 as a maximum number of items: mostly a size, now and then a bound."""
    often = sizes(MAX_COUNT)
    return st.one_of(often, often, often, often, st.sampled_from((*BOUNDS, MAX_COUNT + 1)))


@cache
def percentages() -> st.SearchStrategy[int]:
    """Any int32 as a percentage: mostly one from 0 to 100."""
    inside = st.integers(0, 100)
    return st.one_of(inside, inside, inside, st.sampled_from((*BOUNDS, 1, 99, 100, 101, 255, 256)))


@cache
def seconds() -> st.SearchStrategy[int]:
    """Spans of time in seconds: powers of two, the window, and their neighbours."""
    return st.sampled_from(_around(frozenset((60, LIMITS.window, *(2**n for n in range(11)))), 2 * LIMITS.window))
