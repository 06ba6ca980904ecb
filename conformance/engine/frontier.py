"""The frontier of a divergence: for each size in its plan the smallest that shows it, and the largest that does not.

A size is a count of tasks, of items a page, of updates. The law of this file: what is probed is written to the history
(`phase` `frontier`), and the edges are read off the history, so that whoever judges it later finds the same frontier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary.declaration import DEFAULT_CAP
from taskconform.model.vocabulary.plan import Act, Edge
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from taskconform.model.vocabulary.plan import Plan, Step

SIZES: Final = ("count", "max_count", "max_object_updates")
"""Fields of steps and calls that say how many."""

LEAST: Final = 1
"""The smallest size that is probed: a bulk of no tasks, or a page of none, is something else."""

PROBES: Final = 14
"""Runs that the search for one edge takes at most."""

LIKELY: Final = (DEFAULT_CAP, DEFAULT_CAP - 1, DEFAULT_CAP // 2, DEFAULT_CAP // 2 - 1)
"""Sizes at which limits lie: they are tried before the middle."""

GROWTH: Final = 3
"""Doublings after which a divergence that no longer shows is not looked for at larger sizes."""


REPEATS: Final = 5
"""Runs in which the steps of a known divergence may fail to show it before they are said not to."""

SURE: Final = 3
"""Runs that must all show a divergence at a size at which it did not show before."""


def sizes(plan: Plan) -> Iterator[tuple[int, str, int]]:
    """Yield each size of a plan: its step, its field, its value."""
    for number, step in enumerate(plan):
        holder = step.call if isinstance(step, Act) else step
        for field in SIZES:
            value = getattr(holder, field, None)
            if isinstance(value, int) and value > 0:
                yield number, field, value


def resized(plan: Plan, step: int, size: str, value: int) -> Plan:
    """Give the plan with another value of one size. Raises IndexError or AttributeError if the plan has no such
    size."""
    return (*plan[:step], _resized(plan[step], size, value), *plan[step + 1 :])


def _resized(step: Step, size: str, value: int) -> Step:
    if isinstance(step, Act):
        return evolve(step, call=evolve(step.call, **{size: value}))
    return evolve(step, **{size: value})


def search(hidden: int, shown: int, shows: Callable[[int], bool]) -> None:
    """Narrow down the edge between a size that does not show and a larger one that does. Each probe is recorded by
    `shows`; nothing else comes of it."""
    for _ in range(PROBES):
        if shown - hidden <= 1:
            return
        middle = next((one for one in LIKELY if hidden < one < shown), (hidden + shown) // 2)
        if shows(middle):
            shown = middle
        else:
            hidden = middle


def find(plan: Plan, shows: Callable[[Plan], bool]) -> None:
    """Probe every size of a plan that shows a divergence."""
    for step, size, value in sizes(plan):

        def at(other: int, step: int = step, size: str = size) -> bool:
            return shows(resized(plan, step, size, other))

        if value > LEAST and not at(value - 1):
            continue
        if value - 1 > LEAST and not at(LEAST):
            search(LEAST, value - 1, at)


def edges(plan: Plan, probes: Iterable[tuple[Plan, bool]]) -> tuple[Edge, ...]:
    """Read the frontier of a plan that shows a divergence off the probes that were made. A size of which no smaller
    value failed to show it has no edge."""
    tried = list(probes)
    found = []
    for step, size, value in sizes(plan):
        shown: set[int] = {value}
        hidden: set[int] = set()
        for other, showed in tried:
            at = value_at(plan, other, step, size)
            if at is not None:
                (shown if showed else hidden).add(at)
        below = max((one for one in hidden if one < value and one not in shown), default=None)
        if below is not None:
            least = min(one for one in shown if one > below)
            found.append(Edge(step=step, size=size, shows=least, shows_not=below))
    return tuple(found)


def value_at(plan: Plan, other: Plan, step: int, size: str) -> int | None:
    """Give the value that this size has in a plan which differs in nothing else; None if it differs otherwise."""
    if len(other) != len(plan):
        return None
    holder = getattr(other[step], "call", other[step])
    value = getattr(holder, size, None)
    if not isinstance(value, int) or type(other[step]) is not type(plan[step]):
        return None
    return value if resized(plan, step, size, value) == other else None


def recheck(plan: Plan, known: Sequence[Edge], again: Callable[[Plan], bool], shows: Callable[[Plan], bool]) -> None:
    """Perform the steps of a known divergence, and the other side of its frontier. `again` performs the known steps,
    `shows` any others; both record what they do. Where the divergence begins elsewhere, it is found where."""
    if any(again(plan) for _ in range(REPEATS)):
        for edge in known:

            def at(size: int, edge: Edge = edge) -> bool:
                return shows(resized(plan, edge.step, edge.size, size))

            if all(at(edge.shows_not) for _ in range(SURE)) and edge.shows_not > LEAST and not at(LEAST):
                search(LEAST, edge.shows_not, at)
        return
    for edge in known:
        larger = [edge.shows << doubling for doubling in range(1, GROWTH + 1)]
        for before, size in zip((edge.shows, *larger), larger, strict=False):
            if again(resized(plan, edge.step, edge.size, size)):
                search(before, size, lambda size, edge=edge: again(resized(plan, edge.step, edge.size, size)))  # type: ignore[misc]
                return
