"""Values that sit on edges: percentages, sizes, spans of time."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.declaration import DEFAULT_CAP as CAP
from taskconform.model.vocabulary.declaration import DEFAULT_WINDOW as WINDOW

PAGE: Final = 10
"""The number of items in latestPage before any size was set, as far as servers have shown it."""

INT32: Final = 2**31
"""One past the largest int32."""


def percentages() -> st.SearchStrategy[int]:
    """percentDone: the bounds, one off them, the ends of int32, and anything inside."""
    edges = st.sampled_from((-INT32, -1, 0, 1, 50, 99, 100, 101, INT32 - 1))
    return st.one_of(edges, st.integers(2, 98), st.integers(2, 98))


def crowds() -> st.SearchStrategy[int]:
    """How many tasks a bulk makes: a few, or around the cap and what its margins (3/4, + 10) make of it."""
    few = st.sampled_from((1, 2, 3, 10))
    edges = st.sampled_from((149, 150, 151, CAP - 1, CAP, CAP + 1, CAP + 9, CAP + 10, CAP + 11, CAP + 20))
    return st.one_of(edges, edges, few)


def pushes() -> st.SearchStrategy[int]:
    """How many completions push a task out of the window, or just not."""
    return st.sampled_from((CAP + 9, CAP + 10, CAP + 11, CAP + 20))


def push_outs() -> st.SearchStrategy[int]:
    """How many completions push a task out of the window, whatever the margin."""
    return st.sampled_from((CAP + 11, CAP + 20))


def pagefuls() -> st.SearchStrategy[int]:
    """A few more tasks than latestPage holds before any size was set."""
    return st.integers(PAGE + 1, PAGE + 4)


def spans() -> st.SearchStrategy[int]:
    """Seconds: around the pruning deadline (60), 8 of 10 minutes, the window, and the window and the deadline."""
    return st.sampled_from((1, 59, 60, 61, 62, 120, 299, 479, 481, 599, WINDOW, 601, 659, 660, 661, 662, 720))


def beyonds() -> st.SearchStrategy[int]:
    """How many collectors to open, less maxCollector."""
    return st.sampled_from((-2, -1, 0, 0, 1, 2, 3))
