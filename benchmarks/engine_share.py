"""What is left of the speed of an empty machine once every call is performed, judged and recorded.

    python benchmarks/engine_share.py [--profile quick] [--seed 0]

The empty machine draws the plans of the profile's shards, with the same rules and strategies, and throws them away. The
full one draws the same plans and performs them on the built-in target: every call bound, expected, performed, judged,
written to the history. Every bulk is of one task, for both; where sessions are filled with collectors, one
fills them. The two take turns, shard by shard; a run's rate is the steps of all its plans over the sum of its shards'
seconds. Calls per second, at the end, are those of the profile as it is, with its ordinary bulks and limits. Seconds
are the process' own (CPU time): nothing here waits, and what else the machine does is no part of the answer.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from taskconform.strategies.domains import values

if TYPE_CHECKING:
    from taskconform.conformance.engine.profile import Shard
    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.vocabulary.plan import Plan

RUNS = 5
BAR = 0.6
ORDINARY = "--ordinary"


def only_one() -> st.SearchStrategy[int]:
    """In the place of what sizes of bulks are drawn from: one task a bulk."""
    return st.just(1)


if ORDINARY not in sys.argv:
    # before the machines are imported: their rules ask for it when they are declared
    values.crowds = values.pushes = values.push_outs = values.pagefuls = only_one

from taskconform.conformance.engine.execute import Executor  # noqa: E402
from taskconform.conformance.engine.plan import draw_shard  # noqa: E402
from taskconform.conformance.engine.profile import PROFILES  # noqa: E402
from taskconform.conformance.records.history import Episode, Part  # noqa: E402
from taskconform.conformance.targets.naming import open_named  # noqa: E402
from taskconform.conformance.verdicts.judgement import Judge  # noqa: E402
from taskconform.model.vocabulary.plan import Bulk  # noqa: E402


def empty(number: int, shard: Shard, seed: int) -> tuple[int, float]:
    """Draw, and throw away: the steps that a shard's plans have, and the seconds until all were drawn."""
    gc.collect()
    started = time.process_time()
    plans = draw_shard(number, shard, seed)
    return sum(map(len, plans)), time.process_time() - started


def opened(theme: str) -> Target:
    """The built-in target. Of the shards that fill sessions with collectors it is full with one: a bulk, too."""
    is_small = theme == "limits" and ORDINARY not in sys.argv
    return open_named("builtin", {"max-collector": "1"} if is_small else {})


def full(number: int, shard: Shard, seed: int, folder: Path, target: Target) -> tuple[int, float, int]:
    """Draw, and perform on the target; also the number of calls."""
    gc.collect()
    started = time.process_time()
    part = Part(folder, f"shard-{number:02}")
    judge = Judge()
    executor = Executor(target=target, judge=judge, record=part.write)
    plans = draw_shard(number, shard, seed)
    for episode, plan in enumerate(plans):
        executor.run(Episode(part=part.name, number=episode, phase="explore", plan=plan))
    judge.end()
    part.close()
    return sum(map(len, plans)), time.process_time() - started, executor.calls


def check_single(plans: list[Plan]) -> None:
    """Raises RuntimeError for a bulk of more than one task: a strategy draws its size from elsewhere."""
    bulks = [step for plan in plans for step in plan if isinstance(step, Bulk)]
    if ORDINARY not in sys.argv and any(bulk.count != 1 for bulk in bulks):
        message = "a bulk of more than one task was drawn"
        raise RuntimeError(message)


def warm(folder: Path) -> None:
    """Everything once, so that nothing is loaded, compiled or cached while the clock runs."""
    for shard in {(shard.theme, shard.rounds): shard for shard in PROFILES["quick"].shards}.values():
        check_single(draw_shard(99, shard, 99))
        empty(99, shard, 99)
        full(99, shard, 99, folder, opened(shard.theme))


def measure(profile: str, seed: int) -> None:
    """The share: print a line a run, then medians by theme and over all."""
    shards = tuple(enumerate(PROFILES[profile].shards))
    themes = tuple(dict.fromkeys(shard.theme for _, shard in shards))
    shares: dict[str, list[float]] = {theme: [] for theme in (*themes, "all")}
    rates: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warm(folder)
        for _ in range(RUNS):
            targets, steps, calls = {theme: opened(theme) for theme in themes}, 0, 0
            spent = {theme: [0.0, 0.0] for theme in themes}
            for number, shard in shards:
                bare_steps, bare_seconds = empty(number, shard, seed)
                full_steps, full_seconds, made = full(number, shard, seed, folder, targets[shard.theme])
                if bare_steps != full_steps:
                    message = f"shard {number}: {bare_steps} steps drawn empty, {full_steps} drawn full"
                    raise RuntimeError(message)
                steps += full_steps
                calls += made
                spent[shard.theme][0] += bare_seconds
                spent[shard.theme][1] += full_seconds
            bare, whole = (sum(seconds[side] for seconds in spent.values()) for side in (0, 1))
            for theme, seconds in spent.items():
                shares[theme].append(seconds[0] / seconds[1])
            shares["all"].append(bare / whole)
            rates.append((steps / bare, steps / whole, calls / whole))
            print(f"empty {rates[-1][0]:7.0f} steps/s   full {rates[-1][1]:7.0f} steps/s   share {bare / whole:.3f}")
    print(f"\nmedians of {RUNS}, {steps} steps, {calls} calls, bulks of size 1")
    print(f"empty machine  {statistics.median(rate[0] for rate in rates):8.0f} steps/s")
    print(f"builtin        {statistics.median(rate[1] for rate in rates):8.0f} steps/s")
    print(f"builtin        {statistics.median(rate[2] for rate in rates):8.0f} calls/s")
    for theme, found in shares.items():
        bar = f"  (>= {BAR})" if theme == "all" else ""
        print(f"share, {theme:7s} {statistics.median(found):8.3f}{bar}")


def ordinary(profile: str, seed: int) -> None:
    """Calls per second with ordinary bulks, drawing included."""
    rates = []
    with tempfile.TemporaryDirectory() as name:
        warm(Path(name))
        for _ in range(RUNS):
            target, shards = opened(""), enumerate(PROFILES[profile].shards)
            done = [full(number, shard, seed, Path(name), target) for number, shard in shards]
            rates.append(sum(each[2] for each in done) / sum(each[1] for each in done))
    print(f"builtin        {statistics.median(rates):8.0f} calls/s with ordinary bulks, median of {RUNS}")


def main() -> None:
    parser = argparse.ArgumentParser(description="steps/s on builtin, as a share of an empty machine")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="quick")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(ORDINARY, action="store_true", help="only calls/s, with ordinary bulks")
    arguments = parser.parse_args()
    if arguments.ordinary:
        ordinary(arguments.profile, arguments.seed)
        return
    measure(arguments.profile, arguments.seed)
    # another process: in this one the machines have been declared with bulks of one task
    command = [sys.executable, __file__, ORDINARY, "--profile", arguments.profile, "--seed", str(arguments.seed)]
    sys.stdout.flush()
    subprocess.run(command, check=True)  # noqa: S603  # this very program


if __name__ == "__main__":
    main()
