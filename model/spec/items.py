"""Items of the history: which tasks a collector has for a session, and how much of each it gives.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.HistoryCollector.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from taskconform.model.spec import access, filters
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.state import Collector, Session, State, Task
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import TaskInfo
from taskconform.model.vocabulary.words import evolve

MAX_COUNT: Final = 1_000
"""The most items that a page can be asked to have (EV 2.12)."""
KEEPS_NAMED: Final[Mapping[str, tuple[bool, bool]]] = {
    "in-when-set": (False, True),
    "in-when-unset": (True, False),
    "always-in": (True, True),
    "always-out": (False, False),
    "refused": (False, False),
}
"""By the interpretation of collector.info-filter-ids: whether the named tasks, and they only, keep their result without
filterIn, and with it. Where ids are refused there is no such collector."""


def held(
    state: State, session: Session, collector: Collector, numbers: Iterable[int], count: int, choices: Choices
) -> list[Task]:
    """Return the first `count` tasks among these numbers that the collector holds, for this session. By default it
    holds none that the session may not access.
    vim.HistoryCollector 5; vim.TaskHistoryCollector 1. Clauses: filter.visible."""
    found: list[Task] = []
    for number in numbers if count else ():
        task = state.tasks[number]
        rows = choices.filter_visible == "left-out-short-pages" or is_shown(state, session, task, choices)
        if rows and filters.holds(state, collector, task, choices):
            found.append(task)
            if len(found) == count:
                break
    return found


def is_shown(state: State, session: Session, task: Task, choices: Choices) -> bool:
    """Tell whether a collector shows the task to a session that may not access its entity: by default not.
    vim.TaskHistoryCollector 1. Clauses: filter.visible."""
    return choices.filter_visible == "held" or access.may_access(state, session, task, choices)


def listed(collector: Collector, page: list[Task], choices: Choices) -> tuple[TaskInfo, ...]:
    """Return the items of a page as they are now, each with its result unless the info filter takes it out.
    vim.TaskHistoryCollector 1. Clauses: info.same, info.entity-name-kept, collector.info-filter."""
    if collector.info_filter is None:
        return tuple([task.info for task in page])
    spec = collector.info_filter
    return tuple([task.info if keeps_result(spec, task, choices) else evolve(task.info, result=None) for task in page])


def keeps_result(spec: calls.TaskInfoFilterSpec, task: Task, choices: Choices) -> bool:
    """Tell whether an item keeps its result (reference 8.0.3).
    Clauses: collector.info-filter, collector.info-filter-ids."""
    if spec.remove_all:
        return False
    named = task.info.description_id in spec.description_ids
    return not spec.description_ids or named == KEEPS_NAMED[choices.collector_info_filter_ids][bool(spec.filter_in)]
