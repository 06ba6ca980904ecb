"""Texts: names that are alike, in every way in which a server may take one for another."""

from __future__ import annotations

from functools import cache
from typing import Final

from hypothesis import strategies as st

ALIKE: Final = (
    "alpha",
    "Alpha",
    "alph",
    "alpha1",
    "alpha10",
    "alpha.beta",
    "alpha beta",
    "alphá",
    "alpha%",
    "alph_",
    "al*",
    "<alpha/>",
    "&alpha;",
    "\"alpha'",
    "альфа",
    "阿爾法",
    "\N{GREEK SMALL LETTER ALPHA}\N{COMBINING ACUTE ACCENT}\N{GRINNING FACE}",
    "0",
    "null",
)
"""Texts that differ in case, at an end, in an accent, or in a sign that means something to a database, a pattern or a
parser."""
LENGTHS: Final = tuple(sorted({each for n in (16, 32, 64, 80) for each in (n - 1, n, n + 1)}))
"""Lengths around the sizes of fields. Longer ones a server may refuse: the API gives no length."""


@cache
def texts() -> st.SearchStrategy[str]:
    """A text that is not empty: one of those that are alike, or one of a certain length whose end alone tells it from
    another."""
    lengths = st.sampled_from(LENGTHS)
    long = st.builds(lambda length, last: "x" * (length - 1) + last, lengths, st.sampled_from("ab"))
    return st.one_of(st.sampled_from(ALIKE), st.sampled_from(ALIKE), long)


@cache
def words() -> st.SearchStrategy[str]:
    """A text of letters, digits, dots and dashes, as ids are made of: some are alike."""
    return st.sampled_from(("phase", "Phase", "phas", "phase.one", "phase.two", "phase-1", "phase-10", "x" * 64))
