"""Mutants of SetTaskState: the state, what goes with it, and what is refused."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.changes import (
    changed,
    fault_name,
    leaving,
    parent_of,
    reopened,
    task_of,
)
from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, life, tasks
from taskconform.model.spec.faults import fault_if
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.words import evolve

# --- which state ------------------------------------------------------------------------------------------------------


@mutant("start-of-a-child-is-lost", life.set_state)
def start_of_a_child_is_lost(original, state, task, call, error, choices):
    """A queued task with a parent does not start."""
    lost = call.state == RUNNING and task.info.state == QUEUED and task.info.parent_task_key is not None
    return state if lost else original(state, task, call, error, choices)


@mutant("error-without-a-fault-is-success", life.set_task_state)
def error_without_a_fault_is_success(original, state, call, choices):
    """An error without a fault makes a success."""
    fails = call.state == ERROR and call.fault is None and call.result is None
    return original(state, evolve(call, state=SUCCESS) if fails else call, choices)


@mutant("state-from-another-session-is-lost", life.set_state)
def state_from_another_session_is_lost(original, state, task, call, error, choices):
    """The call does nothing to tasks that another session created."""
    lost = task.maker not in {0, access.current(state, call.session).number}
    return state if lost else original(state, task, call, error, choices)


@mutant("state-needs-no-privilege-to-end", life.to_update)
def state_needs_no_privilege_to_end(original, state, call, choices):
    """No privilege is asked for when the call completes the task."""
    if getattr(call, "state", None) not in life.COMPLETED:
        return original(state, call, choices)
    access.current(state, call.session)
    return tasks.find_task(state, call.task)


@mutant("failed-child-fails-its-parent", life.set_state)
def failed_child_fails_its_parent(original, state, task, call, error, choices):
    """A child's error makes an error of its successful parent."""
    after = original(state, task, call, error, choices)
    parent = parent_of(state, task)
    if call.state != ERROR or parent is None or parent.info.state != SUCCESS:
        return after
    return changed(after, parent, state=ERROR, result=None, error=error)


# --- completed tasks --------------------------------------------------------------------------------------------------


def reopening(before, asked):
    """Return a stand-in for SetTaskState by which a task in a final state takes the state asked for."""

    def set_task_state(original, state, call, choices):
        task = task_of(state, call)
        if task is not None and (task.info.state, call.state) == (before, asked):
            state = reopened(state, task, QUEUED)
        return original(state, call, choices)

    return set_task_state


mutant("error-can-become-success", life.set_task_state)(reopening(ERROR, SUCCESS))
mutant("success-can-run-again", life.set_task_state)(reopening(SUCCESS, RUNNING))


@mutant("change-of-completed-is-ignored", life.set_task_state)
def change_of_completed_is_ignored(original, state, call, choices):
    """A change of a completed task does nothing."""
    done = life.to_update(state, call, choices).info.state in life.COMPLETED
    return (state, None) if done and call.state in life.STATES else original(state, call, choices)


@mutant("change-of-completed-is-not-supported", life.is_taken)
def change_of_completed_is_not_supported(original, before, after, choices):
    """A change of a completed task faults with NotSupported."""
    fault_if(before in life.COMPLETED, "NotSupported")
    return original(before, after, choices)


@leaving("refused-change-takes-the-result", life.set_task_state, "InvalidState")
def refused_change_takes_the_result(state, task, call, choices):
    """A refused success of a successful task replaces its result."""
    taken = call.result is not None and task.info.state == call.state == SUCCESS
    return changed(state, task, result=call.result) if taken else state


# --- results ----------------------------------------------------------------------------------------------------------


@mutant("reference-result-becomes-text", life.set_state)
def reference_result_becomes_text(original, state, task, call, error, choices):
    """A result that is a reference is kept as its value."""
    result = call.result.value if isinstance(call.result, ObjectRef) else call.result
    return original(state, task, evolve(call, result=result), error, choices)


