"""Task.info: the checks of every TaskInfo, and of who may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import cancel, create, life, operations, origins, progress, sessions, steady, windows
from taskconform.model.oracle.belief import END_STATES, SLACK, TaskRecord, may_have_retired
from taskconform.model.oracle.checks import UnsaidError, fault_condition, held_of, rule, unless_unsaid
from taskconform.model.oracle.findings import (
    Broken,
    Divergence,
    Finding,
    MustAnswer,
    MustBe,
    MustFault,
    MustSucceed,
    Said,
    Unsaid,
    field_is,
    shown,
)
from taskconform.model.oracle.method import broken, run_checks, show
from taskconform.model.vocabulary.calls import NO_TASK
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    QUEUED,
    REASONS,
    RUNNING,
    SUCCESS,
    Fault,
    Outcome,
    Property,
    Returned,
    TaskInfo,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.belief_extensions import Started
    from taskconform.model.oracle.checks import Declared, TaskOpenClause
    from taskconform.model.vocabulary.calls import ObjectRef, ReadTaskInfo
    from taskconform.model.vocabulary.outcomes import Interval


@fault_condition("life.unknown", "ManagedObjectNotFound")
def a_task_is_unknown(belief: Belief, call: ReadTaskInfo) -> bool | None:
    """One of the tasks has never existed. It is open if one may have retired, or has not been readable yet."""
    open_ = False
    for ref in call.tasks:
        record = belief.tasks.get(ref.value)
        if record is None:
            if ref.value == NO_TASK:
                return True
            open_ = open_ or not operations.is_readable(belief, ref)
        elif not record.resolvable:
            open_ = open_ or len(call.tasks) > 1 or record.refused != () or belief.seq > record.moved_seq
        elif belief.may_be_gone(record) or may_have_retired(belief, record):
            open_ = True
    return None if open_ else False


FAULT_CONDITIONS = (a_task_is_unknown,)


@rule("create.resolvable")
def is_resolvable(belief: Belief, record: TaskRecord, session: str) -> bool:
    """The returned Task can be read at once by the same session: True for a read right after the create."""
    is_first = record.info is None and not record.operation
    return is_first and session == record.create.session and belief.seq == record.moved_seq


@rule("recent.unreadable")
def is_unreadable(belief: Belief, record: TaskRecord, session: str) -> bool:
    """The info of a task that the session may not read comes as a SecurityError kind in missingSet: True for such a
    read."""
    return belief.logged_in(session) and belief.may_read(session, record.create.obj) is False


# --- what every TaskInfo says -----------------------------------------------------------------------------------------


@rule("info.key")
def key_and_reference_belong_together(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """A key belongs to one task reference, and a reference to one key, wherever they are read."""
    if info.key == record.key and info.task == record.ref:
        return True
    demand = MustBe(task=record.ref, field="key", relation="is", value=record.key)
    return Divergence(demand=demand, observed=f"key {info.key}, task {info.task.value}")


@rule("info.reason")
def reason_is_of_a_known_kind(_belief: Belief, _asked: object, info: TaskInfo, _at: Interval) -> Said:
    """The reason is one of the four kinds."""
    if info.reason.kind in REASONS:
        return True
    demand = MustBe(task=info.task, field="reason", relation="is one of", value=REASONS)
    return Divergence(demand=demand, observed=f"reason is a {info.reason.kind}")


@rule("info.result-state")
def result_only_with_success(_belief: Belief, _asked: object, info: TaskInfo, _at: Interval) -> Said:
    """result is set only in state success."""
    if info.result is None or info.state == SUCCESS:
        return True
    demand = MustBe(task=info.task, field="result", relation="is unset")
    return Divergence(
        demand=demand, observed=f"result is {shown(info.result)} in state {info.state}", situation=info.state
    )


@rule("info.error-state")
def error_goes_with_state_error(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """error is set in state error, if a fault was given, and in no other state."""
    if info.state != ERROR:
        if info.error is None:
            return True
        demand = MustBe(task=info.task, field="error", relation="is unset")
        return Divergence(
            demand=demand, observed=f"error is {shown(info.error)} in state {info.state}", situation=info.state
        )
    if record.state_in_doubt or (
        record.ended_by is not None and (record.ended_by.state != ERROR or record.ended_by.fault is None)
    ):
        return None
    if info.error is not None:
        return True
    return Divergence(
        demand=MustBe(task=info.task, field="error", relation="is set"), observed="error is unset", situation="missing"
    )


@rule("info.progress-range")
def progress_is_a_percentage(_belief: Belief, _asked: object, info: TaskInfo, _at: Interval) -> Said:
    """progress, if set, is 0 to 100."""
    if info.progress is None:
        return None
    if 0 <= info.progress <= 100:
        return True
    relation, bound = ("is at least", 0) if info.progress < 0 else ("is at most", 100)
    demand = MustBe(task=info.task, field="progress", relation=relation, value=bound)
    return Divergence(demand=demand, observed=f"progress is {info.progress}", situation=relation)


@rule("info.complete-time")
def complete_time_goes_with_an_end(_belief: Belief, _record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """completeTime is set in states success and error, and in no other."""
    if (info.complete_time is not None) == (info.state in END_STATES):
        return True
    relation = "is set" if info.state in END_STATES else "is unset"
    demand = MustBe(task=info.task, field="completeTime", relation=relation)
    observed = f"completeTime is {shown(info.complete_time)} in state {info.state}"
    return Divergence(demand=demand, observed=observed, situation=info.state)


@rule("info.start-time")
def no_start_time_while_queued(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """startTime is unset as long as a task is queued from its creation."""
    if record.ran or record.state != QUEUED or info.state != QUEUED:
        return None
    if info.start_time is None:
        return True
    demand = MustBe(task=info.task, field="startTime", relation="is unset")
    return Divergence(demand=demand, observed=f"startTime is {info.start_time}")


@rule("info.locked")
def locked_only_while_running(_belief: Belief, _asked: object, info: TaskInfo, _at: Interval) -> Said:
    """locked is empty unless the task is running."""
    if not info.locked:
        return True if info.state != RUNNING else None
    if info.state == RUNNING:
        return True
    demand = MustBe(task=info.task, field="locked", relation="is unset")
    return Divergence(
        demand=demand, observed=f"locked is {shown(info.locked)} in state {info.state}", situation=info.state
    )


@rule("create.queue-time")
def queue_time_stays(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """queueTime always lies within the call that made the task; it may be rounded."""
    low, high = record.created.earliest - SLACK, record.created.latest + SLACK
    if low <= info.queue_time <= high or not low <= record.returned.queue_time <= high:
        return None  # it was judged when the call returned
    relation, bound = ("is at least", low) if info.queue_time < low else ("is at most", high)
    demand = MustBe(task=info.task, field="queueTime", relation=relation, value=bound)
    return Divergence(demand=demand, observed=f"queueTime is {info.queue_time}", situation="later")


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
"""Checks of every TaskInfo of a task of ours, wherever it was read."""

OF_ANYBODY = (reason_is_of_a_known_kind, progress_is_a_percentage, locked_only_while_running)
"""Checks of a TaskInfo that hold for anybody's task."""


