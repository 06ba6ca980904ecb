"""Operations: tasks that `_Task` methods of the target's own made, and that the target moves.

Such a task becomes one of ours when its Task.info is first read. Until it is read as ended its state is open, and
something may change with every call; what is read of it can only go forward. Once ended it is a task like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.access import ACCESS
from taskconform.model.oracle.belief import CHANGES_KEPT, END_STATES, RETIRING_SHARE, TaskRecord, slack
from taskconform.model.oracle.belief_extensions import Started
from taskconform.model.oracle.cancel import a_refused_cancel_sets_no_flag
from taskconform.model.oracle.checks import rule
from taskconform.model.oracle.create import bare
from taskconform.model.oracle.findings import Divergence, MustAnswer, MustBe, Said, field_is, shown
from taskconform.model.oracle.life import ORDER_SLACK, eventually
from taskconform.model.oracle.method import AnyMethod, Method, always, judge_by
from taskconform.model.vocabulary.calls import (
    Call,
    CreateTask,
    ObjectRef,
    ReadTaskInfo,
    SetTaskDescription,
    SetTaskState,
    StartOperation,
    UpdateProgress,
)
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    QUEUED,
    RUNNING,
    SECOND,
    Faulted,
    Interval,
    Lost,
    Outcome,
    Returned,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.belief_extensions import Origins
    from taskconform.model.vocabulary.outcomes import TaskInfo

MEDDLING: Final = (SetTaskState, UpdateProgress, SetTaskDescription)
"""Calls by which a client may change what an operation changes too."""

SUFFIX: Final = "_Task"
"""The end of an operation's name that a TaskInfo may leave out (EV N28)."""


# --- what the call returns --------------------------------------------------------------------------------------------


@rule("operation.returns")
def returns_another_task(belief: Belief, _call: StartOperation, ref: ObjectRef, _at: Interval) -> Said:
    """The operation returns a reference to a Task that no earlier call returned. It counts when the task is read."""
    is_known = ref.value in belief.tasks or ref.value in belief.extensions.origins.operations
    if ref.type == "Task" and not is_known:
        return None
    return Divergence(demand=MustAnswer(property="unused"), observed=f"{ref.type} {ref.value}", situation="reference")


def is_readable(belief: Belief, ref: ObjectRef) -> bool:
    """Return True if a reference surely is one to the task of an operation, which cannot have retired yet."""
    started = belief.extensions.origins.operations.get(ref.value)
    return started is not None and has_stayed(belief, started)


def has_stayed(belief: Belief, started: Started) -> bool:
    """Return True if an operation was started so short a time ago, and so few tasks may have ended since, that its task
    cannot have retired; nor has its entity gone."""
    if started.call.entity.value in belief.gone or not belief.declaration.exclusive:
        return False
    ended = belief.completions + len(belief.extensions.origins.operations) - started.completions
    if ended >= belief.declaration.cap * RETIRING_SHARE:
        return False
    return belief.now - started.at.earliest < belief.declaration.window * RETIRING_SHARE * SECOND


# --- the first TaskInfo -----------------------------------------------------------------------------------------------


@rule("operation.returns")
def its_info_can_be_read(_belief: Belief, started: Started, info: TaskInfo, _at: Interval) -> Said:
    """The Task.info of the task that was returned is about that task."""
    return True if info.task is not None and info.key else None


@rule("operation.entity")
def entity_is_the_one_it_was_started_on(belief: Belief, started: Started, info: TaskInfo, _at: Interval) -> Said:
    """info.entity is the entity that the operation was started on, and info.entityName its name, where that is a plain
    one."""
    entity = started.call.entity
    if entity.value in belief.gone:
        return None
    if info.entity != entity:
        return field_is(info, "entity", info.entity, entity, "entity")
    name = belief.declaration.entity_names.get(entity.value)
    if name is None or not name.replace("_", "").isalnum() or name == entity.value:
        return True
    return field_is(info, "entityName", info.entity_name, name, "entityName")


def plain_operation(name: str) -> str:
    """Return the name of an operation without `_Task`, case folded: other spellings may be the same name."""
    return name.removesuffix(SUFFIX).casefold()


@rule("operation.name")
def name_is_the_operations(_belief: Belief, started: Started, info: TaskInfo, _at: Interval) -> Said:
    """info.name is the name of the operation, with or without `_Task`, in any case."""
    name = started.call.operation
    if info.name is not None and plain_operation(info.name) == plain_operation(name):
        return True
    return Divergence(
        demand=MustBe(task=info.task, field="name", relation="is", value=name), observed=f"name is {shown(info.name)}"
    )


@rule("operation.type")
def description_id_is_the_operations(belief: Belief, started: Started, info: TaskInfo, _at: Interval) -> Said:
    """info.descriptionId is the one that the target declares for the operation; else that of the operation's first task
    on an entity of the same type."""
    operation = belief.declaration.operation(started.call.operation)
    declared = operation.description_id if operation is not None else ""
    wanted = declared or belief.extensions.origins.types.get((started.call.operation, started.call.entity.type))
    return field_is(info, "descriptionId", info.description_id, wanted) if wanted else None


