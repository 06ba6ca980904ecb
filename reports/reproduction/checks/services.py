"""Checks of extensions, of descriptions, and of what started tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.plan import Act
from taskconform.reports.reproduction.checks.history import items
from taskconform.reports.reproduction.checks.pages import is_page_read
from taskconform.reports.reproduction.literals import as_set, attribute, either, filtered, interpolated, listed, literal
from taskconform.reports.reproduction.names import own_key
from taskconform.reports.reproduction.plans import tasks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from taskconform.model.oracle.findings import MustAnswer
    from taskconform.reports.reproduction.checks.subject import Check
    from taskconform.reports.reproduction.literals import Lines

LISTS: Final = frozenset({"methodInfo", "state", "reason"})
"""The lists of a TaskDescription that demands speak of."""


# --- extensions -------------------------------------------------------------------------------------------------------


def _extension(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    key, version, ids = demand.value
    conditions = ["extension is None", f"extension.key != {check.steps.text(key)}"]
    if version is not None:
        conditions.append(f"extension.version != {literal(version)}")
    if ids is not None:
        conditions.append(f"set(types) != {_set(check, ids)}")
    types = "types = [each.taskID for each in extension.taskList] if extension else []"
    observed = 'observed = extension and f"version {extension.version}, task types {types}"'
    return check.patiently(*lines, types, observed, f"shows = {either(conditions)}")


def _no_extension(check: Check, lines: Lines, _demand: MustAnswer) -> Lines:
    observed = 'observed = "nothing" if extension is None else f"an extension of version {extension.version}"'
    return check.patiently(*lines, observed, "shows = extension is not None")


def _listed(check: Check, lines: Lines, demand: MustAnswer, *, wanted: bool) -> Lines:
    keys = "keys = [each.key for each in extensions]"
    shows = f"shows = {check.steps.text(demand.value)} {'not in' if wanted else 'in'} keys"
    return check.patiently(*lines, keys, 'observed = f"the extensions {keys}"', shows)


# --- descriptions -----------------------------------------------------------------------------------------------------


def _is_read(step: object) -> bool:
    """Return true if a step reads the description."""
    return isinstance(step, Act) and isinstance(step.call, c.ReadDescription)


def _locale(check: Check, step: object) -> object:
    """Return the locale of the session that makes a step."""
    session = step.call.session if isinstance(step, Act) else c.MAIN
    calls = [one.call for one in check.trace.plan if isinstance(one, Act)]
    logins = [call for call in calls if isinstance(call, c.Login) and call.session == session]
    return logins[-1].locale if logins else None


def _set(check: Check, values: Iterable[object]) -> str:
    """Return a set of texts."""
    return as_set(map(check.steps.text, values))


def _compared(check: Check) -> int | None:
    """Return the step whose description the one in question is compared with: the last in the same locale, or in
    another one."""
    kind = getattr(check.demand, "property", "")
    if kind not in {"an entry", "same keys"}:
        return None
    mine = _locale(check, check.step)
    for index in reversed(range(check.index)):
        step = check.trace.plan[index]
        if _is_read(step) and (_locale(check, step) == mine) == (kind == "an entry"):
            return index
    return None


def kept(check: Check, index: int) -> Lines:
    """Return the statement that keeps what a step read for the check."""
    return ["before = description"] if index == _compared(check) else []


def _entries(name: str, of: str = "description") -> str:
    """Return the entries of one list."""
    return f"({attribute(of, name, LISTS)} if {of} else [])"


def _keys(name: str) -> str:
    """Return the statement that sets `keys` to those of one list."""
    return f"keys = [each.key for each in {_entries(name)}]"


def _one_entry_each(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    name, wanted = demand.value
    diverges = "> 1" if name == "methodInfo" else "!= 1"
    counts = f"counts = {{each: keys.count(each) for each in {check.steps.texts(wanted)}}}"
    shows = f"shows = any(count {diverges} for count in counts.values())"
    return [*lines, _keys(name), counts, f"observed = {interpolated(f'entries of {name}: ', 'counts', '')}", shows]


def _has_entries(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    name, wanted = demand.value
    lacking = f"lacking = sorted({_set(check, wanted)} - set(keys))"
    observed = f"observed = {interpolated(f'{name} has no entry for ', 'lacking', '')}"
    return check.patiently(*lines, _keys(name), lacking, observed, "shows = bool(lacking)")


def _whole_entry(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    name, key, _ = demand.value
    lacks = f"each.key == {check.steps.text(key)} and not (each.key and each.label and each.summary)"
    return [
        *lines,
        f"odd = {filtered('each', _entries(name), [lacks])}",
        'observed = f"{len(odd)} such entries that lack a part"',
        "shows = bool(odd)",
    ]


def _an_entry(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    name, key, label, summary = demand.value
    of_key = f"if each.key == {check.steps.text(key)}]"
    then = literal([] if label is None else [(label, summary)])
    if _compared(check) is not None:
        then = f"[(each.label, each.summary) for each in {_entries(name, 'before')} {of_key}"
    return [
        *lines,
        f"then = {then}",
        f"texts = [(each.label, each.summary) for each in {_entries(name)} {of_key}",
        'observed = f"{texts}, before {then}"',
        "shows = texts != then",
    ]


def _same_keys(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    name, wanted = demand.value
    is_kept = _compared(check) is not None
    then = f"{{each.key for each in {_entries(name, 'before')}}}" if is_kept else _set(check, wanted)
    return [*lines, _keys(name), f"then = {then}", 'observed = f"keys {keys}"', "shows = set(keys) != then"]


# --- what started a task ----------------------------------------------------------------------------------------------


def _infos(check: Check, lines: Lines) -> Lines:
    """Return the step, and `items`: all TaskInfos that it read."""
    if is_page_read(check.step):
        return [*lines, items(check)]
    reader = check.steps.reader(check.step)
    reads = [check.steps.info(task, reader) for task in tasks_of(check.step, check.index)]
    return [*lines, f"items = {listed(reads)}"]


def _other_reason(check: Check, kind: str, given: tuple[object, ...]) -> list[str]:
    """Return the conditions under each of which a reason is not the scheduled task or the alarm that the plan made."""
    steps, symbols = check.steps, check.trace.symbols
    values = (each.value for each in given if isinstance(each, ObjectRef))
    made = next((symbols[value] for value in values if value in symbols), None)
    maker = check.trace.plan[made.step] if made is not None else None
    call = getattr(maker, "call", None)
    wrong = [f"kind(reason) != {literal(kind)}"]
    if isinstance(call, c.CreateScheduledTask):
        wrong.append(f"reason.name != {own_key(call.name, '-')}")
        wrong.append(f"value_of(reason.scheduledTask) != value_of({steps.ref(made)})")
    elif isinstance(call, c.CreateAlarm):
        wrong.append(f"value_of(reason.alarm) != value_of({steps.ref(made)})")
        wrong.append(f"value_of(reason.entity) != value_of({steps.ref(call.entity)})")
        wrong.append(f"reason.alarmName != {own_key(call.name, '-')}")
    return wrong


def _reason(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    description_id, kind, *given = demand.value
    return check.patiently(
        *_infos(check, lines),
        "ours = {value_of(info.task) for info in CREATED}",
        "others = [item for item in items if value_of(item.task) not in ours]",
        f"reasons = [item.reason for item in others if item.descriptionId == {check.steps.text(description_id)}]",
        "observed = [kind(reason) for reason in reasons]",
        f"odd = {filtered('reason', 'reasons', _other_reason(check, kind, tuple(given)))}",
        "shows = bool(odd)",
    )


def _task_event(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    keys = "keys = [event.info.key for event in events]"
    observed = 'observed = f"{len(events)} TaskEvents, of the tasks {keys}"'
    return check.patiently(*lines, keys, observed, f"shows = {check.steps.key(demand.value)} not in keys")


def _task_events_of(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    others = f"others = [event.info.key for event in events if event.info.key != {check.steps.key(demand.value)}]"
    return [*lines, others, 'observed = f"TaskEvents of the tasks {others}, too"', "shows = bool(others)"]


def _queued_task_event(check: Check, lines: Lines, demand: MustAnswer) -> Lines:
    of_task = f"if event.info.key == {check.steps.key(demand.value)}]"
    states = f"states = [str(event.info.state) for event in events {of_task}"
    shows = 'shows = any(state != "queued" for state in states)'
    return check.patiently(*lines, states, 'observed = f"the states of its TaskEvents: {states}"', shows)


ANSWERS: Final[dict[str, Callable[[Check, Lines, MustAnswer], Lines]]] = {
    "extension": _extension,
    "no extension": _no_extension,
    "listed extension": lambda check, lines, demand: _listed(check, lines, demand, wanted=True),
    "unlisted extension": lambda check, lines, demand: _listed(check, lines, demand, wanted=False),
    "one entry each": _one_entry_each,
    "entries": _has_entries,
    "whole entry": _whole_entry,
    "an entry": _an_entry,
    "same keys": _same_keys,
    "reason": _reason,
    "task event": _task_event,
    "queued task event": _queued_task_event,
    "task events of": _task_events_of,
}
"""The check of each property."""
