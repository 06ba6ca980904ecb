"""CancelTask, and what Task.info must say after it.

A cancel takes effect later: from the moment it is accepted until an end is read, the state of the task is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.model.oracle.belief import END_STATES, LIVE_STATES, TaskRecord, may_have_retired
from taskconform.model.oracle.checks import fault_condition, open_clause, rule
from taskconform.model.oracle.findings import Divergence, MustBe, Said, field_is, shown
from taskconform.model.oracle.life import (
    ON_TASK,
    eventually,
    never_existed,
    outcome_is,
    record_of,
    unchanged,
    with_refused,
)
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    QUEUED,
    RUNNING,
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
    from taskconform.model.vocabulary.calls import CancelTask


# --- fault conditions -------------------------------------------------------------------------------------------------


@fault_condition("life.privilege-cancel", "SecurityError")
def lacks_cancel_task(belief: Belief, call: CancelTask) -> bool | None:
    """The user lacks Global.CancelTask: the pages contradict each other, so this is never sure."""
    return None if belief.lacks(call.session, "Global.CancelTask") else False


@fault_condition("life.cancel-final", "InvalidState", "NotSupported")
def cancelled_task_has_ended(belief: Belief, call: CancelTask) -> bool | None:
    """InvalidState "if the task is already completed"; or NotSupported, if info.cancelable is false by then (EV
    1.3)."""
    record = record_of(belief, call)
    if record is None:
        return never_existed(call)
    if record.state is None or belief.may_be_gone(record):
        return None
    return record.completed


@fault_condition("life.cancel-unsupported", "NotSupported")
def task_is_not_cancelable(belief: Belief, call: CancelTask) -> bool | None:
    """NotSupported "if the task is not cancelable". The flag may change to false (EV 1.6): unless it was read as true
    since the task last moved, it is not known."""
    record = record_of(belief, call)
    if record is None or record.completed:
        return False
    if record.operation:  # it may change as the operation goes on
        is_flagged = record.create.cancelable or (record.info is not None and record.info.cancelable)
        return None if is_flagged else True
    if not record.create.cancelable:
        return True
    was_read = record.info is not None and record.info_seq > record.moved_seq and record.info.cancelable
    return False if was_read else None


@fault_condition("life.cancel-twice", "InvalidState", "NotSupported")
def task_was_cancelled_before(belief: Belief, call: CancelTask) -> bool | None:
    """The task was cancelled before, and is not known to have ended: no effect, or InvalidState; the page says both."""
    record = record_of(belief, call)
    return None if record is not None and record.cancels and not record.completed else False


CANCEL_TASK = (
    *ON_TASK,
    lacks_cancel_task,
    cancelled_task_has_ended,
    task_is_not_cancelable,
    task_was_cancelled_before,
)


def success_clause(belief: Belief, call: CancelTask) -> str:
    """Choose the clause on running tasks, or the one on queued tasks: only half of the pages document cancelling
    those."""
    record = record_of(belief, call)
    return "life.cancel-queued" if record is not None and record.state == "queued" else "life.cancel"


# --- open clauses, by the outcome of the call -------------------------------------------------------------------------


@open_clause("life.cancel-twice")
def outcome_of_second_cancel(belief: Belief, call: CancelTask, outcome: Outcome) -> tuple[str, ...] | None:
    """A second cancel before the end. It counts only if the task was read as still live; a cancel whose answer was lost
    may never have arrived."""
    record = record_of(belief, call)
    if (
        record is None
        or not record.cancels
        or record.state_in_doubt
        or record.state not in LIVE_STATES
        or not belief.is_full(call.session)
    ):
        return None
    if isinstance(outcome, Faulted) and (
        outcome.fault.is_a("InvalidState", "NotSupported") or may_have_retired(belief, record)
    ):
        return None  # it may have ended meanwhile; the next read shows that
    return ("no-effect",) if isinstance(outcome, Returned) else ()


@open_clause("life.privilege-cancel")
def outcome_of_cancel_without_privilege(belief: Belief, call: CancelTask, outcome: Outcome) -> tuple[str, ...] | None:
    """CancelTask without Global.CancelTask, on a cancelable running task: another user's, or the user's own. Whose task
    it is that was made on somebody's behalf nobody says."""
    record = record_of(belief, call)
    if record is None or record.state != RUNNING or not belief.is_surely_live(record):
        return None
    if record.create.initiated_by is not None:
        return None
    if task_is_not_cancelable(belief, call) is not False:
        return None
    if not belief.logged_in(call.session) or not belief.lacks(call.session, "Global.CancelTask"):
        return None
    is_own = belief.account_of(record.create.session) == belief.account_of(call.session)
    if isinstance(outcome, Returned):
        return ("allowed", "own-only") if is_own else ("allowed",)
    if not outcome_is(outcome, "SecurityError"):
        return ()
    return ("refused",) if is_own else ("refused", "own-only")