@rule("operation.reason")
def reason_is_the_user(belief: Belief, started: Started, info: TaskInfo, _at: Interval) -> Said:
    """The reason is a TaskReasonUser of the session's user; domain and case may differ."""
    user = belief.declaration.account(started.account).user_name
    if info.reason.kind == "TaskReasonUser" and bare(info.reason.user_name or "") == bare(user):
        return True
    demand = MustBe(task=info.task, field="reason.userName", relation="is", value=user)
    return Divergence(demand=demand, observed=f"{info.reason.kind} of {shown(info.reason.user_name)}")


@rule("operation.queue-time")
def queued_while_called(_belief: Belief, started: Started, info: TaskInfo, _at: Interval) -> Said:
    """queueTime lies within the call that started the operation."""
    return _is_between(info, "queueTime", info.queue_time, started.at.earliest, started.at)


def _is_between(info: TaskInfo, name: str, stamp: int, earliest: int, at: Interval) -> Said:
    """Check that a stamp is not before a time, nor after an interval, by the server's clock."""
    margin = slack(at) + ORDER_SLACK
    low, high = earliest - margin, at.latest + margin
    if low <= stamp <= high:
        return True
    relation, bound = ("is at least", low) if stamp < low else ("is at most", high)
    demand = MustBe(task=info.task, field=name, relation=relation, value=bound)
    return Divergence(demand=demand, observed=f"{name} is {stamp}", situation=name)


ON_FIRST_READ: Final = (
    its_info_can_be_read,
    entity_is_the_one_it_was_started_on,
    name_is_the_operations,
    description_id_is_the_operations,
    reason_is_the_user,
    queued_while_called,
)
"""Checks of the first Task.info of an operation's task."""


# --- while it goes on -------------------------------------------------------------------------------------------------


def is_meddled_with(belief: Belief, record: TaskRecord) -> bool:
    """Return True if a client may have set the state or the progress of an operation's task."""
    started = belief.extensions.origins.operations.get(record.ref.value)
    return started is None or started.meddled


