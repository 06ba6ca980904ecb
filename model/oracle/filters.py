"""TaskFilterSpec: which tasks a collector holds.

"The client creates a task history collector with a filter specification, then retrieves the tasks." Parts limit one
another; the values of one list add up.

Each part of a filter is one function from a TaskInfo to True (surely let through), False (surely not) or None (the page
leaves it open, or we do not know). The items of a collector are judged by their own fields."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.belief import SLACK
from taskconform.model.oracle.checks import Check, rule, unless_unsaid
from taskconform.model.vocabulary.calls import ByEntity, ByTime, ByUsername, TaskFilterSpec
from taskconform.model.vocabulary.outcomes import SECOND
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Belief
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import TaskInfo

PARTS: Final = TaskFilterSpec.__struct_fields__
"""The parts of a filter, by the names of its fields."""

STAMPS: Final = {"queuedTime": "queue_time", "startedTime": "start_time", "completedTime": "complete_time"}
"""TaskFilterSpec.TimeOption to the field of TaskInfo that it means."""

COMPUTE: Final = frozenset({"HostSystem", "ComputeResource", "ClusterComputeResource", "ResourcePool", "VirtualApp"})
"""Types of entities whose virtual machines are no descendants by ManagedEntity.parent."""

EVERYTHING: Final = TaskFilterSpec()
"""The empty filter."""

ROUNDED: Final = 10_000
"""Largest distance of a stamp in the history from that in Task.info, in microseconds."""


# --- a filter and its parts -------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def parts_of(spec: TaskFilterSpec) -> tuple[TaskFilterSpec, ...]:
    """Return one filter for each part that is given."""
    given = (name for name in PARTS if getattr(spec, name) not in (None, ()))
    return tuple(evolve(EVERYTHING, **{name: getattr(spec, name)}) for name in given)


def values_of(part: TaskFilterSpec) -> tuple[TaskFilterSpec, ...]:
    """Return one filter for each value of a filter's one part, if that is a list; else the filter itself."""
    name = name_of(part)
    value = getattr(part, name)
    if isinstance(value, ByUsername):
        one_each = (evolve(value, user_list=(user,)) for user in value.user_list)
        return tuple(TaskFilterSpec(user_name=one) for one in one_each) or (part,)
    if not isinstance(value, tuple):
        return (part,)
    return tuple(evolve(EVERYTHING, **{name: (one,)}) for one in value)


def name_of(part: TaskFilterSpec) -> str:
    """Return the name of the one part that a filter has. Raises StopIteration for the empty filter."""
    return next(name for name in PARTS if getattr(part, name) not in (None, ()))


def clause_of(part: TaskFilterSpec) -> str:
    """Return the clause on what a filter of one part holds."""
    name = name_of(part)
    value = getattr(part, name)
    if isinstance(value, ByEntity):
        return f"filter.entity-{value.recursion}"
    if isinstance(value, ByTime):
        return f"filter.time-{(value.time_type or 'queuedTime').removesuffix('Time')}"
    if isinstance(value, ByUsername):
        if value.system_user:
            return "filter.user-system-list" if value.user_list else "filter.user-system"
        return "filter.user-list" if value.user_list else "filter.user-regular"
    return BY_PART[name]


BY_PART: Final = {
    "state": "filter.state",
    "alarm": "filter.alarm",
    "scheduled_task": "filter.scheduled",
    "activation_id": "filter.activation",
    "event_chain_id": "filter.event-chain",
    "tag": "filter.tag",
    "parent_task_key": "filter.parent-key",
    "root_task_key": "filter.root-key",
}


def lets_through(belief: Belief, part: TaskFilterSpec, info: TaskInfo) -> bool | None:
    """Tell whether the one part of a filter lets a task through."""
    name = name_of(part)
    return unless_unsaid(_PASSES[name].decide, belief, getattr(part, name), info)


# --- by entity --------------------------------------------------------------------------------------------------------


def is_below(belief: Belief, value: str, above: str) -> bool | None:
    """Tell whether an entity is a descendant of another by ManagedEntity.parent; None where the chain is not declared,
    or leads in a circle."""
    parents = belief.declaration.parents
    for _ in parents:
        if value not in parents:
            return None
        parent = parents[value]
        if parent is None:
            return False
        if parent == above:
            return True
        value = parent
    return None


@rule("filter.entity-self", "filter.entity-children", "filter.entity-all")
def passes_entity(belief: Belief, by: ByEntity, info: TaskInfo) -> bool | None:
    """`self`: "tasks that pertain only to the specified managed entity, and not its children"; `children`: "child
    entities only"; `all`: "either". What counts as a child of a host, a cluster or a pool is open."""
    entity = by.entity
    if info.entity is None:
        return None if info.entity_name else False  # the entity may be gone, and only its name be retained
    if info.entity == entity:
        return by.recursion != "children"
    if info.entity.value == entity.value:
        return None  # named by a base type, maybe
    if by.recursion == "self":
        return False
    below = is_below(belief, info.entity.value, entity.value)
    return None if below is False and _may_run_below(belief, info.entity, entity) else below


def _may_run_below(belief: Belief, machine: ObjectRef, entity: ObjectRef) -> bool:
    """Return True if a virtual machine may run on a host in an entity: on a host, a cluster, a pool; and on what is in
    a folder, unless that is known for a folder of virtual machines."""
    if machine.type not in {"VirtualMachine", "VirtualApp"}:
        return False
    if entity.type != "Folder":
        return entity.type in COMPUTE
    return not any(is_below(belief, one.value, entity.value) for one in belief.declaration.machines)


