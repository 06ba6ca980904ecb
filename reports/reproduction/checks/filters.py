"""Conditions of a script, of `item` and the filter `given`: the item's own fields do not match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.reports.reproduction.literals import literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.vocabulary import calls as c

STAMPS: Final = {"queuedTime": "queueTime", "startedTime": "startTime", "completedTime": "completeTime"}
"""TaskFilterSpec.TimeOption to the field that it means."""


def mismatch(spec: c.TaskFilterSpec[c.Symbol]) -> list[str]:
    """Return the conditions under each of which `item` does not match the filter."""
    parts = (show(value) for name, show in MISMATCH.items() if (value := getattr(spec, name)) not in (None, ()))
    return [condition for conditions in parts for condition in conditions] or ["False"]


def _entity(by: c.ByEntity[c.Symbol]) -> list[str]:
    if by.recursion == "self":
        return ["value_of(item.entity) != value_of(given.entity.entity)"]
    outside = "not is_within(main, item.entity, given.entity.entity)"
    return (
        [outside, "value_of(item.entity) == value_of(given.entity.entity)"] if by.recursion == "children" else [outside]
    )


def _time(by: c.ByTime[c.Symbol]) -> list[str]:
    """A second beside a bound is left out: clocks and roundings differ."""
    stamp = f"item.{STAMPS.get(by.time_type or '', 'queueTime')}"
    conditions = [f"{stamp} is None"]
    if by.begin_time is not None:
        conditions.append(f"{stamp} < given.time.beginTime - timedelta(seconds=1)")
    if by.end_time is not None:
        conditions.append(f"{stamp} > given.time.endTime + timedelta(seconds=1)")
    return conditions


def _starter(kind: str, field: str) -> Callable[[Any], list[str]]:
    """Started by this alarm, or this scheduled task."""
    is_other = f"value_of(item.reason.{field}) != value_of(given.{field})"
    return lambda _: [f"kind(item.reason) != {literal(kind)}", is_other]


def _plain(*conditions: str) -> Callable[[Any], list[str]]:
    """The same conditions for each value: the filter is in a variable."""
    return lambda _: list(conditions)


MISMATCH: Final[dict[str, Callable[[Any], list[str]]]] = {
    "entity": _entity,
    "time": _time,
    "user_name": _plain(
        'kind(item.reason) != "TaskReasonUser"',
        "bare(item.reason.userName) not in map(bare, given.userName.userList)",
    ),
    "state": _plain("item.state not in given.state"),
    "alarm": _starter("TaskReasonAlarm", "alarm"),
    "scheduled_task": _starter("TaskReasonSchedule", "scheduledTask"),
    "activation_id": _plain("item.activationId not in given.activationId"),
    "event_chain_id": _plain("item.eventChainId and item.eventChainId not in given.eventChainId"),
    "tag": _plain('(item.changeTag or "") not in given.tag'),
    "parent_task_key": _plain("item.parentTaskKey not in given.parentTaskKey"),
    "root_task_key": _plain("not {item.key, item.rootTaskKey} & set(given.rootTaskKey)"),
}
"""The conditions of each part."""
