"""Rates: how often what comes and goes is to be expected. Exact binomial tails, so that the same counts give the same
answer everywhere."""

from __future__ import annotations

from math import exp, lgamma, log, log1p
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_STEPS: Final = 60
"""Halvings of an interval until its end is known better than it is written."""


def tail(count: int, checks: int, rate: float) -> float:
    """Compute the probability of `count` or more among so many checks, each of which shows it with probability
    `rate`."""
    if count <= 0 or rate >= 1:
        return 1.0
    if rate <= 0 or count > checks:
        return 0.0
    if count > checks * rate:
        return min(1.0, sum(_terms(range(count, checks + 1), checks, rate)))
    return max(0.0, 1.0 - sum(_terms(range(count), checks, rate)))


def _terms(counts: range, checks: int, rate: float) -> list[float]:
    """Give the probabilities of these counts, until they no longer matter."""
    found: list[float] = []
    total = lgamma(checks + 1)
    for count in counts:
        ways = total - lgamma(count + 1) - lgamma(checks - count + 1)
        term = exp(ways + count * log(rate) + (checks - count) * log1p(-rate))
        found.append(term)
        if count > checks * rate and term < 1e-18:
            break
    return found


def interval(count: int, checks: int, doubt: float = 0.05) -> tuple[float, float]:
    """Compute the Clopper-Pearson interval of a rate: outside of it lies the true one with probability `doubt` at
    most. Of no checks nothing is known: 0 to 1."""
    if not checks:
        return 0.0, 1.0
    low = _solve(lambda rate: tail(count, checks, rate) >= doubt / 2) if count else 0.0
    high = _solve(lambda rate: 1 - tail(count + 1, checks, rate) <= doubt / 2) if count < checks else 1.0
    return low, high


def _solve(is_beyond: Callable[[float], bool]) -> float:
    """Find the rate from which on this holds."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if is_beyond(middle):
            high = middle
        else:
            low = middle
    return high


def in_words(count: int, checks: int) -> str:
    """Write a rate as people do: `1/400`; `0/12` where it never showed."""
    if not count or not checks:
        return f"{count}/{checks}"
    return f"1/{round(checks / count)}" if count <= checks else f"{count}/{checks}"
