"""Methods: what the oracle has of each method of the API, and how checks are run over an answer.

Every method has the same skeleton: the documented conditions under which it faults, in the order of the page; the open
clauses that its outcome tells something of; what must hold of what it returns; its effect on the belief."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from taskconform.model.oracle.checks import UnsaidError
from taskconform.model.oracle.findings import Broken, Divergence, MustAnswer, Shown, Unsaid, bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.checks import AnswerCheck, CallOpenClause, Declared, FaultCondition
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.outcomes import Fault, Interval, Outcome

C = TypeVar("C")
A = TypeVar("A")
C_contra = TypeVar("C_contra", contravariant=True)
A_contra = TypeVar("A_contra", contravariant=True)


def broken(clause: str, said: Divergence, method: str, kind: str = "value") -> Broken:
    """Return the finding that a method broke a clause."""
    return Broken(
        clause=clause,
        kind=f"{method}.{kind}",
        demand=said.demand,
        observed=bounded(said.observed),
        situation=said.situation,
        eventually=said.eventually,
    )


def run_checks(  # what every check is given, and where its finding goes
    checks: tuple[AnswerCheck[C, A], ...],
    belief: Belief,
    about: C,
    answer: A,
    at: Interval,
    method: str,
    found: list[Finding],
) -> None:
    """Run checks over an answer; add what they find to `found`."""
    for check in checks:
        try:
            said = check.decide(belief, about, answer, at)
        except UnsaidError as lacking:
            found.append(Unsaid(check.clause, str(lacking)))
            continue
        if said is None:
            continue
        found.append(check.held if said is True else broken(check.clause, said, method))


def show(clause: str, interpretations: tuple[str, ...], observed: str) -> Finding:
    """Return what an observation shows of an open clause; if no interpretation allows it, it is a divergence."""
    observed = bounded(observed)
    if interpretations:
        return Shown(clause, interpretations, observed)
    said = Divergence(demand=MustAnswer(property="a reading"), observed=observed, situation=observed)
    return broken(clause, said, "reading")


def judge_by(*checks: AnswerCheck[C, A]) -> Callable[[Belief, C, A, Interval], Iterable[Finding]]:
    """Return the judge that runs these checks over the whole answer."""

    def judge(belief: Belief, call: C, answer: A, at: Interval) -> Iterable[Finding]:
        found: list[Finding] = []
        run_checks(checks, belief, call, answer, at, type(call).__name__, found)
        return found

    return judge


def judge_nothing(_belief: Belief, _call: object, _answer: object, _at: Interval) -> Iterable[Finding]:
    """Judge nothing: the method returns nothing that could be wrong."""
    return ()


def no_effect(belief: Belief, _call: object, _outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Change nothing: the call tells nothing that is remembered."""
    return belief


def always(clause: str) -> Callable[[Belief, object], str]:
    """Return the choice of one clause, whatever the call."""
    return lambda _belief, _call: clause


@dataclass(frozen=True, kw_only=True)  # no slots: a class with them cannot be made as Method[…](…)
class Method(Generic[C_contra, A_contra]):
    """One method of the API, as the oracle has it, by the type of its calls and of what it returns.

    `succeeds` chooses the clause that a fault breaks for which there is no condition, and `blames` the clause that
    alone explains such a fault, "" if there is none, None if it is one of several. `advance` returns the belief after
    an outcome; it is given the clauses of the fault conditions that held or may have held. `judge_fault` returns the
    clause that a fault has kept, where no condition for it was sure beforehand. `checks` are those that `judge` runs.
    `is_read`: the call reads a property, and a fault in missingSet counts as one."""

    succeeds: Callable[[Belief, C_contra], str]
    advance: Callable[[Belief, C_contra, Outcome, tuple[str, ...]], Belief]
    fault_conditions: tuple[FaultCondition[C_contra], ...] = ()
    open_clauses: tuple[CallOpenClause[C_contra], ...] = ()
    judge: Callable[[Belief, C_contra, A_contra, Interval], Iterable[Finding]] = judge_nothing
    judge_fault: Callable[[Belief, C_contra, Fault], str | None] | None = None
    blames: Callable[[Belief, C_contra, Fault], str | None] | None = None
    checks: tuple[Declared, ...] = ()
    is_read: bool = False
    condition_groups: tuple[tuple[Callable[..., bool], tuple[FaultCondition[C_contra], ...]], ...] = field(init=False)
    open_clause_groups: tuple[tuple[Callable[..., bool], tuple[CallOpenClause[C_contra], ...]], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Group what is asked by its guards, so that what a guard excludes is not asked."""
        conditions = groupby(self.fault_conditions, lambda one: one.guard)
        clauses = groupby(self.open_clauses, lambda one: one.guard)
        object.__setattr__(self, "condition_groups", tuple((guard, tuple(group)) for guard, group in conditions))
        object.__setattr__(self, "open_clause_groups", tuple((guard, tuple(group)) for guard, group in clauses))


AnyMethod = Method[Any, Any]
"""A method of some call: a table finds it by the class of the call, which type checkers cannot follow."""
