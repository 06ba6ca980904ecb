"""The states of a task: SetTaskState, and what Task.info must say after it.

    queued ──> running ──> success
       │          ├──────> error
       └ ─ ─ ─ ─ ─┴ ─ ─ ─> (silent: straight to an end, and back)

After success or error the state never changes. `progress` has UpdateProgress and SetTaskDescription, `cancel` has
CancelTask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.belief import END_STATES, LIVE_STATES, TaskRecord, may_have_retired, slack
from taskconform.model.oracle.checks import FaultCondition, fault_condition, only, open_clause, rule
from taskconform.model.oracle.findings import Divergence, MustBe, Said, field_is, shown
from taskconform.model.vocabulary.calls import NO_TASK, CancelTask, SetTaskDescription, SetTaskState, UpdateProgress
from taskconform.model.vocabulary.faults import OTHER_FAULTS, VIM_FAULTS
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    QUEUED,
    RUNNING,
    SUCCESS,
    Faulted,
    Interval,
    Lost,
    Outcome,
    Returned,
    TaskInfo,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Belief

USUAL: Final = frozenset({(QUEUED, RUNNING), (RUNNING, SUCCESS), (RUNNING, ERROR)})
"""The transitions that the page describes."""


ORDER_SLACK: Final = 10_000
"""Margin for comparing two times of one task, in microseconds."""


OnTask = SetTaskState | UpdateProgress | SetTaskDescription | CancelTask
"""The calls on a task."""


def record_of(belief: Belief, call: OnTask) -> TaskRecord | None:
    """Return the record of the task that a call is made on."""
    return belief.tasks.get(call.task.value)


def never_existed(call: OnTask) -> bool | None:
    """Return the result of a condition on a task's state for an unknown task: False if it never existed, else None."""
    return False if call.task.value == NO_TASK else None


# --- fault conditions -------------------------------------------------------------------------------------------------


@fault_condition("life.unknown", "ManagedObjectNotFound")
def task_is_unknown(belief: Belief, call: OnTask) -> bool | None:
    """The task has never existed. It is open if the task has not been readable yet, or may have retired."""
    record = record_of(belief, call)
    if record is None:
        return call.task.value == NO_TASK or None
    if record.completed or record.cancels or record.state is None:
        return None if not record.resolvable or may_have_retired(belief, record) else False
    return None if not record.resolvable or belief.may_be_gone(record) else False


@fault_condition("life.privilege-update", "SecurityError")
def lacks_task_update(belief: Belief, call: OnTask) -> bool | None:
    """The user holds Task.Update nowhere."""
    return belief.lacks(call.session, "Task.Update")


@fault_condition("life.final", "InvalidState")
def task_has_ended(belief: Belief, call: SetTaskState) -> bool | None:
    """Changing states after the task is completed or in error. Setting the state it has is silent."""
    record = record_of(belief, call)
    if record is None:
        return never_existed(call)
    if record.state is None or belief.may_be_gone(record):
        return None
    return record.completed and (record.state != call.state or None)


@fault_condition("life.result", "InvalidState")
def result_without_success(_belief: Belief, call: SetTaskState) -> bool | None:
    """Attempting to set the result incorrectly: it is valid only with success."""
    return call.result is not None and call.state != SUCCESS


@fault_condition("life.fault", "InvalidState")
def fault_without_error(_belief: Belief, call: SetTaskState) -> bool | None:
    """Attempting to set the fault incorrectly: it is valid only with error."""
    return call.fault is not None and call.state != ERROR


@fault_condition("life.fault-kind", "MethodFault")
def fault_is_no_vim_fault(belief: Belief, call: SetTaskState) -> bool | None:
    """The fault must be of a type that extends VimFault. RequestCanceled is open, since the page contradicts itself; so
    is one whose base types are not known here, and any in a recording."""
    if call.fault is None or call.fault in VIM_FAULTS:
        return False
    is_known = call.fault in OTHER_FAULTS and call.fault != "RequestCanceled"
    return True if is_known and not belief.declaration.recorded else None


@fault_condition("info.error-missing", "MethodFault")
def error_without_fault(_belief: Belief, call: SetTaskState) -> bool | None:
    """State error without a fault: silent, so a fault is allowed."""
    return None if call.state == ERROR and call.fault is None else False


