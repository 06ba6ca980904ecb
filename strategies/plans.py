"""Plans: what a seed draws, theme by theme, until a budget of calls is spent."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from taskconform.model.plan import Plan, planned_calls
from taskconform.strategies.approaches import approaches_of
from taskconform.strategies.planner import Planner
from taskconform.strategies.provider import BACKEND
from taskconform.strategies.themes import THEMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.strategies.approaches import Approach

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


def direct_plans(theme: str, *, run_seed: int, shard: int, rounds: int, take: Callable[[Plan], None]) -> None:
    """Draw, for every approach of a theme, `rounds` plans of nothing else, and hand each to `take`."""
    state = random.getstate()
    taken = once(take)
    try:
        for one in approaches_of(theme):
            _draw_apart(one, rounds, derived(run_seed, shard, one.name), taken)
    finally:
        random.setstate(state)


def _draw_apart(one: Approach, rounds: int, its_seed: int, take: Callable[[Plan], None]) -> None:
    """Draw plans of one approach."""

    @seed(its_seed)
    @_settings(rounds, 1)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        planner = Planner()
        one.plan(planner, data.draw)
        take(tuple(planner.steps))

    draw()


def once(take: Callable[[Plan], None]) -> Callable[[Plan], None]:
    """The same, until it raises: from then on it raises that again, and takes nothing more. Hypothesis runs what raised
    once more, and would complain if it raised nothing then, or something else."""
    problems: list[Exception] = []

    def taken(plan: Plan) -> None:
        if problems:
            raise problems[0]
        try:
            take(plan)
        except Exception as problem:
            problems.append(problem)
            raise

    return taken


def draw_plans(theme: str, *, run_seed: int, shard: int, budget: int, steps: int, take: Callable[[Plan], None]) -> None:
    """Draw plans of a theme and hand each to `take`, until they add up to `budget` calls. `steps` is how many rules an
    example has at most (<= 200: Hypothesis cuts silently where its buffer ends)."""
    spent = 0
    taken = once(take)

    def sink(plan: Plan) -> None:
        nonlocal spent
        if spent >= budget:
            raise _Spent
        spent += planned_calls(plan)
        taken(plan)

    machine = seed(derived(run_seed, shard))(type(theme.capitalize(), (THEMES[theme],), {"sink": staticmethod(sink)}))
    state = random.getstate()
    try:
        run_state_machine_as_test(machine, settings=_settings(MOST_EXAMPLES, steps))
    except _Spent:
        pass
    finally:
        random.setstate(state)