CANCEL_OPEN_CLAUSES = (outcome_of_second_cancel, outcome_of_cancel_without_privilege)


# --- Task.info afterwards ---------------------------------------------------------------------------------------------


@rule("life.cancel-unsupported")
def a_refused_cancel_changes_nothing(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """A refused CancelTask does not change state, result and error."""
    if "life.cancel-unsupported" not in record.refused or record.info is None or record.asked is not None:
        return None
    if record.cancels or record.unsure or record.create.cancelable:
        return None
    return unchanged(belief, info, record.info, ("state", "result", "error"))


@rule("life.cancel-unsupported-flag")
def a_refused_cancel_sets_no_flag(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """After a refused CancelTask info.cancelled stays false."""
    if "life.cancel-unsupported" not in record.refused or record.cancels or record.create.cancelable:
        return None
    return field_is(info, "cancelled", info.cancelled, False)  # noqa: FBT003  # a field's value


AFTER_A_REFUSAL = (a_refused_cancel_changes_nothing, a_refused_cancel_sets_no_flag)
"""Run if a call on the task was refused since the last read."""


def _cancel_shows(record: TaskRecord, info: TaskInfo, origin: str) -> Said:
    """Check a task after an accepted cancel: cancelled is true, at once or later; and if the server ended the task, its
    state is error with RequestCanceled."""
    if not record.cancels or record.cancelled_from != origin or not record.create.cancelable or record.settled:
        return None
    if record.state_in_doubt:
        return None
    if info.state in END_STATES and record.ended_by is None:
        if info.state != ERROR:
            return field_is(info, "state", info.state, ERROR, "ended")
        if info.error is None or not info.error.is_a("RequestCanceled"):
            demand = MustBe(task=info.task, field="error", relation="is a", value="RequestCanceled")
            return Divergence(demand=demand, observed=f"error is {shown(info.error)}", situation="ended")
    if record.ended_by is not None:
        return None
    return eventually(field_is(info, "cancelled", info.cancelled, True, "flag"))  # noqa: FBT003  # a field's value


@rule("life.cancel")
def cancel_of_running_shows(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """CancelTask on a running cancelable task."""
    return _cancel_shows(record, info, RUNNING)


@rule("life.cancel-queued")
def cancel_of_queued_shows(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """The same for a queued task."""
    return _cancel_shows(record, info, QUEUED)


AFTER_A_CANCEL = (cancel_of_running_shows, cancel_of_queued_shows)
"""Run after an accepted cancel."""


@open_clause("life.cancel-twice")
def flag_after_refused_second_cancel(_belief: Belief, record: TaskRecord, info: TaskInfo) -> tuple[str, ...] | None:
    """A second cancel was refused, and the task has not ended since."""
    others = {"life.privilege-cancel", "session.required", "session.logout", "session.no-view", "life.unknown"}
    if (
        "life.cancel-twice" not in record.refused
        or record.state_in_doubt
        or info.state not in LIVE_STATES
        or others & {*record.refused}
    ):
        return None
    return ("invalid-state",)


REFUSAL_OPEN_CLAUSES = (flag_after_refused_second_cancel,)
"""Asked if a call on the task was refused since the last read."""


# --- effect -----------------------------------------------------------------------------------------------------------


def advance_cancel_task(belief: Belief, call: CancelTask, outcome: Outcome, refused: tuple[str, ...]) -> Belief:
    """An accepted cancel, or one whose answer was lost, leaves the state open until it is read."""
    record = record_of(belief, call)
    if record is None:
        return belief
    if isinstance(outcome, Faulted):
        if not outcome.fault.is_a("NotSupported"):  # it faulted for another reason, or with a wrong fault
            refused = tuple(clause for clause in refused if clause != "life.cancel-unsupported")
        return belief.with_task(with_refused(record, refused))
    if record.completed:
        return belief
    lost = isinstance(outcome, Lost)
    record = evolve(
        record,
        cancels=record.cancels + 1,
        cancelled_from=record.cancelled_from if record.cancels else None if lost else record.operation or record.state,
        state_in_doubt=record.state_in_doubt or lost,
        unsure=record.unsure or lost,
        state=None,
        asked=None,
        moved_seq=belief.seq,
        rank_low=belief.completions,
    )
    return evolve(belief.with_task(record), moves=belief.moves + 1)
