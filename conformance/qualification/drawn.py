"""Plans, drawn once and performed often: a seed plans the same calls on every simulator."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from taskconform.conformance.engine.plan import draw_shard, explorations
from taskconform.conformance.engine.profile import PROFILES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.conformance.engine.profile import Profile, Shard
    from taskconform.conformance.records.history import Episode
    from taskconform.model.vocabulary.plan import Plan

KEPT: Final = 2
"""Number of seeds whose plans a process keeps."""


class Drawn:
    """Plans of one seed, shard after shard in the profile's order, each drawn when it is first asked for."""

    def __init__(self, profile: Profile, seed: int) -> None:
        """Draw nothing yet."""
        self.profile = profile
        self.seed = seed
        self._plans: dict[int, tuple[Plan, ...]] = {}

    def plans(self, number: int) -> tuple[Plan, ...]:
        """Give the plans of one shard."""
        if number not in self._plans:
            self._plans[number] = tuple(draw_shard(number, self.profile.shards[number], self.seed))
        return self._plans[number]

    def test_cases(self) -> Iterator[tuple[Shard, Episode]]:
        """Yield every test case of the run, with its shard."""
        for number, shard in enumerate(self.profile.shards):
            for case in explorations(f"{number}", shard, self.plans(number)):
                yield shard, case


@lru_cache(maxsize=KEPT)
def drawn(profile: str, seed: int) -> Drawn:
    """Give the plans of a profile and a seed; the last few are kept."""
    return Drawn(PROFILES[profile], seed)