@fault_condition("life.backward", "MethodFault")
def transition_is_silent(belief: Belief, call: SetTaskState) -> bool | None:
    """Back, straight to an end, to the same state, or after a cancel: the page neither allows nor forbids it, and names
    no fault. Such a fault may also come if a result or a fault does not fit: no page ranks the two."""
    record = record_of(belief, call)
    if record is None:
        return never_existed(call)
    if record.state is None or belief.may_be_gone(record):
        return None
    if record.completed and record.state != call.state:
        return False
    return False if (record.state, call.state) in USUAL else None


def gives_more_than_a_state(_belief: Belief, call: SetTaskState) -> bool:
    """Return True if a result or a fault is given, or would be expected."""
    return call.result is not None or call.fault is not None or call.state == ERROR


@fault_condition("operation.life", "MethodFault")
def an_operation_moves_it(belief: Belief, call: OnTask) -> bool | None:
    """The task is of an operation of the server's: the page speaks of tasks that a client moves, and of no others."""
    record = record_of(belief, call)
    return None if record is not None and record.operation else False


def has_operations(belief: Belief, _call: OnTask) -> bool:
    """Return True if the target declares operations of its own."""
    return bool(belief.declaration.operations)


ON_TASK = (task_is_unknown,)
OF_OPERATION: Final[tuple[FaultCondition[OnTask], ...]] = only(has_operations, an_operation_moves_it)
SET_TASK_STATE: Final[tuple[FaultCondition[SetTaskState], ...]] = (
    *ON_TASK,
    lacks_task_update,
    task_has_ended,
    *only(
        gives_more_than_a_state,
        result_without_success,
        fault_without_error,
        fault_is_no_vim_fault,
        error_without_fault,
    ),
    transition_is_silent,
    *OF_OPERATION,
)


# --- interpretations, from the outcome of the call --------------------------------------------------------------------


def allowed(outcome: Outcome, yes: str, no: str, *kinds: str) -> tuple[str, ...]:
    """Return one of two interpretations: the call succeeded, or faulted with one of `kinds`; none if with another
    fault."""
    if isinstance(outcome, Returned):
        return (yes,)
    if isinstance(outcome, Faulted) and outcome.fault.is_a(*kinds):
        return (no,)
    return ()


def _plain(belief: Belief, call: SetTaskState) -> TaskRecord | None:
    """Return the task's record if only the transition can make a SetTaskState fault; else None."""
    record = record_of(belief, call)
    if record is None or not record.resolvable or record.state is None or may_have_retired(belief, record):
        return None
    if belief.may_be_gone(record):
        return None
    has_unresolvable = (
        result_without_success(belief, call)
        or fault_without_error(belief, call)
        or call.fault not in {None, *VIM_FAULTS}
    )
    return None if has_unresolvable or not belief.is_full(call.session) else record


@open_clause("life.backward")
def queued_from_running(belief: Belief, call: SetTaskState, outcome: Outcome) -> tuple[str, ...] | None:
    """running back to queued."""
    record = _plain(belief, call)
    if record is None or record.cancels or (record.state, call.state) != (RUNNING, QUEUED):
        return None
    return allowed(outcome, "allowed", "refused", "MethodFault")


@open_clause("life.skip", "life.backward")
def end_from_queued(belief: Belief, call: SetTaskState, outcome: Outcome) -> tuple[str, ...] | None:
    """queued straight to success or error."""
    record = _plain(belief, call)
    if record is None or record.cancels or record.state != QUEUED or call.state not in END_STATES:
        return None
    if call.state == ERROR and call.fault is None:
        return None
    if isinstance(outcome, Returned):
        return ("allowed", "error-only") if call.state == ERROR else ("allowed",)
    if not isinstance(outcome, Faulted):
        return None
    return ("refused",) if call.state == ERROR else ("error-only", "refused")


@open_clause("life.same-state", "life.backward")
def live_state_set_again(belief: Belief, call: SetTaskState, outcome: Outcome) -> tuple[str, ...] | None:
    """Setting the state that a live task has."""
    record = _plain(belief, call)
    if record is None or record.cancels or record.state not in LIVE_STATES or record.state != call.state:
        return None
    if isinstance(outcome, Returned):
        return ("taken", f"{call.state}-only")
    other = QUEUED if call.state == RUNNING else RUNNING
    return (f"{other}-only", "refused") if isinstance(outcome, Faulted) else None


@open_clause("life.same-state-final", "life.final", "life.backward")
def end_set_again(belief: Belief, call: SetTaskState, outcome: Outcome) -> tuple[str, ...] | None:
    """Setting the state that a completed task has."""
    record = _plain(belief, call)
    if record is None or not record.completed or record.state != call.state:
        return None
    return allowed(outcome, "taken", "refused", "MethodFault")


