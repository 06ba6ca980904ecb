"""Habits: a gate tells another way of behaving only where chance does not explain it."""

from __future__ import annotations

import pytest

from taskconform.conformance.verdicts.baseline import BASELINE, Baseline, Runs
from taskconform.conformance.verdicts.habits import ALL
from taskconform.conformance.verdicts.habits_held import changed_habits

SORTED = "order of latestPage"


def pinned(**ways):
    runs = Runs(profile="quick", runs=3, seeds=(0, 1, 2), calls=1, suite="0")
    habits = {SORTED: {ALL: 50, **{way.replace("_", " "): times for way, times in ways.items()}}}
    return Baseline(schema=BASELINE, target={"name": "x"}, runs=runs, habits=habits)


def now(came_up, **ways):
    counts = {(SORTED, way.replace("_", " ")): times for way, times in ways.items()}
    return {(SORTED, ALL): came_up, **counts}


@pytest.mark.parametrize(
    ("before", "observed", "told"),
    [
        ({"newest_first": 50}, now(25, newest_first=25), []),
        ({"newest_first": 50}, now(25, oldest_first=25), [f"{SORTED}: newest first -> oldest first"]),
        ({"newest_first": 50}, now(25, newest_first=24, oldest_first=1), []),
        ({"newest_first": 50, "oldest_first": 0}, now(25, newest_first=5, oldest_first=20), []),
        ({"newest_first": 50, "oldest_first": 3}, now(25, newest_first=25), []),
        ({"newest_first": 50}, {}, []),
        ({"newest_first": 50}, now(3, oldest_first=3), []),
    ],
)
def test_only_what_chance_does_not_explain_is_told(before, observed, told):
    assert list(changed_habits(pinned(**before), observed)) == told
