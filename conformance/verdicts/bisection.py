"""Bisection: the first of a row of revisions that is not as the one before it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def first_changed(revisions: Sequence[str], is_changed: Callable[[str], bool | None]) -> tuple[int, int]:
    """Return the numbers of the last revision that is unchanged and of the first that is changed. The first of the row
    is taken to be unchanged, the last one to be changed. `is_changed` is asked of as few of the others as can be; None
    says that a revision cannot be told. Such ones lie between the two numbers, if they are not neighbours."""
    low, high = 0, len(revisions) - 1
    unknown: set[int] = set()
    while candidates := [one for one in range(low + 1, high) if one not in unknown]:
        middle = candidates[len(candidates) // 2]
        changed = is_changed(revisions[middle])
        if changed is None:
            unknown.add(middle)
        elif changed:
            high = middle
        else:
            low = middle
    return low, high