@open_clause("life.cancel-end", "life.final", "life.backward")
def end_of_cancelled_task(belief: Belief, call: SetTaskState, outcome: Outcome) -> tuple[str, ...] | None:
    """SetTaskState to an end after CancelTask. InvalidState shows nothing: the cancel may have ended the task."""
    record = record_of(belief, call)
    if record is None or not record.cancels or record.completed or call.state not in END_STATES:
        return None
    if not belief.is_full(call.session) or result_without_success(belief, call) or fault_without_error(belief, call):
        return None
    if call.fault not in VIM_FAULTS and call.state == ERROR:
        return None
    if isinstance(outcome, Returned):
        more = ("error-only",) if call.state == ERROR else ()
        return ("taken", "turned-to-error", *more)
    # the cancel may have ended the task, and the ended task may have retired
    return None if may_have_retired(belief, record) or outcome_is(outcome, "InvalidState") else ()


@open_clause("life.fault-cancelled", "life.fault-kind")
def request_canceled_as_fault(belief: Belief, call: SetTaskState, outcome: Outcome) -> tuple[str, ...] | None:
    """SetTaskState(error, RequestCanceled) on a running task."""
    record = record_of(belief, call)
    if (
        record is None
        or record.state != RUNNING
        or not belief.is_surely_live(record)
        or not belief.is_full(call.session)
    ):
        return None
    if call.fault != "RequestCanceled" or call.state != ERROR:
        return None
    return allowed(outcome, "taken", "refused", "MethodFault")


def outcome_is(outcome: Outcome, *kinds: str) -> bool:
    """Return True if the outcome is a fault of one of these kinds."""
    return isinstance(outcome, Faulted) and outcome.fault.is_a(*kinds)


def is_unusual(belief: Belief, call: SetTaskState) -> bool:
    """Return True if a task was cancelled before, or is set to a state that the text does not lead to from where it
    is."""
    record = record_of(belief, call)
    return record is not None and (record.cancels > 0 or (record.state, call.state) not in USUAL)


def gives_a_fault(_belief: Belief, call: SetTaskState) -> bool:
    """Return True if a fault is given."""
    return call.fault is not None


SET_OPEN_CLAUSES = (
    *only(
        is_unusual,
        queued_from_running,
        end_from_queued,
        live_state_set_again,
        end_set_again,
        end_of_cancelled_task,
    ),
    *only(gives_a_fault, request_canceled_as_fault),
)


# --- what Task.info must say afterwards -------------------------------------------------------------------------------