@rule("life.no-return")
def anybodys_end_never_changes(belief: Belief, _asked: object, info: TaskInfo, _at: Interval) -> Said:
    """state, result, error and completeTime of a completed task never change: of others' tasks, as a recording has
    them."""
    before = belief.history.ends.get(info.task.value)
    if before is None or belief.may_be_earlier(info):
        return None
    return life.same_end(belief, info, before)


@rule("info.key")
def anybodys_key_stays(belief: Belief, _asked: object, info: TaskInfo, _at: Interval) -> Said:
    """A reference belongs to one key: of others' tasks, as a recording has them."""
    before = belief.history.ends.get(info.task.value)
    return None if before is None else field_is(info, "key", info.key, before.key)


@rule("info.error-state")
def anybodys_error_goes_with_state_error(_belief: Belief, _asked: object, info: TaskInfo, _at: Interval) -> Said:
    """error is set in no other state than error; how others' tasks came to an error is not known."""
    if info.state == ERROR:
        return None
    if info.error is None:
        return True
    demand = MustBe(task=info.task, field="error", relation="is unset")
    return Divergence(
        demand=demand, observed=f"error is {shown(info.error)} in state {info.state}", situation=info.state
    )


@rule("info.complete-time")
def anybodys_complete_time_goes_with_an_end(_belief: Belief, _asked: object, info: TaskInfo, _at: Interval) -> Said:
    """completeTime is set in states success and error, and in no other; whoever kept a TaskInfo may have left it
    out."""
    if info.complete_time is None:
        return None
    if info.state in END_STATES:
        return True
    demand = MustBe(task=info.task, field="completeTime", relation="is unset")
    return Divergence(demand=demand, observed=f"completeTime is set in state {info.state}", situation=info.state)


