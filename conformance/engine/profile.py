"""Profiles: how much is planned, and how often a clause must be exercised to pass."""

from __future__ import annotations

from collections import ChainMap, Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One fixed part of the exploration: a theme, a budget in planned calls, and at most so many rules an example. With
    `rounds` it is directed: so many plans of every scenario of the theme, each by itself, whatever they cost."""

    theme: str
    budget: int = 0
    steps: int = 0
    rounds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A clause that was `exercised` so many times passes. `confirmations` are fresh runs of each shrunk plan; `loop`
    more are made of one that did not show in them. Shrinking one plan takes at most so many `trials`, each a run of it.
    `both`: a clause must have been exercised in directed test cases and in free ones. `waits`: on a clock that cannot
    be moved the window of recentTask is waited out, whether the user asks for it or not. `hurries`: test cases are
    performed at once, and again with the settling time if that may change what they show. `spares`: a gate leaves out
    what the profile repeats."""

    name: str
    exercised: int
    shards: tuple[Shard, ...]
    confirmations: int = 5
    loop: int = 100
    trials: int = 120
    both: bool = False
    waits: bool = False
    hurries: bool = True
    spares: bool = False

    def explored(self, *, gating: bool) -> list[tuple[int, Shard]]:
        """Give the shards that a run explores, by their numbers. A gate of a profile that `spares` explores one of
        those that are alike, of free plans two, and of scenarios two rounds: what is left out are other draws of the
        same, and the next gate, with another seed, draws anew."""
        if not (gating and self.spares):
            return list(enumerate(self.shards))
        alike: Counter[tuple[str, int, bool]] = Counter()
        found = []
        for number, shard in enumerate(self.shards):
            kind = (shard.theme, shard.budget, shard.rounds > 0)
            alike[kind] += 1
            if alike[kind] <= GATED.get(shard.theme, 1):
                found.append((number, replace(shard, rounds=GATED_ROUNDS) if shard.rounds else shard))
        return found


GATED_ROUNDS: Final = 2
"""Rounds of each scenario that a gate explores: the first draw is the same for every seed."""

GATED: Final = {"free": 2}
"""Shards of a theme that a gate explores, among those that are alike; one of any other theme."""

STRUNG: Final = ("histories", "services", "watches")
"""Themes that are made of scenarios alone."""


TASTE: Final = 400
"""Planned calls of the free lives with which every run begins."""


def _shards(
    lives: tuple[int, int],
    crowds: tuple[int, int],
    limits: tuple[int, int],
    strung: tuple[int, int],
    rounds: int,
    free: tuple[int, int],
    sizes: tuple[int, int],
    again: int = 0,
    large: int = 0,
) -> tuple[Shard, ...]:
    """Lay out a profile's shards, from (number, budget) of each theme, and rounds of scenarios. These are repeated
    `again` times: those of histories, whose clauses free plans hardly reach, three times as often. First comes a taste
    of everything: lives, one round of each scenario, and free plans, so that plain bugs show within the first calls.
    Free crowds, which cost most and show least, come last. Limits may take history from all sessions: `run` does them
    last where no fresh server can be had."""
    directed = ("lives", "services", "watches", "histories", "limits", "crowds")
    return (
        Shard(theme="lives", budget=TASTE, steps=50),
        *(Shard(theme=theme, rounds=1) for theme in directed),
        Shard(theme="free", budget=free[1], steps=60),
        Shard(theme="lives", budget=lives[1], steps=50),
        *(Shard(theme=theme, rounds=rounds - 1) for theme in directed),
        *(Shard(theme=theme, rounds=rounds) for theme in (*directed, "histories", "histories") * again),
        *(Shard(theme="lives", budget=lives[1], steps=50) for _ in range(lives[0] - 1)),
        *(Shard(theme=theme, budget=strung[1], steps=6) for theme in STRUNG for _ in range(strung[0])),
        *(Shard(theme="free", budget=free[1], steps=60) for _ in range(free[0] - 1)),
        *(Shard(theme="limits", budget=limits[1], steps=12) for _ in range(limits[0])),
        *(Shard(theme="wear", budget=sizes[1] // 2, steps=4) for _ in range(sizes[0] // 2)),
        *(Shard(theme="sizes", budget=sizes[1], steps=20) for _ in range(sizes[0])),
        *(Shard(theme="large", budget=sizes[1], steps=12) for _ in range(large)),
        *(Shard(theme="crowds", budget=crowds[1], steps=12) for _ in range(crowds[0])),
    )


OUTLASTING: Final = Shard(theme="outlasting", rounds=1)
"""The shard that waits the window of recentTask out. A profile that has it always plans it, and performs it where the
clock can be moved or a wait is wanted."""

SMOKE: Final = (
    Shard(theme="lives", budget=TASTE, steps=50),
    *(Shard(theme=theme, rounds=1) for theme in ("lives", "services", "watches", "histories")),
    Shard(theme="free", budget=3_000, steps=60),
)
"""What the first calls of a run find most with: a round of each scenario, and free plans."""

PROFILES: Final[dict[str, Profile]] = {
    "smoke": Profile(name="smoke", exercised=1, shards=SMOKE, confirmations=3, loop=10, trials=40),
    "quick": Profile(
        name="quick",
        exercised=3,
        shards=_shards((3, 2_300), (1, 4_000), (2, 2_000), (1, 800), 4, (7, 5_000), (2, 6_000)),
        loop=30,
        trials=80,
        spares=True,
    ),
    "standard": Profile(
        name="standard",
        exercised=20,
        shards=(
            *_shards((4, 6_000), (3, 10_000), (3, 4_000), (3, 4_000), 24, (12, 15_000), (6, 12_000), large=1),
            OUTLASTING,
        ),
        loop=500,
        trials=300,
        both=True,
    ),
    "certify": Profile(
        name="certify",
        exercised=100,
        waits=True,
        hurries=False,
        shards=(
            *_shards((8, 10_000), (4, 14_000), (6, 8_000), (4, 6_000), 26, (24, 20_000), (8, 16_000), again=1, large=2),
            OUTLASTING,
        ),
        loop=500,
        trials=300,
        both=True,
    ),
}
"""Every profile by name."""

RECORDED: Final = Profile(name="recorded", exercised=1, shards=())
"""Profile of a recording: a clause that was exercised at all passes."""

KNOWN: Final[Mapping[str, Profile]] = ChainMap(PROFILES, {RECORDED.name: RECORDED})
"""Every profile that a history can name."""
