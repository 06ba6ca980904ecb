"""Origins: what started a task, and the entity that it is about.

TaskReasonSchedule: "the task was queued by a scheduled task". TaskReasonAlarm: "the task was queued by an alarm". A
task that an alarm or a scheduled task of ours started is known by its type: no CreateTask of ours returned it, and only
the suite uses these types.

TaskInfo.entityName: "the name of the managed entity, locale-specific, retained for the history collector database".
TaskInfo.eventChainId: "event chain ID that leads to the corresponding events"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.belief import may_have_retired
from taskconform.model.oracle.checks import fault_condition, open_clause, rule, unless_unsaid
from taskconform.model.oracle.descriptions import is_built_in
from taskconform.model.oracle.filters import is_below
from taskconform.model.oracle.findings import Divergence, MustAnswer, MustBe, Said, shown
from taskconform.model.oracle.life import ORDER_SLACK, OnTask
from taskconform.model.oracle.method import run_checks
from taskconform.model.oracle.steady import GIVEN
from taskconform.model.oracle.task_types import is_settled
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import (
    QUEUED,
    REASONS,
    SUCCESS,
    Outcome,
    Property,
    Returned,
    TaskEvent,
    TaskInfo,
    Value,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.oracle.belief import Belief, TaskRecord
    from taskconform.model.oracle.belief_extensions import Folder, Starter
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import Interval


ReadsItems = c.ReadNextTasks | c.ReadPreviousTasks | c.ReadLatestPage
"""The calls that read items of a collector."""

# --- an entity that is gone -------------------------------------------------------------------------------------------


@fault_condition("info.entity-gone", "MethodFault")
def its_entity_is_gone(belief: Belief, call: OnTask) -> bool | None:
    """The task's entity was destroyed: two pages disagree on whether the task is removed with it, so a fault is
    allowed."""
    record = belief.tasks.get(call.task.value)
    return None if record is not None and belief.is_entity_gone(record) else False


def folder_of(belief: Belief, record: TaskRecord) -> Folder | None:
    """Return the suite's own folder that a task is about, if it surely is gone; else None."""
    folder = belief.extensions.origins.folders.get(record.create.obj.value)
    return folder if folder is not None and folder.gone is not None else None


@rule("info.entity-name-kept")
def entity_name_is_kept(belief: Belief, record: TaskRecord, item: TaskInfo, _at: Interval) -> Said:
    """entityName is "retained for the history collector database": it stays in history items when the entity is gone,
    if the item is still held. Judged against what Task.info said while the entity was there."""
    if folder_of(belief, record) is None:
        return None
    name = (record.settled or record.info or record.returned).entity_name
    if name is None:
        return None
    if item.entity_name == name:
        return True
    demand = MustBe(task=record.ref, field="entityName", relation="is", value=name)
    return Divergence(demand=demand, observed=f"entityName is {shown(item.entity_name)}")


def _task_on_removed_entity(belief: Belief) -> TaskRecord | None:
    """Return the last of our completed tasks whose entity is gone; None if there is none."""
    if not belief.gone:
        return None
    found: TaskRecord | None = None
    for folder in belief.extensions.origins.folders.values():
        for value in folder.tasks if folder.gone is not None else ():
            record = belief.tasks.get(value)
            if record is None or record.settled is None:
                continue
            if found is None or record.created_seq > found.created_seq:
                found = record
    return found


@open_clause("info.entity-gone")
def recent_task_of_removed_entity(belief: Belief, call: c.ReadRecentTask, outcome: Outcome) -> tuple[str, ...] | None:
    """recentTask lists the tasks of an entity that is gone, or not."""
    value = outcome.value if isinstance(outcome, Returned) else None
    record = _task_on_removed_entity(belief)
    if record is None or not isinstance(value, Property) or value.missing is not None:
        return None
    if not belief.is_full(call.session):
        return None
    folder = folder_of(belief, record)
    if folder is None or folder.gone is None or not is_settled(belief, folder.gone):
        return None
    refs = value.value if isinstance(value.value, tuple) else ()
    listed = {ref.value for ref in refs if isinstance(ref, c.ObjectRef)}
    if record.ref.value in listed:
        return ("held-and-listed", "listed-only")
    return None if may_have_retired(belief, record) else ("held-only", "neither")


