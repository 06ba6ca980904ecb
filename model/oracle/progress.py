"""Progress and description of a task: UpdateProgress, SetTaskDescription, and what Task.info must say after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.belief import END_STATES, LIVE_STATES, TaskRecord, may_have_retired
from taskconform.model.oracle.checks import FaultCondition, fault_condition, open_clause, rule
from taskconform.model.oracle.findings import Divergence, MustBe, Said, field_is
from taskconform.model.oracle.life import (
    OF_OPERATION,
    ON_TASK,
    allowed,
    eventually,
    lacks_task_update,
    meddled_with,
    never_existed,
    record_of,
    with_refused,
)
from taskconform.model.vocabulary.outcomes import (
    ERROR,
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
    from taskconform.model.vocabulary.calls import SetTaskDescription, UpdateProgress


# --- fault conditions -------------------------------------------------------------------------------------------------


@fault_condition("life.progress-state", "InvalidState")
def task_is_not_running(belief: Belief, call: UpdateProgress) -> bool | None:
    """InvalidState "if task is not running"."""
    record = record_of(belief, call)
    if record is None:
        return never_existed(call)
    if record.state is None or belief.may_be_gone(record):
        return None
    return record.state != RUNNING


@fault_condition("life.progress-clamp-2x", "OutOfBounds")
def percentage_is_out_of_bounds(belief: Belief, call: UpdateProgress) -> bool | None:
    """VirtualCenter 2.x servers throw OutOfBounds; newer versions never do."""
    return None if belief.declaration.api_version < (4,) and not 0 <= call.percent_done <= 100 else False


@fault_condition("life.description-final", "MethodFault")
def description_may_be_refused(belief: Belief, call: SetTaskDescription) -> bool | None:
    """The task is not running: the page is silent on descriptions then, and names no fault."""
    record = record_of(belief, call)
    if record is None:
        return never_existed(call)
    return False if record.state == RUNNING and belief.is_surely_live(record) else None


@fault_condition("life.description", "MethodFault")
def description_is_newer_than_the_server(belief: Belief, _call: SetTaskDescription) -> bool | None:
    """SetTaskDescription came with API 4.0: an older server may not understand the request."""
    return None if belief.declaration.api_version < (4,) else False


UPDATE_PROGRESS: Final[tuple[FaultCondition[UpdateProgress], ...]] = (
    *ON_TASK,
    lacks_task_update,
    task_is_not_running,
    percentage_is_out_of_bounds,
    *OF_OPERATION,
)
SET_TASK_DESCRIPTION: Final[tuple[FaultCondition[SetTaskDescription], ...]] = (
    *ON_TASK,
    lacks_task_update,
    description_may_be_refused,
    description_is_newer_than_the_server,
    *OF_OPERATION,
)


def success_clause(_belief: Belief, call: UpdateProgress) -> str:
    """Choose the clause on percentages in range, or the one that requires others to be clamped."""
    return "life.progress" if 0 <= call.percent_done <= 100 else "life.progress-clamp"


# --- open clauses, by the outcome of the call -------------------------------------------------------------------------


@open_clause("life.progress-clamp-2x")
def out_of_bounds_on_2x(belief: Belief, call: UpdateProgress, outcome: Outcome) -> tuple[str, ...] | None:
    """API before 4.0: the clamp, or OutOfBounds."""
    record = record_of(belief, call)
    if percentage_is_out_of_bounds(belief, call) is False or record is None or record.state != RUNNING:
        return None
    return allowed(outcome, "clamped", "out-of-bounds", "OutOfBounds")


@open_clause("life.description-final")
def description_of_completed_task(belief: Belief, call: SetTaskDescription, outcome: Outcome) -> tuple[str, ...] | None:
    """SetTaskDescription on a completed task."""
    record = record_of(belief, call)
    if record is None or not record.completed or may_have_retired(belief, record) or not belief.is_full(call.session):
        return None
    return ("taken", "ignored") if isinstance(outcome, Returned) else ("refused",)


PROGRESS_OPEN_CLAUSES = (out_of_bounds_on_2x,)
DESCRIPTION_OPEN_CLAUSES = (description_of_completed_task,)


# --- Task.info afterwards ---------------------------------------------------------------------------------------------


def clamped(percent: int) -> int:
    """Return a percentage clamped to 0 to 100."""
    return min(100, max(0, percent))


@rule("life.progress")
def progress_shows(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """UpdateProgress on a running task shows in info.progress. The page is silent on a lower percentage than before."""
    percent = record.progress
    if percent is None or record.unsure or not 0 <= percent <= 100 or not _progress_is_plain(record, info):
        return None
    before = record.info.progress if record.info is not None else None
    if before is not None and percent <= before:
        return None
    return eventually(field_is(info, "progress", info.progress, percent))


@rule("life.progress-clamp")
def progress_is_clamped(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """API 4.0 and later: below 0 counts as 0, above 100 as 100. Exercised where the clamped value differs from the one
    before; a lower one need not show."""
    percent = record.progress
    if percent is None or record.unsure or 0 <= percent <= 100 or not _progress_is_plain(record, info):
        return None
    before = record.info.progress if record.info is not None else None
    if before is None or belief.declaration.api_version < (4,) or before == clamped(percent):
        return None
    if percent < 0 and info.progress == before:
        return None
    return eventually(
        field_is(info, "progress", info.progress, clamped(percent), "above" if percent > 100 else "below")
    )


def _progress_is_plain(record: TaskRecord, info: TaskInfo) -> bool:
    """Return True if the task was running throughout, and is neither parent nor child, whose percentage is
    recalculated. One that was canceled while it ran, and still runs, counts."""
    alone = record.create.parent_task_key is None and not record.has_children
    was_running = record.cancelled_from == RUNNING if record.cancels else record.state == RUNNING
    return was_running and info.state == RUNNING and alone


@rule("life.description")
def description_shows(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """SetTaskDescription on a running task shows in info.description: same key and args (API 4.0). On any other it may
    be taken or not (life.description-final), but what shows is what was asked, or what was there."""
    if not record.described or record.unsure:
        return None
    observed = (info.description.key, info.description.args) if info.description is not None else None
    key, args, was_running = record.described[-1]
    if observed == (key, args):
        return True if was_running and info.state == RUNNING else None
    if not was_running or info.state != RUNNING:
        before = record.info.description if record.info is not None else None
        was_there = (before.key, before.args) if before is not None else None
        known = {was_there, *((one, args) for one, args, _ in record.described)}
        if record.info is None or observed in known or (observed is None and info.state in END_STATES):
            return None
    demand = MustBe(task=info.task, field="description", relation="is", value=(key, args))
    what = "args" if observed is not None and observed[0] == key else "key"
    return Divergence(demand=demand, observed=f"description is {observed}", situation=what, eventually=True)


@rule("life.description")
def description_stays(_belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """SetTaskState says nothing of the description: a task that goes on keeps the one that it had, and one that ends
    keeps it or has none."""
    before = record.info
    if record.described or record.unsure or record.cancels or before is None or before.state not in LIVE_STATES:
        return None
    if before.description is None or record.asked is None or record.asked.state != info.state:
        return None
    observed = (info.description.key, info.description.args) if info.description is not None else None
    wanted = (before.description.key, before.description.args)
    if observed == wanted or (observed is None and info.state in END_STATES):
        return True if observed == wanted else None
    demand = MustBe(task=info.task, field="description", relation="is", value=wanted)
    return Divergence(demand=demand, observed=f"description is {observed}", situation="stays", eventually=True)


AFTER_A_MOVE = (description_stays,)
"""Run after an accepted SetTaskState since the last read."""


AFTER_AN_UPDATE = (progress_shows, progress_is_clamped, description_shows)
"""Run after an UpdateProgress or a SetTaskDescription since the last read."""


# --- open clauses, by Task.info ---------------------------------------------------------------------------------------


@open_clause("life.progress-back")
def effect_of_lower_percentage(belief: Belief, record: TaskRecord, info: TaskInfo) -> tuple[str, ...] | None:
    """A lower percentage than before shows, or is kept."""
    percent, before = record.progress, record.info.progress if record.info is not None else None
    if percent is None or before is None or clamped(percent) >= before or not _progress_is_plain(record, info):
        return None
    if record.unsure:
        return None
    if info.progress == clamped(percent):
        return ("shows",)
    if info.progress != before:
        return None
    # a target that has time to settle may show it yet
    return ("kept",) if not belief.declaration.settling else ("shows", "kept")


@open_clause("life.progress-overall")
def parent_after_childs_progress(_belief: Belief, record: TaskRecord, info: TaskInfo) -> tuple[str, ...] | None:
    """A parent's progress after its child's update."""
    if not record.child_progressed or record.progress is not None or record.info is None or info.state != RUNNING:
        return None
    if record.info.state != RUNNING or record.asked is not None or record.unsure:
        return None
    # the recalculated value may be the same
    return ("unchanged", "recalculated") if info.progress == record.info.progress else ("recalculated",)


def _progress_at_the_end(record: TaskRecord, info: TaskInfo, end: str) -> tuple[str, ...] | None:
    """Interpret progress after completion: absent, kept or 100. Exercised where progress had been read between 1 and
    99."""
    before = record.info.progress if record.info is not None else None
    if info.state != end or before is None or not 0 < before < 100 or record.settled:
        return None
    if record.progress is not None or record.has_children or record.unsure or record.cancels or record.ended_by is None:
        return None
    if record.info is not None and record.info.state != RUNNING:
        return None
    if info.progress is None:
        return ("absent",)
    return {before: ("kept",), 100: ("hundred",)}.get(info.progress, ())


@open_clause("info.progress-end")
def progress_of_success(_belief: Belief, record: TaskRecord, info: TaskInfo) -> tuple[str, ...] | None:
    """progress after success."""
    return _progress_at_the_end(record, info, SUCCESS)


@open_clause("info.progress-end-error")
def progress_of_error(_belief: Belief, record: TaskRecord, info: TaskInfo) -> tuple[str, ...] | None:
    """progress after error."""
    return _progress_at_the_end(record, info, ERROR)


END_OPEN_CLAUSES = (progress_of_success, progress_of_error)
"""Asked if a SetTaskState that ended the task was accepted."""


UPDATE_OPEN_CLAUSES = (effect_of_lower_percentage,)
"""Asked if the progress was updated since the last read."""


CHILD_OPEN_CLAUSES = (parent_after_childs_progress,)
"""Asked if a child's progress was updated since the last read."""


