"""When an item does not match a filter, by its own fields, as a condition of a script: of `item`, and of the filter
`given`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.vocabulary import calls as c
    from taskconform.reports.reproduction.steps import Steps

STAMPS: Final = {"queuedTime": "queueTime", "startedTime": "startTime", "completedTime": "completeTime"}
"""TaskFilterSpec.TimeOption to the field that it means."""


def mismatch(steps: Steps, spec: c.TaskFilterSpec[c.Symbol]) -> str:
    """The condition under which `item` does not match one of the parts of a filter."""
    conditions = [
        show(steps, value) for name, show in MISMATCH.items() if (value := getattr(spec, name)) not in (None, ())
    ]
    return " or ".join(f"({each})" for each in conditions) if len(conditions) > 1 else "".join(conditions) or "False"


def _entity(steps: Steps, by: c.ByEntity[c.Symbol]) -> str:
    value = steps.part("value_of")
    is_it = f"{value}(item.entity) == {value}(given.entity.entity)"
    if by.recursion == "self":
        return is_it.replace("==", "!=")
    below = f"{steps.part('is_below')}(main, item.entity, given.entity.entity)"
    return f"{is_it} or not {below}" if by.recursion == "children" else f"not ({is_it} or {below})"


def _time(steps: Steps, by: c.ByTime[c.Symbol]) -> str:
    """A second beside a bound is left out: clocks and roundings differ."""
    steps.imports.add("datetime:timedelta")
    stamp = f"item.{STAMPS.get(by.time_type or '', 'queueTime')}"
    conditions = [f"{stamp} is None"]
    if by.begin_time is not None:
        conditions.append(f"{stamp} < given.time.beginTime - timedelta(seconds=1)")
    if by.end_time is not None:
        conditions.append(f"{stamp} > given.time.endTime + timedelta(seconds=1)")
    return " or ".join(conditions)


def _user_name(steps: Steps, _by: c.ByUsername[c.Symbol]) -> str:
    bare, kind = steps.part("bare"), steps.part("kind")
    is_other = f"{bare}(item.reason.userName) not in map({bare}, given.userName.userList)"
    return f'{kind}(item.reason) != "TaskReasonUser" or {is_other}'


def _starter(kind: str, field: str) -> Callable[[Steps, Any], str]:
    """Started by this alarm, or this scheduled task."""

    def condition(steps: Steps, _ref: Any) -> str:
        value = steps.part("value_of")
        is_other = f"{value}(item.reason.{field}) != {value}(given.{field})"
        return f'{steps.part("kind")}(item.reason) != "{kind}" or {is_other}'

    return condition


MISMATCH: Final[dict[str, Callable[[Steps, Any], str]]] = {
    "entity": _entity,
    "time": _time,
    "user_name": _user_name,
    "state": lambda *_: "item.state not in given.state",
    "alarm": _starter("TaskReasonAlarm", "alarm"),
    "scheduled_task": _starter("TaskReasonSchedule", "scheduledTask"),
    "activation_id": lambda *_: "item.activationId not in given.activationId",
    "event_chain_id": lambda *_: "item.eventChainId and item.eventChainId not in given.eventChainId",
    "tag": lambda *_: '(item.changeTag or "") not in given.tag',
    "parent_task_key": lambda *_: "item.parentTaskKey not in given.parentTaskKey",
    "root_task_key": lambda *_: "not {item.key, item.rootTaskKey} & set(given.rootTaskKey)",
}
"""The condition of each part."""
