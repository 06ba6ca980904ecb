"""The table of calls: one row a class of the vocabulary, from which every codec of it is made.

A call whose parameters have the names of its fields is one row and nothing else. What is sent and read for a row is in
`rows` and `parts`, what is answered in `answers`, both by pyVmomi's type information.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.wire.answers import reader_of
from taskconform.conformance.wire.encoding import request_encoders
from taskconform.conformance.wire.parts import Const, Inside, Own
from taskconform.conformance.wire.rows import Composed, Method, Read
from taskconform.conformance.wire.schema import known_type
from taskconform.conformance.wire.updates import update_set
from taskconform.conformance.wire.values import Data
from taskconform.conformance.wire.words import taken
from taskconform.conformance.wire.xml import XSI_NIL, wire_type
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from taskconform.conformance.wire.rows import Row

FAR_AWAY: Final = 365 * 24 * 3600 * SECOND
"""Microseconds from now on for which no scheduled task of the suite runs by itself."""
UNLIMITED: Final = 2**31 - 1
"""maxWaitSeconds of a wait that sets none."""
_SUITE: Final = "taskconform conformance suite"


# --- parts that are not regular ---------------------------------------------------------------------------------------

_EXTENSION: Final = Inside(
    parts={
        "description": Const(value=Data("Description", label="taskconform", summary=_SUITE), needed=True),
        "taskList": "task_ids",
        "lastHeartbeatTime": Const(value=lambda now: now, needed=True),
    }
)
_ACTION: Final = Inside(kind="CreateTaskAction", parts={"cancelable": Const(value=True)})
_TRANSITION: Final = Data("AlarmTriggeringActionTransitionSpec", startState="green", finalState="yellow", repeats=False)
"""Of the transitions that every version of the API takes, the one an event leads to from a fresh alarm (gray counts as
green). Once an alarm is yellow, further events do not set it off again."""
_TRIGGERED: Final = Inside(
    kind="AlarmTriggeringAction",
    parts={
        "action": _ACTION,
        "transitionSpecs": Const(value=[_TRANSITION]),
        "green2yellow": Const(value=True),
        "yellow2red": Const(value=False),
        "red2yellow": Const(value=False),
        "yellow2green": Const(value=False),
    },
)
_TRIGGER: Final = {"description": Const(value=_SUITE), "enabled": Const(value=True)}
_RUN_ONCE: Final = Const(value=lambda now: Data("OnceTaskScheduler", runAt=now + FAR_AWAY))
"""Without a time it would run at once."""
_ON_USER_EVENT: Final = Data("EventAlarmExpression", eventType="GeneralUserEvent", status="yellow")


def _write_filter(call: c.CreateCollectorForTasks) -> str:
    """Write the filter; without one, what the form has in its place, or nothing. EventFilterSpec is a data object type
    that is no TaskFilterSpec."""
    if call.form == "unknown":
        return '<filter xsi:type="EventFilterSpec"/>'
    if call.form == "nil":
        return '<filter xsi:nil="true"/>'
    return (
        "" if call.filter is None else request_encoders().element("filter", known_type("TaskFilterSpec"))(call.filter)
    )


def _read_filter(given: Element | None) -> dict[str, Any]:
    """Read a filter, and what may stand in its place."""
    if given is None:
        return {"filter": None}
    if given.get(XSI_NIL) in {"true", "1"}:
        return {"filter": None, "form": "nil"}
    if wire_type(given, "TaskFilterSpec") != "TaskFilterSpec":
        return {"filter": None, "form": "unknown"}
    return {"filter": reader_of(known_type("TaskFilterSpec"))(given)}


_FILTER: Final = Own(write=_write_filter, read=_read_filter, take=lambda given: {"filter": taken(given)})

# --- the table --------------------------------------------------------------------------------------------------------

_ROWS: Final[tuple[Row, ...]] = (
    Composed(c.Login, "Login"),
    Method(c.Logout, at="sessionManager"),
    Composed(c.AdvanceClock),
    Method(c.RegisterExtension, at="extensionManager", parts={"extension": _EXTENSION}, absent={"version": None}),
    Method(c.UpdateExtension, at="extensionManager", parts={"extension": _EXTENSION}, absent={"version": None}),
    Method(c.UnregisterExtension, at="extensionManager", parts={"extensionKey": "key"}),
    Method(c.FindExtension, at="extensionManager", parts={"extensionKey": "key"}),
    Read(c.ReadExtensionList, "ExtensionManager", "extensionList", at="extensionManager"),
    Method(c.CreateTask, at="taskManager"),
    Read(c.ReadRecentTask, "TaskManager", "recentTask", at="taskManager"),
    Composed(c.WaitForRecentTask, "CreateFilter", "WaitForUpdatesEx"),
    Read(c.ReadMaxCollector, "TaskManager", "maxCollector", at="taskManager"),
    Read(c.ReadDescription, "TaskManager", "description", at="taskManager"),
    Read(c.ReadTaskInfo, "Task", "info", of="tasks", many=True),
    Method(c.SetTaskState, of="task"),
    Method(c.UpdateProgress, of="task"),
    Method(c.SetTaskDescription, of="task", parts={"description": Inside(parts={"arg": "args"})}),
    Method(c.CancelTask, of="task"),
    Method(c.CreateCollectorForTasks, at="taskManager", parts={"filter": _FILTER}),
    Method(c.CreateCollectorWithInfoFilterForTasks, at="taskManager", absent={"info_filter": None}),
    Method(c.CreateCollectorForEvents, at="eventManager", parts={"filter": Const(value=Data("EventFilterSpec"))}),
    Read(c.ReadCollectorFilter, "TaskHistoryCollector", "filter", of="collector", value="TaskFilterSpec"),
    Read(c.ReadLatestPage, "TaskHistoryCollector", "latestPage", of="collector"),
    Method(c.SetCollectorPageSize, of="collector", only="TaskHistoryCollector"),
    Method(c.RewindCollector, of="collector", only="TaskHistoryCollector"),
    Method(c.ResetCollector, of="collector", only="TaskHistoryCollector"),
    Method(c.ReadNextTasks, of="collector", only="TaskHistoryCollector"),
    Method(c.ReadPreviousTasks, of="collector", only="TaskHistoryCollector"),
    Method(c.DestroyCollector, of="collector"),
    Method(c.CreateListView, at="viewManager", parts={"obj": "objs"}),
    Method(c.ModifyListView, of="view", only="ListView"),
    Method(c.ResetListView, of="view", only="ListView", parts={"obj": "objs"}),
    Read(c.ReadView, "ListView", "view", of="view"),
    Method(c.DestroyView, of="view", only="ListView"),
    Method(c.CreatePropertyCollector, at="propertyCollector"),
    Composed(c.CreateFilter, "CreateFilter"),
    Method(
        c.WaitForUpdatesEx,
        of="collector",
        parts={"options": Inside()},
        absent={"version": "", "max_wait_seconds": UNLIMITED},
        answer=update_set,
    ),
    Composed(c.BreakOffWait, "WaitForUpdatesEx", "CancelWaitForUpdates", "Logout"),
    Method(c.DestroyPropertyFilter, of="filter"),
    Method(c.DestroyPropertyCollector, of="collector"),
    Composed(c.RetrieveReported, "RetrievePropertiesEx"),
    Method(c.CreateFolder, of="parent", recorded=False),
    Method(c.Destroy, "Destroy_Task", of="entity", recorded=False),
    Composed(c.StartOperation),
    Method(
        c.CreateScheduledTask,
        at="scheduledTaskManager",
        parts={"spec": Inside(parts={**_TRIGGER, "scheduler": _RUN_ONCE, "action": _ACTION})},
        recorded=False,
    ),
    Method(c.RunScheduledTask, of="scheduled_task", recorded=False),
    Method(c.RemoveScheduledTask, of="scheduled_task", recorded=False),
    Method(
        c.CreateAlarm,
        at="alarmManager",
        parts={"spec": Inside(parts={**_TRIGGER, "expression": Const(value=_ON_USER_EVENT), "action": _TRIGGERED})},
        recorded=False,
    ),
    Method(c.LogUserEvent, at="eventManager", parts={"msg": Const(value="taskconform")}, recorded=False),
    Method(c.RemoveAlarm, of="alarm", recorded=False),
    Method(
        c.QueryTaskEvents,
        "QueryEvents",
        at="eventManager",
        parts={"filter": Inside(parts={"eventChainId": "chain"}, only=True)},
    ),
)
"""In the order of the vocabulary. What is made of inventory, scheduled tasks and alarms is not read from recordings:
clauses about them need the suite's own."""

BY_CALL: Final[Mapping[type[Any], Row]] = MappingProxyType({row.call: row for row in _ROWS})
"""The row of each call."""
METHODS: Final[Mapping[str, Method]] = MappingProxyType({row.name: row for row in _ROWS if isinstance(row, Method)})
"""The row of each method that is a call by itself, by name on the wire."""
READS: Final[Mapping[tuple[str, str], Read]] = MappingProxyType(
    {(row.kind, row.path): row for row in _ROWS if isinstance(row, Read)}
)
"""The row of each property read, by type and property."""
