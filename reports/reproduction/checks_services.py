"""What is asked of extensions, of descriptions, and of what started tasks, as the check of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.plan import Act
from taskconform.reports.reproduction.checks_history import is_page_read, items
from taskconform.reports.reproduction.services import named
from taskconform.reports.reproduction.steps import tasks_of
from taskconform.reports.reproduction.text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.findings import MustAnswer
    from taskconform.reports.reproduction.checks import Checks
    from taskconform.reports.reproduction.text import Lines


# --- extensions -------------------------------------------------------------------------------------------------------


def _extension(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    key, version, ids = demand.value
    conditions = ["extension is None", f"extension.key != {checks.steps.text(key)}"]
    if version is not None:
        conditions.append(f"extension.version != {quoted(version)}")
    if ids is not None:
        conditions.append(f"{{each.taskID for each in extension.taskList}} != set({checks.steps.texts(ids)})")
    observed = (
        "observed = extension and "
        "f\"version {extension.version}, task types {', '.join(each.taskID for each in extension.taskList)}\""
    )
    return checks.patiently([*lines, observed, f"shows = {' or '.join(conditions)}"])


def _no_extension(checks: Checks, lines: Lines, _demand: MustAnswer) -> Lines:
    observed = 'observed = "nothing" if extension is None else f"an extension of version {extension.version}"'
    return checks.patiently([*lines, observed, "shows = extension is not None"])


def _listed(checks: Checks, lines: Lines, demand: MustAnswer, *, wanted: bool) -> Lines:
    keys = "keys = [each.key for each in extensions]"
    shows = f"shows = {checks.steps.text(demand.value)} {'not in' if wanted else 'in'} keys"
    return checks.patiently([*lines, keys, 'observed = f"the extensions {keys}"', shows])


# --- descriptions -----------------------------------------------------------------------------------------------------


def _is_read(step: object) -> bool:
    """Whether a step reads the description."""
    return isinstance(step, Act) and isinstance(step.call, c.ReadDescription)


def _locale(checks: Checks, step: object) -> object:
    """The locale that the session which makes a step asked for."""
    session = step.call.session if isinstance(step, Act) else c.MAIN
    logins = [
        one.call
        for one in checks.trace.plan
        if isinstance(one, Act) and isinstance(one.call, c.Login) and one.call.session == session
    ]
    return logins[-1].locale if logins else None


def _compared(checks: Checks) -> int | None:
    """The step whose description the one in question is compared with: the last in the same locale, or in another
    one."""
    kind = getattr(checks.demand, "property", "")
    if kind not in {"an entry", "same keys"}:
        return None
    mine = _locale(checks, checks.step)
    for index in reversed(range(checks.index)):
        step = checks.trace.plan[index]
        if _is_read(step) and (_locale(checks, step) == mine) == (kind == "an entry"):
            return index
    return None


def kept(checks: Checks, index: int) -> Lines:
    """The statement that keeps what a step read for the check."""
    return ["before = description"] if index == _compared(checks) else []


def _entries(name: str, of: str = "description") -> str:
    """The entries of one list."""
    return f"({of}.{name} if {of} else [])"


def _keys(name: str) -> str:
    """The statement that sets `keys` to those of one list."""
    return f"keys = [each.key for each in {_entries(name)}]"


def _one_entry_each(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    name, wanted = demand.value
    departs = "> 1" if name == "methodInfo" else "!= 1"
    counts = f"counts = {{each: keys.count(each) for each in {checks.steps.texts(wanted)}}}"
    shows = f"shows = any(count {departs} for count in counts.values())"
    return [*lines, _keys(name), counts, f'observed = f"entries of {name}: {{counts}}"', shows]


def _has_entries(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    name, wanted = demand.value
    lacking = f"lacking = set({checks.steps.texts(wanted)}) - set(keys)"
    observed = f'observed = f"{name} has no entry for {{sorted(lacking)}}"'
    return checks.patiently([*lines, _keys(name), lacking, observed, "shows = bool(lacking)"])


def _whole_entry(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    name, key, _ = demand.value
    odd = f"odd = [each for each in {_entries(name)} if each.key == {checks.steps.text(key)}"
    return [
        *lines,
        f"{odd} and not (each.key and each.label and each.summary)]",
        'observed = f"{len(odd)} such entries that lack a part"',
        "shows = bool(odd)",
    ]


def _an_entry(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    name, key, label, summary = demand.value
    of_key = f"if each.key == {checks.steps.text(key)}]"
    literal = "[]" if label is None else f"[({quoted(label)}, {quoted(summary)})]"
    is_kept = _compared(checks) is not None
    then = f"[(each.label, each.summary) for each in {_entries(name, 'before')} {of_key}" if is_kept else literal
    return [
        *lines,
        f"then = {then}",
        f"texts = [(each.label, each.summary) for each in {_entries(name)} {of_key}",
        'observed = f"{texts}, before {then}"',
        "shows = texts != then",
    ]


def _same_keys(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    name, wanted = demand.value
    is_kept = _compared(checks) is not None
    then = f"{{each.key for each in {_entries(name, 'before')}}}" if is_kept else f"set({checks.steps.texts(wanted)})"
    return [*lines, _keys(name), f"then = {then}", 'observed = f"keys {keys}"', "shows = set(keys) != then"]


# --- what started a task ----------------------------------------------------------------------------------------------


def _infos(checks: Checks, lines: Lines) -> Lines:
    """The step, and `items`: all TaskInfos that it read."""
    if is_page_read(checks.step):
        return [*lines, *items(checks)]
    reads = [checks.steps.info(task, checks.steps.reader(checks.step)) for task in tasks_of(checks.step, checks.index)]
    return [*lines, f"items = [{', '.join(reads)}]"]


def _started(checks: Checks, kind: str, given: tuple[object, ...]) -> str:
    """The condition under which a reason is not the one of what the plan made."""
    steps = checks.steps
    value = steps.part("value_of")
    made = next(
        (
            checks.trace.symbols[each.value]
            for each in given
            if isinstance(each, ObjectRef) and each.value in checks.trace.symbols
        ),
        None,
    )
    maker = checks.trace.plan[made.step] if made is not None else None
    call = getattr(maker, "call", None)
    wrong = [f'{steps.part("kind")}(reason) != "{kind}"']
    if isinstance(call, c.CreateScheduledTask):
        wrong.append(f"reason.name != {named(call.name)}")
        wrong.append(f"{value}(reason.scheduledTask) != {value}({steps.ref(made)})")
    elif isinstance(call, c.CreateAlarm):
        wrong.append(f"{value}(reason.alarm) != {value}({steps.ref(made)})")
        wrong.append(f"{value}(reason.entity) != {value}({steps.ref(call.entity)})")
        wrong.append(f"reason.alarmName != {named(call.name)}")
    return " or ".join(wrong)


def _reason(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    description_id, kind, *given = demand.value
    steps = checks.steps
    value = steps.part("value_of")
    wrong = _started(checks, kind, tuple(given))
    return checks.patiently(
        [
            *_infos(checks, lines),
            f"ours = {{{value}(info.task) for info in CREATED}}",
            f"others = [item for item in items if {value}(item.task) not in ours]",
            f"reasons = [item.reason for item in others if item.descriptionId == {steps.text(description_id)}]",
            f"observed = [{steps.part('kind')}(reason) for reason in reasons]",
            f"shows = any({wrong} for reason in reasons)",
        ]
    )


def _task_event(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    keys = "keys = [event.info.key for event in events]"
    observed = 'observed = f"{len(events)} TaskEvents, of the tasks {keys}"'
    return checks.patiently([*lines, keys, observed, f"shows = {checks.steps.key(demand.value)} not in keys"])


def _queued_task_event(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    of_task = f"if event.info.key == {checks.steps.key(demand.value)}]"
    states = f"states = [str(event.info.state) for event in events {of_task}"
    shows = 'shows = any(state != "queued" for state in states)'
    return checks.patiently([*lines, states, 'observed = f"the states of its TaskEvents: {states}"', shows])


ANSWERS: Final[dict[str, Callable[[Checks, Lines, MustAnswer], Lines]]] = {
    "extension": _extension,
    "no extension": _no_extension,
    "listed extension": lambda checks, lines, demand: _listed(checks, lines, demand, wanted=True),
    "unlisted extension": lambda checks, lines, demand: _listed(checks, lines, demand, wanted=False),
    "one entry each": _one_entry_each,
    "entries": _has_entries,
    "whole entry": _whole_entry,
    "an entry": _an_entry,
    "same keys": _same_keys,
    "reason": _reason,
    "task event": _task_event,
    "queued task event": _queued_task_event,
}
"""The check of each property."""
