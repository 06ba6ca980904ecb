"""The hunt for a mutant: perform a seed's plans until a clause that rightly names its bug is broken.

Nothing is shrunk. The calls are counted in the order of the profile's shards, however many workers there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.perform import unrecorded
from taskconform.conformance.faults import BUGS, open_target
from taskconform.conformance.qualification.rows import Hunted
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.clauses.registry import CLAUSES

if TYPE_CHECKING:
    from taskconform.conformance.qualification.drawn import Drawn
    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.oracle.findings import Broken


class Killed(Exception):  # noqa: N818  # what was hoped for
    """A clause that rightly names the bug is broken."""

    def __init__(self, clause: str) -> None:
        """Keep the clause."""
        super().__init__(clause)
        self.clause = clause


class Hunter(Judge):
    """A judge that stops at the first divergence from one of the `right` clauses; `others` are the clauses that were
    broken before.
    """

    def __init__(self, right: frozenset[str]) -> None:
        """Begin with nothing broken."""
        super().__init__()
        self.right = right
        self.others: dict[str, None] = {}
        self._open = sorted(clause for clause in right if CLAUSES[clause].level == "Q")

    def _saw(self, step: int, broken: Broken) -> None:
        if broken.clause in self.right:
            raise Killed(broken.clause)
        self.others[broken.clause] = None
        super()._saw(step, broken)

    def check_interpretations(self) -> None:
        """Raise Killed if no interpretation is left of a right clause."""
        self.add_up()
        for clause in self._open:
            if clause in emptied(self):
                raise Killed(clause)


def emptied(judge: Judge) -> list[str]:
    """List the open clauses of which no interpretation is left: the outcomes contradict all of them."""
    found = []
    for clause, shown in judge.tally.shown.items():
        left = {each.id for each in CLAUSES[clause].readings}
        for compatible in shown:
            left.intersection_update(compatible)
        if not left:
            found.append(clause)
    return sorted(found)


def hunt(fault: str, plans: Drawn, wanted: str = "") -> Hunted:
    """Run a seed's plans on a mutant until one of its clauses is broken; given `wanted`, until that one is."""
    right = frozenset((wanted,)) if wanted else frozenset(BUGS[fault].clauses)
    hunter = Hunter(right)
    killed_by, calls, broke = _run(open_target({"fault": fault, **BUGS[fault].options}), hunter, plans)
    others = tuple(hunter.others) if killed_by else (*hunter.others, *emptied(hunter))
    return Hunted(
        name=fault,
        profile=plans.profile.name,
        seed=plans.seed,
        killed_by=killed_by,
        calls=calls,
        others=others,
        wanted=wanted,
        broke=broke,
    )


def _run(target: Target, hunter: Hunter, plans: Drawn) -> tuple[str, int, str]:
    """Give the clause that killed, the calls made, and how the simulator broke."""
    executor = Executor(target=target, judge=hunter, record=unrecorded)
    try:
        for _, case in plans.test_cases():
            executor.run(case)
            hunter.check_interpretations()
    except Killed as kill:
        return kill.clause, executor.calls, ""
    except Exception as problem:  # noqa: BLE001  # a simulator that breaks is a result, and fails the gate
        return "", executor.calls, f"{type(problem).__name__}: {problem}"
    return "", executor.calls, ""
