"""Origins: what a task's info says of what started it, and of the entity that it is about.

TaskReasonSchedule: "the task was queued by a scheduled task". TaskReasonAlarm: "the task was queued by an alarm". A
task that one of ours started is known by its type: no CreateTask of ours returned it, and nobody else uses our types.

TaskInfo.entityName: "the name of the managed entity, locale-specific, retained for the history collector database".
TaskInfo.eventChainId: "event chain ID that leads to the corresponding events"."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from taskconform.model.oracle.filters import is_below
from taskconform.model.oracle.findings import Departure, MustAnswer, MustBe, Said, question, refusal, rule, shown
from taskconform.model.oracle.info import phantom_clauses
from taskconform.model.oracle.life import ORDER_SLACK, may_have_retired
from taskconform.model.oracle.method import Method, broken, held_of
from taskconform.model.oracle.noted import infos_in
from taskconform.model.oracle.task_types import is_settled
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import QUEUED, Outcome, Property, Returned, TaskEvent, TaskInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from taskconform.model.oracle.belief import TaskRecord, World
    from taskconform.model.oracle.belief_extensions import Folder, Starter
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import Interval


# --- an entity that is gone -------------------------------------------------------------------------------------------


@refusal("info.entity-gone", "MethodFault")
def its_entity_is_gone(world: World, call: Any) -> bool | None:
    """The task's entity was destroyed: whether the task is removed with it, two pages disagree on, so a fault is
    allowed."""
    record = world.tasks.get(call.task.value)
    return None if record is not None and world.is_entity_gone(record) else False


def folder_of(world: World, record: TaskRecord) -> Folder | None:
    """The suite's own folder that a task is about, if it surely is gone."""
    folder = world.extensions.origins.folders.get(record.create.obj.value)
    return folder if folder is not None and folder.gone is not None else None


@rule("info.entity-name-kept")
def entity_name_is_kept(world: World, record: TaskRecord, item: TaskInfo, _at: Interval) -> Said:
    """entityName is "retained for the history collector database": it stays in history items when the entity is gone,
    if the item is still held. Judged against what Task.info said while the entity was there."""
    if folder_of(world, record) is None:
        return None
    name = (record.settled or record.info or record.returned).entity_name
    if name is None:
        return None
    if item.entity_name == name:
        return True
    demand = MustBe(task=record.ref, field="entityName", relation="is", value=name)
    return Departure(demand=demand, observed=f"entityName is {shown(item.entity_name)}")


def _bereft(world: World) -> TaskRecord | None:
    """The last of our tasks that had completed, and was still well inside the limits, and whose entity is gone."""
    if not world.gone:
        return None
    found: TaskRecord | None = None
    for folder in world.extensions.origins.folders.values():
        for value in folder.tasks if folder.gone is not None else ():
            record = world.tasks.get(value)
            if record is None or record.settled is None:
                continue
            if found is None or record.created_seq > found.created_seq:
                found = record
    return found


@question("info.entity-gone")
def whether_recent_task_lists_it(world: World, call: c.ReadRecentTask, outcome: Outcome) -> tuple[str, ...] | None:
    """Whether recentTask lists the tasks of an entity that is gone."""
    value = outcome.value if isinstance(outcome, Returned) else None
    record = _bereft(world)
    if record is None or not isinstance(value, Property) or value.missing is not None:
        return None
    if not world.is_full(call.session):
        return None
    folder = folder_of(world, record)
    if folder is None or folder.gone is None or not is_settled(world, folder.gone):
        return None
    refs = value.value if isinstance(value.value, tuple) else ()
    listed = {ref.value for ref in refs if isinstance(ref, c.ObjectRef)}
    if record.ref.value in listed:
        return ("held-and-listed", "listed-only")
    return None if may_have_retired(world, record) else ("held-only", "neither")


@question("info.entity-gone")
def whether_history_holds_it(world: World, call: Any, outcome: Outcome) -> tuple[str, ...] | None:
    """Whether a collector holds an item of such a task: it was read; or one with an empty filter was read on from its
    head to an empty page, and it was not among all that came."""
    record = _bereft(world)
    if record is None or not isinstance(outcome, Returned) or not world.is_full(call.session):
        return None
    collector = world.history.collectors.get(call.collector.value)
    folder = folder_of(world, record)
    if collector is None or folder is None or folder.gone is None:
        return None
    if collector.made_at.earliest < folder.gone or not collector.settled:
        return None
    items = {item.task.value for item in infos_in(outcome.value)}
    if record.ref.value in items:
        return ("held-and-listed", "held-only")
    drained = isinstance(call, c.ReadNextTasks) and not items and collector.reading.kind == "rewound"
    if not drained or collector.spec != c.TaskFilterSpec() or collector.reading.disturbed:
        return None
    return None if record.ref.value in collector.reading.read else ("listed-only", "neither")


# --- what started a task ----------------------------------------------------------------------------------------------


def starters_of(world: World, info: TaskInfo) -> tuple[Starter, ...]:
    """What of ours may have started a task that no CreateTask returned: it is of a type that they start, and was queued
    after they were set off. None, where a CreateTask whose answer was lost or refused may have made it."""
    known = world.extensions.origins.starters
    if not known or world.lost_creates or info.task.value in world.tasks:
        return ()
    able = tuple(one for one in known.get(info.description_id, ()) if one.ran is not None)
    if not able or phantom_clauses(world, info):
        return ()
    first = min(one.ran for one in able if one.ran is not None)
    return able if info.queue_time >= first - ORDER_SLACK else ()


