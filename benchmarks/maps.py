"""Persistent maps for the specification's state: immutables, which it stands on, beside rpds-py.

    pip install rpds-py && python benchmarks/maps.py

Nanoseconds of one operation, the best of five, on maps of as many tasks as a state has.
"""

from __future__ import annotations

import timeit
from typing import TYPE_CHECKING, Final

from immutables import Map
from rpds import HashTrieMap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES: Final = (2, 20, 200, 10_000)
RUNS: Final = 5


def nanoseconds(operation: Callable[[], object], times: int) -> float:
    """Return the time of one operation."""
    return min(timeit.repeat(operation, number=times, repeat=RUNS)) / times * 1e9


def operations(size: int) -> Iterator[tuple[str, Callable[[], object], Callable[[], object], int]]:
    """Yield what a step does with a map of this size: in either library, and how often it is measured."""
    entries = {f"task-{number}": number for number in range(size)}
    ours, theirs, key = Map(entries), HashTrieMap.convert(entries), f"task-{size // 2}"
    often, seldom = 20_000, max(2, 20_000 // size)
    yield "look up", lambda: ours[key], lambda: theirs[key], often
    yield "set", lambda: ours.set(key, 1), lambda: theirs.insert(key, 1), often
    yield "delete", lambda: ours.delete(key), lambda: theirs.remove(key), often
    yield "iterate", lambda: list(ours.values()), lambda: list(theirs.values()), seldom
    yield "make", lambda: Map(entries), lambda: HashTrieMap.convert(entries), seldom
    yield "hash", lambda: hash(ours.set(key, 1)), lambda: hash(theirs.insert(key, 1)), seldom
    yield "compare", lambda: ours == ours.set(key, 1), lambda: theirs == theirs.insert(key, 1), seldom


def main() -> None:
    for size in SIZES:
        for name, ours, theirs, times in operations(size):
            here, there = nanoseconds(ours, times), nanoseconds(theirs, times)
            print(f"{size:6,} {name:8} immutables {here:11,.0f}   rpds-py {there:11,.0f}   {there / here:5.1f} times")


if __name__ == "__main__":
    main()
