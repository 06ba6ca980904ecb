"""Profiles: how much is planned, and how often a clause must have been live to pass."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    `both`: a clause must have been live in directed episodes and in free ones.
    `waits`: on a clock that cannot be moved the window of recentTask is waited out, whether somebody asks for it or
    not."""

    name: str
    live: int
    shards: tuple[Shard, ...]
    confirmations: int = 5
    loop: int = 100
    reductions: int = 120
    both: bool = False
    waits: bool = False


STRUNG: Final = ("histories", "services", "watches")
"""The themes that are made of approaches alone."""


TASTE: Final = 400
"""Calls of the free lives with which every run begins."""


def _shards(
    lives: tuple[int, int],
    crowds: tuple[int, int],
    limits: tuple[int, int],
    strung: tuple[int, int],
    rounds: int,
    again: int = 0,
) -> tuple[Shard, ...]:
    """(number, budget) of each theme, and the director's rounds. It makes them `again`, so many times: of histories,
    whose clauses hardly anybody but the director meets, three times as often. First a taste of everything: lives, and
    one round of each approach, so that what is plainly wrong shows within the first calls. Free crowds, which cost most
    and show least, come last. Limits may take history from everybody: `run` does them last where no fresh server can be
    had."""
    directed = ("lives", "services", "watches", "histories", "limits", "crowds")
    return (
        Shard(theme="lives", budget=TASTE, steps=50),
        *(Shard(theme=theme, rounds=1) for theme in directed),
        Shard(theme="lives", budget=lives[1], steps=50),
        *(Shard(theme=theme, rounds=rounds - 1) for theme in directed),
        *(Shard(theme=theme, rounds=rounds) for theme in (*directed, "histories", "histories") * again),
        *(Shard(theme="lives", budget=lives[1], steps=50) for _ in range(lives[0] - 1)),
        *(Shard(theme=theme, budget=strung[1], steps=6) for theme in STRUNG for _ in range(strung[0])),
        *(Shard(theme="limits", budget=limits[1], steps=12) for _ in range(limits[0])),
        *(Shard(theme="crowds", budget=crowds[1], steps=12) for _ in range(crowds[0])),
    )


OUTLASTING: Final = Shard(theme="outlasting", rounds=1)
"""Where the window of recentTask is waited out. A profile that has it plans it always, and performs it where the clock
can be moved or a wait is wanted."""

PROFILES: Final[dict[str, Profile]] = {
    "quick": Profile(
        name="quick", live=3, shards=_shards((6, 2300), (2, 4000), (3, 2000), (1, 800), 4), loop=30, reductions=80
    ),
    "standard": Profile(
        name="standard",
        live=20,
        shards=(*_shards((8, 6_000), (5, 10_000), (4, 4_000), (3, 4_000), 24), OUTLASTING),
        loop=500,
        reductions=300,
        both=True,
    ),
    "certify": Profile(
        name="certify",
        live=100,
        waits=True,
        shards=(*_shards((16, 10_000), (6, 14_000), (8, 8_000), (4, 6_000), 26, again=1), OUTLASTING),
        loop=500,
        reductions=300,
        both=True,
    ),
}
"""Every profile by name."""

RECORDED: Final = Profile(name="recorded", live=1, shards=())
"""What is asked of a recording: that a clause was live at all."""

KNOWN: Final[Mapping[str, Profile]] = ChainMap(PROFILES, {RECORDED.name: RECORDED})
"""Every profile that a history can name."""
