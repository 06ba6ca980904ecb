"""Coverage: the calls, outcomes and situations in which the plans of a seed exercise each clause.

It is measured on the built-in simulator, which has no bug.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.perform import unrecorded
from taskconform.conformance.qualification.arguments import places_of, reached
from taskconform.conformance.qualification.document import Covered
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.vocabulary.calls import NOBODY, ObjectRef
from taskconform.model.vocabulary.outcomes import Faulted, Lost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.qualification.arguments import Place
    from taskconform.conformance.qualification.document import Reached
    from taskconform.conformance.qualification.drawn import Drawn
    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.expect import Expected
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

NEVER_THERE: Final = "a task that never was"


class Surveyor(Judge):
    """A judge that also counts where each clause was exercised."""

    def __init__(self) -> None:
        """Begin with empty counts."""
        super().__init__()
        self.covered: Counter[tuple[str, str, str, str]] = Counter()
        self.arguments: Counter[Place] = Counter()

    def take(
        self, step: int, expected: Expected, outcome: Outcome, findings: Iterable[Finding], *, together: bool = False
    ) -> None:
        """Count the findings, in the belief in which the call was made."""
        findings = tuple(findings)
        call, came = type(expected.call).__name__, outcome_of(outcome)
        situation = situation_of(self.world, expected.call)
        self.arguments.update(places_of(expected.call, _state(self.world, expected.call)))
        self.covered.update((found.clause, call, came, situation) for found in findings)
        super().take(step, expected, outcome, findings, together=together)


def outcome_of(outcome: Outcome) -> str:
    """Name the outcome in a word: a value, or the fault's kind."""
    if isinstance(outcome, Faulted):
        return outcome.fault.kind
    return "lost" if isinstance(outcome, Lost) else "value"


def situation_of(world: Belief, call: Call) -> str:
    """Describe the situation of a call: the session's account, and the state of the task that it is about, if any."""
    return ", ".join(part for part in (_caller(world, call), _subject(world, call)) if part)


def _caller(world: Belief, call: Call) -> str:
    """Name the session's account, and say if it has logged out."""
    session = world.session_of(call.session)
    if call.session == NOBODY or session is None:
        return "nobody"
    return session.account if session.live else f"{session.account}, logged out"


def _subject(world: Belief, call: Call) -> str:
    """Describe the task that a call is about, by its state, and say if a cancel is under way."""
    task = getattr(call, "task", None)
    if not isinstance(task, ObjectRef):
        return ""
    record = world.tasks.get(task.value)
    if record is None:
        return NEVER_THERE
    cancelled = " and cancelled" if record.cancels and not record.completed else ""
    return f"{record.state or 'some'} task{cancelled}"


def _state(world: Belief, call: Call) -> str:
    """Return the state of the task that a call is about, as far as it is known."""
    record = world.tasks.get(getattr(getattr(call, "task", None), "value", ""))
    return (record.state or "") if record is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What plans reach: of each clause, and of each argument."""

    clauses: tuple[Covered, ...]
    arguments: tuple[Reached, ...]


def survey(plans: Drawn) -> Survey:
    """Run a seed's plans on the built-in simulator, and say where each clause was exercised, in order, and which
    arguments were given."""
    surveyor = Surveyor()
    executor = Executor(target=BuiltinTarget({}), judge=surveyor, record=unrecorded)
    for _, case in plans.test_cases():
        executor.run(case)
    surveyor.end()
    covered = tuple(
        Covered(clause=clause, call=call, outcome=outcome, situation=situation, times=times)
        for (clause, call, outcome, situation), times in sorted(surveyor.covered.items())
    )
    return Survey(clauses=covered, arguments=reached(surveyor.arguments))
