"""vim.TaskFilterSpec: which tasks a collector holds.

A task is held if every part of the filter that is given lets it through; a list lets through what matches any of its
values. No sentence says so of all parts and lists: `tag` and the keys do of theirs, and the others are read alike.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.TaskFilterSpec.html
"""

from __future__ import annotations

from typing import Final

from taskconform.model.spec import access, inventory
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.life import STATES
from taskconform.model.spec.state import Collector, Session, State, Task
from taskconform.model.spec.tasks import SYSTEM_REASON, USER_REASON
from taskconform.model.vocabulary.calls import ByEntity, ByTime, ByUsername, TaskFilterSpec
from taskconform.model.vocabulary.outcomes import TaskInfo

RECURSIONS: Final = frozenset({"self", "children", "all"})
TIME_TYPES: Final = frozenset({"queuedTime", "startedTime", "completedTime"})

# --- is the filter in order? ------------------------------------------------------------------------------------------


def check(state: State, session: Session, spec: TaskFilterSpec, choices: Choices) -> None:
    """Refuse a filter that is malformed (InvalidRequest), or that refers to what is not there: an alarm or a scheduled
    task that was removed, too.
    vim.TaskManager CreateCollectorForTasks filter 1; InvalidArgument 1; vmodl.fault.InvalidRequest 1;
    vmodl.fault.ManagedObjectNotFound 1; EV 2.24. Clauses: collector.malformed-filter, filter.entity-unknown."""
    if spec.entity is not None:
        check_entity(state, spec.entity, choices)
    if spec.time is not None:
        check_time(spec.time, choices)
    for one in spec.state:
        fault_if(one not in STATES, "InvalidRequest", f"no state: {one}")
    if spec.user_name is not None and choices.filter_user_spelling == "refused":
        known = set(spec.user_name.user_list) <= set(state.server.accounts.values())
        fault_if(not known, "InvalidArgument", "there is no such user")
    for given in (spec.alarm, spec.scheduled_task):
        found = given is None or any(trigger.ref == given for trigger in state.triggers)
        fault_if(not found, "ManagedObjectNotFound", f"no such object: {given}")
    check_privilege(state, session, spec, choices)


def check_entity(state: State, by: ByEntity, choices: Choices) -> None:
    """Refuse an unknown recursion, and by default an entity that is not there.
    vim.TaskFilterSpec.ByEntity entity 1; recursion 1. Clauses: filter.entity-unknown."""
    fault_if(by.recursion not in RECURSIONS, "InvalidRequest", f"no recursion option: {by.recursion}")
    if choices.filter_entity_unknown == "refused":
        inventory.find_entity(state, by.entity)


def check_time(by: ByTime, choices: Choices) -> None:
    """Refuse a filter by time without its time type, which is not optional, whether a side of the range is given or
    not. A range that begins after its end by default holds nothing.
    vim.TaskFilterSpec.ByTime timeType 1; beginTime 3; endTime 3; EV 2.24. Clauses: collector.malformed-filter,
    filter.time-reversed."""
    fault_if(by.time_type not in TIME_TYPES, "InvalidRequest", f"no time type: {by.time_type}")
    if choices.filter_time_reversed == "refused" and by.begin_time is not None and by.end_time is not None:
        fault_if(by.begin_time > by.end_time, "InvalidArgument", "the range begins after its end")


def check_privilege(state: State, session: Session, spec: TaskFilterSpec, choices: Choices) -> None:
    """Ask for System.View on the entity of the filter.
    vim.TaskFilterSpec.ByEntity entity privilege. Clauses: filter.entity-privilege."""
    if spec.entity is not None and spec.entity.entity.value in state.entities:
        held = access.holds(state, session, access.SYSTEM_VIEW, spec.entity.entity.value, choices)
        fault_if(not held, "NoPermission", "System.View is required on the entity of the filter")


# --- which tasks does it let through? ---------------------------------------------------------------------------------


def holds(state: State, collector: Collector, task: Task, choices: Choices) -> bool:
    """Tell whether a collector holds a task: every part that the filter has lets it through. A filter without `entity`
    holds tasks without an entity, too. By default a task is held whose entity is gone.
    vim.TaskFilterSpec 1-2; entity 2; time 2; userName 2; state 3. Clauses: filter.none, filter.and, filter.or,
    filter.empty-list, info.entity-gone."""
    if task.removed:
        return False
    if choices.info_entity_gone in {"listed-only", "neither"} and inventory.is_gone(state, task.info.entity):
        return False
    spec, info = collector.filter, task.info
    return (
        (spec.entity is None or passes_entity(state, spec.entity, info, choices))
        and (spec.time is None or passes_time(spec.time, info, choices))
        and (spec.user_name is None or passes_user(spec.user_name, info, choices))
        and (not spec.state or passes_state(collector, task, choices))
        and passes_lists(spec, info, choices)
    )


