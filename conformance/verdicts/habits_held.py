"""Habits held against a baseline: does the target behave in another way where no clause says anything? Pure.

A habit is told to have changed only where chance does not explain it. Test cases are drawn alike for every seed, but
not all ways of a habit are independent of the draw: so the bounds are far stricter than those of divergences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.verdicts.habits import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from taskconform.conformance.verdicts.baseline import Baseline

UNLIKELY: Final = 1e-6
"""Probability below which chance does not explain a way that the baseline has not."""

OFTEN: Final = 7
"""Test cases that must show a way that is new."""

VANISHED: Final = 14
"""Test cases in which a way of the baseline must have been expected, at the least, for its absence to count."""


def changed_habits(baseline: Baseline, now: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """Tell each habit that has changed, in one line."""
    for situation, before in baseline.habits.items():
        came_up = now.get((situation, ALL), 0)
        if not came_up:
            continue
        share = came_up / (came_up + before[ALL] * baseline.runs.runs)
        here = {way: times for (each, way), times in now.items() if each == situation and way != ALL}
        new = [way for way, times in here.items() if way not in before and _is_new(times, share)]
        gone = [
            way
            for way, times in before.items()
            if way != ALL and way not in here and times * came_up >= VANISHED * before[ALL]
        ]
        if new or gone:
            were = gone or [way for way in before if way != ALL]
            yield f"{situation}: {' or '.join(sorted(were))} -> {' or '.join(sorted(new or here))}"


def _is_new(times: int, share: float) -> bool:
    return times >= OFTEN and share**times < UNLIKELY
