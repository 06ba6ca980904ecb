"""What is asked of the fields of a TaskInfo, as the check of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, ObjectRef
from taskconform.model.vocabulary.plan import Act, Bulk, Look
from taskconform.reports.reproduction.checks_history import is_page_read, items
from taskconform.reports.reproduction.services import named
from taskconform.reports.reproduction.steps import tasks_of
from taskconform.reports.trace_words import wire

if TYPE_CHECKING:
    from taskconform.model.oracle.findings import MustBe
    from taskconform.reports.reproduction.checks import Checks
    from taskconform.reports.reproduction.text import Lines

ORDER_BOUND: Final = {"startTime": "queueTime", "completeTime": "startTime"}
"""The time that must not be later than each."""

DEPARTS: Final = {
    "is set": "value is None",
    "is unset": "value is not None",
    "is at least": "value is None or value < {}",
    "is at most": "value is None or value > {}",
}
"""When a field is not as it should be, by the relation demanded."""


def be(checks: Checks, lines: Lines, demand: MustBe) -> Lines:
    """A field of a TaskInfo must be as it should."""
    lines = checks.clocked(checks.index, lines)
    field = wire(demand.field)
    departs = _departs(checks, demand, field)
    tail = [f"value = {_value(checks, demand, field)}", f"shows = {departs}"]
    head: Lines = []
    if checks.compares() and not _has_before(checks):
        head = [f"before = {checks.steps.info(checks.subject, c.MAIN)}"]
    if is_page_read(checks.step):
        tail = [*lines, *items(checks), f"info = {_item(checks)}", *tail]
        return [*head, *checks.patiently(tail), f'observed = f"{demand.field} is {{value}}"']
    read = _read(checks)
    tail = [f"info = {_returned(checks)}", *tail] if read is None else checks.patiently([f"info = {read}", *tail])
    return [*head, *lines, *tail, f'observed = f"{demand.field} is {{value}}"']


def _has_before(checks: Checks) -> bool:
    """Whether an earlier step has read the task."""
    return any(
        checks.subject in tasks_of(step, index)
        and (
            isinstance(step, Look)
            or getattr(step, "look", False)
            or isinstance(getattr(step, "call", None), c.ReadTaskInfo)
        )
        for index, step in enumerate(checks.trace.plan[: checks.index])
    )


def _item(checks: Checks) -> str:
    """The item of the task in question."""
    return f"{checks.steps.part('of_task')}(items, {checks.steps.ref(checks.subject)})[-1]"


def _returned(checks: Checks) -> str:
    """The TaskInfo that CreateTask returned."""
    return checks.steps.made(checks.subject) if isinstance(checks.subject, Made) else "info"


def _read(checks: Checks) -> str | None:
    """The expression that reads the TaskInfo; None where it is the one that CreateTask returned."""
    if checks.is_returned():
        return None
    reader = checks.steps.reader(checks.step)
    own_read = checks.method == "ReadTaskInfo" and checks.subject in tasks_of(checks.step, checks.index)
    return checks.steps.info(checks.subject, reader if own_read else c.MAIN)


def _value(checks: Checks, demand: MustBe, field: str, info: str = "info") -> str:
    """The expression of a field, in a form that can be compared and printed."""
    steps = checks.steps
    if field in {"entity", "task"} or isinstance(demand.value, ObjectRef):
        return f"{steps.part('value_of')}({info}.{field})"
    if field == "reason.userName":
        return f'getattr({info}.reason, "userName", None)'
    if field in {"error", "reason"} and demand.relation in {"is", "is not", "is one of"}:
        return f"{steps.part('kind')}({info}.{field})"
    if field == "description" and demand.relation == "is":
        arguments = f"[(each.key, each.value) for each in {info}.description.arg]"
        return f"{info}.description and ({info}.description.key, {arguments})"
    return f"{info}.{field}"


def _departs(checks: Checks, demand: MustBe, field: str) -> str:
    """The condition under which the field is not as it should be."""
    steps = checks.steps
    if checks.is_order() and field in ORDER_BOUND:
        steps.imports.add("datetime:timedelta")
        return f"value < info.{ORDER_BOUND[field]} - timedelta(milliseconds=10)"
    if checks.stamped is not None:
        return "value is None or not earliest <= value <= latest"
    if field == "locked" and demand.relation == "is unset":
        return "bool(value)"
    if demand.relation == "is a":
        return f'not {steps.part("is_a")}(value, "{demand.value}")'
    if demand.relation == "is one of":
        return f"value not in {tuple(demand.value)!r}".replace("'", '"')
    if demand.relation in DEPARTS:
        return DEPARTS[demand.relation].format(demand.value)
    return _differs(checks, demand, field)


def _differs(checks: Checks, demand: MustBe, field: str) -> str:
    """The condition for `is` and `is not`."""
    wanted = _wanted(checks, demand, field)
    if field == "reason.userName":
        checks.steps.part("bare")
        return f"bare(value) != bare({wanted})"
    if wanted in {"None", "True", "False"}:
        return f"value is not {wanted}" if demand.relation == "is" else f"value is {wanted}"
    return f"value {'!=' if demand.relation == 'is' else '=='} {wanted}"


def _wanted(checks: Checks, demand: MustBe, field: str) -> str:
    """The demanded value in terms of this run."""
    steps, create = checks.steps, checks.create()
    if checks.compares() and demand.relation == "is" and field not in {"key", "task"}:
        return _value(checks, demand, field, "before")
    of_create = _from_create(checks, field, create) if create is not None else None
    if of_create is not None:
        return of_create
    if isinstance(demand.value, ObjectRef):
        return _value_of_reference(checks, demand.value)
    if isinstance(demand.value, str):
        return steps.key(demand.value)
    if field == "description" and isinstance(demand.value, tuple):
        key, args = demand.value
        return f"({steps.text(key)}, [{', '.join(f'({steps.text(k)}, {steps.text(v)})' for k, v in args)}])"
    return repr(demand.value)


def _from_create(checks: Checks, field: str, create: c.CreateTask[c.Symbol] | Bulk) -> str | None:
    """What the call that made the task says of a field."""
    steps = checks.steps
    if field == "task":
        return f"{steps.part('value_of')}({steps.ref(checks.subject)})"
    if field == "key":
        return steps.key(checks.subject)
    if field == "entity":
        return f"{steps.part('value_of')}({steps.ref(create.obj)})"
    if field == "entityName":
        return _name_of(checks, create.obj)
    if isinstance(create, c.CreateTask) and field == "reason.userName" and create.initiated_by is not None:
        return steps.text(create.initiated_by)
    if isinstance(create, c.CreateTask) and field == "descriptionId":
        return steps.text(create.task_type_id)
    return None


def _name_of(checks: Checks, obj: object) -> str:
    """The name of a task's entity: of a folder that the script made, which may be gone, the one that it gave it."""
    maker = checks.trace.plan[obj.step] if isinstance(obj, Made) and obj.step >= 0 else None
    call = getattr(maker, "call", None)
    return (
        named(call.name)
        if isinstance(call, c.CreateFolder)
        else checks.steps.read(c.MAIN, checks.steps.ref(obj), "name")
    )


def _value_of_reference(checks: Checks, ref: ObjectRef) -> str:
    """A reference of the recorded run: what a step made, or the result that a step set."""
    steps = checks.steps
    if ref.value in checks.trace.symbols:
        return f"{steps.part('value_of')}({steps.ref(ref)})"
    for step in checks.trace.plan:
        call = step.call if isinstance(step, Act) else None
        if isinstance(call, c.SetTaskState) and call.result is not None and not isinstance(call.result, str):
            return f"{steps.part('value_of')}({steps.ref(call.result)})"
    return steps.text(ref.value)
