"""What is asked of recentTask and of other answers of the TaskManager, as the check of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.plan import Look
from taskconform.reports.reproduction.steps import reader_of, tasks_of
from taskconform.reports.reproduction.text import Lines, block

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.findings import MustAnswer, MustList
    from taskconform.reports.reproduction.checks import Checks

PRUNING: Final = frozenset({"recent.aged", "recent.cap", "recent.defaults"})
"""Clauses after which a completed task may still be listed for a while: the script looks again, for 60 seconds."""


def must_list(checks: Checks, lines: Lines, demand: MustList) -> Lines:
    """RecentTask must, or must not, hold the task."""
    steps, subject = checks.steps, checks.subject
    session = checks.step.session if isinstance(checks.step, Look) else c.MAIN
    again = f"recent = {steps.call(c.ReadRecentTask(session=session))}"
    if not steps.recent:
        lines = [*lines, again]
        steps.recent = "recent"
    task = steps.ref(subject)
    refs = _refs(checks)
    listed = f"listed = {task}._GetMoId() in [task._GetMoId() for task in {refs}]"
    size = f"len({refs.strip('()')})"
    rest = f"{{'is' if listed else 'is not'}} listed, among {{{size}}}"
    if demand.present:
        state = f"state = {steps.info(subject, c.MAIN)}.state"
        return [*lines, listed, state, f'observed = f"the task ({{state}}) {rest}"', "shows = not listed"]
    lines = [*lines, listed]
    if checks.trace.clause in PRUNING:
        steps.imports.add("time")
        loop = ["time.sleep(1)", again.replace("recent =", f"{steps.recent} ="), listed]
        lines.append("deadline = time.monotonic() + 65")
        lines += block("while listed and time.monotonic() < deadline:", loop)
    return [*lines, f'observed = f"the task {rest}"', "shows = listed"]


def _refs(checks: Checks) -> str:
    """The list that was read last. WaitForUpdatesEx may not have given one."""
    recent = checks.steps.recent or "recent"
    return recent if recent == "recent" else f"({recent} or [])"


def _again(checks: Checks) -> Lines:
    """A read of recentTask, if no step has made one."""
    return [] if checks.steps.recent else [f"recent = {checks.steps.call(c.ReadRecentTask(session=c.MAIN))}"]


def _no_duplicates(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    values = f"values = [{checks.steps.part('value_of')}(ref) for ref in {_refs(checks)}]"
    seen = 'observed = f"{len(values)} references, {len(set(values))} different"'
    return [*lines, *_again(checks), values, seen, "shows = len(set(values)) < len(values)"]


def _only_tasks(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    kinds = f"kinds = {{{checks.steps.part('kind')}(ref) for ref in {_refs(checks)}}}"
    seen = "observed = f\"references to {', '.join(sorted(kinds))}\""
    return [*lines, *_again(checks), kinds, seen, 'shows = bool(kinds - {"Task"})']


def _full_value(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    recent = checks.steps.recent or "recent"
    seen = f'observed = "no value" if {recent} is None else "a value"'
    return [*lines, *_again(checks), seen, f"shows = {recent} is None"]


def _maximum(checks: Checks, lines: Lines) -> Lines:
    """The step, and a read of maxCollector, unless the step is one."""
    if any(line.startswith("maximum = ") for line in lines):
        return lines
    return [*lines, f"maximum = {checks.steps.call(c.ReadMaxCollector(session=c.MAIN))}"]


def _positive(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    return [*_maximum(checks, lines), "observed = maximum", "shows = not maximum or maximum < 1"]


def _constant(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    checks.steps.setup.append(f"first = {checks.steps.call(c.ReadMaxCollector(session=c.MAIN))}")
    return [*_maximum(checks, lines), "observed = maximum", "shows = maximum != first"]


def _absent(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    """The refusal stands in missingSet: the retrieve itself must not fault."""
    steps = checks.steps
    steps.imports |= {"pyVmomi:vmodl"}
    session = steps.session(reader_of(checks.step))
    obj, path = _property(checks)
    steps.parts |= {"retrieve", "kind"}
    return [
        *([] if checks.method.startswith(("Read", "Wait")) else lines),
        "fault = None",
        *block("try:", [f'retrieve({session}, {obj}, "{path}")']),
        *block("except vmodl.MethodFault as caught:", ["fault = caught"]),
        'observed = f"a method fault: {kind(fault)}" if fault else "an answer"',
        "shows = fault is not None",
    ]


_PROPERTIES: Final[dict[type, tuple[str, str]]] = {
    c.ReadMaxCollector: ("taskManager", "maxCollector"),
    c.ReadDescription: ("taskManager", "description"),
    c.ReadExtensionList: ("extensionManager", "extensionList"),
    c.ReadCollectorFilter: ("collector", "filter"),
    c.ReadLatestPage: ("collector", "latestPage"),
    c.ReadView: ("view", "view"),
}
"""The object, or the argument that names it, and the path of what each read reads."""


def _property(checks: Checks) -> tuple[str, str]:
    """The object and the path that the step in question reads."""
    tasks = tasks_of(checks.step, checks.index)
    if tasks:
        return checks.steps.ref(tasks[0]), "info"
    call = getattr(checks.step, "call", None)
    owner, path = _PROPERTIES.get(type(call), ("taskManager", "recentTask"))
    named = getattr(call, owner, None)
    return (checks.steps.ref(named) if named is not None else f"main.{owner}"), path


def _unused(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    """The new task's key and reference are nobody else's."""
    checks.steps.part("value_of")
    return [
        *lines,
        "keys = [info.key for info in CREATED]",
        "tasks = [value_of(info.task) for info in CREATED]",
        'observed = f"keys {keys[-3:]}, tasks {tasks[-3:]}, the new one last"',
        "shows = not all(keys) or len(set(keys)) < len(keys) or len(set(tasks)) < len(tasks)",
    ]


def _nothing_created(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    """No task of our types stands in recentTask that no CreateTask returned."""
    steps = checks.steps
    steps.part("value_of")
    listed = steps.call(c.ReadRecentTask(session=c.MAIN))
    return [
        *lines,
        "known = {value_of(info.task) for info in CREATED}",
        f"strangers = [task for task in {listed} if value_of(task) not in known]",
        f"types = [{steps.read(c.MAIN, 'task', 'info')}.descriptionId for task in strangers]",
        "phantoms = [each for each in types if each.startswith(key)]",
        'observed = f"{len(phantoms)} tasks that no CreateTask returned"',
        "shows = bool(phantoms)",
    ]


ANSWERS: Final[dict[str, Callable[[Checks, Lines, MustAnswer], Lines]]] = {
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
