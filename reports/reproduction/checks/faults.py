"""Faults: a call must fault, or must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.model.oracle.findings import MustFault
from taskconform.model.vocabulary.plan import Bulk, Fill, Look, Together
from taskconform.reports.reproduction.checks.watch import hidden, is_update
from taskconform.reports.reproduction.literals import Lines, block, called, listed, literal
from taskconform.reports.reproduction.plans import tasks_of

if TYPE_CHECKING:
    from taskconform.model.oracle.findings import MustSucceed
    from taskconform.reports.reproduction.checks.subject import Check


def fault(check: Check, lines: Lines, demand: MustFault | MustSucceed) -> Lines:
    """Return the check that the call does, or does not, fault."""
    is_wanted = isinstance(demand, MustFault)
    if is_wanted and is_update(check):
        return hidden(check, lines)
    diverges = (
        called("lacks", "caught", *map(literal, demand.kinds)) if isinstance(demand, MustFault) else "bool(caught)"
    )
    if isinstance(check.step, Fill):
        return _fill(check.step, lines, diverges, is_wanted=is_wanted)
    if isinstance(check.step, Together):
        return _several(check, check.step, lines, diverges)
    before, tried = _tried(check, lines)
    tail = [*block("with catching() as caught:", tried or ["pass"]), "observed = told(caught)", f"shows = {diverges}"]
    return [*before, *(check.patiently(*tail) if check.trace.eventually else tail)]


def _tried(check: Check, lines: Lines) -> tuple[Lines, Lines]:
    """Return what comes before the call in question, and the call."""
    step, steps = check.step, check.steps
    if isinstance(step, Look | Bulk) or check.method == check.own_method:
        return [], lines
    reads = [steps.info(task, steps.reader(step)) for task in tasks_of(step, check.index)]
    return (lines, reads) if reads else ([], lines)


def _fill(step: Fill, lines: Lines, diverges: str, *, is_wanted: bool) -> Lines:
    """Return the check that a fill meets the limit where it should, not before."""
    held = lines[1].partition(" = ")[0].partition(",")[0]
    if step.ill_formed:
        stop = [f"    {line}" for line in block(f"if {diverges}:", ["break"])]
        return [*lines, *stop, "observed = told(caught)", f"shows = {diverges}"]
    diverges = f"len({held}) > maximum + 1" if is_wanted else f"bool(refused) and len({held}) < maximum"
    return [
        *lines,
        f'observed = f"{{len({held})}} of {{maximum}} collectors, {{kind(*refused[-1:])}} raised"',
        f"shows = {diverges}",
    ]


def _several(check: Check, step: Together, lines: Lines, diverges: str) -> Lines:
    """Return the check of one of several calls at the same time."""
    chosen = [number for number, call in enumerate(step.calls) if type(call).__name__ == check.method]
    numbers = listed(map(literal, chosen or range(len(step.calls))))
    body = [
        "caught = [error for error in [futures[number].exception()] if error]",
        f"shows = {diverges}",
        *block("if shows:", ["break"]),
    ]
    return [*lines, "caught, shows = [], False", *block(f"for number in {numbers}:", body), "observed = told(caught)"]