def passes_lists(spec: TaskFilterSpec, info: TaskInfo, choices: Choices) -> bool:
    """Let through what each list that is given has. A task without a tag has the empty one, and no call gives a task
    another. The head of a chain is by default not in the chain. activationId is newer than the page (vSphere API 6.0).
    vim.TaskFilterSpec alarm 1-2; scheduledTask 1-2; eventChainId 1-3; tag 1-4; parentTaskKey 1-3; rootTaskKey 1-3.
    Clauses: filter.alarm, filter.scheduled, filter.activation, filter.event-chain, filter.tag, filter.parent-key,
    filter.root-key, filter.root-head."""
    heads = choices.filter_root_head == "held" and info.key in spec.root_task_key
    return (
        (spec.alarm is None or info.reason.alarm == spec.alarm)
        and (spec.scheduled_task is None or info.reason.scheduled_task == spec.scheduled_task)
        and (not spec.activation_id or info.activation_id in spec.activation_id)
        and (not spec.event_chain_id or info.event_chain_id in spec.event_chain_id)
        and (not spec.tag or (info.change_tag or "") in spec.tag)
        and (not spec.parent_task_key or info.parent_task_key in spec.parent_task_key)
        and (not spec.root_task_key or info.root_task_key in spec.root_task_key or heads)
    )


def passes_entity(state: State, by: ByEntity, info: TaskInfo, choices: Choices) -> bool:
    """Let through tasks of the entity itself, of those below it, or of both. How far down the page does not say: here
    to the bottom.
    vim.TaskFilterSpec entity 1; vim.TaskFilterSpec.ByEntity 1; entity 1; recursion 1;
    vim.TaskFilterSpec.RecursionOption 1-2; self 1; children 1-2; all 1. Clauses: filter.entity-self,
    filter.entity-children, filter.entity-all, filter.entity-compute."""
    if info.entity is None:
        return False
    itself = by.recursion != "children" and info.entity == by.entity
    return itself or (by.recursion != "self" and inventory.is_below(state, info.entity.value, by.entity.value, choices))


def passes_time(by: ByTime, info: TaskInfo, choices: Choices) -> bool:
    """Let through tasks whose stamp lies in the range, by default its bounds included; a side that is not given is
    open. Without the stamp a task is by default not held, even if both sides are open.
    vim.TaskFilterSpec time 1; vim.TaskFilterSpec.ByTime 1; timeType 1; beginTime 1-2; endTime 1-2;
    vim.TaskFilterSpec.TimeOption queuedTime 1; startedTime 1; completedTime 1. Clauses: filter.time-queued,
    filter.time-started, filter.time-completed, filter.time-open, filter.time-edge."""
    stamps = {"queuedTime": info.queue_time, "startedTime": info.start_time, "completedTime": info.complete_time}
    stamp, begin, end = stamps[by.time_type or ""], by.begin_time, by.end_time
    if stamp is None:
        return choices.filter_time_open == "held" and begin is None and end is None
    edge = choices.filter_time_edge
    late = begin is None or begin < stamp or (begin == stamp and edge in {"inside", "begin-only"})
    return late and (end is None or stamp < end or (stamp == end and edge in {"inside", "end-only"}))


def passes_user(by: ByUsername, info: TaskInfo, choices: Choices) -> bool:
    """Let through tasks of the listed users, of all regular users without a list, and of the system with systemUser.
    Tasks of alarms and scheduled tasks are of no user, and pass none of these. By default systemUser adds the system's
    tasks.
    vim.TaskFilterSpec userName 1; vim.TaskFilterSpec.ByUsername 1; systemUser 1-2; userList 1-2. Clauses:
    filter.user-list, filter.user-regular, filter.user-system, filter.user-system-list."""
    system, regular = info.reason.kind == SYSTEM_REASON, info.reason.kind == USER_REASON
    listed = regular and is_named(info.reason.user_name or "", by.user_list, choices)
    if not by.system_user:
        return listed if by.user_list else regular
    if by.user_list:
        how: str = choices.filter_user_system_list
        return (system and how.startswith("system")) or (listed and how in {"system-or-listed", "listed-only"})
    how = choices.filter_user_system
    return (system and how.startswith("system")) or (regular and how != "system-only")


def is_named(user_name: str, listed: tuple[str, ...], choices: Choices) -> bool:
    """Tell whether a list names the user.
    vim.TaskFilterSpec.ByUsername userList 1. Clauses: filter.user-spelling."""
    return spelled(user_name, choices) in [spelled(one, choices) for one in listed]


def spelled(name: str, choices: Choices) -> str:
    """Return what counts of a user's name: by default all of it.
    vim.TaskFilterSpec.ByUsername userList 1. Clauses: filter.user-spelling."""
    if choices.filter_user_spelling in {"any-domain", "any-case-and-domain"}:
        name = name.rpartition("\\")[2].partition("@")[0]
    return name.lower() if choices.filter_user_spelling in {"any-case", "any-case-and-domain"} else name


def passes_state(collector: Collector, task: Task, choices: Choices) -> bool:
    """Let through tasks in the listed states: by default those that are in one now.
    vim.TaskFilterSpec state 1-3. Clauses: filter.state, filter.state-moves."""
    asked, moves = collector.filter.state, choices.filter_state_moves
    before = [state for _, move, state in task.entered if move <= collector.moves] or [task.entered[0][2]]
    since = [state for _, move, state in task.entered if move > collector.moves]
    at_first, is_now = before[-1] in asked, task.info.state in asked
    if moves == "enters-only":
        return at_first or any(state in asked for state in since)
    return {"enters-and-leaves": is_now, "leaves-only": at_first and is_now, "neither": at_first}[moves]
