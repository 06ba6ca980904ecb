"""Plans: what a seed draws, theme by theme, until a budget of calls is spent."""

from __future__ import annotations

import hashlib
import os
import random
import tempfile
from collections.abc import Callable
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, Verbosity, configuration, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from taskconform.model.vocabulary.plan import Plan, planned_calls
from taskconform.strategies.domains.drawing import let_draw
from taskconform.strategies.drawing.planner import Planner
from taskconform.strategies.drawing.provider import BACKEND
from taskconform.strategies.drawing.themes import THEMES
from taskconform.strategies.scenarios.scenario import approaches_of

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    with _undisturbed():
        for one in approaches_of(theme):
            _draw_apart(one, rounds, derived(run_seed, shard, one.name), plans, heed)
    return plans


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Draw without a trace: the random numbers of others go on as before, and what Hypothesis keeps between runs (a
    table of characters) goes to the user's cache, not to the working folder."""
    state, home = random.getstate(), vars(configuration)["__hypothesis_home_directory"]
    if home is None and "HYPOTHESIS_STORAGE_DIRECTORY" not in os.environ:
        cache = Path(os.environ.get("XDG_CACHE_HOME", "") or os.path.expanduser("~/.cache"))  # noqa: PTH111  # never raises
        base = cache if cache.is_absolute() else Path(tempfile.gettempdir(), f"cache-{os.getuid()}")
        configuration.set_hypothesis_home_dir(base / "taskconform" / "hypothesis")
    try:
        yield
    finally:
        random.setstate(state)
        configuration.set_hypothesis_home_dir(home)


def _draw_apart(one: Approach, rounds: int, its_seed: int, plans: list[Plan], heed: Heed) -> None:
    """Draw plans of one approach, and add them to the others."""

    @seed(its_seed)
    @_settings(rounds, 1)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        heed()
        planner = Planner()
        let_draw(data, partial(one.plan, planner))
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
    with _undisturbed(), suppress(_Spent):
        run_state_machine_as_test(machine, settings=_settings(MOST_EXAMPLES, steps))
    return plans
