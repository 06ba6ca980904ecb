"""How many held-out faults a profile finds: python benchmarks/heldout.py first --profile quick --seed 0."""

from __future__ import annotations

import argparse

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.perform import unrecorded
from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.qualification.drawn import Drawn, drawn
from taskconform.conformance.qualification.heldout.registry import DIGESTS, held_out, replacements
from taskconform.conformance.qualification.hunt import Hunter, Killed, emptied
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.builtin.specification import specified


def found(name: str, fault: str, plans: Drawn) -> tuple[str, int, list[str]]:
    """Return the right clause that a fault breaks first, the calls made by then, and what else was broken."""
    hunter = Hunter(frozenset(held_out(name)[fault].clauses))
    target = BuiltinTarget({}, specified(replacements(name)[fault]))
    executor = Executor(target=target, judge=hunter, record=unrecorded)
    try:
        for _, case in plans.test_cases():
            executor.run(case)
            hunter.check_interpretations()
    except Killed as kill:
        return kill.clause, executor.calls, list(hunter.others)
    return "", executor.calls, [*hunter.others, *emptied(hunter)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("list", choices=DIGESTS)
    parser.add_argument("--profile", default="quick", choices=PROFILES)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    plans = drawn(given.profile, given.seed)
    rows = {fault: found(given.list, fault, plans) for fault in held_out(given.list)}
    for fault, (clause, calls, others) in rows.items():
        print(f"{fault}: {clause or 'not found'}, {calls} calls{', also ' + ', '.join(others) if others else ''}")
    right = sum(bool(clause) for clause, _, _ in rows.values())
    some = sum(bool(clause or others) for clause, _, others in rows.values())
    print(f"{right} of {len(rows)} by a right clause, {some} by any, with {given.profile}, seed {given.seed}")


if __name__ == "__main__":
    main()
