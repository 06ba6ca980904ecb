"""Profiles: how much is planned, and how often a clause must have been live to pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One fixed part of the exploration: a theme, a budget in planned calls, and at most so many rules an example. With
    `rounds` it is the director's: so many plans of every approach of the theme, each by itself, whatever they cost."""

    theme: str
    budget: int = 0
    steps: int = 0
    rounds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`live`: how many live checks a clause wants to pass. `confirmations` are fresh runs of each reduced trace;
    `loop` more are made of one that did not show in them. `reductions` is how many executions one reduction may use.
    `both`: a clause must have been live in directed episodes and in free ones."""

    name: str
    live: int
    shards: tuple[Shard, ...]
    confirmations: int = 5
    loop: int = 100
    reductions: int = 120
    both: bool = False


STRUNG: Final = ("histories", "services", "watches")
"""The themes that are made of approaches alone."""


def _shards(
    lives: tuple[int, int], crowds: tuple[int, int], limits: tuple[int, int], strung: tuple[int, int], rounds: int
) -> tuple[Shard, ...]:
    """(number, budget) of each theme, and the director's rounds; the long ones first, so that the last worker does not
    wait for one; limits, which may take history from everybody, last."""
    return (
        *(Shard(theme="crowds", budget=crowds[1], steps=12) for _ in range(crowds[0])),
        *(Shard(theme=theme, rounds=rounds) for theme in (*STRUNG, "lives")),
        *(Shard(theme="lives", budget=lives[1], steps=50) for _ in range(lives[0])),
        *(Shard(theme=theme, budget=strung[1], steps=6) for theme in STRUNG for _ in range(strung[0])),
        *(Shard(theme="limits", budget=limits[1], steps=12) for _ in range(limits[0])),
        Shard(theme="limits", rounds=rounds),
    )


PROFILES: Final[dict[str, Profile]] = {
    "quick": Profile(
        name="quick", live=3, shards=_shards((8, 2300), (4, 5500), (4, 2000), (1, 800), 4), loop=30, reductions=80
    ),
    "standard": Profile(
        name="standard",
        live=20,
        shards=_shards((8, 12_000), (8, 20_000), (4, 8_000), (3, 8_000), 20),
        loop=500,
        reductions=300,
    ),
    "certify": Profile(
        name="certify",
        live=100,
        shards=_shards((16, 30_000), (16, 40_000), (8, 20_000), (6, 20_000), 60),
        loop=500,
        reductions=300,
    ),
}
"""Every profile by name."""

RECORDED: Final = Profile(name="recorded", live=1, shards=())
"""What is asked of a recording: that a clause was live at all."""

KNOWN: Final = {**PROFILES, RECORDED.name: RECORDED}
"""Every profile that a history can name."""