@rule("info.steady")
def anybodys_fields_stay(belief: Belief, _asked: object, info: TaskInfo, _at: Interval) -> Said:
    """The operation and the entity of a completed task never change: of others' tasks, as a recording has them."""
    before = belief.history.ends.get(info.task.value)
    return None if before is None or belief.may_be_earlier(info) else _same_given(info, before)


@rule("info.same")
def anybodys_item_is_the_same(belief: Belief, _asked: object, info: TaskInfo, _at: Interval) -> Said:
    """What Task.info says of the end, the operation and the entity of a completed task a collector's item says too: of
    others' tasks, as a recording has them. An item may be older than the end."""
    before = belief.history.ends.get(info.task.value)
    if before is None or belief.may_be_earlier(info) or info.state not in END_STATES:
        return None
    said = field_is(info, "state", info.state, before.state)
    return said if isinstance(said, Divergence) else _same_given(info, before)


def _same_given(info: TaskInfo, before: TaskInfo) -> Said:
    """Compare what a task is given with: the operation, and the entity where both name one of the same type."""
    entity, then = info.entity, before.entity
    if entity is not None and then is not None and entity.type == then.type and entity != then:
        return field_is(info, "entity", entity, then, "entity")
    return field_is(info, "descriptionId", info.description_id, before.description_id, "descriptionId")


def is_of_another_task(ref: ObjectRef, info: TaskInfo) -> Divergence:
    """Say that Task.info is about another task than the one that was read."""
    demand = MustBe(task=ref, field="task", relation="is", value=ref)
    return Divergence(demand=demand, observed=f"task is {info.task.value}", situation="another task")


_ON_OTHERS: Final = (
    *OF_ANYBODY,
    result_only_with_success,
    anybodys_complete_time_goes_with_an_end,
    anybodys_error_goes_with_state_error,
    anybodys_key_stays,
)
ON_OTHERS_ITEM = (*_ON_OTHERS, anybodys_item_is_the_same)
"""Checks of a collector's item of others' tasks, in a recording; its stamps may be rounded (EV N15)."""

OF_OTHERS = (*_ON_OTHERS, anybodys_end_never_changes, anybodys_fields_stay)
"""Checks of a Task.info of others' tasks, in a recording."""


# --- judging a read of Task.info --------------------------------------------------------------------------------------

_ON_READ: Final = (*ALWAYS, *life.AT_ANY_TIME)
_AFTER_A_MOVE: Final = (*life.AFTER_A_MOVE, *progress.AFTER_A_MOVE)
_AFTER_A_REFUSAL: Final = (*life.AFTER_A_REFUSAL, *cancel.AFTER_A_REFUSAL)
_END_OPEN_CLAUSES: Final = (*life.END_OPEN_CLAUSES, *progress.END_OPEN_CLAUSES)


