"""Profiles: how much is planned, and how often a clause must have been live to pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One fixed part of the exploration: a theme, a budget in planned calls, and at most so many rules an example."""

    theme: str
    budget: int
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`live`: how many live checks a clause wants to pass. `confirmations` are fresh runs of each reduced trace;
    `loop` more are made of one that did not show in them. `reductions` is how many executions one reduction may use."""

    name: str
    live: int
    shards: tuple[Shard, ...]
    confirmations: int = 5
    loop: int = 100
    reductions: int = 120


def _shards(lives: tuple[int, int], crowds: tuple[int, int], limits: tuple[int, int]) -> tuple[Shard, ...]:
    """(number, budget) of each theme; the long ones first, so that the last worker does not wait for one."""
    return (
        *(Shard(theme="crowds", budget=crowds[1], steps=12) for _ in range(crowds[0])),
        *(Shard(theme="lives", budget=lives[1], steps=50) for _ in range(lives[0])),
        *(Shard(theme="limits", budget=limits[1], steps=12) for _ in range(limits[0])),
    )


PROFILES: Final[dict[str, Profile]] = {
    "quick": Profile(name="quick", live=3, shards=_shards((8, 2500), (4, 5500), (4, 1800)), loop=30),
    "standard": Profile(
        name="standard", live=20, shards=_shards((8, 12_000), (8, 20_000), (4, 8_000)), loop=500, reductions=300
    ),
    "certify": Profile(
        name="certify", live=100, shards=_shards((16, 30_000), (16, 40_000), (8, 20_000)), loop=500, reductions=300
    ),
}
"""Every profile by name."""
