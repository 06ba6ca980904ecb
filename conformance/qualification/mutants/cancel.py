"""Mutants of CancelTask: how tasks end that are canceled, and which tasks cannot be."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.changes import changed, fault_name, leaving, reopened, task_of
from taskconform.conformance.qualification.mutants.mutant import mutant
from taskconform.model.spec import life
from taskconform.model.spec.faults import fault_if
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS

# --- cancelable tasks -------------------------------------------------------------------------------------------------


def ending_otherwise(before):
    """Return a stand-in for `life.end_canceled` by which tasks in one state end with InvalidState."""

    def end_canceled(original, state, number, choices):
        task = state.tasks[number]
        after = original(state, number, choices)
        otherwise = task.info.state == before
        return changed(after, task, error=life.fault_value(state, "InvalidState")) if otherwise else after

    return end_canceled


mutant("canceled-ends-with-another-fault", life.end_canceled)(ending_otherwise(RUNNING))
mutant("canceled-queued-ends-with-another-fault", life.end_canceled)(ending_otherwise(QUEUED))


@mutant("cancel-shows-the-error-at-once", life.cancel)
def cancel_shows_the_error_at_once(original, state, task, choices):
    """A running task has its error from the moment it is canceled."""
    error = life.fault_value(state, "RequestCanceled")
    return changed(original(state, task, choices), task, error=error)


@mutant("cancel-marks-the-task-before", life.cancel)
def cancel_marks_the_task_before(original, state, task, choices):
    """A running task that is canceled marks the one that was made before it, too."""
    after = original(state, task, choices)
    before = after.tasks.get(task.number - 1)
    return changed(after, before, cancelled=True) if before is not None else after


@mutant("cancel-sets-no-flag", life.cancel)
def cancel_sets_no_flag(original, state, task, choices):
    """A running task that is canceled has no flag."""
    after = original(state, task, choices)
    return changed(after, task, cancelled=False) if task.info.state == RUNNING else after


@mutant("cancel-of-a-child-is-lost", life.cancel)
def cancel_of_a_child_is_lost(original, state, task, choices):
    """A cancel of a task with a parent does nothing."""
    return original(state, task, choices) if task.info.parent_task_key is None else state


@mutant("cancel-refused-past-half", life.cancel)
def cancel_refused_past_half(original, state, task, choices):
    """A running task with a progress above 50 cannot be canceled."""
    fault_if(task.info.progress is not None and task.info.progress > 50, "NotSupported")
    return original(state, task, choices)


@mutant("cancel-of-running-is-invalid", life.cancel)
def cancel_of_running_is_invalid(original, state, task, choices):
    """A running task without progress counts as over."""
    fault_if(task.info.state == RUNNING and task.info.progress is None, "InvalidState")
    return original(state, task, choices)


@mutant("pending-cancel-overrides-the-end", life.end_canceled)
def pending_cancel_overrides_the_end(original, state, number, choices):
    """A cancel comes through when the task is completed already."""
    if number not in state.live:
        state = reopened(state, state.tasks[number], RUNNING)
    return original(state, number, choices)


# --- tasks that are not cancelable ------------------------------------------------------------------------------------


@mutant("cancel-of-not-cancelable-works-once-it-runs", life.cancel_task)
def cancel_of_not_cancelable_works_once_it_runs(original, state, call, choices):
    """A running task can always be canceled."""
    task = task_of(state, call)
    if task is None or task.info.cancelable or task.info.state != RUNNING:
        return original(state, call, choices)
    after, nothing = original(changed(state, task, cancelable=True), call, choices)
    return changed(after, task, cancelable=False), nothing


@mutant("cancel-of-not-cancelable-is-ignored", life.cancel_task)
def cancel_of_not_cancelable_is_ignored(original, state, call, choices):
    """A cancel of a task that is not cancelable does nothing."""
    ignored = fault_name(original, state, call, choices) == "NotSupported"
    return (state, None) if ignored else original(state, call, choices)


@leaving("refused-cancel-ends-the-task", life.cancel_task, "NotSupported")
def refused_cancel_ends_the_task(state, task, call, choices):
    """A refused cancel of a running task ends it."""
    return life.end_canceled(state, task.number, choices) if task.info.state == RUNNING else state


@leaving("refused-cancel-sets-the-flag", life.cancel_task, "NotSupported")
def refused_cancel_sets_the_flag(state, task, call, choices):
    """A refused cancel sets the flag."""
    return changed(state, task, cancelled=True)


@mutant("refused-cancel-sets-the-flag", life.cancel_task)
def cancel_as_before(original, state, call, choices):
    """The flag of a task that is not cancelable makes no difference."""
    task = task_of(state, call)
    if task is not None and not task.info.cancelable:
        state = changed(state, task, cancelled=False)
    return original(state, call, choices)


# --- tasks that are completed or never existed ------------------------------------------------------------------------


def refused_as_completed(original, state, call, choices):
    """Return the completed task for which a cancel is refused, None if it is not."""
    if fault_name(original, state, call, choices) != "InvalidState":
        return None
    task = task_of(state, call)
    return None if task is None or task.number in state.live else task


@mutant("cancel-of-completed-is-ignored", life.cancel_task)
def cancel_of_completed_is_ignored(original, state, call, choices):
    """A cancel of a completed cancelable task does nothing."""
    task = refused_as_completed(original, state, call, choices)
    return (state, None) if task is not None and task.info.cancelable else original(state, call, choices)


@mutant("cancel-of-completed-finds-nothing", life.cancel_task)
def cancel_of_completed_finds_nothing(original, state, call, choices):
    """A cancel of a completed task faults with ManagedObjectNotFound."""
    fault_if(refused_as_completed(original, state, call, choices), "ManagedObjectNotFound")
    return original(state, call, choices)


@mutant("cancel-of-success-makes-an-error", life.cancel_task)
def cancel_of_success_makes_an_error(original, state, call, choices):
    """A cancel of a successful cancelable task makes it an error, all else left as it is."""
    task = refused_as_completed(original, state, call, choices)
    if task is None or task.info.state != SUCCESS or not task.info.cancelable:
        return original(state, call, choices)
    error = life.fault_value(state, "RequestCanceled")
    return changed(state, task, state=ERROR, result=None, error=error, cancelled=True), None


@mutant("cancel-of-unknown-is-ignored", life.cancel_task)
def cancel_of_unknown_is_ignored(original, state, call, choices):
    """A cancel of a task that never existed does nothing."""
    ignored = fault_name(original, state, call, choices) == "ManagedObjectNotFound"
    return (state, None) if ignored else original(state, call, choices)
