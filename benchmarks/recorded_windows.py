"""Windows of what passed between conforming servers and several clients, judged: none may be accused.

    python benchmarks/recorded_windows.py --windows 100000 --seed 0

Prints each accusation, with the exchanges that show it, and how many checks were exercised.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from functools import lru_cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))
from windows import accused, corpus, smallest, window

from taskconform.conformance.wire import xml


def main() -> int:
    """Judge windows; print what was accused, as small as it gets."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--windows", type=int, default=1_000)
    options.add_argument("--servers", type=int, default=8)
    options.add_argument("--budget", type=int, default=400, help="planned calls of each client")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    began = time.monotonic()
    recorded = corpus(given.seed, given.servers, given.budget)
    print(
        f"{sum(map(len, recorded))} exchanges of {len(recorded)} servers in {time.monotonic() - began:.0f} s",
        flush=True,
    )
    xml.root_of = lru_cache(maxsize=20_000)(xml.root_of)  # the same exchanges stand in many windows
    chance, found, exercised = random.Random(given.seed), {}, 0  # nothing secret
    began = time.monotonic()
    for number in range(given.windows):
        done, exchanges = window(chance, recorded)
        signatures, checks = accused(exchanges)
        exercised += checks
        if number % 1000 == 999:
            print(f"{number + 1} windows, {exercised} checks", flush=True)
        for signature in set(signatures) - found.keys():
            found[signature] = smallest(exchanges, signature)
            print(f"window {number} ({', '.join(done)}): {signature}", flush=True)
            for one in found[signature]:
                print("   >", one.started, one.ended, _plain(one.request), "\n   <", _plain(one.answer), flush=True)
    print(json.dumps({"windows": given.windows, "accused": sorted(found), "exercised": exercised,
                      "seconds": round(time.monotonic() - began)}))  # fmt: skip
    return 1 if found else 0


def _plain(document: bytes) -> str:
    body = document.decode(errors="replace").partition("Body>")[2].rpartition("</")[0].rpartition("</")[0]
    return re.sub(r' xmlns(:\w+)?="[^"]*"', "", body)[:700]


if __name__ == "__main__":
    sys.exit(main())