def may_be_started(world: World, info: TaskInfo) -> bool:
    """Whether one of ours that starts tasks of this type was set off: then a task of unknown origin may be its."""
    known = world.extensions.origins.starters
    return bool(known) and any(one.ran is not None for one in known.get(info.description_id, ()))


def is_at_or_below(world: World, entity: ObjectRef, above: ObjectRef) -> bool:
    """Whether an entity is another, or surely below it."""
    return entity == above or is_below(world, entity.value, above.value) is True


@rule("reason.schedule")
def reason_is_the_schedule(world: World, _call: object, info: TaskInfo, _at: Interval) -> Said:
    """A run of a scheduled task has TaskReasonSchedule with its name and reference."""
    able = starters_of(world, info)
    given = (info.reason.name, info.reason.scheduled_task)
    wanted = tuple((one.name, one.ref) for one in able if one.reason == "TaskReasonSchedule")
    return _as_wanted(info, "TaskReasonSchedule", given, wanted, alone=len(wanted) == len(able))


@rule("reason.alarm")
def reason_is_the_alarm(world: World, _call: object, info: TaskInfo, _at: Interval) -> Said:
    """A task an alarm queued has TaskReasonAlarm with alarm and entity: "the managed entity object on which the alarm
    is triggered", and "the name of the alarm that queued the task". An alarm may be inherited by what is below its
    entity, and triggered there."""
    able = starters_of(world, info)
    entity = info.reason.entity
    given = (info.reason.alarm, entity, info.reason.alarm_name)
    wanted = tuple(
        (one.ref, entity if entity is not None and is_at_or_below(world, entity, one.entity) else one.entity, one.name)
        for one in able
        if one.reason == "TaskReasonAlarm"
    )
    return _as_wanted(info, "TaskReasonAlarm", given, wanted, alone=len(wanted) == len(able))


def _as_wanted(
    info: TaskInfo, kind: str, given: tuple[Any, ...], wanted: tuple[tuple[Any, ...], ...], *, alone: bool
) -> Said:
    """Held if the reason is of this kind, and has the fields of one of the starters. Where starters of another kind may
    be what it comes from, nothing else is said."""
    if info.reason.kind == kind and given in wanted:
        return True
    if not wanted or not alone:
        return None
    demand = MustAnswer(property="reason", value=(info.description_id, kind, *wanted[-1]))
    if info.reason.kind != kind:
        return Departure(demand=demand, observed=f"reason is a {info.reason.kind}", situation="kind")
    return Departure(demand=demand, observed=f"{kind} of {shown(given)}", situation="fields")


ON_STARTED = (reason_is_the_schedule, reason_is_the_alarm)
"""What is judged on every TaskInfo that is not of a task of ours."""


def judge_origins(world: World, call: Any, infos: Iterable[TaskInfo], at: Interval) -> Iterable[Finding]:
    """What TaskInfos say of where their tasks came from, whatever they were read by."""
    for info in infos:
        record = world.tasks.get(info.task.value)
        rules = ON_STARTED if record is None else (entity_name_is_kept,) if hasattr(call, "collector") else ()
        for one in rules:
            said = one(world, record if record is not None else call, info, at)
            if said is not None:
                found = broken(one.clause, said, type(call).__name__) if isinstance(said, Departure) else None
                yield found if found is not None else held_of(one.clause)


def with_origins(methods: Mapping[type, Method]) -> dict[type, Method]:
    """These methods; those of them that read TaskInfos judge what the infos say of their tasks' origins, too."""
    reading = (c.ReadTaskInfo, c.ReadNextTasks, c.ReadPreviousTasks, c.ReadLatestPage)
    return {cls: _with_origins(cls, one) if cls in reading else one for cls, one in methods.items()}


def _with_origins(cls: type, method: Method) -> Method:
    """One method, so."""
    inner = method.judge

    def judge(world: World, call: Any, answer: Any, at: Interval) -> Iterable[Finding]:
        found = inner(world, call, answer, at)
        if not world.gone and not world.extensions.origins.starters:
            return found
        return [*found, *judge_origins(world, call, infos_in(answer), at)]

    if cls is c.ReadTaskInfo:
        return replace(method, judge=judge, checks=(*method.checks, *ON_STARTED))
    return replace(
        method,
        judge=judge,
        checks=(*method.checks, *ON_STARTED, entity_name_is_kept),
        questions=(*method.questions, whether_history_holds_it),
    )


# --- the chain of events ----------------------------------------------------------------------------------------------


def _is_a_snapshot(events: tuple[TaskEvent, ...]) -> Said:
    """Of the events of anybody's tasks: their state is that at the time of creation, queued."""
    odd = next((event for event in events if event.info.state != QUEUED), None)
    if odd is None:
        return True if events else None
    demand = MustAnswer(property="queued task event", value=odd.info.key)
    return Departure(demand=demand, observed=f"its state is {odd.info.state}", situation=f"state {odd.info.state}")


@rule("info.event-chain")
def chain_leads_to_the_task_event(
    world: World, call: c.QueryTaskEvents, events: tuple[TaskEvent, ...], _at: Interval
) -> Said:
    """An event query by eventChainId finds the TaskEvent of the task, "a snapshot of the Task state at the time of its
    creation, so its state will always be queued"."""
    ours = world.extensions.origins.chains.get(call.chain, ())
    if world.declaration.recorded:
        return _is_a_snapshot(events)
    if not ours or not world.is_full(call.session):
        return None
    found = [event for event in events if event.info.task.value in ours]
    key = world.tasks[ours[-1]].key
    if not found:
        demand = MustAnswer(property="task event", value=key)
        return Departure(demand=demand, observed=f"{len(events)} TaskEvents", situation="missing", eventually=True)
    return _is_a_snapshot(tuple(found))
