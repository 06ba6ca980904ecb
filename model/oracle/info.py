"""Task.info: what every TaskInfo says of itself, and who may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import create
from taskconform.model.oracle.belief import END_STATES, SLACK, TaskRecord
from taskconform.model.oracle.findings import Departure, MustBe, Said, refusal, rule, shown
from taskconform.model.oracle.life import NO_TASK, may_have_retired
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS, Outcome, Property, Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import World
    from taskconform.model.vocabulary.calls import ReadTaskInfo
    from taskconform.model.vocabulary.outcomes import Interval

REASONS: Final = ("TaskReasonAlarm", "TaskReasonSchedule", "TaskReasonSystem", "TaskReasonUser")
"""The four kinds of TaskReason."""


@refusal("life.unknown", "ManagedObjectNotFound")
def a_task_is_unknown(world: World, call: ReadTaskInfo) -> bool | None:
    """One of the tasks has never existed; or may have retired, or was never readable yet."""
    open_ = False
    for ref in call.tasks:
        record = world.tasks.get(ref.value)
        if record is None:
            if ref.value == NO_TASK:
                return True
            open_ = True
        elif not record.resolvable:
            open_ = open_ or len(call.tasks) > 1 or record.refused != () or world.seq > record.moved_seq
        elif world.may_be_gone(record) or may_have_retired(world, record):
            open_ = True
    return None if open_ else False


REFUSALS = (a_task_is_unknown,)


@rule("create.resolvable")
def is_resolvable(world: World, record: TaskRecord, session: str) -> bool:
    """The returned Task can be read at once by the same session: the case of a read that follows the create."""
    return record.info is None and session == record.create.session and world.seq == record.moved_seq


@rule("recent.unreadable")
def is_unreadable(world: World, record: TaskRecord, session: str) -> bool:
    """The info of a task that the session may not read comes as a SecurityError kind in missingSet: the case of it."""
    return world.logged_in(session) and world.may_read(session, record.create.obj) is False


# --- what every TaskInfo says -----------------------------------------------------------------------------------------


@rule("info.key")
def key_and_reference_belong_together(world: World, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """One key, one task reference, both ways, wherever read."""
    if info.key == record.key and info.task == record.ref:
        return True
    demand = MustBe(task=record.ref, field="key", relation="is", value=record.key)
    return Departure(demand=demand, observed=f"key {info.key}, task {info.task.value}")


@rule("info.reason")
def reason_is_of_a_known_kind(_world: World, _record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """The reason is one of the four kinds."""
    if info.reason.kind in REASONS:
        return True
    demand = MustBe(task=info.task, field="reason", relation="is one of", value=REASONS)
    return Departure(demand=demand, observed=f"reason is a {info.reason.kind}")


@rule("info.result-state")
def result_only_with_success(_world: World, _record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """result only in state success."""
    if info.result is None or info.state == SUCCESS:
        return True
    demand = MustBe(task=info.task, field="result", relation="is unset")
    return Departure(
        demand=demand, observed=f"result is {shown(info.result)} in state {info.state}", situation=info.state
    )


@rule("info.error-state")
def error_goes_with_state_error(_world: World, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """State error has error, where a fault was given; other states have none."""
    if info.state != ERROR:
        if info.error is None:
            return True
        demand = MustBe(task=info.task, field="error", relation="is unset")
        return Departure(
            demand=demand, observed=f"error is {shown(info.error)} in state {info.state}", situation=info.state
        )
    if record.mystery or (
        record.ended_by is not None and (record.ended_by.state != ERROR or record.ended_by.fault is None)
    ):
        return None
    if info.error is not None:
        return True
    return Departure(
        demand=MustBe(task=info.task, field="error", relation="is set"), observed="error is unset", situation="missing"
    )


@rule("info.progress-range")
def progress_is_a_percentage(_world: World, _record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """progress, if set, is 0 to 100."""
    if info.progress is None:
        return None
    if 0 <= info.progress <= 100:
        return True
    relation, bound = ("is at least", 0) if info.progress < 0 else ("is at most", 100)
    demand = MustBe(task=info.task, field="progress", relation=relation, value=bound)
    return Departure(demand=demand, observed=f"progress is {info.progress}", situation=relation)


@rule("info.complete-time")
def complete_time_goes_with_an_end(_world: World, _record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """completeTime is set iff state is success or error."""
    if (info.complete_time is not None) == (info.state in END_STATES):
        return True
    relation = "is set" if info.state in END_STATES else "is unset"
    demand = MustBe(task=info.task, field="completeTime", relation=relation)
    observed = f"completeTime is {shown(info.complete_time)} in state {info.state}"
    return Departure(demand=demand, observed=observed, situation=info.state)


@rule("info.start-time")
def no_start_time_while_queued(_world: World, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """No startTime while queued from creation."""
    if record.ran or record.state != QUEUED or info.state != QUEUED:
        return None
    if info.start_time is None:
        return True
    demand = MustBe(task=info.task, field="startTime", relation="is unset")
    return Departure(demand=demand, observed=f"startTime is {info.start_time}")


@rule("info.locked")
def locked_only_while_running(_world: World, _record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """locked, if not empty, only while running."""
    if not info.locked:
        return True if info.state != RUNNING else None
    if info.state == RUNNING:
        return True
    demand = MustBe(task=info.task, field="locked", relation="is unset")
    return Departure(
        demand=demand, observed=f"locked is {shown(info.locked)} in state {info.state}", situation=info.state
    )


@rule("create.queue-time")
def queue_time_stays(_world: World, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """queueTime, whenever it is read, still lies within the call that made the task; it may be rounded."""
    low, high = record.created.earliest - SLACK, record.created.latest + SLACK
    if low <= info.queue_time <= high or not low <= record.returned.queue_time <= high:
        return None  # it was judged when the call returned
    relation, bound = ("is at least", low) if info.queue_time < low else ("is at most", high)
    demand = MustBe(task=info.task, field="queueTime", relation=relation, value=bound)
    return Departure(demand=demand, observed=f"queueTime is {info.queue_time}", situation="later")


ALWAYS = (
    key_and_reference_belong_together,
    reason_is_of_a_known_kind,
    result_only_with_success,
    error_goes_with_state_error,
    progress_is_a_percentage,
    complete_time_goes_with_an_end,
    no_start_time_while_queued,
    queue_time_stays,
    locked_only_while_running,
)
"""What holds of every TaskInfo of a task of ours, wherever it was read."""

OF_ANYBODY = (reason_is_of_a_known_kind, progress_is_a_percentage, locked_only_while_running)
"""What a TaskInfo says of itself that holds whoever made the task, and whatever was done with it."""


@rule("info.same")
def collector_agrees_with_task(world: World, record: TaskRecord, item: TaskInfo, _at: Interval) -> Said:
    """A settled completed task's key, task, descriptionId, entity, state agree in Task.info and in a collector. Of an
    entity that is gone only the name is retained."""
    settled = record.settled
    if settled is None:
        return None
    for name in ("key", "task", "description_id", "entity", "state"):
        if name == "entity" and item.entity is None and world.is_entity_gone(record):
            continue
        if getattr(item, name) != getattr(settled, name):
            demand = MustBe(task=record.ref, field=name, relation="is", value=getattr(settled, name))
            return Departure(
                demand=demand, observed=f"{name} is {shown(getattr(item, name))}", situation=name, eventually=True
            )
    return True


# --- phantoms: what a refused CreateTask made all the same ------------------------------------------------------------


def phantom_clauses(world: World, info: TaskInfo) -> tuple[str, ...]:
    """The clauses of the refused CreateTask call that this task can only come from: it is of a type that only we use (a
    made-up one, or our extension's), no CreateTask returned it, none had its answer lost, and it was queued while that
    call was made, with the call's type. What an earlier episode left on the server is older than that."""
    ours = info.description_id.startswith(world.declaration.extension_key)
    if not ours or world.lost_creates or info.task.value in world.tasks:
        return ()
    during = {
        clause
        for clause, type_id, at in world.phantoms
        if type_id == info.description_id and at.earliest <= info.queue_time <= at.latest
    }
    return tuple(sorted(during))


# --- effect -----------------------------------------------------------------------------------------------------------


def advance_read_task_info(world: World, call: ReadTaskInfo, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """What was read is believed from then on."""
    if not isinstance(outcome, Returned) or not isinstance(outcome.value, tuple):
        return world
    for ref, answer in zip(call.tasks, outcome.value, strict=True):
        record = world.tasks.get(ref.value)
        if record is not None and isinstance(answer, Property) and isinstance(answer.value, TaskInfo):
            world = _read(world, record, answer.value, call.session)
    return world


def _read(world: World, record: TaskRecord, info: TaskInfo, by: str) -> World:
    """One task, as it was just read."""
    if info.state in END_STATES and record.ended is None:
        # ended by the server, somewhere between the call that let it and this read
        ended = evolve(record.created, latest=world.now)
        world, record = world.completed_one(record, ended, record.rank_low)
    return world.with_task(
        evolve(
            record,
            resolvable=True,
            state=info.state,
            info=info,
            info_seq=world.seq,
            read_by=by,
            settled=(record.settled or info) if info.state in END_STATES else None,
            asked=None,
            progress=None,
            described=None,
            child_progressed=False,
            refused=(),
            unsure=False,
        )
    )


FIRST_READ = create.KEPT
"""What CreateTask promised is judged once more when the task is first read."""


def unexpected_fault_clause(world: World, call: ReadTaskInfo) -> str:
    """What a read that faults for no documented reason breaks."""
    record = world.tasks.get(call.tasks[0].value) if call.tasks else None
    if record is None:
        return "create.resolvable"
    if is_unreadable(world, record, call.session):
        return "recent.unreadable"
    if record.account != world.account_of(call.session):
        return "session.shared"
    return "recent.set" if record.resolvable and record.listed else "create.resolvable"
