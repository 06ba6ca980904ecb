"""Mutants of UpdateProgress and SetTaskDescription."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.changes import changed, fault_name, leaving, parent_of, task_of
from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, life, sessions, tasks
from taskconform.model.spec.faults import fault_if
from taskconform.model.vocabulary.outcomes import QUEUED, RUNNING, LocalizableMessage
from taskconform.model.vocabulary.words import evolve


def clamped(percent_done):
    """Return a percentage within its bounds."""
    return max(0, min(100, percent_done))


# --- which percentage -------------------------------------------------------------------------------------------------


@mutant("unreported-progress-is-minus-one", life.progress_in)
def unreported_progress_is_minus_one(original, info, entered, choices):
    """A running task without progress has -1."""
    return -1 if entered == RUNNING and info.progress is None else original(info, entered, choices)


@mutant("progress-in-tens", life.update_progress)
def progress_in_tens(original, state, call, choices):
    """A percentage is rounded down to a multiple of ten."""
    return original(state, evolve(call, percent_done=call.percent_done // 10 * 10), choices)


@mutant("progress-one-update-late", life.update_progress)
def progress_one_update_late(original, state, call, choices):
    """A task shows the percentage of the update before."""
    before = remembered(state, call.task.value, call.percent_done)
    after, nothing = original(state, evolve(call, percent_done=before), choices)
    return remembering(after, call.task.value, call.percent_done), nothing


@mutant("progress-from-another-user-is-lost", sessions.login)
def note_account(original, state, call, choices):
    """Remember the account of a login."""
    after, opened = original(state, call, choices)
    return remembering(after, f"{after.logins}", call.account), opened


@mutant("progress-from-another-user-is-lost", life.update_progress)
def progress_from_another_user_is_lost(original, state, call, choices):
    """The call does nothing to tasks that another user's session created."""
    done = original(state, call, choices)
    account = access.current(state, call.session).account
    maker = remembered(state, f"{life.to_update(state, call, choices).maker}", account)
    return done if maker == account else (state, None)


@mutant("negative-progress-counts-as-100", life.update_progress)
def negative_progress_counts_as_100(original, state, call, choices):
    """A percentage is taken for unsigned."""
    return original(state, evolve(call, percent_done=call.percent_done % 2**32), choices)


@mutant("progress-above-100-is-shown", life.update_progress)
def progress_above_100_is_shown(original, state, call, choices):
    """A percentage above 100 is kept."""
    after, nothing = original(state, call, choices)
    return changed(after, life.to_update(state, call, choices), progress=max(0, call.percent_done)), nothing


# --- refusals of UpdateProgress ---------------------------------------------------------------------------------------


@mutant("negative-progress-is-refused", life.update_progress)
def negative_progress_is_refused(original, state, call, choices):
    """A percentage below zero is an InvalidArgument."""
    done = original(state, call, choices)
    fault_if(call.percent_done < 0, "InvalidArgument")
    return done


@mutant("progress-above-100-is-out-of-bounds", life.update_progress)
def progress_above_100_is_out_of_bounds(original, state, call, choices):
    """A percentage above 100 is OutOfBounds."""
    done = original(state, call, choices)
    fault_if(call.percent_done > 100, "OutOfBounds")
    return done


@mutant("progress-of-queued-is-ignored", life.update_progress)
def progress_of_queued_is_ignored(original, state, call, choices):
    """The progress of a queued task is ignored."""
    ignored = life.to_update(state, call, choices).info.state == QUEUED
    return (state, None) if ignored else original(state, call, choices)


@mutant("progress-of-completed-is-shown", life.update_progress)
def progress_of_completed_is_shown(original, state, call, choices):
    """The progress of a completed task is set."""
    task = life.to_update(state, call, choices)
    if task.number in state.live:
        return original(state, call, choices)
    return changed(state, task, progress=clamped(call.percent_done)), None


@mutant("progress-of-not-running-is-not-supported", life.update_progress)
def progress_of_not_running_is_not_supported(original, state, call, choices):
    """The progress of a task that is not running faults with NotSupported."""
    fault_if(life.to_update(state, call, choices).info.state != RUNNING, "NotSupported")
    return original(state, call, choices)


@mutant("progress-of-unknown-is-an-invalid-state", life.update_progress)
def progress_of_unknown_is_an_invalid_state(original, state, call, choices):
    """The progress of a task that never existed is an InvalidState."""
    unknown = fault_name(original, state, call, choices) == "ManagedObjectNotFound"
    fault_if(unknown, "InvalidState")
    return original(state, call, choices)


@leaving("refused-progress-is-shown", life.update_progress, "NoPermission")
def refused_progress_is_shown(state, task, call, choices):
    """A call that is refused for the privilege sets the progress."""
    shown = task.info.state == RUNNING
    return changed(state, task, progress=clamped(call.percent_done)) if shown else state


@leaving("refused-progress-clears-the-description", life.update_progress, "InvalidState")
def refused_progress_clears_the_description(state, task, call, choices):
    """A call that is refused for the state takes the description away."""
    return changed(state, task, description=None)


# --- descriptions -----------------------------------------------------------------------------------------------------


@mutant("description-keeps-its-old-arguments", life.set_task_description)
def description_keeps_its_old_arguments(original, state, call, choices):
    """The arguments are added to those before."""
    task = task_of(state, call)
    old = () if task is None or task.info.description is None else task.info.description.args
    return original(state, evolve(call, args=tuple({**dict(old), **dict(call.args)}.items())), choices)


@mutant("description-of-a-child-goes-to-its-parent", life.set_task_description)
def description_of_a_child_goes_to_its_parent(original, state, call, choices):
    """A description of a task with a parent describes the parent."""
    parent = parent_of(state, life.to_update(state, call, choices))
    return original(state, call if parent is None else evolve(call, task=parent.info.task), choices)


@mutant("description-without-arguments-is-lost", life.set_task_description)
def description_without_arguments_is_lost(original, state, call, choices):
    """A description without arguments does nothing."""
    done = original(state, call, choices)
    return done if call.args else (state, None)


@mutant("description-needs-no-privilege", life.set_task_description)
def description_needs_no_privilege(original, state, call, choices):
    """Access to the task is enough to describe it."""
    session, task = access.current(state, call.session), tasks.find_task(state, call.task)
    if not access.may_access(state, session, task, choices):
        return original(state, call, choices)
    return changed(state, task, description=LocalizableMessage(key=call.key, args=call.args)), None
