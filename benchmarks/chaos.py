"""False alarms in bad weather: runs of the suite on the built-in server, over the wire.

    python benchmarks/chaos.py [--runs 50] [--seed 0] [--rate 0.05] [--budget 150] [--kinds network,neighbour,…]

Each run plans its own calls, from its own seed, and has one kind of weather, in turn: a proxy that delays, drops,
resets, duplicates and truncates, and answers 500 and 503 (`network`; `--rate` is the share of requests that it hits); a
second client that makes and ends tasks, in bursts too, reads history, registers and unregisters an extension
(`neighbour`); somebody who ends sessions of the suite's (`ended`); a server that is killed and comes back without its
state (`restarted`); all of it but the last (`all`). What is sighted is reduced and performed again five times and ten,
in the same weather. The server conforms: whatever shows again is an alarm, and so is an unclear clause of which no
reading is left. A run that the server's end breaks off is no alarm; how many were is printed. Exit code 1 on an alarm.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from storm import KINDS, serving, weathered


def main() -> int:
    """Run, and print each run as it ends."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of the first run; the others follow")
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--budget", type=int, default=150, help="planned calls of each of four themes")
    parser.add_argument("--kinds", default=",".join(KINDS))
    given = parser.parse_args()
    kinds = given.kinds.split(",")
    alarms = broken = sighted = calls = lost = live = 0
    happened: Counter[str] = Counter()
    for number in range(given.runs):
        kind, seed = kinds[number % len(kinds)], given.seed + number
        with serving() as server:
            one = weathered(kind, seed, server, rate=given.rate, budget=given.budget)
        alarms += bool(one.alarms)
        broken += bool(one.broke_off)
        sighted += len(one.sighted)
        calls, lost, live = calls + one.calls, lost + one.lost, live + one.live
        happened.update(one.happened)
        word = f"ALARM {one.alarms}" if one.alarms else "no alarm"
        tail = f"; broke off: {one.broke_off}" if one.broke_off else ""
        seen = f"; sighted and not again: {sorted(set(one.sighted) - set(one.again))}" if one.sighted else ""
        print(
            f"{kind:10} seed {seed:3}  {one.seconds:5.1f} s  {one.calls:4} calls, {one.lost:3} lost, {one.live:5} live "
            f"checks  {word}{seen}{tail}",
            flush=True,
        )
    print(
        f"\n{alarms} alarms in {given.runs} runs (rate below {3 / given.runs:.3f}, 95 %, if 0); {sighted} sightings; "
        f"{broken} runs broken off; {calls} calls, {lost} lost, {live} live checks"
    )
    print("what the network did: " + ", ".join(f"{event} {count}" for event, count in sorted(happened.items())))
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
