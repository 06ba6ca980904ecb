"""The choice of divergences that are shrunk and run again."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from taskconform.conformance.verdicts.judgement import Occurrence, Tally

MOST: Final = 20
"""Divergences of a clause that are shrunk and run again."""


def some_of_each_clause(tally: Tally, settled: Collection[str] = ()) -> list[Occurrence]:
    """Choose the occurrences that are shrunk and run again, but the settled ones: of each clause those of the fewest
    calls, no more than `MOST`, since a target may name a fault anew each time. In the order of their signatures."""
    found: dict[str, list[Occurrence]] = {}
    for one in sorted(tally.shortest.values(), key=lambda one: (one.order, one.broken.signature)):
        if one.broken.signature not in settled:
            found.setdefault(one.broken.clause, []).append(one)
    chosen = chain.from_iterable(ones[:MOST] for ones in found.values())
    return sorted(chosen, key=lambda one: one.broken.signature)