@open_clause("info.entity-gone")
def history_of_removed_entity(belief: Belief, call: ReadsItems, outcome: Outcome) -> tuple[str, ...] | None:
    """A collector holds an item of such a task, or not: it was read; or one with an empty filter was read on from its
    head to an empty page, and it was not among all that came."""
    record = _task_on_removed_entity(belief)
    if record is None or not isinstance(outcome, Returned) or not belief.is_full(call.session):
        return None
    collector = belief.history.collectors.get(call.collector.value)
    folder = folder_of(belief, record)
    if collector is None or folder is None or folder.gone is None:
        return None
    if collector.made_at.earliest < folder.gone or not collector.settled:
        return None
    items = {item.task.value for item in infos_in(outcome.value)}
    if record.ref.value in items:
        return ("held-and-listed", "held-only")
    drained = isinstance(call, c.ReadNextTasks) and not items and collector.scan.kind == "rewound"
    if not drained or collector.spec != c.TaskFilterSpec() or collector.scan.disturbed:
        return None
    return None if record.ref.value in collector.scan.read else ("listed-only", "neither")


# --- what started a task ----------------------------------------------------------------------------------------------


def clauses_of_refused_create(belief: Belief, info: TaskInfo) -> tuple[str, ...]:
    """Return the clauses of the faulted CreateTask call that alone can have made this task: it is of a type that only
    the suite uses, no CreateTask returned it, no answer was lost, and it was queued while that call was made, with the
    call's type. Tasks of earlier test cases are older than that."""
    ours = info.description_id.startswith(belief.declaration.extension_key)
    if not ours or belief.lost_creates or info.task.value in belief.tasks:
        return ()
    during = {
        clause
        for clause, type_id, at in belief.refused_creates
        if type_id == info.description_id and at.earliest <= info.queue_time <= at.latest
    }
    return tuple(sorted(during))


def starters_of(belief: Belief, info: TaskInfo) -> tuple[Starter, ...]:
    """Return the alarms and scheduled tasks of ours that may have started a task that no CreateTask returned: it is of
    a type that they start, and was queued after they were set off. None, where a CreateTask whose answer was lost or
    refused may have made it."""
    known = belief.extensions.origins.starters
    if not known or belief.lost_creates or info.task.value in belief.tasks:
        return ()
    able = tuple(one for one in known.get(info.description_id, ()) if one.ran is not None)
    if not able or clauses_of_refused_create(belief, info):
        return ()
    first = min(one.ran for one in able if one.ran is not None)
    return able if info.queue_time >= first - ORDER_SLACK else ()


def may_be_started(belief: Belief, info: TaskInfo) -> bool:
    """Return True if an alarm or a scheduled task of ours that starts tasks of this type was triggered."""
    known = belief.extensions.origins.starters
    return bool(known) and any(one.ran is not None for one in known.get(info.description_id, ()))


def is_at_or_below(belief: Belief, entity: ObjectRef, above: ObjectRef) -> bool:
    """Return True if an entity is another, or surely below it."""
    return entity == above or is_below(belief, entity.value, above.value) is True


@rule("reason.schedule")
def reason_is_the_schedule(belief: Belief, _call: object, info: TaskInfo, _at: Interval) -> Said:
    """A run of a scheduled task has TaskReasonSchedule with its name and reference."""
    able = starters_of(belief, info)
    given = (info.reason.name, info.reason.scheduled_task)
    wanted = tuple((one.name, one.ref) for one in able if one.reason == "TaskReasonSchedule")
    return _as_wanted(info, "TaskReasonSchedule", given, wanted, alone=len(wanted) == len(able))


@rule("reason.alarm")
def reason_is_the_alarm(belief: Belief, _call: object, info: TaskInfo, _at: Interval) -> Said:
    """A task an alarm queued has TaskReasonAlarm with alarm and entity: "the managed entity object on which the alarm
    is triggered", and "the name of the alarm that queued the task". An alarm may be inherited by what is below its
    entity, and triggered there."""
    able = starters_of(belief, info)
    entity = info.reason.entity
    given = (info.reason.alarm, entity, info.reason.alarm_name)
    wanted = tuple(
        (one.ref, entity if entity is not None and is_at_or_below(belief, entity, one.entity) else one.entity, one.name)
        for one in able
        if one.reason == "TaskReasonAlarm"
    )
    return _as_wanted(info, "TaskReasonAlarm", given, wanted, alone=len(wanted) == len(able))


def _as_wanted(
    info: TaskInfo, kind: str, given: tuple[object, ...], wanted: tuple[tuple[object, ...], ...], *, alone: bool
) -> Said:
    """Check that the reason is of this kind, and has the fields of one of the starters. It counts only if all possible
    starters are of this kind."""
    if info.reason.kind == kind and given in wanted:
        return True
    if not wanted or not alone:
        return None
    demand = MustAnswer(property="reason", value=(info.description_id, kind, *wanted[-1]))
    if info.reason.kind != kind:
        return Divergence(demand=demand, observed=f"reason is a {info.reason.kind}", situation="kind")
    return Divergence(demand=demand, observed=f"{kind} of {shown(given)}", situation="fields")


