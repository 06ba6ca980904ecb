"""How much of the exploring is spent in the target, on vcsim.

    python benchmarks/vcsim_share.py [--seed 0] [--runs 5]

Runs the quick profile on vcsim with two workers, as `taskconform run vcsim --workers 2` does. The share is the seconds
inside the adapter's `perform`, over the seconds of exploring times the workers; beside it the socket's share of the
same. Exploring is from the first shard's beginning to the last one's end: that the target is opened once beforehand,
and that the workers start, is no part of it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings

WORKERS = 2
BAR = 0.75


class Stages:
    """The seconds of each stage, from what a run tells of its progress."""

    def __init__(self) -> None:
        """Nothing has begun."""
        self.begun: dict[str, float] = {}
        self.ended: dict[str, float] = {}

    def told(self, stage: str, _done: int, _all: int) -> None:
        """Note the time."""
        self.begun.setdefault(stage, time.perf_counter())
        self.ended[stage] = time.perf_counter()

    def __str__(self) -> str:
        """Stage by stage."""
        return ", ".join(f"{stage} {self.ended[stage] - begun:.1f} s" for stage, begun in self.begun.items())


def one_run(seed: int) -> tuple[float, float, float]:
    """Exploring seconds, the target's share, the socket's share; printed as they come."""
    stages = Stages()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            target="vcsim", options={}, profile="quick", seed=seed, workers=WORKERS, folder=Path(folder)
        )
        started = time.perf_counter()
        finished = run(settings, stages.told)
        whole = time.perf_counter() - started
    available = finished.exploring * WORKERS
    target, socket = finished.explored_target_seconds / available, finished.socket_seconds / available
    print(
        f"exploring {finished.exploring:5.1f} s   target {target:.3f}   socket {socket:.3f}   "
        f"whole run {whole:.1f} s ({stages})"
    )
    return finished.exploring, target, socket


def main() -> None:
    parser = argparse.ArgumentParser(description="the target's share of exploring, on vcsim")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    runs = [one_run(arguments.seed) for _ in range(arguments.runs)]
    exploring, target, socket = (statistics.median(each[number] for each in runs) for number in range(3))
    print(f"\nmedians of {arguments.runs}, {WORKERS} workers")
    print(f"exploring      {exploring:6.1f} s")
    print(f"target's share {target:6.3f}  (>= {BAR})")
    print(f"socket's share {socket:6.3f}")


if __name__ == "__main__":
    main()
