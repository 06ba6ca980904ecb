"""Plans: what a seed draws, theme by theme, until a budget of calls is spent."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from taskconform.model.vocabulary.plan import Plan, planned_calls
from taskconform.strategies.drawing.planner import Planner
from taskconform.strategies.drawing.provider import BACKEND
from taskconform.strategies.drawing.themes import THEMES
from taskconform.strategies.scenarios.scenario import approaches_of

if TYPE_CHECKING:
    from taskconform.strategies.scenarios.scenario import Approach

Heed = Callable[[], None]
"""Called for every plan. It stops the drawing by raising KeyboardInterrupt, which Hypothesis lets through."""

MOST_EXAMPLES = 100_000
"""More than any budget lasts for."""


class _Spent(KeyboardInterrupt):
    """The budget is spent. Hypothesis lets a KeyboardInterrupt through, as it does no other way to stop."""


def derived(run_seed: int, shard: int, part: str = "") -> int:
    """The seed of one shard, or of a part of one."""
    text = f"taskconform {run_seed} {shard} {part}".rstrip()
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _settings(examples: int, steps: int) -> settings:
    """Hypothesis, as something that draws and nothing else."""
    return settings(
        backend=BACKEND,
        max_examples=examples,
        stateful_step_count=steps,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )


def direct_plans(theme: str, *, run_seed: int, shard: int, rounds: int, heed: Heed = lambda: None) -> list[Plan]:
    """Draw, for every approach of a theme, `rounds` plans of nothing else."""
    plans: list[Plan] = []
    state = random.getstate()
    try:
        for one in approaches_of(theme):
            _draw_apart(one, rounds, derived(run_seed, shard, one.name), plans, heed)
    finally:
        random.setstate(state)
    return plans


def _draw_apart(one: Approach, rounds: int, its_seed: int, plans: list[Plan], heed: Heed) -> None:
    """Draw plans of one approach, and add them to the others."""

    @seed(its_seed)
    @_settings(rounds, 1)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        heed()
        planner = Planner()
        one.plan(planner, data.draw)
        plans.append(tuple(planner.steps))

    draw()


def draw_plans(
    theme: str, *, run_seed: int, shard: int, budget: int, steps: int, heed: Heed = lambda: None
) -> list[Plan]:
    """Draw plans of a theme, until they add up to `budget` calls. `steps` is how many rules an example has at most
    (<= 200: Hypothesis cuts silently where its buffer ends)."""
    plans: list[Plan] = []
    spent = 0

    def sink(plan: Plan) -> None:
        nonlocal spent
        heed()
        if spent >= budget:
            raise _Spent
        spent += planned_calls(plan)
        plans.append(plan)

    machine = seed(derived(run_seed, shard))(type(theme.capitalize(), (THEMES[theme],), {"sink": staticmethod(sink)}))
    state = random.getstate()
    try:
        run_state_machine_as_test(machine, settings=_settings(MOST_EXAMPLES, steps))
    except _Spent:
        pass
    finally:
        random.setstate(state)
    return plans