ON_STARTED = (reason_is_the_schedule, reason_is_the_alarm)
"""Checks of every TaskInfo of a task that is not ours."""

ON_ITEM: Final = (*ON_STARTED, entity_name_is_kept)
"""Checks of every item of a collector."""


def can_be_judged(belief: Belief) -> bool:
    """Return True if tasks can have another origin than CreateTask, or an entity that is gone."""
    return bool(belief.gone or belief.extensions.origins.starters)


def judge_origins(
    belief: Belief, call: c.ReadTaskInfo | ReadsItems, infos: Iterable[TaskInfo], at: Interval
) -> Iterable[Finding]:
    """Judge what TaskInfos say of where their tasks came from, whatever call read them."""
    found: list[Finding] = []
    method = type(call).__name__
    for info in infos:
        record = belief.tasks.get(info.task.value)
        if record is None:
            run_checks(ON_STARTED, belief, call, info, at, method, found)
        elif not isinstance(call, c.ReadTaskInfo):
            run_checks((entity_name_is_kept,), belief, record, info, at, method, found)
    return found


# --- the chain of events ----------------------------------------------------------------------------------------------


def _is_a_snapshot(events: tuple[TaskEvent, ...]) -> Said:
    """Check that all events, of anybody's tasks, have the state at the time of creation, queued."""
    odd = next((event for event in events if event.info.state != QUEUED), None)
    if odd is None:
        return True if events else None
    demand = MustAnswer(property="queued task event", value=odd.info.key)
    return Divergence(demand=demand, observed=f"its state is {odd.info.state}", situation=f"state {odd.info.state}")


@rule("info.event-chain")
def chain_leads_to_the_task_event(
    belief: Belief, call: c.QueryTaskEvents, events: tuple[TaskEvent, ...], _at: Interval
) -> Said:
    """An event query by eventChainId finds the TaskEvent of the task, "a snapshot of the Task state at the time of its
    creation, so its state will always be queued", and none of a task of ours whose chain is another."""
    ours = belief.extensions.origins.chains.get(call.chain, ())
    if belief.declaration.recorded:
        return _is_a_snapshot(events)
    if not ours or not belief.is_full(call.session):
        return None
    found = [event for event in events if event.info.task.value in ours]
    key = belief.tasks[ours[-1]].key
    if not found:
        demand = MustAnswer(property="task event", value=key)
        return Divergence(demand=demand, observed=f"{len(events)} TaskEvents", situation="missing", eventually=True)
    known = (belief.tasks.get(event.info.task.value) for event in events)
    foreign = next((one for one in known if one is not None and one.chain not in (0, call.chain)), None)
    if foreign is not None:
        demand = MustAnswer(property="task events of", value=key)
        return Divergence(demand=demand, observed=f"that of {foreign.key}", situation="another chain")
    return _tells_of_its_task(belief, call, found) or _is_a_snapshot(tuple(found))


def _tells_of_its_task(belief: Belief, call: c.QueryTaskEvents, events: list[TaskEvent]) -> Divergence | None:
    """Check that the events of our tasks say what CreateTask gave them; the chain may be left out (EV 1.6)."""
    for event in events:
        record = belief.tasks[event.info.task.value]
        given = record.returned
        left_out = belief.declaration.fields_without
        for name in () if record.operation else GIVEN:
            if name not in left_out and getattr(event.info, name) != getattr(given, name):
                demand = MustBe(task=given.task, field=name, relation="is", value=getattr(given, name))
                return Divergence(
                    demand=demand, observed=f"{name} is {shown(getattr(event.info, name))}", situation=name
                )
        if event.info.event_chain_id not in (0, call.chain):
            demand = MustBe(task=given.task, field="eventChainId", relation="is", value=call.chain)
            return Divergence(demand=demand, observed="another eventChainId", situation="eventChainId")
    return None


# --- facts that an answer tells beside those its call asked for -------------------------------------------------------

MOST_FOREIGN: Final = 32
"""Number of descriptionIds of others' tasks that are remembered."""

READS: Final = frozenset({c.ReadTaskInfo, c.ReadNextTasks, c.ReadPreviousTasks, c.ReadLatestPage})
"""The calls that read TaskInfos."""

PAGES: Final = frozenset({c.ReadNextTasks, c.ReadPreviousTasks, c.ReadLatestPage})
"""The calls that read items of a collector, by class."""