# --- effects ----------------------------------------------------------------------------------------------------------


def advance_update_progress(belief: Belief, call: UpdateProgress, outcome: Outcome, refused: tuple[str, ...]) -> Belief:
    """Remember the percentage for the next read; a parent's overall percentage may have changed with it."""
    record = record_of(belief, call)
    if record is None:
        return belief
    if isinstance(outcome, Lost):
        return belief.with_task(evolve(record, unsure=True))
    if isinstance(outcome, Faulted):
        return belief.with_task(with_refused(record, refused or ("life.progress",)))
    if record.operation and not record.completed:
        return belief.with_task(meddled_with(record))
    belief = belief.with_task(evolve(record, progress=call.percent_done))
    parent = belief.tasks.get(belief.keys.get(record.parent, "")) if record.parent is not None else None
    if parent is not None:
        belief = belief.with_task(evolve(parent, child_progressed=True))
    return belief


def advance_set_task_description(
    belief: Belief, call: SetTaskDescription, outcome: Outcome, refused: tuple[str, ...]
) -> Belief:
    """Remember the description for the next read."""
    record = record_of(belief, call)
    if record is None:
        return belief
    if isinstance(outcome, Lost):
        return belief.with_task(evolve(record, unsure=True))
    if isinstance(outcome, Faulted):
        return belief.with_task(with_refused(record, refused or ("life.description",)))
    if record.operation and not record.completed:
        return belief.with_task(meddled_with(record))
    is_running = record.state == RUNNING and belief.is_surely_live(record)
    described = (*record.described, (call.key, call.args, is_running))
    return belief.with_task(evolve(record, described=described))
