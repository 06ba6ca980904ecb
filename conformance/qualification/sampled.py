"""Mutants of a sample, hunted with a seed's plans.

A test case is performed on the specification, and the same calls are made of each mutant. Where nothing comes out
otherwise, the oracle has nothing to say that it did not say of the specification. Where something does, the test case
is performed on the mutant, and the oracle judges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.perform import unrecorded
from taskconform.conformance.qualification.differential import Beside, RecordingTarget, allowed
from taskconform.conformance.qualification.exploration import compare
from taskconform.conformance.qualification.hunt import Killed, emptied
from taskconform.conformance.qualification.rows import Sampled
from taskconform.conformance.qualification.space.mutants import specification_of, why_free
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.verdicts.judgement import Judge, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.qualification.differential import Difference, Exchanges
    from taskconform.conformance.qualification.drawn import Drawn
    from taskconform.conformance.records.history import Episode
    from taskconform.conformance.targets.builtin.specification import Specification
    from taskconform.model.oracle.findings import Broken

DEPTH: Final = 3
"""Calls of the exploration after its set-up."""
LONGEST: Final = 300
"""Characters that are kept of what differed."""
PATIENCE: Final = 300.0
"""Seconds after which the run of a mutant is given up."""


class AnyHunter(Judge):
    """A judge that stops at the first divergence from any clause."""

    def _saw(self, _step: int, broken: Broken) -> None:
        raise Killed(broken.clause)

    def check_interpretations(self) -> None:
        """Raise Killed if no interpretation is left of an open clause."""
        self.add_up()
        for clause in emptied(self):
            raise Killed(clause)


@dataclass(slots=True, kw_only=True)
class Hunt:
    """The run of one mutant: what is known of it so far, and the test cases in which something differs."""

    row: Sampled
    mutant: Specification
    beside: Beside
    judge: AnyHunter = field(default_factory=AnyHunter)
    different: list[Episode] = field(default_factory=list)
    seconds: float = 0.0
    over: bool = False

    def go_on(self, case: Episode, exchanged: Exchanges, right: Tally) -> None:
        """Make the calls of a test case; where one comes out otherwise, perform it and judge."""
        started = monotonic()
        found = self.beside.difference(exchanged)
        calls = len(exchanged)
        if found is None:
            self.judge.tally.add(right)
        else:
            self.different.append(case)
            calls = self._judged(case, found)
        self.row = replace(self.row, calls=self.row.calls + calls, cases=len(self.different))
        self.seconds += monotonic() - started
        if self.seconds > PATIENCE and not self.over:
            self._end(broke=f"given up after {PATIENCE:.0f} seconds")

    def _judged(self, case: Episode, found: Difference) -> int:
        """Perform a test case on the mutant, and judge it. Give the calls made."""
        self.row = replace(self.row, differs=self.row.differs or shown(found))
        executor = Executor(target=BuiltinTarget({}, self.mutant), judge=self.judge, record=unrecorded)
        try:
            executor.run(case)
            self.judge.check_interpretations()
        except Killed as kill:
            self._end(found_by=kill.clause)
        except Exception as problem:  # noqa: BLE001  # the suite itself has failed on this mutant: a result, too
            self._end(broke=f"{type(problem).__name__}: {problem}")
        return executor.calls

    def _end(self, **fields: str) -> None:
        self.row = replace(self.row, **fields)
        self.over = True

    def result(self) -> Sampled:
        """Give the result: what the exploration says of the mutant, too, and whether it conforms."""
        if not self.over:
            try:
                self.judge.check_interpretations()
            except Killed as kill:
                self._end(found_by=kill.clause)
        missed = self.different and not self.over
        by = why_free(self.row.name) or allowed(self.mutant, self.different) if missed else ""
        return replace(self.row, explored=_shows(self.mutant), allowed=by)


def hunt_sampled(names: Iterable[str], plans: Drawn) -> list[Sampled]:
    """Run a seed's plans on some mutants of the space, each until a clause is broken."""
    found: dict[str, Sampled | Hunt] = {name: _begun(name, plans) for name in names}
    hunts = [one for one in found.values() if isinstance(one, Hunt)]
    target = RecordingTarget()
    for _, case in plans.test_cases():
        going = [one for one in hunts if not one.over]
        if not going:
            break
        judge = Judge()
        Executor(target=target, judge=judge, record=unrecorded).run(case)
        judge.end()
        judge.add_up()
        for one in going:
            one.go_on(case, target.exchanged, judge.tally)
    return [one.result() if isinstance(one, Hunt) else one for one in found.values()]


def _begun(name: str, plans: Drawn) -> Sampled | Hunt:
    """Start a mutant. One that does not start is none."""
    row = Sampled(name=name, profile=plans.profile.name, seed=plans.seed)
    mutant = specification_of(name)
    try:
        return Hunt(row=row, mutant=mutant, beside=Beside(mutant))
    except Exception as problem:  # noqa: BLE001  # whatever it stumbles over
        return replace(row, broke=f"does not start: {type(problem).__name__}: {problem}")


def shown(found: Difference) -> str:
    """Tell a difference in a line: the call, and the first place where the outcomes differ."""
    call, wrong, right = found
    where, here, there = parted(wrong, right)
    return f"{str(call)[:LONGEST]}: {where} {str(here)[:LONGEST]} instead of {str(there)[:LONGEST]}"


def parted(one: object, other: object, where: str = "") -> tuple[str, object, object]:
    """Return the first place where two outcomes differ, and what lies there."""
    fields = getattr(one, "__struct_fields__", ()) if type(one) is type(other) else ()
    for name in fields:
        if getattr(one, name) != getattr(other, name):
            return parted(getattr(one, name), getattr(other, name), f"{where}.{name}".lstrip("."))
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for at, (here, there) in enumerate(zip(one, other, strict=True)):
            if here != there:
                return parted(here, there, f"{where}[{at}]")
    return where, one, other


def _shows(mutant: Specification) -> bool:
    """Tell whether the exploration tells the mutant apart. One that it stumbles over shows."""
    try:
        return compare(DEPTH, mutant).shows is not None
    except Exception:  # noqa: BLE001  # an outcome that the scope cannot go on with is one that differs
        return True