def infos_in(value: Value) -> Iterable[TaskInfo]:
    """Return every TaskInfo in what a read returned: single properties, a page, or a page as a property."""
    parts = value.value if isinstance(value, Property) else value
    for one in parts if isinstance(parts, tuple) else ():
        info = one.value if isinstance(one, Property) else one
        if isinstance(info, TaskInfo):
            yield info


def note(belief: Belief, call: c.Call, outcome: Outcome) -> Belief:
    """Return the belief with facts from an answer that other rules need."""
    if not isinstance(outcome, Returned):
        return belief
    value = outcome.value
    cls = call.__class__
    if isinstance(call, c.CreateTask):
        if isinstance(value, TaskInfo):
            belief = _note_created(belief, call, value)
    elif cls in READS:
        is_page = cls in PAGES
        for info in infos_in(value):
            belief = _note_reason(belief, info)
            if info.task.value not in belief.tasks:
                belief = unless_unsaid(_note_other, belief, call, info) or belief
            elif is_page:
                belief = unless_unsaid(_note_chain, belief, info) or belief
    elif isinstance(call, c.Login):
        belief = _note_locale(belief, call)
    return belief


def _note_locale(belief: Belief, call: c.Login) -> Belief:
    """Note the locale that a session asked for."""
    known = belief.extensions.descriptions
    known = evolve(known, locales=known.locales.set(call.session, call.locale))
    return evolve(belief, extensions=evolve(belief.extensions, descriptions=known))


def _note_created(belief: Belief, call: c.CreateTask, info: TaskInfo) -> Belief:
    """Note the TaskInfo that CreateTask returned."""
    belief = _note_reason(belief, info)
    if belief.extensions.origins.folders:
        belief = _note_on_folder(belief, call, info)
    return belief


def _note_reason(belief: Belief, info: TaskInfo) -> Belief:
    """Note a kind of reason that was not seen yet, if it is one of the four."""
    kind = unless_unsaid(lambda: info.reason.kind)
    if kind not in REASONS or kind in belief.extensions.descriptions.reasons:
        return belief
    known = belief.extensions.descriptions
    known = evolve(known, reasons=known.reasons | {kind})
    return evolve(belief, extensions=evolve(belief.extensions, descriptions=known))


def _note_on_folder(belief: Belief, call: c.CreateTask, info: TaskInfo) -> Belief:
    """Note a task on a folder of the suite's own."""
    known = belief.extensions.origins
    folder = known.folders.get(call.obj.value)
    if folder is None:
        return belief
    folder = evolve(folder, tasks=(*folder.tasks, info.task.value))
    known = evolve(known, folders=known.folders.set(call.obj.value, folder))
    return evolve(belief, extensions=evolve(belief.extensions, origins=known))


def _note_chain(belief: Belief, info: TaskInfo) -> Belief:
    """Note the event chain of one of our tasks, when a collector's item has it for the first time."""
    chain = info.event_chain_id
    if not chain or belief.tasks[info.task.value].chain:
        return belief
    known = belief.extensions.origins
    theirs = known.chains.get(chain, ())
    if info.task.value in theirs:
        return belief
    known = evolve(known, chains=known.chains.set(chain, (*theirs, info.task.value)))
    return evolve(belief, extensions=evolve(belief.extensions, origins=known))


def _note_other(belief: Belief, call: c.Call, info: TaskInfo) -> Belief:
    """Note a task that CreateTask did not make: a `_Task` call of ours started it, or somebody else did."""
    folder = belief.extensions.origins.destroys.get(info.task.value)
    if folder is not None:
        return _note_destroy(belief, call, info, folder)
    if info.task.value in belief.extensions.origins.operations:
        return belief  # it is ours, once it is read
    known = belief.extensions.descriptions
    if not info.name or info.description_id in known.foreign or len(known.foreign) >= MOST_FOREIGN:
        return belief
    if not is_built_in(belief, info.description_id):
        return belief
    known = evolve(known, foreign=known.foreign | {info.description_id})
    return evolve(belief, extensions=evolve(belief.extensions, descriptions=known))


def _note_destroy(belief: Belief, call: c.Call, info: TaskInfo, value: str) -> Belief:
    """Note the Task of a Destroy: its descriptionId, and, when it has succeeded, that the folder is gone."""
    known = belief.extensions
    operation = (call.session, info.description_id)
    if operation not in known.descriptions.operations:
        told = evolve(known.descriptions, operations=known.descriptions.operations | {operation})
        known = evolve(known, descriptions=told)
    folder = known.origins.folders[value]
    if info.state == SUCCESS and folder.gone is None:
        folders = known.origins.folders.set(value, evolve(folder, gone=belief.now))
        known = evolve(known, origins=evolve(known.origins, folders=folders))
    return evolve(belief, extensions=known)
