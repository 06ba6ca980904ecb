"""Plan: draw what a shard performs, the same for a seed on every target."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance.engine.schedule.interrupts import heed
from taskconform.conformance.records.history import Episode
from taskconform.strategies.drawing.operating import CREATED, operated
from taskconform.strategies.drawing.plans import direct_plans, draw_plans
from taskconform.strategies.drawing.themes import LEAVES, SHARED
from taskconform.strategies.scenarios.operations import THEME as OPERATIONS
from taskconform.strategies.scenarios.outlasting import THEME as OUTLASTING
from taskconform.strategies.scenarios.turns import THEME as LIVES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.engine.profile import Shard
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.plan import Plan

DISTURBING: Final = frozenset(theme for theme, left in LEAVES.items() if left != SHARED)
"""Themes that other users of a server would feel: planned everywhere, performed only on a server that is ours alone."""


def draw_shard(number: int, shard: Shard, run_seed: int, source: str = CREATED) -> list[Plan]:
    """Draw a shard's plans. `number` is the shard's place in its profile, `source` is where tasks come from
    (`operating`). Scenarios of operations go with those of lives."""
    draw = partial(draw_plans, budget=shard.budget, steps=shard.steps)
    if shard.rounds:
        draw = partial(direct_plans, rounds=shard.rounds)
    plans = operated(draw(shard.theme, run_seed=run_seed, shard=number, heed=heed), source)
    if source != CREATED and shard.rounds and shard.theme == LIVES:
        plans += direct_plans(OPERATIONS, run_seed=run_seed, shard=number, rounds=shard.rounds, heed=heed)
    return plans


def part_of(number: int) -> str:
    """Name the part of the history that a shard is."""
    return f"shard-{number:02}"


def explorations(part: str, shard: Shard, plans: Iterable[Plan]) -> list[Episode]:
    """Make the test cases of a shard's plans."""
    return [
        Episode(part=part, number=number, phase="explore", plan=plan, directed=shard.rounds > 0)
        for number, plan in enumerate(plans)
    ]


def is_spared(shard: Shard, declaration: Declaration) -> bool:
    """Tell whether a shard's plans are not performed: other users would feel them, or they would wait too long."""
    disturbs = shard.theme in DISTURBING and not declaration.exclusive
    return disturbs or (shard.theme == OUTLASTING and "clock" not in declaration.capabilities)


def digest_of(plans: Iterable[Plan]) -> str:
    """Compute a digest of plans, in order."""
    digest = hashlib.sha256()
    for plan in plans:
        digest.update(msgspec.json.encode(plan))
    return digest.hexdigest()
