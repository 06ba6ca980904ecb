"""Checks of views and of update sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, Place
from taskconform.model.vocabulary.plan import Act, Follow
from taskconform.reports.reproduction.literals import as_set, listed, literal
from taskconform.reports.reproduction.steps import sets_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.findings import MustAnswer
    from taskconform.reports.reproduction.checks.subject import Check
    from taskconform.reports.reproduction.literals import Lines

DELIVERED: Final = 'observed = f"the states delivered: {states}"'


# --- update sets ------------------------------------------------------------------------------------------------------


def _is_wait(step: object) -> bool:
    """Return true if a step waits for updates."""
    return isinstance(step, Follow) or (
        isinstance(step, Act) and isinstance(step.call, c.WaitForUpdatesEx | c.BreakOffWait)
    )


def is_update(check: Check) -> bool:
    """Return true if the demand is about what a wait delivered, and not about its fault."""
    return _is_wait(check.step) and f"{check.method}.value" in check.trace.signature and bool(check.trace.method)


def _calculation(check: Check, index: int) -> str:
    """Return all update sets of the calculation that a step's wait ends: its own, and those of the waits before it
    whose last set was truncated."""
    step = check.trace.plan[index]
    given = step.version if isinstance(step, Follow) else getattr(getattr(step, "call", None), "version", "")
    own = sets_of(check.steps, index)
    if not isinstance(given, Made) or not _is_wait(check.trace.plan[given.step]):
        return own
    return f"joined({_calculation(check, given.step)}, {own})"


def _sets(check: Check, lines: Lines) -> Lines:
    """Return the step, and all update sets of the calculation that it ends."""
    return [*lines, f"sets = {_calculation(check, check.index)}"] if _is_wait(check.step) else ["sets = []"]


def _checked(check: Check, lines: Lines, *tail: str) -> Lines:
    return check.patiently(*_sets(check, lines), *tail)


def hidden(check: Check, lines: Lines) -> Lines:
    """Return the check that no state of a task is delivered that the session may not read."""
    tasks = listed(
        check.steps.ref(Made(step=index))
        for index, step in enumerate(check.trace.plan)
        if isinstance(step, Act) and isinstance(step.call, c.CreateTask) and _is_hidden(step.call.obj)
    )
    return [
        *_sets(check, lines),
        f"states = [state for task in {tasks} for state in states_of(sets, task)]",
        'observed = f"{len(states)} states of tasks that the session may not read"',
        "shows = bool(states)",
    ]


def _is_hidden(obj: object) -> bool:
    """Return true for an object that the restricted user may not see."""
    return isinstance(obj, Place) and obj.role == "hidden"


def _states(check: Check, task: object) -> str:
    """Return the statement that sets `states` to those that a task was assigned."""
    return f"states = states_of(sets, {check.steps.ref(task)})"


def _delivers(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    task, state = demand.value
    return _checked(check, lines, _states(check, task), DELIVERED, f"shows = states[-1:] != {literal([state])}")


def _true_state(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    task, allowed = demand.value
    shows = f"shows = not set(states) <= {as_set(map(literal, allowed))}" if allowed else "shows = bool(states)"
    return _checked(check, lines, _states(check, task), DELIVERED, shows)


def _not_left(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    updates = f"updates_of(sets, {check.steps.ref(demand.value)})"
    kinds = f"kinds = [str(update.kind) for update in {updates}]"
    return _checked(check, lines, kinds, 'observed = f"updates: {kinds}"', 'shows = "leave" in kinds')


def _not_watched(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    return _checked(check, lines, _states(check, demand.value), DELIVERED, "shows = bool(states)")


def _missing(check: Check, lines: Lines, demand: MustAnswer, *, wanted: bool) -> Lines:
    return _checked(
        check,
        lines,
        "missing = missing_in(sets)",
        'observed = f"reported as missing: {missing}"',
        f"shows = value_of({check.steps.ref(demand.value)}) {'not in' if wanted else 'in'} missing",
    )


def _null(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    return _checked(check, lines, 'observed = f"{len(sets)} update sets"', "shows = bool(sets)")


def _most(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    return _checked(
        check,
        lines,
        "counts = [sum(len(one.objectSet or []) for one in found.filterSet or []) for found in sets]",
        'observed = f"update sets of {counts} updates"',
        f"shows = any(count > {literal(demand.value)} for count in counts)",
    )


def _goes_on(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    return _checked(
        check,
        lines,
        "stale = stale_sets(sets)",
        'observed = f"{stale} truncated sets in a row that say nothing new"',
        f"shows = stale >= {literal(demand.value)}",
    )


def _page_changed(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    updates = f"updates_of(sets, {check.steps.ref(_watched(check))})"
    return _checked(
        check,
        lines,
        f"paths = [change.name for update in {updates} for change in update.changeSet]",
        'observed = f"changes of {paths}"',
        'shows = not any(path.startswith("latestPage") for path in paths)',
    )


def _watched(check: Check) -> object:
    """Return the first object that the property collector in question watches."""
    collector = getattr(getattr(check.step, "call", check.step), "collector", None)
    for step in check.trace.plan:
        call = getattr(step, "call", None)
        if isinstance(call, c.CreateFilter) and call.collector == collector and call.watched:
            return call.watched[0]
    return collector


# --- references -------------------------------------------------------------------------------------------------------


def _holds(check: Check, lines: Lines, demand: MustAnswer, *, wanted: bool) -> Lines:
    return [
        *lines,
        "values = [value_of(ref) for ref in refs or []]",
        'observed = f"the answer holds {values}"',
        f"shows = value_of({check.steps.ref(demand.value)}) {'not in' if wanted else 'in'} values",
    ]


ANSWERS: Final[dict[str, Callable[[Check, Lines, MustAnswer], Lines]]] = {
    "delivers": _delivers,
    "true state": _true_state,
    "not left": _not_left,
    "not watched": _not_watched,
    "reports missing": lambda check, lines, demand: _missing(check, lines, demand, wanted=True),
    "not missing": lambda check, lines, demand: _missing(check, lines, demand, wanted=False),
    "null": _null,
    "updates at most": _most,
    "goes on": _goes_on,
    "latest page changed": _page_changed,
    "holds": lambda check, lines, demand: _holds(check, lines, demand, wanted=True),
    "does not hold": lambda check, lines, demand: _holds(check, lines, demand, wanted=False),
}
"""The check of each property."""
