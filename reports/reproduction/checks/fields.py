"""Checks of the fields of a TaskInfo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, ObjectRef
from taskconform.model.vocabulary.plan import Act, Bulk
from taskconform.reports.reproduction.checks.history import items
from taskconform.reports.reproduction.checks.pages import is_page_read
from taskconform.reports.reproduction.literals import attribute, interpolated, listed, literal
from taskconform.reports.reproduction.names import FIELDS, own_key
from taskconform.reports.reproduction.plans import tasks_of
from taskconform.reports.words.names import wire

if TYPE_CHECKING:
    from taskconform.model.oracle.findings import MustBe
    from taskconform.reports.reproduction.checks.subject import Check
    from taskconform.reports.reproduction.literals import Lines

ORDER_BOUND: Final = {"startTime": "queueTime", "completeTime": "startTime"}
"""The time that must not be later than each."""

DIVERGES: Final = {
    "is set": "value is None",
    "is unset": "value is not None",
    "is at least": "value is None or value < {}",
    "is at most": "value is None or value > {}",
}
"""The condition of a divergence, by the relation demanded."""


def must_be(check: Check, lines: Lines, demand: MustBe) -> Lines:
    """Return the check that a field of a TaskInfo is in the relation demanded."""
    lines = check.clocked(check.index, lines)
    field = wire(demand.field)
    diverges = _diverges(check, demand, field)
    tail = [f"value = {_value(demand, field)}", f"shows = {diverges}"]
    head: Lines = []
    if check.compares and not any(check.read_before(index) for index in range(check.index)):
        head = [f"before = {check.steps.info(check.subject, c.MAIN)}"]
    observed = f"observed = {interpolated(f'{demand.field} is ', 'value', '')}"
    if is_page_read(check.step):
        info = f"info = of_task(items, {check.steps.ref(check.subject)})[-1]"
        return [*head, *check.patiently(*lines, items(check), info, *tail), observed]
    if check.is_returned:
        tail = [f"info = {check.steps.key(check.subject).removesuffix('.key')}", *tail]
    else:
        tail = check.patiently(f"info = {_read(check)}", *tail)
    return [*head, *lines, *tail, observed]


def _read(check: Check) -> str:
    """Return the expression that reads the TaskInfo."""
    own_read = check.method == "ReadTaskInfo" and check.subject in tasks_of(check.step, check.index)
    return check.steps.info(check.subject, check.steps.reader(check.step) if own_read else c.MAIN)


def _value(demand: MustBe, field: str, info: str = "info") -> str:
    """Return the expression of a field, in a form that can be compared and printed."""
    if field == "reason.userName":
        return f'getattr({info}.reason, "userName", None)'
    value = attribute(info, field, FIELDS)
    if field in {"entity", "task"} or isinstance(demand.value, ObjectRef):
        return f"value_of({value})"
    if field in {"error", "reason"} and demand.relation in {"is", "is not", "is one of"}:
        return f"kind({value})"
    if field == "description" and demand.relation == "is":
        return f"described({value})"
    return value


def _diverges(check: Check, demand: MustBe, field: str) -> str:
    """Return the condition of a divergence."""
    if check.is_order and field in ORDER_BOUND:
        return f"value < info.{ORDER_BOUND[field]} - timedelta(milliseconds=10)"
    if check.stamped is not None:
        return "value is None or not earliest <= value <= latest"
    if field == "locked" and demand.relation == "is unset":
        return "bool(value)"
    if demand.relation == "is a":
        return f"not is_a(value, {literal(demand.value)})"
    if demand.relation == "is one of":
        return f"value not in {literal(demand.value)}"
    if demand.relation in DIVERGES:
        return DIVERGES[demand.relation].format(literal(demand.value))
    return _differs(check, demand, field)


def _differs(check: Check, demand: MustBe, field: str) -> str:
    """Return the condition of a divergence for `is` and `is not`."""
    wanted = _wanted(check, demand, field)
    if field == "reason.userName":
        return f"bare(value) != bare({wanted})"
    if wanted in {"None", "True", "False"}:
        return f"value is not {wanted}" if demand.relation == "is" else f"value is {wanted}"
    return f"value {'!=' if demand.relation == 'is' else '=='} {wanted}"


def _wanted(check: Check, demand: MustBe, field: str) -> str:
    """Return the demanded value in terms of this run."""
    steps, create = check.steps, check.create()
    if check.compares and demand.relation == "is" and field not in {"key", "task"}:
        return _value(demand, field, "before")
    of_create = _from_create(check, field, create) if create is not None else None
    if of_create is not None:
        return of_create
    if isinstance(demand.value, ObjectRef):
        return _value_of_reference(check, demand.value)
    if isinstance(demand.value, str):
        return steps.key(demand.value)
    if field == "description" and isinstance(demand.value, tuple):
        key, args = demand.value
        return f"({steps.text(key)}, {listed(f'({steps.text(name)}, {steps.text(value)})' for name, value in args)})"
    return literal(demand.value)


def _from_create(check: Check, field: str, create: c.CreateTask[c.Symbol] | Bulk) -> str | None:
    """Return the value of a field that follows from the call that made the task."""
    steps = check.steps
    if field == "task":
        return f"value_of({steps.ref(check.subject)})"
    if field == "key":
        return steps.key(check.subject)
    if field == "entity":
        return f"value_of({steps.ref(create.obj)})"
    if field == "entityName":
        return _name_of(check, create.obj)
    if isinstance(create, c.CreateTask) and field == "reason.userName" and create.initiated_by is not None:
        return steps.text(create.initiated_by)
    if isinstance(create, c.CreateTask) and field == "descriptionId":
        return steps.text(create.task_type_id)
    return None


def _name_of(check: Check, obj: object) -> str:
    """Return the name of a task's entity. A folder that the script made may be gone: its name is known."""
    maker = check.trace.plan[obj.step] if isinstance(obj, Made) and obj.step >= 0 else None
    call = getattr(maker, "call", None)
    if isinstance(call, c.CreateFolder):
        return own_key(call.name, "-")
    return check.steps.read(c.MAIN, check.steps.ref(obj), "name")


def _value_of_reference(check: Check, ref: ObjectRef) -> str:
    """Return a reference of the recorded run: what a step made, or the result that a step set."""
    steps = check.steps
    if ref.value in check.trace.symbols:
        return f"value_of({steps.ref(ref)})"
    for step in check.trace.plan:
        call = step.call if isinstance(step, Act) else None
        if isinstance(call, c.SetTaskState) and call.result is not None and not isinstance(call.result, str):
            return f"value_of({steps.ref(call.result)})"
    return steps.text(ref.value)
