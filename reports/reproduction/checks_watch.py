"""What is asked of views and of update sets, as the check of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, Place
from taskconform.model.vocabulary.plan import Act
from taskconform.reports.reproduction.watch import calculation, is_wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.findings import MustAnswer
    from taskconform.reports.reproduction.checks import Checks
    from taskconform.reports.reproduction.text import Lines


def is_update(checks: Checks) -> bool:
    """Whether the demand is about what a wait delivered, and not about whether it was refused."""
    return is_wait(checks.step) and f"{checks.method}.value" in checks.trace.signature and bool(checks.trace.method)


def _sets(checks: Checks, lines: Lines) -> Lines:
    """The step, and all update sets of the calculation that it ends."""
    return [*lines, f"sets = {calculation(checks.steps, checks.index)}"] if is_wait(checks.step) else ["sets = []"]


def _checked(checks: Checks, lines: Lines, *tail: str) -> Lines:
    return checks.patiently([*_sets(checks, lines), *tail])


# --- update sets ------------------------------------------------------------------------------------------------------


def hidden(checks: Checks, lines: Lines) -> Lines:
    """The state of a task that the session may not read is delivered."""
    steps = checks.steps
    tasks = [
        steps.ref(Made(step=index))
        for index, step in enumerate(checks.trace.plan)
        if isinstance(step, Act) and isinstance(step.call, c.CreateTask) and _is_hidden(step.call.obj)
    ]
    states = f"states = [state for task in [{', '.join(tasks)}] for state in {steps.part('states_of')}(sets, task)]"
    return [
        *_sets(checks, lines),
        states,
        'observed = f"{len(states)} states of tasks that the session may not read"',
        "shows = bool(states)",
    ]


def _is_hidden(obj: object) -> bool:
    """Whether an object is one that the restricted user may not see."""
    return isinstance(obj, Place) and obj.role == "hidden"


def _states(checks: Checks, task: object) -> str:
    """The statement that sets `states` to those that a task was assigned."""
    return f"states = {checks.steps.part('states_of')}(sets, {checks.steps.ref(task)})"


def _delivers(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    task, state = demand.value
    observed = 'observed = f"the states delivered: {states}"'
    return _checked(checks, lines, _states(checks, task), observed, f'shows = states[-1:] != ["{state}"]')


def _true_state(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    task, allowed = demand.value
    observed = 'observed = f"the states delivered: {states}"'
    shows = "shows = bool(states)" if not allowed else f"shows = not set(states) <= {{{_strings(allowed)}}}"
    return _checked(checks, lines, _states(checks, task), observed, shows)


def _strings(values: tuple[str, ...]) -> str:
    return ", ".join(f'"{value}"' for value in values)


def _not_left(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    updates = f"{checks.steps.part('updates_of')}(sets, {checks.steps.ref(demand.value)})"
    kinds = f"kinds = [str(update.kind) for update in {updates}]"
    return _checked(checks, lines, kinds, 'observed = f"updates: {kinds}"', 'shows = "leave" in kinds')


def _not_watched(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    observed = 'observed = f"the states delivered: {states}"'
    return _checked(checks, lines, _states(checks, demand.value), observed, "shows = bool(states)")


def _missing(checks: Checks, lines: Lines, demand: MustAnswer, *, wanted: bool) -> Lines:
    steps = checks.steps
    task = f"{steps.part('value_of')}({steps.ref(demand.value)})"
    return _checked(
        checks,
        lines,
        f"missing = {steps.part('missing_in')}(sets)",
        'observed = f"reported as missing: {missing}"',
        f"shows = {task} {'not in' if wanted else 'in'} missing",
    )


def _null(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    return _checked(checks, lines, 'observed = f"{len(sets)} update sets"', "shows = bool(sets)")


def _page_changed(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    steps = checks.steps
    updates = f"{steps.part('updates_of')}(sets, {steps.ref(_watched(checks))})"
    return _checked(
        checks,
        lines,
        f"paths = [change.name for update in {updates} for change in update.changeSet]",
        'observed = f"changes of {paths}"',
        'shows = not any(path.startswith("latestPage") for path in paths)',
    )


def _watched(checks: Checks) -> object:
    """What the property collector in question watches first."""
    collector = getattr(getattr(checks.step, "call", checks.step), "collector", None)
    for step in checks.trace.plan:
        call = getattr(step, "call", None)
        if isinstance(call, c.CreateFilter) and call.collector == collector and call.watched:
            return call.watched[0]
    return collector


# --- references -------------------------------------------------------------------------------------------------------


def _holds(checks: Checks, lines: Lines, demand: MustAnswer, *, wanted: bool) -> Lines:
    steps = checks.steps
    value = steps.part("value_of")
    return [
        *lines,
        f"values = [{value}(ref) for ref in refs or []]",
        'observed = f"the answer holds {values}"',
        f"shows = {value}({steps.ref(demand.value)}) {'not in' if wanted else 'in'} values",
    ]


ANSWERS: Final[dict[str, Callable[[Checks, Lines, MustAnswer], Lines]]] = {
    "delivers": _delivers,
    "true state": _true_state,
    "not left": _not_left,
    "not watched": _not_watched,
    "reports missing": lambda checks, lines, demand: _missing(checks, lines, demand, wanted=True),
    "not missing": lambda checks, lines, demand: _missing(checks, lines, demand, wanted=False),
    "null": _null,
    "latest page changed": _page_changed,
    "holds": lambda checks, lines, demand: _holds(checks, lines, demand, wanted=True),
    "does not hold": lambda checks, lines, demand: _holds(checks, lines, demand, wanted=False),
}
"""The check of each property."""