def judge_infos(
    belief: Belief, call: ReadTaskInfo, answers: tuple[Property[TaskInfo], ...], at: Interval
) -> Iterable[Finding]:
    """Judge the Task.info of each task that was read."""
    found: list[Finding] = []
    is_full = belief.is_full(call.session)
    for ref, answer in zip(call.tasks, answers, strict=True):
        record = belief.tasks.get(ref.value)
        if record is None:
            started = belief.extensions.origins.operations.get(ref.value)
            if started is not None:
                _judge_operation(belief, call, started, answer, at, found)
            elif answer.value is not None and belief.declaration.recorded:
                if answer.value.task.value != ref.value:
                    found.append(broken("info.key", is_of_another_task(ref, answer.value), "ReadTaskInfo"))
                run_checks(OF_OTHERS, belief, call, answer.value, at, "ReadTaskInfo", found)
            elif answer.value is not None and not origins.may_be_started(belief, answer.value):
                found.extend(_judge_made_by_refused_create(belief, answer.value))
            continue
        if answer.value is None:
            found.extend(_judge_unread(belief, call, record, answer.missing))
        elif not is_full and belief.may_read(call.session, record.create.obj) is False:
            said = Divergence(
                demand=MustFault(kinds=("SecurityError",)),
                observed="the info of a task that the session may not read",
                situation="read",
            )
            found.append(broken("recent.unreadable", said, "ReadTaskInfo"))
        else:
            _judge_info(belief, call, record, answer.value, at, found)
    if origins.can_be_judged(belief):
        infos = (answer.value for answer in answers if answer.value is not None)
        found.extend(origins.judge_origins(belief, call, infos, at))
    return found


def _judge_info(
    belief: Belief, call: ReadTaskInfo, record: TaskRecord, read: TaskInfo, at: Interval, found: list[Finding]
) -> None:
    """Judge the Task.info of one of our tasks. The frame is asked last, and only if nothing else explains a change."""
    before = len(found)
    if is_resolvable.decide(belief, record, call.session):
        found.append(held_of("create.resolvable"))
    if sessions.is_read_by_another_session.decide(belief, record, call.session):
        found.append(held_of("session.shared"))
        said = unless_unsaid(sessions.another_session_reads_no_less.decide, belief, record, call.session, read)
        if isinstance(said, Divergence):
            found.append(broken("session.shared", said, "ReadTaskInfo"))
    run_checks(_ON_READ, belief, record, read, at, "ReadTaskInfo", found)
    _judge_what_followed(belief, record, read, at, found)
    if record.operation and record.settled is None:
        run_checks(operations.ON_READ, belief, record, read, at, "ReadTaskInfo", found)
    elif record.info is None:
        _judge_first_info(belief, record, read, at, found)
    _ask_of_read((sessions.live_task_after_logout,), belief, record, read, found)
    if not any(isinstance(one, Broken) for one in found[before:]):
        kept = unless_unsaid(steady.nothing_changes_by_itself, belief, record, read, at)
        if isinstance(kept, Divergence):
            found.append(broken(steady.clause_of(kept), kept, "ReadTaskInfo"))
        elif kept:
            found.append(steady.nothing_changes_by_itself.held)
    around = unless_unsaid(windows.windows, belief, record, read)
    if around:
        _judge_windows(belief, around, found)


def _judge_operation(
    belief: Belief, call: ReadTaskInfo, started: Started, answer: Property[TaskInfo], at: Interval, found: list[Finding]
) -> None:
    """Judge the first Task.info of the task of an operation."""
    if answer.value is not None:
        run_checks(operations.ON_FIRST_READ, belief, started, answer.value, at, "ReadTaskInfo", found)
        record = unless_unsaid(operations.record_of, started, answer.value)
        if record is not None:
            _judge_info(belief, call, record, answer.value, at, found)
    elif belief.may_read(call.session, started.call.entity) and operations.has_stayed(belief, started):
        said = Divergence(demand=MustSucceed(), observed=f"missing: {shown(answer.missing)}")
        found.append(broken("operation.returns", said, "ReadTaskInfo", "missing"))


