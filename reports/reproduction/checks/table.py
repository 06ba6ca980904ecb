"""Every demand as the statements of a script that check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.findings import MustAnswer, MustBe, MustFault, MustHold, MustList, MustSucceed
from taskconform.reports.reproduction.checks import faults, fields, history, recent, services, watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.reports.reproduction.checks.subject import Check
    from taskconform.reports.reproduction.literals import Lines

ANSWERS: Final[dict[str, Callable[[Check, Lines, MustAnswer], Lines]]] = {
    **recent.ANSWERS,
    **history.ANSWERS,
    **watch.ANSWERS,
    **services.ANSWERS,
}
"""The check of each property that an answer must have."""

DEMANDS: Final[dict[type, Callable[[Check, Lines, Any], Lines]]] = {
    MustFault: faults.fault,
    MustSucceed: faults.fault,
    MustBe: fields.must_be,
    MustList: recent.must_list,
    MustHold: history.must_hold,
    MustAnswer: lambda check, lines, demand: ANSWERS[demand.property](check, lines, demand),
}
"""The check of each kind of demand."""


def around(check: Check, index: int) -> Lines:
    """Return the statements of a step that is not the one in question, and those that keep what the check needs."""
    steps = check.steps
    lines = [*steps.step(index), *history.kept(check, index), *services.kept(check, index)]
    return [*check.clocked(index, steps.tolerated(index, lines)), *check.read_before(index)]


def shown(check: Check) -> Lines:
    """Return the statements of the step in question, and those that tell if the divergence shows."""
    lines = check.steps.step(check.index)
    if check.method != check.own_method:
        lines = check.steps.tolerated(check.index, lines)
    return DEMANDS[type(check.demand)](check, lines, check.demand)