@mutant("result-lost-unless-it-ran", life.set_state)
def result_lost_unless_it_ran(original, state, task, call, error, choices):
    """The result of a task that never ran is dropped."""
    never_ran = task.info.start_time is None
    return original(state, task, evolve(call, result=None) if never_ran else call, error, choices)


@mutant("result-with-running-is-taken", life.set_task_state)
def result_with_running_is_taken(original, state, call, choices):
    """A result with running is not refused, but dropped."""
    return original(state, evolve(call, result=None) if call.state == RUNNING else call, choices)


@mutant("result-with-error-is-taken", life.set_task_state)
def result_with_error_is_taken(original, state, call, choices):
    """A result with error is not refused, but dropped."""
    return original(state, evolve(call, result=None) if call.state == ERROR else call, choices)


@leaving("refused-result-is-shown", life.set_task_state, "InvalidState")
def refused_result_is_shown(state, task, call, choices):
    """A result that is refused with queued or running is kept."""
    kept = call.result is not None and task.number in state.live and call.state in {QUEUED, RUNNING}
    return changed(state, task, result=call.result) if kept else state


@mutant("error-shows-the-fault-as-result", life.set_state)
def error_shows_the_fault_as_result(original, state, task, call, error, choices):
    """A task in error has the fault's name as its result."""
    after = original(state, task, call, error, choices)
    return after if error is None else changed(after, task, result=error.kind)


# --- faults -----------------------------------------------------------------------------------------------------------


@mutant("fault-becomes-its-base-type", life.settable_fault)
def fault_becomes_its_base_type(original, state, name, choices):
    """A fault is kept as a bare VimFault; RequestCanceled is none."""
    right = original(state, name, choices)
    return right if name == "RequestCanceled" else life.fault_value(state, "VimFault")


@mutant("first-fault-stays", life.set_state)
def first_fault_stays(original, state, task, call, error, choices):
    """The first fault of the server is that of every task set to error with one."""
    if error is not None:
        error = remembered(state, "first", error)
        state = remembering(state, "first", error)
    return original(state, task, call, error, choices)


@mutant("fault-with-success-is-taken", life.set_task_state)
def fault_with_success_is_taken(original, state, call, choices):
    """A fault with success is not refused, but dropped."""
    return original(state, evolve(call, fault=None) if call.state == SUCCESS else call, choices)


@mutant("any-fault-is-taken", life.settable_fault)
def any_fault_is_taken(original, state, name, choices):
    """A fault of whatever type is taken."""
    known = state.server.faults.get(name)
    return life.fault_value(state, name) if known else original(state, name, choices)


@leaving("fault-of-wrong-kind-ends-the-task", life.set_task_state, "InvalidState")
def fault_of_wrong_kind_ends_the_task(state, task, call, choices):
    """A fault that is refused for its type ends the task in error, with another one."""
    kinds = state.server.faults.get(call.fault or "", ())
    if task.number not in state.live or call.state != ERROR or not kinds or "VimFault" in kinds:
        return state
    ended = life.enter(state, task.number, ERROR, choices)
    return changed(ended, task, error=life.fault_value(state, "GenericVmConfigFault"))


@leaving("refused-fault-is-shown", life.set_task_state, "InvalidState")
def refused_fault_is_shown(state, task, call, choices):
    """A fault that is refused with queued or running is kept."""
    known = call.fault is not None and state.server.faults.get(call.fault)
    kept = known and task.number in state.live and call.state in {QUEUED, RUNNING}
    return changed(state, task, error=life.fault_value(state, call.fault)) if kept else state


def unknown_task_is_not_found(original, state, call, choices):
    """The methods of a task that never existed fault with NotFound."""
    unknown = fault_name(original, state, call, choices) == "ManagedObjectNotFound"
    fault_if(unknown, "NotFound")
    return original(state, call, choices)


mutant("unknown-task-is-not-found", life.to_update)(unknown_task_is_not_found)
mutant("unknown-task-is-not-found", life.cancel_task)(unknown_task_is_not_found)
