"""Needs: the capabilities that calls need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary.calls import (
    AdvanceClock,
    CreateAlarm,
    CreateCollectorForEvents,
    CreateCollectorForTasks,
    CreateFilter,
    CreateFolder,
    CreateScheduledTask,
    Destroy,
    Login,
    LogUserEvent,
    QueryTaskEvents,
    ReadTaskInfo,
    RegisterExtension,
    RemoveAlarm,
    RemoveScheduledTask,
    RetrieveReported,
    RunScheduledTask,
    StartOperation,
    TaskFilterSpec,
    UpdateExtension,
)
from taskconform.model.vocabulary.parts import FILTER_FIELDS

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import PlannedCall

READING: Final = (ReadTaskInfo, RetrieveReported)
"""Calls that read the tasks they name."""


EXTENDING: Final = (RegisterExtension, UpdateExtension)
"""Calls that give an extension a version."""

_NEEDS: Final[dict[type, str]] = {
    AdvanceClock: "clock",
    CreateCollectorForEvents: "events",
    CreateFolder: "inventory",
    Destroy: "inventory",
    StartOperation: "operations",
    CreateScheduledTask: "schedules",
    RunScheduledTask: "schedules",
    RemoveScheduledTask: "schedules",
    CreateAlarm: "alarms",
    LogUserEvent: "alarms",
    RemoveAlarm: "alarms",
    QueryTaskEvents: "task-events",
}


def need_of(call: PlannedCall) -> str:
    """Name the capability that a call needs, or ""."""
    if isinstance(call, Login):
        return "locale" if call.locale is not None else ""
    if isinstance(call, EXTENDING):
        return "raw" if call.version is None else ""
    if isinstance(call, CreateCollectorForTasks):
        time = call.filter.time if call.filter is not None else None
        ill_formed = call.filter is None or call.form != "typed" or (time is not None and time.time_type is None)
        return "raw" if ill_formed else ""
    return _NEEDS.get(call.__class__, "")


def filter_parts(call: PlannedCall) -> frozenset[str]:
    """Return the words for the parts of a filter that a call gives."""
    spec = getattr(call, "filter", None)
    if not isinstance(spec, TaskFilterSpec):
        return frozenset()
    return frozenset(word for word, part in FILTER_FIELDS.items() if getattr(spec, part) not in (None, ()))


def is_about_nothing(call: PlannedCall) -> bool:
    """Tell whether a call that is about objects has none left."""
    if isinstance(call, READING):
        return not call.tasks
    return isinstance(call, CreateFilter) and not call.watched