@rule("operation.life")
def it_never_goes_back(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """A task that was running is not queued again, if no client has set its state."""
    before = record.info
    if before is None or is_meddled_with(belief, record) or before.state != RUNNING:
        return None
    if info.state != QUEUED:
        return True
    demand = MustBe(task=info.task, field="state", relation="is one of", value=("running", "success", "error"))
    return eventually(Divergence(demand=demand, observed="state is queued", situation="queued again"))


@rule("life.times")
def stamps_are_of_when_it_moved(belief: Belief, record: TaskRecord, info: TaskInfo, at: Interval) -> Said:
    """A stamp that was not there when the task was last read is of a time since then: startTime, once it runs, and
    completeTime, once it has ended."""
    started = belief.extensions.origins.operations.get(record.ref.value)
    if started is None or is_meddled_with(belief, record) or record.cancels:
        return None
    before, said = record.info, None
    for name, now, then in (
        ("startTime", info.start_time, before.start_time if before is not None else None),
        ("completeTime", info.complete_time, None),
    ):
        if now is None or then is not None:
            continue
        said = _is_between(info, name, now, started.seen, at)
        if said is not True:
            return said
    return said


@rule("info.start-time")
def not_started_while_queued(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """startTime is unset as long as the task is queued."""
    if info.state != QUEUED or is_meddled_with(belief, record):
        return None
    if info.start_time is None:
        return True
    demand = MustBe(task=info.task, field="startTime", relation="is unset")
    return Divergence(demand=demand, observed=f"startTime is {info.start_time}")


@rule("info.error-state")
def an_error_says_why(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """error is set in state error: the operation knows why it failed."""
    if info.state != ERROR or is_meddled_with(belief, record):
        return None
    if info.error is not None:
        return True
    demand = MustBe(task=info.task, field="error", relation="is set")
    return Divergence(demand=demand, observed="error is unset", situation="missing")


@rule("life.cancel")
def a_cancel_shows(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """After an accepted CancelTask info.cancelled is true, at once or later, unless the operation ended before; and if
    the cancel ended it, the error is RequestCanceled."""
    if record.cancelled_from != record.operation or record.unsure:
        return None
    if info.state in END_STATES:
        return True if info.error is not None and info.error.is_a("RequestCanceled") else None
    return eventually(field_is(info, "cancelled", info.cancelled, True, "flag"))  # noqa: FBT003  # a field's value


ON_READ: Final = (
    it_never_goes_back,
    stamps_are_of_when_it_moved,
    not_started_while_queued,
    an_error_says_why,
    a_cancel_shows,
    a_refused_cancel_sets_no_flag,
)
"""Checks of a Task.info of a task that was not yet read as ended."""


# --- effect -----------------------------------------------------------------------------------------------------------


def _with(belief: Belief, origins: Origins) -> Belief:
    """Return the belief with other origins."""
    return evolve(belief, extensions=evolve(belief.extensions, origins=origins))


def advance_start(belief: Belief, call: StartOperation, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Remember the task that an operation returned, until it can be read. A lost answer may have made one all the
    same."""
    if isinstance(outcome, Lost):
        return evolve(belief, lost_creates=belief.lost_creates + 1)
    ref = outcome.value if isinstance(outcome, Returned) else None
    known = belief.extensions.origins
    if not isinstance(ref, ObjectRef) or ref.value in belief.tasks or ref.value in known.operations:
        return belief
    started = Started(
        call=call,
        account=belief.account_of(call.session) or "",
        seq=belief.seq,
        at=outcome.at,
        moves=belief.moves + 2,
        completions=belief.completions,
        seen=outcome.at.earliest,
    )
    maker = belief.session_of(call.session)
    if maker is not None:
        belief = belief.with_session(call.session, evolve(maker, changed=ref.value, changed_since_wait=True))
    belief = evolve(belief, moves=belief.moves + 2)  # it ends without another call
    return _with(belief, evolve(known, operations=known.operations.set(ref.value, started)))


def moved(belief: Belief, call: Call, outcome: Outcome) -> Belief:
    """Return the belief after a call while operations went on: they may have changed anything that tasks show; those
    that still go on, up to the next call. Note what a client may have done to one of them."""
    origins, seq = belief.extensions.origins, belief.seq
    before = belief.changes
    if before and before[-1][1] is Lost:
        before = before[:-1]
    belief = evolve(
        belief,
        changed_seq=seq + bool(origins.operations),
        changed_at=max(belief.changed_at, outcome.at.latest),
        changes=(*before[1 - CHANGES_KEPT :], (seq, Lost)),
    )
    started = origins.operations.get(getattr(getattr(call, "task", None), "value", ""))
    if started is None or not isinstance(call, MEDDLING) or isinstance(outcome, Faulted):
        return belief
    operations = origins.operations.set(call.task.value, evolve(started, meddled=True))
    return _with(belief, evolve(origins, operations=operations))


def record_of(started: Started, info: TaskInfo) -> TaskRecord:
    """Return the record of an operation's task, as its first Task.info has it. Raises UnsaidError if that does not say
    enough."""
    call = started.call
    create = CreateTask(
        session=call.session, obj=call.entity, task_type_id=info.description_id, cancelable=info.cancelable
    )
    return TaskRecord(
        create=create,
        key=info.key,
        ref=info.task,
        account=started.account,
        returned=info,
        created=started.at,
        created_seq=started.seq,
        moves_then=started.moves,
        completions_then=started.completions,
        rank_low=started.completions,
        resolvable=True,
        state=None,
        moved_seq=started.seq,
        ran=True,
        state_in_doubt=True,
        operation=call.operation,
    )


def note_first(belief: Belief, call: ReadTaskInfo, record: TaskRecord, info: TaskInfo) -> Belief:
    """Note what the first Task.info of an operation's task tells of the operation, and its key."""
    known = belief.extensions
    operation = (call.session, info.description_id)
    told = evolve(known.descriptions, operations=known.descriptions.operations | {operation})
    kind = (record.operation, record.create.obj.type)
    types = known.origins.types if kind in known.origins.types else known.origins.types.set(kind, info.description_id)
    known = evolve(known, descriptions=told, origins=evolve(known.origins, types=types))
    return evolve(belief, extensions=known, keys=belief.keys.set(info.key, info.task.value))


def follow(belief: Belief, value: str, started: Started, info: TaskInfo, at: Interval) -> Belief:
    """Return the belief after the task of an operation was read: while it goes
    on its state is open again; the end that was read is for good. Others that go on may have ended before it: they
    count as if they had."""
    record, known = belief.tasks[value], belief.extensions.origins
    if info.state not in END_STATES:
        operations = known.operations.set(value, evolve(started, seen=at.earliest))
        belief = belief.with_task(evolve(record, state=None))
        return _with(belief, evolve(known, operations=operations))
    operations = known.operations.delete(value)
    counts = record.counts_then
    for other in operations.values():
        counts = counts.set(other.account, counts.get(other.account, 0) + 1)
    record = evolve(
        record,
        moved_seq=belief.seq,
        state_in_doubt=False,
        rank_high=record.rank_high + len(operations),
        counts_then=counts,
    )
    return _with(belief.with_task(record), evolve(known, operations=operations))


METHODS: Final[dict[type, AnyMethod]] = {
    StartOperation: Method[StartOperation, ObjectRef](
        succeeds=always(""),  # under which conditions an operation faults, its own page says
        advance=advance_start,
        fault_conditions=ACCESS,
        judge=judge_by(returns_another_task),
        checks=(returns_another_task,),
    ),
}
"""The method of all operations."""
