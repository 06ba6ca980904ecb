"""Methods: what the model has of each method of the API, and how rules are run over an answer.

Every method has the same skeleton: the documented conditions under which it faults, in the order of the page; the
readings it can show; what must hold of what it returns; its effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from taskconform.model.oracle.findings import (
    Broken,
    Departure,
    Finding,
    Guard,
    Held,
    MustAnswer,
    Question,
    Refusal,
    Rule,
    Shown,
)

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import World
    from taskconform.model.vocabulary.outcomes import Fault, Interval, Outcome

Judge = Callable[["World", Any, Any, "Interval"], Iterable[Finding]]


_HELD: dict[str, Held] = {}


def held_of(clause: str) -> Held:
    """One Held a clause: findings are compared by value, and there are many of these."""
    found = _HELD.get(clause)
    if found is None:
        found = _HELD[clause] = Held(clause)
    return found


def broken(clause: str, said: Departure, method: str, kind: str = "value") -> Broken:
    """A departure, as the divergence of a clause in a method."""
    return Broken(
        clause=clause,
        kind=f"{method}.{kind}",
        demand=said.demand,
        observed=said.observed,
        situation=said.situation,
        eventually=said.eventually,
    )


def paired(*rules: Any) -> tuple[tuple[Any, Held], ...]:
    """Rules, each with the finding that it held: looked up once, not at every call."""
    return tuple((rule, held_of(rule.clause)) for rule in rules)


def run_rules(  # what every rule is given, and where its word goes
    rules: tuple[tuple[Any, Held], ...],
    world: World,
    about: Any,
    answer: Any,
    at: Interval,
    method: str,
    found: list[Finding],
) -> None:
    """Run rules over an answer; what they say is added to what was found."""
    for rule, held in rules:
        said = rule(world, about, answer, at)
        if said is None:
            continue
        found.append(held if said is True else broken(rule.clause, said, method))


def show(question: Any, options: tuple[str, ...], observed: str) -> Finding:
    """What an outcome shows of a reading; outside every reading it is a divergence."""
    if options:
        return Shown(question.clause, options, observed)
    said = Departure(demand=MustAnswer(property="a reading"), observed=observed, situation=observed)
    return broken(question.clause, said, "reading")


def judge_rules(*rules: Rule) -> Judge:
    """The judge that runs these rules over the whole answer."""
    run = paired(*rules)

    def judge(world: World, call: Any, answer: Any, at: Interval) -> Iterable[Finding]:
        found: list[Finding] = []
        run_rules(run, world, call, answer, at, type(call).__name__, found)
        return found

    return judge


def judge_nothing(_world: World, _call: object, _answer: object, _at: Interval) -> Iterable[Finding]:
    """The method returns nothing that could be wrong."""
    return ()


Groups = tuple[tuple[Guard, tuple[Any, ...]], ...]
"""Refusals or questions, in their order, with what guards them."""


def always_asked(_world: object, _call: object) -> bool:
    """Nothing guards it."""
    return True


def grouped(functions: tuple[Any, ...]) -> Groups:
    """Refusals or questions in their order, those that follow each other and have one guard together."""
    guarded = groupby(functions, lambda one: getattr(one, "only", always_asked))
    return tuple((guard, tuple(group)) for guard, group in guarded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the API, as the model has it. `succeeds` names the clause that a fault without reason breaks, and
    `blames` the one that alone explains it, if there is such a one; `checks` are the rules that `judge` goes through;
    `judge_fault` names the clause that a fault has kept, where it is no refusal that is sure beforehand.
    `refusal_groups` and `question_groups` are the same as `refusals` and `questions`, so that what cannot hold is not
    asked."""

    succeeds: Callable[[World, Any], str]
    advance: Callable[[World, Any, Outcome, tuple[str, ...]], World]
    refusals: tuple[Refusal, ...] = ()
    questions: tuple[Question, ...] = ()
    judge: Judge = judge_nothing
    judge_fault: Callable[[World, Any, Fault], str | None] | None = None
    blames: Callable[[World, Any, Fault], str] | None = None
    checks: tuple[Any, ...] = ()
    is_read: bool = False
    refusal_groups: Groups = field(init=False)
    question_groups: Groups = field(init=False)

    def __post_init__(self) -> None:
        """Group what is asked."""
        object.__setattr__(self, "refusal_groups", grouped(self.refusals))
        object.__setattr__(self, "question_groups", grouped(self.questions))


def always(clause: str) -> Callable[[World, Any], str]:
    """Always the same clause."""
    return lambda _world, _call: clause
