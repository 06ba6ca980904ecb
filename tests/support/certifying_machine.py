"""The command line with a certifying profile of a few calls, of which every clause wants no live check.

    python -m certifying_machine ARGUMENTS...

It needs nothing but the suite itself: `python -I -c SOURCE` runs the text of this file on another machine.
"""

from __future__ import annotations

from taskconform.conformance.cli.command import main
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard

SHARD = Shard(theme="lives", budget=200, steps=6)
TINY = Profile(name="certify", exercised=0, shards=(SHARD, SHARD), confirmations=2, loop=2, trials=20)

if __name__ == "__main__":
    PROFILES["certify"] = TINY
    main()
