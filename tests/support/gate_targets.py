"""The simulator of a gate drill: some seeded faults at once, always under the same name.

    taskconform run gate_targets:open_target --set faults=cancel-of-queued-wrong-fault+root-is-the-grandparent

`python -m gate_targets ARGUMENTS...` is the command line with a quick profile of so many calls as GATE_CALLS says.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wrong_servers import CANCELS

from taskconform.conformance.cli.command import main
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.qualification.mutants.registry import replacements
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.builtin.specification import specified
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

CALLS = int(os.environ.get("GATE_CALLS", "3600"))
TINY = Profile(
    name="quick", exercised=1, shards=(Shard(theme="lives", budget=CALLS // 2, steps=50),) * 2, confirmations=2, loop=2
)


KNOWN = {**replacements(), "cancels-anything": [CANCELS]}


class Drilled(BuiltinTarget):
    """The built-in target with these faults, and a name that does not tell."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__({}, specified([one for fault in faults for one in KNOWN[fault]]))
        self._declaration = evolve(self._declaration, name="drilled")


def open_target(options: Mapping[str, str]) -> Drilled:
    return Drilled([fault for fault in options.get("faults", "").split("+") if fault])


if __name__ == "__main__":
    PROFILES["quick"] = TINY
    main()