def _judge_what_followed(
    belief: Belief, record: TaskRecord, read: TaskInfo, at: Interval, found: list[Finding]
) -> None:
    """Judge the effects of the calls that were made on the task since it was last read."""
    if record.asked is not None:
        run_checks(_AFTER_A_MOVE, belief, record, read, at, "ReadTaskInfo", found)
    if record.settled is not None:
        run_checks(life.AFTER_SETTLING, belief, record, read, at, "ReadTaskInfo", found)
    if record.ended_by is not None:
        run_checks(life.AFTER_AN_END, belief, record, read, at, "ReadTaskInfo", found)
        _ask_of_read(_END_OPEN_CLAUSES, belief, record, read, found)
    if record.progress is not None or record.described:
        run_checks(progress.AFTER_AN_UPDATE, belief, record, read, at, "ReadTaskInfo", found)
        _ask_of_read(progress.UPDATE_OPEN_CLAUSES, belief, record, read, found)
    if record.child_progressed:
        _ask_of_read(progress.CHILD_OPEN_CLAUSES, belief, record, read, found)
    if record.refused and not (record.operation and record.is_ending):
        run_checks(_AFTER_A_REFUSAL, belief, record, read, at, "ReadTaskInfo", found)
        _ask_of_read(cancel.REFUSAL_OPEN_CLAUSES, belief, record, read, found)
    if record.cancels:
        run_checks(cancel.AFTER_A_CANCEL, belief, record, read, at, "ReadTaskInfo", found)


def _ask_of_read(
    open_clauses: tuple[TaskOpenClause, ...], belief: Belief, record: TaskRecord, read: TaskInfo, found: list[Finding]
) -> None:
    """Add the interpretations that are consistent with this TaskInfo to `found`."""
    for asked in open_clauses:
        try:
            interpretations = asked.interpret(belief, record, read)
        except UnsaidError as lacking:
            found.append(Unsaid(asked.clause, str(lacking)))
            continue
        if interpretations is not None:
            found.append(show(asked.clause, interpretations, f"state {unless_unsaid(lambda: read.state)}"))


def _judge_windows(belief: Belief, around: list[windows.ObservationWindow], found: list[Finding]) -> None:
    """Judge the lists that were read between this read of a task and the one before."""
    for window in around:
        if windows.is_demanded(belief, window):
            for check in windows.BETWEEN_READS:
                said = check.decide(belief, window)
                if said is not None:
                    found.append(check.held if said is True else broken(check.clause, said, "recentTask"))
        for asked in windows.WINDOW_OPEN_CLAUSES:
            options = asked.interpret(belief, window)
            if options is not None:
                found.append(show(asked.clause, options, "listed" if window.is_listed else "not listed"))


def _judge_first_info(belief: Belief, record: TaskRecord, read: TaskInfo, at: Interval, found: list[Finding]) -> None:
    """Judge once more what CreateTask returned. A divergence that it showed itself was reported then, and is not
    again."""
    for check in create.KEPT:
        said = unless_unsaid(check.decide, belief, record.create, read, at)
        if said is True:
            found.append(check.held)
        elif said is not None and check.decide(belief, record.create, record.returned, at) is True:
            found.append(broken(check.clause, said, "ReadTaskInfo"))


def _judge_unread(belief: Belief, call: ReadTaskInfo, record: TaskRecord, missing: Fault | None) -> Iterable[Finding]:
    """Judge a task whose info did not come."""
    if is_unreadable.decide(belief, record, call.session):
        if missing is not None and missing.is_a("SecurityError"):
            yield held_of("recent.unreadable")
        else:
            said = Divergence(demand=MustFault(kinds=("SecurityError",)), observed=shown(missing), situation="kind")
            yield broken("recent.unreadable", said, "ReadTaskInfo")
    elif belief.may_read(call.session, record.create.obj) and not (
        record.operation and may_have_retired(belief, record)
    ):
        own = "operation.returns" if record.operation else "create.resolvable"
        clause = "session.shared" if call.session != record.create.session else own
        said = Divergence(demand=MustSucceed(), observed=f"missing: {shown(missing)}")
        yield broken(clause, said, "ReadTaskInfo", "missing")


