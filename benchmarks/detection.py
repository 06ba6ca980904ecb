"""Detection power: the suite's `quick` beside the two baselines, on the same faults and with the same number of calls.

    python benchmarks/detection.py [--every N] [--seeds N] [--budget N] [GLOB]
    python benchmarks/detection.py --sample 100 [--seeds N] [--budget N]

The faults are the named mutants, or so many of the fault space, drawn with the seed of the run. Calls to detection are
all calls up to the first finding: for the suite one that rightly names the fault (of the fault space any), for the
baselines any at all. A run that found nothing within the budget counts as longer than any other. What the suite is
compared with is frozen (`baselines/README.md`).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

from baselines.run import BASELINES, BY_EXAMPLE, PLAIN, measure_target

from taskconform.conformance.qualification.drawn import drawn
from taskconform.conformance.qualification.hunt import hunt
from taskconform.conformance.qualification.mutants.registry import BUGS, open_target
from taskconform.conformance.qualification.sampled import hunt_sampled
from taskconform.conformance.qualification.space.mutants import sample, specification_of
from taskconform.conformance.targets.builtin import BuiltinTarget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.targets.protocol import Target

SUITE = "suite"
BUDGET = 20_000
"""Calls that each may make on a fault."""

SHARE = 1 / 5
"""What part of the plain machine's calls the suite may need."""

NEVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One way to test, on one fault with one seed: the calls until it found something, or NEVER."""

    name: str
    fault: str
    seed: int
    calls: float


def hunted(fault: str, seed: int) -> tuple[bool, int]:
    """Whether the suite finds a fault, and after how many calls."""
    if fault in BUGS:
        row = hunt(fault, drawn("quick", seed))
        return bool(row.killed_by), row.calls
    (sampled,) = hunt_sampled([fault], drawn("quick", seed))
    return bool(sampled.found_by), sampled.calls


def opened(fault: str) -> Target:
    """The built-in target with a fault."""
    if fault in BUGS:
        return open_target({"mutant": fault, **BUGS[fault].options})
    return BuiltinTarget({}, specification_of(fault))


def sides(fault: str, seed: int, budget: int) -> Iterable[Side]:
    """The suite and the baselines, side by side."""
    found, calls = hunted(fault, seed)
    yield Side(name=SUITE, fault=fault, seed=seed, calls=calls if found and calls <= budget else NEVER)
    for name in BASELINES:
        target = opened(fault)
        try:
            measured = measure_target(name, target, budget=budget, seed=seed)
        finally:
            target.close()
        yield Side(name=name, fault=fault, seed=seed, calls=measured.calls if measured.killed else NEVER)


def shown(calls: float) -> str:
    """A number of calls as people read it."""
    return "-" if calls == NEVER else f"{calls:.0f}"


def told(found: list[Side]) -> str:
    """What one way to test came to, in a line."""
    caught = [side for side in found if side.calls < NEVER]
    middle = median(side.calls for side in found)
    return f"{len(caught)}/{len(found)} found, median calls to detection {shown(middle)}"


def main() -> int:
    """Compare, and say whether the suite needs at most a fifth of the plain machine's calls."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("glob", nargs="?", default="*", help="which faults")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th of them")
    parser.add_argument("--sample", type=int, metavar="N", help="N of the fault space instead")
    parser.add_argument("--seeds", type=int, default=1, metavar="N")
    parser.add_argument("--budget", type=int, default=BUDGET, metavar="N", help="calls that each may make on a fault")
    chosen = parser.parse_args()
    named = [fault for fault in BUGS if fnmatchcase(fault, chosen.glob)][:: chosen.every]
    found: list[Side] = []
    for seed in range(chosen.seeds):
        for fault in sample(chosen.sample, seed) if chosen.sample else named:
            row = list(sides(fault, seed, chosen.budget))
            found += row
            print(f"{fault} (seed {seed})", *(f"{side.name} {shown(side.calls)}" for side in row), sep="  ", flush=True)
    print()
    for name in (SUITE, PLAIN, BY_EXAMPLE):
        print(f"{name:10s} {told([side for side in found if side.name == name])}")
    ours, theirs = (median(side.calls for side in found if side.name == name) for name in (SUITE, PLAIN))
    if theirs < NEVER:
        print(f"the suite needs {ours / theirs:.3f} of the plain machine's calls")
    else:
        print("half of the plain machine's runs find nothing within the budget")
    return 0 if ours < NEVER and (theirs == NEVER or ours <= SHARE * theirs) else 1


if __name__ == "__main__":
    sys.exit(main())
