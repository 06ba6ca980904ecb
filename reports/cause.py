"""Causes: divergences that most probably come from one defect stand in one group, under one headline.

The law of this file: a group is made from the shrunk traces alone, by three rules, so that a run, `judge` and `merge`
come to the same groups, and anybody can see why two divergences stand together. They do where their traces

- show it at the same call, in the same way (the `call`, and the condition on its answer), or
- show it in the same way, of the same clause, at other calls, or
- have the same steps, and one of them tells that the last one faults, or does not, against the text: what such a step
  leaves behind vanishes with it as soon as it is changed.

A group is a guess at the cause, and says so.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.findings import MustBe, MustFault, MustHold, MustList, MustSucceed
from taskconform.model.vocabulary.plan import Act
from taskconform.reports.document import Group
from taskconform.reports.trace import expected
from taskconform.reports.wording import area_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from taskconform.model.vocabulary.plan import Plan
    from taskconform.reports.document import ClauseResult, DivergenceResult
    from taskconform.reports.trace import Trace

Words = tuple[str, ...]

WHOLE_FILTERS: Final = frozenset({"only matching", "the filter given"})
"""Demands on a collector's filter: one that is ignored reads as another one, and excludes nothing."""

_DUE: Final = {
    "only matching": "a collector does not filter as it was asked to",
    "delivers": "{0} does not deliver a change that is due",
    "true state": "{0} delivers a state that the task did not have",
    "in order": "a collector gives items out of order",
    "once": "a collector gives an item more than once",
}
"""Headlines by what an answer had to satisfy."""


_TRAILING: Final = re.compile(r"^(\w+\.value):(?!lacks$|holds what does not match$).*$")
"""Details after a value, which tell divergences of one clause apart, not causes."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The way in which a trace shows its divergence: the `call` at whose answer, and the `words` of what is wrong with
    that. `of_fault`: the call faults, or does not, against the text."""

    call: str
    words: Words
    headline: str
    of_fault: bool = False


def condition(trace: Trace) -> Condition:
    """Read off a trace in which way it shows its divergence."""
    demand, call = trace.demand, trace.signature.removeprefix(f"{trace.clause}:").partition(".")[0]
    if isinstance(demand, MustFault):
        due, came = " or ".join(sorted(demand.kinds)), trace.observed.partition(",")[0]
        said = "succeeds" if came == "success" else f"faults with {came}"
        return Condition(call, ("fault", due, came), f"{call} {said} where {due} is due", of_fault=True)
    if isinstance(demand, MustSucceed):
        came = trace.observed.partition(",")[0]
        return Condition(call, ("success", came), f"{call} faults with {came} where nothing allows it", of_fault=True)
    if isinstance(demand, MustBe):
        step = trace.plan[trace.step]
        at = type(step.call).__name__ if isinstance(step, Act) else call
        return Condition(at, ("field", demand.field), f"{demand.field} is wrong after {at}")
    if isinstance(demand, MustList):
        said = "lacks a task that it has to hold" if demand.present else "holds a task that it must not"
        return Condition(call, ("list", str(demand.present)), f"{call} {said}")
    if isinstance(demand, MustHold):
        said = "lacks a task that it has to hold" if demand.present else "holds a task that it must not"
        return Condition("collector", ("held", str(demand.present)), f"a collector {said}")
    if demand.property in WHOLE_FILTERS:
        return Condition("collector", ("filter",), _DUE["only matching"])
    told = _DUE[demand.property].format(call) if demand.property in _DUE else f"{call}: expected {expected(trace)}"
    return Condition(call, ("answer", demand.property), told)


def cause_of(trace: Trace | None) -> str:
    """Say what a trace shows, in the words of a headline; nothing without one."""
    return condition(trace).headline if trace is not None else ""


def kind_of(signature: str) -> str:
    """Tell at which answer a divergence shows, and how, from its signature alone: the area of its clause, and the words
    after it."""
    clause, _, shows = signature.partition(":")
    place = _TRAILING.sub(r"\1", shows)
    return f"{area_of(clause)}: {place}"


def _kin(trace: Trace) -> Iterator[Words]:
    """Yield what a divergence shares with those of its group: any of these is enough."""
    how = condition(trace)
    yield ("at", how.call, *how.words)
    yield ("of", trace.clause, *how.words)


def grouped(traces: Mapping[str, Trace], clauses: Sequence[ClauseResult]) -> list[Group]:
    """Group the divergences of a report: those with clauses that must hold first, then the largest, then by signature.
    One without a trace is a group of its own."""
    found = [one.signature for clause in clauses for one in clause.divergences]
    heads: dict[str, str] = {one: one for one in found}

    def head(one: str) -> str:
        while heads[one] != one:
            one = heads[one]
        return one

    firsts: dict[Words, str] = {}
    for one in found:
        for shared in _kin(traces[one]) if one in traces else ():
            heads[head(one)] = head(firsts.setdefault(shared, one))
    for one, other in _faulty_alike(found, traces):
        heads[head(one)] = head(other)
    groups: dict[str, list[str]] = {}
    for one in found:
        groups.setdefault(head(one), []).append(one)
    levels = {one.signature: clause.level for clause in clauses for one in clause.divergences}
    ordered = sorted(
        groups.values(), key=lambda group: (min("MSQ".index(levels[one]) for one in group), -len(group), min(group))
    )
    told = {one.signature: one for clause in clauses for one in clause.divergences}
    return [Group(headline=_headline(group, traces, told), signatures=group) for group in ordered]


def _faulty_alike(found: Sequence[str], traces: Mapping[str, Trace]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of divergences that the same steps show, one of which is a fault that is due or must not be."""
    by_steps: dict[Plan, list[str]] = {}
    for one in found:
        if one in traces:
            by_steps.setdefault(traces[one].plan, []).append(one)
    for alike in by_steps.values():
        faulty = [one for one in alike if condition(traces[one]).of_fault]
        yield from ((one, faulty[0]) for one in alike if faulty and one != faulty[0])


def _headline(group: Sequence[str], traces: Mapping[str, Trace], told: Mapping[str, DivergenceResult]) -> str:
    """Say what the divergences of a group have in common: what most of them show; of one alone, its own words."""
    headlines = Counter(condition(traces[one]).headline for one in group if one in traces)
    if not headlines:
        return told[group[0]].summary
    most = max(headlines.values())
    return min((one for one, times in headlines.items() if times == most), key=lambda one: (len(one), one))