def _judge_made_by_refused_create(belief: Belief, read: TaskInfo) -> Iterable[Finding]:
    """Report a task that only a faulted CreateTask can have made."""
    for clause in origins.clauses_of_refused_create(belief, read):
        said = Divergence(
            demand=MustAnswer(property="nothing created"),
            observed=f"a task of type {read.description_id}",
            situation="created all the same",
        )
        yield broken(clause, said, "CreateTask")


CHECKS: Final[tuple[Declared, ...]] = (
    *_ON_READ,
    steady.nothing_changes_by_itself,
    *create.KEPT,
    *_AFTER_A_MOVE,
    *life.AFTER_SETTLING,
    *life.AFTER_AN_END,
    *progress.AFTER_AN_UPDATE,
    *_AFTER_A_REFUSAL,
    *cancel.AFTER_A_CANCEL,
    *_END_OPEN_CLAUSES,
    *progress.UPDATE_OPEN_CLAUSES,
    *progress.CHILD_OPEN_CLAUSES,
    *cancel.REFUSAL_OPEN_CLAUSES,
    sessions.live_task_after_logout,
    sessions.is_read_by_another_session,
    sessions.another_session_reads_no_less,
    anybodys_complete_time_goes_with_an_end,
    anybodys_error_goes_with_state_error,
    anybodys_end_never_changes,
    anybodys_key_stays,
    is_resolvable,
    is_unreadable,
    *origins.ON_STARTED,
    *operations.ON_FIRST_READ,
    *operations.ON_READ,
)
"""All checks of a TaskInfo that was read."""


# --- effect -----------------------------------------------------------------------------------------------------------


def advance_read_task_info(belief: Belief, call: ReadTaskInfo, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Believe what was read."""
    if not isinstance(outcome, Returned) or not isinstance(outcome.value, tuple):
        return belief
    for ref, answer in zip(call.tasks, outcome.value, strict=True):
        record = belief.tasks.get(ref.value)
        if not isinstance(answer, Property) or not isinstance(answer.value, TaskInfo):
            continue
        started = belief.extensions.origins.operations.get(ref.value)
        if record is None and started is not None:
            record = operations.record_of(started, answer.value)
            belief = operations.note_first(belief, call, record, answer.value)
        if record is not None:
            belief = _read(belief, record, answer.value, call.session)
            if started is not None:
                belief = operations.follow(belief, ref.value, started, answer.value, outcome.at)
        elif belief.declaration.recorded and answer.value.state in END_STATES:
            belief = _note_end(belief, answer.value)
    return belief


def _note_end(belief: Belief, info: TaskInfo) -> Belief:
    """Remember how somebody else's task ended, as it was first read."""
    history, value = belief.history, info.task.value
    if value in history.ends:
        return belief
    return evolve(belief, history=evolve(history, ends=history.ends.set(value, info)))


def _read(belief: Belief, record: TaskRecord, info: TaskInfo, by: str) -> Belief:
    """Return the belief after one task was read."""
    if info.state in END_STATES and record.ended is None:
        # the server ended it, some time between the call that allowed it and this read
        ended = evolve(record.created, latest=belief.now)
        belief, record = belief.completed_one(record, ended, record.rank_low)
    return belief.with_task(
        evolve(
            record,
            resolvable=True,
            state=info.state,
            info=info,
            info_seq=belief.seq,
            read_by=by,
            settled=(record.settled or info) if info.state in END_STATES else None,
            asked=None,
            progress=None,
            described=(),
            child_progressed=False,
            refused=(),
            unsure=False,
        )
    )


def unexpected_fault_clause(belief: Belief, call: ReadTaskInfo) -> str:
    """Choose the clause that a read breaks by faulting for no documented reason."""
    record = belief.tasks.get(call.tasks[0].value) if call.tasks else None
    if record is None:
        is_started = any(ref.value in belief.extensions.origins.operations for ref in call.tasks)
        return "operation.returns" if is_started else "create.resolvable"
    if is_unreadable.decide(belief, record, call.session):
        return "recent.unreadable"
    if record.account != belief.account_of(call.session):
        return "session.shared"
    if record.operation:
        return "operation.returns"
    return "recent.set" if record.resolvable and record.listed else "create.resolvable"
