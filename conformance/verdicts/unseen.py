"""How much is likely left to find, from how often each divergence was seen: the estimates that ecologists use of
species. Seeds are the samples."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """An estimate. `once` divergences were seen in one seed only. `next_new` is Good and Turing's: so many new ones
    does one more seed show, on average. `at_least` is Chao's lower bound of how many there are that no seed has shown.
    """

    once: int
    next_new: float
    at_least: float


def unseen(seeds: int, seen: Iterable[int]) -> Unseen:
    """Estimate from the number of seeds, and in how many of them each divergence was seen. Raises ValueError without a
    seed."""
    if seeds < 1:
        message = "nothing was run: there is nothing to estimate from"
        raise ValueError(message)
    times = Counter(seen)
    once, twice = times[1], times[2]
    chao = (seeds - 1) / seeds * once * max(0, once - 1) / (2 * (twice + 1))  # holds for twice = 0, too
    return Unseen(once=once, next_new=once / seeds, at_least=chao)
