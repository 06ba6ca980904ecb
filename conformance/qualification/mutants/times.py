"""Mutants of a task's time stamps: queueTime, startTime and completeTime."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.changes import changed, leaving, made
from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import life, recent, sessions, tasks
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND
from taskconform.model.vocabulary.words import evolve

# --- queueTime --------------------------------------------------------------------------------------------------------


@made("queue-time-in-whole-minutes")
def queue_time_in_whole_minutes(state, info):
    """The queueTime is cut down to the whole minute."""
    return evolve(info, queue_time=info.queue_time - info.queue_time % (60 * SECOND))


@mutant("queue-time-an-hour-ahead-after-relogin", sessions.login)
def note_relogin(original, state, call, choices):
    """Remember the login if it is not the first under its name."""
    after, opened = original(state, call, choices)
    after = remembering(after, f"login {after.logins}", remembered(state, call.session, default=False))
    return remembering(after, call.session, value=True), opened


@mutant("queue-time-an-hour-ahead-after-relogin", tasks.admit)
def queue_time_an_hour_ahead_after_relogin(original, state, info, maker=0):
    """Tasks of a login under a name that was in use before are queued an hour ahead."""
    ahead = 3_600 * SECOND if remembered(state, f"login {maker}", default=False) else 0
    return original(state, evolve(info, queue_time=info.queue_time + ahead), maker)


@mutant("queue-time-moves-on-start", life.set_state)
def queue_time_moves_on_start(original, state, task, call, error, choices):
    """The queueTime moves to the first start."""
    after = original(state, task, call, error, choices)
    starts = call.state == RUNNING and task.info.start_time is None
    return changed(after, task, queue_time=state.now) if starts else after


# --- startTime --------------------------------------------------------------------------------------------------------


def has_run(task):
    """Tell whether a task is running or was."""
    return any(entered == RUNNING for *_, entered in task.entered)


@mutant("start-time-moves-with-progress", life.update_progress)
def start_time_moves_with_progress(original, state, call, choices):
    """A report of progress moves the startTime."""
    after, nothing = original(state, call, choices)
    return changed(after, after.tasks[after.keys[call.task.value]], start_time=state.now), nothing


@mutant("start-time-set-at-the-end", life.set_state)
def start_time_set_at_the_end(original, state, task, call, error, choices):
    """The startTime is set when a task that ran is completed."""
    after = original(state, task, call, error, choices)
    task = after.tasks[task.number]
    return changed(after, task, start_time=task.info.complete_time if has_run(task) else None)


@mutant("description-sets-the-start-time", life.set_task_description)
def description_sets_the_start_time(original, state, call, choices):
    """A queued task has a startTime from its first description on."""
    after, nothing = original(state, call, choices)
    task = after.tasks[after.keys[call.task.value]]
    stamps = task.info.state == QUEUED and task.info.start_time is None
    return changed(after, task, start_time=state.now) if stamps else after, nothing


@mutant("children-have-a-start-time-from-creation", tasks.placed)
def children_have_a_start_time_from_creation(original, state, key, entity, parent, choices):
    """A task with a parent has a startTime from its creation on."""
    stamp = {} if parent is None else {"start_time": state.now}
    return original(state, key, entity, parent, choices) | stamp


@mutant("description-sets-the-start-time", life.enter)
@mutant("children-have-a-start-time-from-creation", life.enter)
def stamp_the_first_start(original, state, number, entered, choices):
    """The first start puts its time in the place of an earlier stamp."""
    task = state.tasks[number]
    if entered == RUNNING and not has_run(task):
        state = changed(state, task, start_time=None)
    return original(state, number, entered, choices)


# --- completeTime -----------------------------------------------------------------------------------------------------


@made("complete-time-from-the-start")
def complete_time_from_the_start(state, info):
    """A task that is not cancelable has a completeTime from its creation on."""
    return info if info.cancelable else evolve(info, complete_time=info.queue_time)


@mutant("cancel-sets-the-complete-time", life.cancel)
def cancel_sets_the_complete_time(original, state, task, choices):
    """A running task has a completeTime from the moment it is canceled."""
    after = original(state, task, choices)
    return changed(after, task, complete_time=state.now) if task.number in after.live else after


@mutant("complete-time-from-the-start", life.enter)
@mutant("cancel-sets-the-complete-time", life.enter)
def keep_the_complete_time(original, state, number, entered, choices):
    """A task keeps its completeTime until it is completed."""
    after = original(state, number, entered, choices)
    task = state.tasks[number]
    return changed(after, task, complete_time=task.info.complete_time) if number in after.live else after


@mutant("complete-time-is-the-queue-time", life.set_state)
def complete_time_is_the_queue_time(original, state, task, call, error, choices):
    """The completeTime is the queueTime."""
    after = original(state, task, call, error, choices)
    return after if task.number in after.live else changed(after, task, complete_time=task.info.queue_time)


@mutant("no-complete-time-on-error", life.set_state)
def no_complete_time_on_error(original, state, task, call, error, choices):
    """A task set to error has no completeTime."""
    after = original(state, task, call, error, choices)
    return changed(after, task, complete_time=None) if call.state == ERROR else after


@leaving("refused-change-moves-the-complete-time", life.set_task_state, "InvalidState")
def refused_change_moves_the_complete_time(state, task, call, choices):
    """A refused change of a completed task moves its completeTime."""
    return state if task.number in state.live else changed(state, task, complete_time=state.now)


@mutant("complete-time-is-the-queue-time", recent.recently_completed)
@mutant("no-complete-time-on-error", recent.recently_completed)
@mutant("refused-change-moves-the-complete-time", recent.recently_completed)
def go_by_the_real_times(original, state, session, choices):
    """A task is recent by the time at which it completed."""
    earliest = state.now - state.server.window * SECOND
    ever = evolve(state, server=evolve(state.server, window=state.now // SECOND))
    return (task for task in original(ever, session, choices) if task.entered[-1][0] >= earliest)