@rule("life.set-state")
def state_is_what_was_asked(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """SetTaskState moves a live task to the state asked for."""
    if record.asked is None or record.cancels or record.unsure:
        return None
    if record.asked.state not in END_STATES and belief.may_be_gone(record):
        return None
    return field_is(info, "state", info.state, record.asked.state, record.asked.state)


@rule("life.result")
def result_is_kept(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """A result is kept with success, of a task that was canceled before, too: a cancel ends none with success."""
    end = record.ended_by
    if end is None or end.result is None or end.state != SUCCESS or info.state != SUCCESS or record.settled is not None:
        return None
    if record.state_in_doubt:
        return None
    return field_is(info, "result", info.result, end.result, "kept")


@rule("life.fault")
def fault_is_kept(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """A fault is kept with error: the same kind."""
    end = record.ended_by
    if end is None or end.fault not in VIM_FAULTS or end.state != ERROR or info.state != ERROR or record.settled:
        return None
    if record.state_in_doubt or record.cancels:  # something else may have ended it before
        return None
    if info.error is not None and info.error.is_a(end.fault):
        return True
    demand = MustBe(task=info.task, field="error", relation="is a", value=end.fault)
    return Divergence(demand=demand, observed=f"error is {shown(info.error)}", situation="kept")


@rule("life.times")
def times_lie_within_their_calls(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """startTime is set on running, completeTime on completion, each within its call by the server's clock."""
    if record.state_in_doubt or record.operation:
        return None
    stamps = (("startTime", info.start_time, record.started), ("completeTime", info.complete_time, record.ended))
    exercised = False
    for name, stamp, interval in stamps:
        if interval is None or (name == "completeTime" and record.ended_by is None):
            continue
        if name == "completeTime" and (info.state not in END_STATES or record.cancels):
            continue
        exercised = True
        low, high = interval.earliest - slack(interval), interval.latest + slack(interval)
        if stamp is None:
            demand = MustBe(task=info.task, field=name, relation="is set")
            return Divergence(demand=demand, observed=f"{name} is unset", situation=name)
        if not low <= stamp <= high:
            relation, bound = ("is at least", low) if stamp < low else ("is at most", high)
            demand = MustBe(task=info.task, field=name, relation=relation, value=bound)
            return Divergence(demand=demand, observed=f"{name} is {stamp}", situation=name)
    return True if exercised else None


@rule("life.times")
def times_are_in_order(_belief: Belief, _record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """queueTime <= startTime <= completeTime."""
    if info.start_time is None or info.complete_time is None:
        return None
    for name, before, after in (
        ("startTime", info.queue_time, info.start_time),
        ("completeTime", info.start_time, info.complete_time),
    ):
        if after < before - ORDER_SLACK:
            demand = MustBe(task=info.task, field=name, relation="is at least", value=before)
            return Divergence(demand=demand, observed=f"{name} is {after}", situation="order")
    return True


def eventually(said: Said) -> Said:
    """Return the same, to be checked again until the settling time is over."""
    return evolve(said, eventually=True) if isinstance(said, Divergence) else said


END_FIELDS: Final = {"state": "state", "result": "result", "error": "error", "completeTime": "complete_time"}
"""Fields of an end, by their names on the page."""


def same_end(belief: Belief, info: TaskInfo, settled: TaskInfo) -> Said:
    """Check that state, result, error and completeTime are as they were when the end was first read, as far as the
    target has them."""
    for name, field in END_FIELDS.items():
        if field in belief.declaration.fields_without:
            continue
        now, then = getattr(info, field), getattr(settled, field)
        if field == "error":
            now, then = shown(now), shown(then)
        if now != then:
            demand = MustBe(task=info.task, field=name, relation="is", value=then)
            return Divergence(demand=demand, observed=f"{name} is {shown(now)}", situation=name)
    return True


@rule("life.no-return")
def an_end_never_changes(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """state, result, error and completeTime of a completed task never change. Exercised after another call."""
    if record.settled is None or belief.may_be_earlier(info):
        return None
    said = same_end(belief, info, record.settled)
    return None if said is True and record.info_seq >= belief.seq else said


@rule("life.final")
def a_refused_change_changes_nothing(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """After success or error a refused SetTaskState does not change state, result, error and completeTime."""
    if record.settled is None or "life.final" not in record.refused or belief.may_be_earlier(info):
        return None
    return same_end(belief, info, record.settled)


@rule("life.fault-kind")
def a_refused_fault_changes_nothing(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """A fault of another kind is refused, and "the task stays as it was": state, result, error."""
    return _as_before_the_refusal(belief, record, info, "life.fault-kind", ("state", "result", "error"))


@rule("life.privilege-update")
def missing_privilege_changes_nothing(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """A call that faulted for lack of Task.Update does not change state, result and error, nor progress and description
    of a task that nothing else changes."""
    fields: tuple[str, ...] = ("state", "result", "error")
    if not (record.completed or record.has_children or record.child_progressed):
        fields += ("progress", "description")
    return _as_before_the_refusal(belief, record, info, "life.privilege-update", fields)


def _as_before_the_refusal(
    belief: Belief, record: TaskRecord, info: TaskInfo, clause: str, fields: tuple[str, ...]
) -> Said:
    """Check that these fields are as they were last read, if all calls since faulted for this clause."""
    if set(record.refused) != {clause} or record.info is None or record.asked is not None:
        return None
    if record.unsure or belief.may_be_gone(record) or record.progress is not None or record.described:
        return None
    return unchanged(belief, info, record.info, fields)


@rule("life.atomic")
def a_fault_changes_nothing(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """A call that faults does not change state, result, error, progress and description."""
    before = record.info
    if not record.refused or before is None or record.asked is not None or record.unsure or belief.may_be_gone(record):
        return None
    if record.progress is not None or record.described or record.child_progressed:
        return None
    fields: tuple[str, ...] = ("state", "result", "error")
    if not record.completed:
        # a parent's overall percentage moves with its children
        fields += ("description",) if record.has_children else ("progress", "description")
    return unchanged(belief, info, before, fields)


def unchanged(belief: Belief, info: TaskInfo, before: TaskInfo, fields: tuple[str, ...]) -> Said:
    """Check that these fields are as before, but for those that the target is declared not to have."""
    for name in fields:
        if name in belief.declaration.fields_without:
            continue
        now, then = getattr(info, name), getattr(before, name)
        if shown(now) != shown(then):
            demand = MustBe(task=info.task, field=name, relation="is", value=then)
            return Divergence(demand=demand, observed=f"{name} is {shown(now)}", situation=name)
    return True


AT_ANY_TIME = (times_lie_within_their_calls, times_are_in_order)
"""Checks of every read of a task."""

AFTER_A_MOVE = (state_is_what_was_asked,)
"""Run if a SetTaskState was accepted since the last read (`asked`)."""

AFTER_SETTLING = (an_end_never_changes,)
"""Run if the task was read as completed before (`settled`)."""

AFTER_AN_END = (result_is_kept, fault_is_kept)
"""Run if a SetTaskState that ended the task was accepted (`ended_by`)."""


AFTER_A_REFUSAL = (
    a_refused_change_changes_nothing,
    a_refused_fault_changes_nothing,
    missing_privilege_changes_nothing,
    a_fault_changes_nothing,
)
"""Run if a call on the task was refused since the last read."""


@open_clause("info.error-missing")
def error_of_end_without_fault(_belief: Belief, record: TaskRecord, info: TaskInfo) -> tuple[str, ...] | None:
    """SetTaskState(error) without a fault succeeded: the server fills in an error, or none."""
    end = record.ended_by
    if end is None or end.state != ERROR or end.fault is not None or info.state != ERROR or record.settled:
        return None
    if record.cancels or record.state_in_doubt:
        return None
    return ("none",) if info.error is None else ("filled-in",)


END_OPEN_CLAUSES = (error_of_end_without_fault,)
"""Asked if a SetTaskState that ended the task was accepted."""


# --- effects ----------------------------------------------------------------------------------------------------------


def _in_doubt(record: TaskRecord, seq: int) -> TaskRecord:
    """Return the record after a call whose answer was lost: of what was read before, only a known end counts."""
    state = record.state if record.completed else None
    return evolve(record, state=state, info=None, asked=None, progress=None, described=(), refused=(), moved_seq=seq)


def with_refused(record: TaskRecord, clauses: tuple[str, ...]) -> TaskRecord:
    """Return the record after a call that faulted."""
    return evolve(record, refused=(*record.refused, *clauses) or ("",))


def meddled_with(record: TaskRecord) -> TaskRecord:
    """Return the record after a call that may have moved the task of an operation, which the operation moves too."""
    return evolve(record, unsure=True, refused=())


def advance_set_task_state(belief: Belief, call: SetTaskState, outcome: Outcome, refused: tuple[str, ...]) -> Belief:
    """Believe an accepted SetTaskState at once; the next read of Task.info is checked against it."""
    record = record_of(belief, call)
    if record is None:
        return belief
    if isinstance(outcome, Faulted):
        return belief.with_task(with_refused(record, refused or ("life.set-state",)))
    if record.operation and not record.completed:
        return belief.with_task(meddled_with(record))
    if isinstance(outcome, Lost):
        if record.completed:
            return belief.with_task(evolve(record, unsure=True))
        doubt = evolve(_in_doubt(record, belief.seq), state=None, ran=True, unsure=True, state_in_doubt=True)
        return belief.with_task(evolve(doubt, rank_low=belief.completions))
    return _moved(belief, record, call, outcome)


def _moved(belief: Belief, record: TaskRecord, call: SetTaskState, outcome: Returned) -> Belief:
    """Return the belief after an accepted SetTaskState on a task that its clients move."""
    was_completed = record.completed
    record = evolve(record, state=call.state, asked=call, moved_seq=belief.seq, refused=())
    if call.state == RUNNING:
        # set to running again, or made running already, it may be stamped again
        first = record.started or (record.created if record.returned.state == RUNNING else outcome.at)
        record = evolve(record, ran=True, started=Interval(earliest=first.earliest, latest=outcome.at.latest))
    belief = evolve(belief, moves=belief.moves + 1)
    if call.state in END_STATES:
        # a completed task that was moved all the same keeps its rank: reads of it are judged by what was observed
        if not was_completed:
            record = evolve(record, ended_by=call, settled=None)
        if not was_completed and record.ended is None:
            belief, record = belief.completed_one(record, outcome.at, belief.completions)
        session = belief.sessions.get(call.session)
        if session is not None:
            belief = belief.with_session(call.session, evolve(session, changed=record.ref.value))
    return belief.with_task(record)