# --- by time ----------------------------------------------------------------------------------------------------------


def is_reversed(by: ByTime | None) -> bool:
    """Return True if the range begins after its end."""
    return by is not None and by.begin_time is not None and by.end_time is not None and by.begin_time > by.end_time


@rule("filter.time-queued", "filter.time-started", "filter.time-completed")
def passes_time(belief: Belief, by: ByTime, info: TaskInfo) -> bool | None:
    """The page: "Collected from the earliest time" where beginTime is unset, "up to the latest time" where endTime is.
    With a bound given, a task without the stamp is not collected; with none, that is open; so is a stamp on a bound. On
    a real clock, and for a stamp of whole seconds, a margin is kept, since the history may have a finer one; else a
    small margin, since the history may round (EV 1.1)."""
    stamp = getattr(info, STAMPS.get(by.time_type or "", "queue_time"))
    if by.begin_time is None and by.end_time is None:
        return None if stamp is None else True
    if is_reversed(by):
        return None
    if stamp is None:
        return False
    is_exact = "clock" in belief.declaration.capabilities and stamp % SECOND != 0
    margin = ROUNDED if is_exact else SLACK
    sides = (
        None if by.begin_time is None else stamp - by.begin_time,
        None if by.end_time is None else by.end_time - stamp,
    )
    if any(side is not None and side < -margin for side in sides):
        return False
    return None if any(side is not None and -margin <= side <= margin for side in sides) else True


# --- by user ----------------------------------------------------------------------------------------------------------


def plain_name(user: str) -> str:
    """Return a user name without its domain, case folded: equal plain names may be spellings of one user."""
    return user.rsplit("\\", 1)[-1].split("@", 1)[0].casefold()


@rule("filter.user-list", "filter.user-regular")
def passes_user_name(_belief: Belief, by: ByUsername, info: TaskInfo) -> bool | None:
    """With systemUser false: the users of the list, "if not set, then all regular user tasks". The effect of systemUser
    is open, and so are other spellings of a name."""
    user = info.reason.user_name if info.reason.kind == "TaskReasonUser" else None
    if by.system_user:
        return None
    if not by.user_list:
        return True if user else None
    if user in by.user_list:
        return True
    if user is None:
        return False if info.reason.kind == "TaskReasonSystem" else None
    listed = {plain_name(one) for one in by.user_list}
    return None if plain_name(user) in listed else False


# --- by lists ---------------------------------------------------------------------------------------------------------


@rule("filter.state")
def passes_state(_belief: Belief, states: tuple[str, ...], info: TaskInfo) -> bool:
    """The page: "limits the set of collected tasks by their states"."""
    return info.state in states


@rule("filter.tag")
def passes_tag(_belief: Belief, tags: tuple[str, ...], info: TaskInfo) -> bool:
    """The page: "Tasks not with the given tag(s) will be filtered out"; "if it ... includes an empty string, tasks
    without a tag will be returned"."""
    return (info.change_tag or "") in tags


@rule("filter.event-chain")
def passes_event_chain(belief: Belief, chains: tuple[int, ...], info: TaskInfo) -> bool | None:
    """The page: "Tasks not with the given eventChainId will be filtered out." The id is the one in collectors' items:
    it may be 0 elsewhere (EV 1.6)."""
    record = belief.tasks.get(info.task.value)
    chain = record.chain if record is not None and record.chain else info.event_chain_id
    return chain in chains if chain else None


@rule("filter.parent-key")
def passes_parent(_belief: Belief, keys: tuple[str, ...], info: TaskInfo) -> bool:
    """The page: "tasks not with the given parentTaskKey(s) will be filtered out"."""
    return info.parent_task_key in keys


@rule("filter.root-key")
def passes_root(_belief: Belief, keys: tuple[str, ...], info: TaskInfo) -> bool | None:
    """The page: "Tasks not with the given rootTaskKey(s) will be filtered out." Whether the head of a chain has its own
    key for root is open."""
    return None if info.key in keys else info.root_task_key in keys


@rule("filter.activation")
def passes_activation(_belief: Belief, ids: tuple[str, ...], info: TaskInfo) -> bool:
    """Tasks without one of the given activation ids are filtered out."""
    return info.activation_id in ids


@rule("filter.alarm")
def passes_alarm(belief: Belief, alarm: object, info: TaskInfo) -> bool | None:
    """The page: "Limits the set of collected tasks to those associated with the specified alarm": those it started; a
    task that the suite made by CreateTask is none of them."""
    if info.reason.kind == "TaskReasonAlarm":
        return info.reason.alarm == alarm
    return False if info.task.value in belief.tasks else None


@rule("filter.scheduled")
def passes_scheduled(belief: Belief, scheduled_task: object, info: TaskInfo) -> bool | None:
    """The page: "Limits the set of collected tasks to those associated with the specified scheduled task": those it
    started; a task that the suite made by CreateTask is none of them."""
    if info.reason.kind == "TaskReasonSchedule":
        return info.reason.scheduled_task == scheduled_task
    return False if info.task.value in belief.tasks else None


_PASSES: Final[dict[str, Check[..., bool | None]]] = {
    "entity": passes_entity,
    "time": passes_time,
    "user_name": passes_user_name,
    "state": passes_state,
    "alarm": passes_alarm,
    "scheduled_task": passes_scheduled,
    "activation_id": passes_activation,
    "event_chain_id": passes_event_chain,
    "tag": passes_tag,
    "parent_task_key": passes_parent,
    "root_task_key": passes_root,
}

FILTER_CHECKS: Final = tuple(_PASSES.values())
"""The checks of the parts of a filter."""
