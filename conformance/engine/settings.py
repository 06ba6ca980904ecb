"""The settings of a run."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskconform.conformance.records.private import split

if TYPE_CHECKING:
    from pathlib import Path

    from taskconform.conformance.engine.portion import Portion
    from taskconform.conformance.verdicts.baseline import Held
    from taskconform.conformance.verdicts.requirements import Requirements
    from taskconform.conformance.verdicts.waivers import Waivers


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of a run. `folder` is where the history goes, and must exist. `selected` clauses are reported and
    required (None: all); what is explored never depends on it. `waivers` and `baseline` are what the verdicts are held
    against, `requirements` the clauses that count. `wait`: wait the window of recentTask out, if the profile does not
    do so anyway. `shard`: explore only this portion of the profile; the report is then made by `merge`, from all
    portions. `max_time` (seconds) and `max_failures` (divergences that the baseline does not know) end the exploration
    early; 0: never."""

    target: str
    options: dict[str, str]
    profile: str
    seed: int
    workers: int
    folder: Path
    strict: bool = False
    selected: frozenset[str] | None = None
    waivers: Waivers | None = None
    requirements: Requirements | None = None
    baseline: Held | None = None
    wait: bool = False
    max_time: float = 0.0
    max_failures: int = 0
    shard: Portion | None = None
    known: frozenset[str] = frozenset()
    """Signatures of divergences that are counted, and not shrunk and run again."""

    @property
    def command(self) -> str:
        """Command line that makes the same calls again. Options hold no secrets: those come from the environment."""
        words = ["taskconform", "run", self.target, "--profile", self.profile, "--seed", str(self.seed)]
        for key, value in sorted(self.options.items()):
            words += ["--set", f"{key}={value}"]
        if self.baseline is not None:
            words += ["--baseline", self.baseline.file]
        if self.wait:
            words.append("--wait")
        if self.shard is not None:
            words += ["--shard", str(self.shard)]
        return split(self.options)[0].hide(shlex.join(words))
