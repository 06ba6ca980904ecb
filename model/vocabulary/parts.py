"""Parts of the API that a target may lack, and the words for them in `Declaration.without`.

A word is a call (`CancelTask`), a manager, which stands for all its calls (`ExtensionManager`), a part of a filter
(`TaskFilterSpec.tag`), or a field of TaskInfo (`TaskInfo.queueTime`)."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final, get_args

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import TaskInfo

CALLS: Final[tuple[str, ...]] = tuple(cls.__name__ for cls in get_args(c.Call))
"""The classes of all calls."""


def wire_name(field: str) -> str:
    """Return the wire spelling of a field: `queue_time` is `queueTime`."""
    return re.sub("_(.)", lambda found: found[1].upper(), field)


INFO_FIELDS: Final = {f"TaskInfo.{wire_name(name)}": name for name in TaskInfo.__struct_fields__ if name != "other"}
"""The fields of TaskInfo, by their words."""

REQUIRED: Final = {
    name: wire_name(name)
    for name in (
        "key",
        "task",
        "description_id",
        "state",
        "cancelled",
        "cancelable",
        "reason",
        "queue_time",
        "event_chain_id",
    )
}
"""The required fields of TaskInfo, with their wire names."""

FILTER_FIELDS: Final = {f"TaskFilterSpec.{wire_name(name)}": name for name in c.TaskFilterSpec.__struct_fields__}
"""The parts of a filter, by their words."""

MANAGERS: Final[dict[str, tuple[str, ...]]] = {
    "SessionManager": ("Login", "Logout"),
    "ExtensionManager": (
        "RegisterExtension",
        "UpdateExtension",
        "UnregisterExtension",
        "FindExtension",
        "ReadExtensionList",
    ),
    "TaskHistoryCollector": (
        "CreateCollectorForTasks",
        "CreateCollectorWithInfoFilterForTasks",
        "ReadCollectorFilter",
        "ReadLatestPage",
        "SetCollectorPageSize",
        "RewindCollector",
        "ResetCollector",
        "ReadNextTasks",
        "ReadPreviousTasks",
        "DestroyCollector",
    ),
    "ViewManager": ("CreateListView", "ModifyListView", "ResetListView", "ReadView", "DestroyView"),
    "PropertyFilter": (
        "WaitForRecentTask",
        "CreatePropertyCollector",
        "CreateFilter",
        "WaitForUpdatesEx",
        "BreakOffWait",
        "DestroyPropertyFilter",
        "DestroyPropertyCollector",
        "RetrieveReported",
    ),
    "ScheduledTaskManager": ("CreateScheduledTask", "RunScheduledTask", "RemoveScheduledTask"),
    "AlarmManager": ("CreateAlarm", "LogUserEvent", "RemoveAlarm"),
    "EventManager": ("CreateCollectorForEvents", "QueryTaskEvents"),
}
"""Managers, and what goes with them: the calls that a target without one does not have."""

KNOWN: Final = frozenset({*CALLS, *MANAGERS, *INFO_FIELDS, *FILTER_FIELDS})
"""Every word."""


def calls_of(words: tuple[str, ...]) -> frozenset[str]:
    """Return the classes of the calls that these words stand for."""
    return frozenset(call for word in words for call in MANAGERS.get(word, (word,)) if call in CALLS)


def unknown(kind: str, word: str, known: tuple[str, ...]) -> str:
    """Say that there is no such word of a kind, and which one comes near."""
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    lower = {each.lower(): each for each in known}
    found = lower.get(word.lower()) or (near[0] if near else "")
    return f"there is no {kind} {word!r}" + (f"; did you mean {found}?" if found else "")
