"""Checks of recentTask and of other answers of the TaskManager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.plan import Look
from taskconform.reports.reproduction.literals import Lines, block
from taskconform.reports.reproduction.plans import reader_of, tasks_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.findings import MustAnswer, MustList
    from taskconform.reports.reproduction.checks.subject import Check

PRUNING: Final = frozenset({"recent.aged", "recent.cap", "recent.defaults"})
"""Clauses by which a completed task may stay listed for a while: the script looks again, for 65 seconds."""


# --- recentTask -------------------------------------------------------------------------------------------------------


def must_list(check: Check, lines: Lines, demand: MustList) -> Lines:
    """Return the check that recentTask holds, or does not hold, the task."""
    steps, subject = check.steps, check.subject
    session = check.step.session if isinstance(check.step, Look) else c.MAIN
    again = steps.call(c.ReadRecentTask(session=session))
    if not steps.recent:
        lines = [*lines, f"recent = {again}"]
    recent = steps.recent or "recent"
    listed = f"listed = is_listed({steps.ref(subject)}, {recent})"
    size = "len(recent)" if recent == "recent" else f"len({recent} or [])"
    rest = f"{{'is' if listed else 'is not'}} listed, among {{{size}}}"
    if demand.present:
        state = f"state = {steps.info(subject, c.MAIN)}.state"
        return [*lines, listed, state, f'observed = f"the task ({{state}}) {rest}"', "shows = not listed"]
    lines = [*lines, listed]
    if check.trace.clause in PRUNING:
        turn = [f"{recent} = {again}", listed, *block("if not listed:", ["break"])]
        lines += block("for _ in patience(65, every=1):", turn)
    return [*lines, f'observed = f"the task {rest}"', "shows = listed"]


def _recent(check: Check, lines: Lines) -> tuple[Lines, str]:
    """Return the step, with a read of recentTask if no step has made one, and the list that was read last."""
    if check.steps.recent:
        return lines, check.steps.recent
    return [*lines, f"recent = {check.steps.call(c.ReadRecentTask(session=c.MAIN))}"], "recent"


def _no_duplicates(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    lines, recent = _recent(check, lines)
    values = f"values = [value_of(ref) for ref in {recent} or []]"
    seen = 'observed = f"{len(values)} references, {len(set(values))} different"'
    return [*lines, values, seen, "shows = len(set(values)) < len(values)"]


def _only_tasks(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    lines, recent = _recent(check, lines)
    kinds = f"kinds = sorted({{kind(ref) for ref in {recent} or []}})"
    return [*lines, kinds, 'observed = f"references to {kinds}"', 'shows = kinds not in ([], ["Task"])']


def _full_value(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    lines, recent = _recent(check, lines)
    return [*lines, f'observed = "no value" if {recent} is None else "a value"', f"shows = {recent} is None"]


def _unused(_check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    """Check that no other task has the key or the reference of the new one."""
    return [
        *lines,
        "keys = [info.key for info in CREATED]",
        "tasks = [value_of(info.task) for info in CREATED]",
        'observed = f"keys {keys[-3:]}, tasks {tasks[-3:]}, the new one last"',
        "shows = not all(keys) or len(set(keys)) < len(keys) or len(set(tasks)) < len(tasks)",
    ]


def _nothing_created(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    """Check that recentTask holds no task of our types that no CreateTask returned."""
    listed = check.steps.call(c.ReadRecentTask(session=c.MAIN))
    return [
        *lines,
        "known = {value_of(info.task) for info in CREATED}",
        f"strangers = [task for task in {listed} if value_of(task) not in known]",
        f"types = [{check.steps.read(c.MAIN, 'task', 'info')}.descriptionId for task in strangers]",
        "phantoms = [each for each in types if each.startswith(key)]",
        'observed = f"{len(phantoms)} tasks that no CreateTask returned"',
        "shows = bool(phantoms)",
    ]


# --- maxCollector -----------------------------------------------------------------------------------------------------


def _maximum(check: Check, lines: Lines) -> Lines:
    """Return the step, and a read of maxCollector, unless the step is one."""
    if any(line.startswith("maximum = ") for line in lines):
        return lines
    return [*lines, f"maximum = {check.steps.call(c.ReadMaxCollector(session=c.MAIN))}"]


def _positive(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    return [*_maximum(check, lines), "observed = maximum", "shows = not maximum or maximum < 1"]


def _constant(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    check.steps.setup.append(f"first = {check.steps.call(c.ReadMaxCollector(session=c.MAIN))}")
    return [*_maximum(check, lines), "observed = maximum", "shows = maximum != first"]


# --- missingSet -------------------------------------------------------------------------------------------------------


def _absent(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    """Check that the retrieve itself does not fault: the fault stands in missingSet."""
    session = check.steps.session(reader_of(check.step))
    obj, path = _property(check)
    return [
        *([] if check.method.startswith(("Read", "Wait")) else lines),
        *block("with catching() as caught:", [f'retrieve({session}, {obj}, "{path}")']),
        'observed = told(caught) if caught else "an answer"',
        "shows = bool(caught)",
    ]


_PROPERTIES: Final[dict[type, tuple[str, str]]] = {
    c.ReadMaxCollector: ("taskManager", "maxCollector"),
    c.ReadDescription: ("taskManager", "description"),
    c.ReadExtensionList: ("extensionManager", "extensionList"),
    c.ReadCollectorFilter: ("collector", "filter"),
    c.ReadLatestPage: ("collector", "latestPage"),
    c.ReadView: ("view", "view"),
}
"""The object, or the argument that names it, and the property of each read."""


def _property(check: Check) -> tuple[str, str]:
    """Return the object and the path that the step in question reads."""
    tasks = tasks_of(check.step, check.index)
    if tasks:
        return check.steps.ref(tasks[0]), "info"
    call = getattr(check.step, "call", None)
    owner, path = _PROPERTIES.get(type(call), ("taskManager", "recentTask"))
    named = getattr(call, owner, None)
    return (check.steps.ref(named) if named is not None else f"main.{owner}"), path


ANSWERS: Final[dict[str, Callable[[Check, Lines, MustAnswer], Lines]]] = {
    "no duplicates": _no_duplicates,
    "only tasks": _only_tasks,
    "positive": _positive,
    "constant": _constant,
    "absent": _absent,
    "unused": _unused,
    "nothing created": _nothing_created,
    "full value": _full_value,
}
"""The check of each property."""
