"""The life of a task: vim.Task, and the one table that says which state may follow which.

The law of this file: `LIFE` has a row for every state and every state that can be asked for, and says of each move
whether it must be taken, must not be, or is open. A completed task never moves again (life.final, life.no-return).
Not modelled: threads that take queued tasks (vim.TaskInfo.State running 1, queued 1); an extension's task runs when the
extension says so.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.Task.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from taskconform.model.spec import access, inventory, tasks
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.state import After, State, Task
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS, Fault, LocalizableMessage, TaskInfo
from taskconform.model.vocabulary.words import Word, evolve

TASK_UPDATE: Final = "Task.Update"
CANCEL_TASK: Final = "Global.CancelTask"
CANCEL_TIME: Final = 20_000
"""Microseconds that a running task takes to end once it is canceled."""


class Move(Word, frozen=True):
    """Whether a state may follow another: it must, it must not, or the clause is open and these interpretations of it
    take the move."""

    clause: str
    level: str
    taken_by: tuple[str, ...] = ()


_SAME, _FINAL = "life.same-state", "life.same-state-final"
LIFE: Final[Mapping[tuple[str, str], Move]] = {
    (QUEUED, QUEUED): Move(_SAME, "open", ("taken", "queued-only")),
    (QUEUED, RUNNING): Move("life.set-state", "must"),
    (QUEUED, SUCCESS): Move("life.skip", "open", ("allowed",)),
    (QUEUED, ERROR): Move("life.skip", "open", ("allowed", "error-only")),
    (RUNNING, QUEUED): Move("life.backward", "open", ("allowed",)),
    (RUNNING, RUNNING): Move(_SAME, "open", ("taken", "running-only")),
    (RUNNING, SUCCESS): Move("life.set-state", "must"),
    (RUNNING, ERROR): Move("life.set-state", "must"),
    (SUCCESS, QUEUED): Move("life.final", "must not"),
    (SUCCESS, RUNNING): Move("life.final", "must not"),
    (SUCCESS, SUCCESS): Move(_FINAL, "open", ("taken",)),
    (SUCCESS, ERROR): Move("life.final", "must not"),
    (ERROR, QUEUED): Move("life.final", "must not"),
    (ERROR, RUNNING): Move("life.final", "must not"),
    (ERROR, SUCCESS): Move("life.final", "must not"),
    (ERROR, ERROR): Move(_FINAL, "open", ("taken",)),
}
"""By the state that a task has and the state asked for."""

STATES: Final = frozenset({QUEUED, RUNNING, SUCCESS, ERROR})
COMPLETED: Final = frozenset({SUCCESS, ERROR})


def is_taken(before: str, after: str, choices: Choices) -> bool:
    """Tell whether a task in one state may be set to another, by `LIFE`.
    vim.Task SetTaskState 1; InvalidState 1; vim.TaskInfo.State running 2; success 1; error 1. Clauses: life.set-state,
    life.final, life.skip, life.backward, life.same-state, life.same-state-final."""
    move = LIFE[before, after]
    return move.level == "must" or (move.level == "open" and choices.of(move.clause) in move.taken_by)


def set_task_state(state: State, call: calls.SetTaskState, choices: Choices) -> After[None]:
    """Set the state of a task, and its result or its fault with it. If a completed task may be set to the state that it
    has, that has no effect. A result that was set before and is not given again is cleared.
    vim.Task SetTaskState 1; state 1; result 1; fault 1-2; InvalidState 1; vim.TaskInfo error 1; result 1. Clauses:
    life.set-state, life.final, life.result, life.fault, life.atomic, info.result-state, info.error-state."""
    task = to_update(state, call, choices)
    fault_if(call.state not in STATES, "InvalidRequest", f"no state: {call.state}")
    fault_if(not is_taken(task.info.state, call.state, choices), "InvalidState", f"the task is {task.info.state}")
    check_canceled(task, call.state, choices)
    check_fit(call, choices)
    error = None if call.fault is None else settable_fault(state, call.fault, choices)
    if task.info.state in COMPLETED:
        return state, None
    return set_state(state, task, call, error, choices), None


def to_update(
    state: State, call: calls.SetTaskState | calls.UpdateProgress | calls.SetTaskDescription, choices: Choices
) -> Task:
    """Find the task of a call that needs Task.Update on the root folder (EV N7). A frozen task takes no such call.
    vim.Task SetTaskState privilege; UpdateProgress privilege; SetTaskDescription privilege. Clauses:
    life.privilege-update, life.unknown, extension.unregister-tasks."""
    session = access.current(state, call.session)
    task = tasks.find_task(state, call.task)
    access.require(state, session, TASK_UPDATE, choices)
    fault_if(task.frozen, "InvalidState", "its extension was unregistered")
    return task


def check_canceled(task: Task, asked: str, choices: Choices) -> None:
    """Refuse the end of a task that was canceled, where the text is so understood; by default it is taken, success too
    (EV 2.30), since the task was asked to be canceled and is not yet.
    vim.Task CancelTask 5-6. Clauses: life.cancel-end."""
    if task.info.cancelled and task.info.state not in COMPLETED and asked in COMPLETED:
        allowed = {"invalid-state": (), "error-only": (ERROR,)}.get(choices.life_cancel_end, (SUCCESS, ERROR))
        fault_if(asked not in allowed, "InvalidState", "the task is being canceled")


def check_fit(call: calls.SetTaskState, choices: Choices) -> None:
    """Ask that a result goes with success, and a fault with error. By default an error may come without one, and the
    task shows none, although `error` 1 says that there is one: nothing says where it should come from.
    vim.Task SetTaskState result 1; fault 1; InvalidState 1. Clauses: life.result, life.fault, info.error-missing."""
    fault_if(call.result is not None and call.state != SUCCESS, "InvalidState", "a result goes with success only")
    fault_if(call.fault is not None and call.state != ERROR, "InvalidState", "a fault goes with error only")
    lacking = call.state == ERROR and call.fault is None
    fault_if(lacking and choices.info_error_missing == "refused", "InvalidArgument", "an error needs a fault")


def settable_fault(state: State, name: str, choices: Choices) -> Fault:
    """Return the fault to set: a VimFault, or by default RequestCanceled, which a canceled task must show (EV N11).
    Another is set incorrectly: InvalidState.
    vim.Task SetTaskState fault 2; InvalidState 1; CancelTask 5; vim.fault.VimFault 1. Clauses: life.fault-kind,
    life.fault-cancelled."""
    kinds = state.server.faults.get(name, ())
    canceled = name == "RequestCanceled" and choices.life_fault_cancelled == "taken"
    fault_if("VimFault" not in kinds and not canceled, "InvalidState", f"{name} does not extend VimFault")
    return Fault(kind=name, kinds=kinds)


def set_state(state: State, task: Task, call: calls.SetTaskState, error: Fault | None, choices: Choices) -> State:
    """Take the state asked for, with the result or the error that goes with it.
    vim.Task SetTaskState 1; vim.Task CancelTask 5; vim.TaskInfo error 1; result 1. Clauses: life.cancel-end,
    info.error-missing."""
    asked, result = call.state, call.result
    if task.info.cancelled and asked == SUCCESS and choices.life_cancel_end == "turned-to-error":
        asked, result, error = ERROR, None, fault_value(state, "RequestCanceled")
    if asked == ERROR and error is None and choices.info_error_missing == "filled-in":
        error = fault_value(state, "GenericVmConfigFault")
    state = enter(state, task.number, asked, choices)
    task = state.tasks[task.number]
    return tasks.with_info(state, task, evolve(task.info, result=result, error=error))


def enter(state: State, number: int, entered: str, choices: Choices) -> State:
    """Let a task enter a state, and stamp the time. It keeps the time at which it first ran, if it ever did.
    vim.TaskInfo startTime 1; vim.TaskInfo completeTime 1. Clauses: life.times, info.start-time, info.complete-time."""
    task = state.tasks[number]
    before, done = task.info, entered in COMPLETED
    started = state.now if entered == RUNNING and before.start_time is None else before.start_time
    info = evolve(
        before,
        state=entered,
        start_time=started,
        complete_time=state.now if done else None,
        progress=progress_in(before, entered, choices),
    )
    moves = state.moves + 1
    task = evolve(task, info=info, entered=(*task.entered, (state.now, moves, entered)))
    state = evolve(state, moves=moves, tasks=state.tasks.set(number, task))
    if done:
        state = evolve(state, live=state.live.delete(number), completed=(number, state.completed))
    return recalculate(state, info.parent_task_key, choices)


def progress_in(info: TaskInfo, entered: str, choices: Choices) -> int | None:
    """Return the progress of a task that enters a state: a running task keeps it, by default no other has one.
    vim.TaskInfo progress 1-2; EV 1.2, 1.3. Clauses: info.progress-end, info.progress-end-error."""
    ends = {SUCCESS: choices.info_progress_end, ERROR: choices.info_progress_end_error}
    if entered == RUNNING or ends.get(entered) == "kept":
        return info.progress
    return 100 if ends.get(entered) == "hundred" else None


def update_progress(state: State, call: calls.UpdateProgress, choices: Choices) -> After[None]:
    """Set the percentage done of a running task; below zero counts as zero, above 100 as 100. A vCenter Server of API
    2.x may fault instead, by default it does not. A task that is being canceled is still running.
    vim.Task UpdateProgress 1-2; percentDone 1; InvalidState 1; OutOfBounds 1-2. Clauses: life.progress,
    life.progress-clamp, life.progress-clamp-2x, life.progress-state, life.progress-back, info.progress-range."""
    task = to_update(state, call, choices)
    fault_if(task.info.state != RUNNING, "InvalidState", "the task is not running")
    percent = max(0, min(100, call.percent_done))
    old = state.server.vcenter and state.server.api_version < (4, 0)
    strict = old and choices.life_progress_clamp_2x == "out-of-bounds"
    fault_if(strict and percent != call.percent_done, "OutOfBounds", "percentDone is out of bounds")
    if choices.life_progress_back == "kept":
        percent = max(percent, task.info.progress or 0)
    state = tasks.with_info(state, task, evolve(task.info, progress=percent))
    return recalculate(state, task.info.parent_task_key, choices), None


def recalculate(state: State, key: str | None, choices: Choices) -> State:
    """Work out the progress of a running parent as the mean of its children's, and so on up the chain, each parent
    once. A child that is not live any more counts as done; what the parent was set to itself is lost. By default a
    parent's progress is its own.
    vim.Task UpdateProgress 1. Clauses: life.progress-overall."""
    above: set[int] = set()
    number = state.keys.get(key or "")
    while choices.life_progress_overall == "recalculated" and number is not None and number not in above:
        if number not in state.live:
            break
        above.add(number)
        parent = state.tasks[number]
        children = [task for task in state.tasks.values() if task.info.parent_task_key == parent.info.key]
        values = [task.info.progress or 0 if task.number in state.live else 100 for task in children]
        if parent.info.state == RUNNING and values:
            state = tasks.with_info(state, parent, evolve(parent.info, progress=sum(values) // len(values)))
        number = state.keys.get(parent.info.parent_task_key or "")
    return state


def set_task_description(state: State, call: calls.SetTaskDescription, choices: Choices) -> After[None]:
    """Describe the current phase of a task, which has no description before, by a key and its arguments (since vSphere
    API 4.0); no text is made of them. The page has no fault for a completed task, and by default there is none.
    vim.Task SetTaskDescription 1; description 1; vim.TaskInfo description 1; description 3. Clauses: life.description,
    life.description-final."""
    task = to_update(state, call, choices)
    done = task.info.state in COMPLETED
    fault_if(done and choices.life_description_final == "refused", "InvalidState", "the task is completed")
    if done and choices.life_description_final == "ignored":
        return state, None
    described = LocalizableMessage(key=call.key, args=call.args)
    return tasks.with_info(state, task, evolve(task.info, description=described)), None


def cancel_task(state: State, call: calls.CancelTask, choices: Choices) -> After[None]:
    """Ask for a queued or running task to be canceled. The call may return before it is. By default a second request
    faults: sentence 3 says that it counts as the same one, sentence 4 that it is refused.
    vim.Task CancelTask 1-7; InvalidState 1; NotSupported 1. Clauses: life.cancel, life.cancel-queued,
    life.cancel-unsupported, life.cancel-unsupported-flag, life.cancel-final, life.cancel-twice."""
    session = access.current(state, call.session)
    task = tasks.find_task(state, call.task)
    if not may_cancel(state, session.user_name, task, choices):
        access.require(state, session, CANCEL_TASK, choices)
    again = task.info.cancelled and task.info.state not in COMPLETED
    once = choices.life_cancel_twice == "no-effect"
    fault_if(task.info.state in COMPLETED or (again and not once), "InvalidState", "canceled or completed")
    fault_if(not task.info.cancelable, "NotSupported", "the task is not cancelable")
    return state if again else cancel(state, task, choices), None


def may_cancel(state: State, user_name: str, task: Task, choices: Choices) -> bool:
    """Tell whether the user may cancel the task without Global.CancelTask: by default not (EV N6).
    vim.Task CancelTask privilege. Clauses: life.privilege-cancel."""
    own = choices.life_privilege_cancel == "own-only" and task.info.reason.user_name == user_name
    return own or choices.life_privilege_cancel == "allowed"


def cancel(state: State, task: Task, choices: Choices) -> State:
    """Flag the task. A queued one ends at once, a running one by itself after `CANCEL_TIME`: how soon, and by whom, the
    page does not say.
    vim.Task CancelTask 5-7; vim.TaskInfo cancelled 1. Clauses: life.cancel, life.cancel-queued."""
    state = tasks.with_info(state, task, evolve(task.info, cancelled=True))
    if task.info.state == QUEUED:
        return end_canceled(state, task.number, choices)
    return evolve(state, ending=(*state.ending, (state.now + CANCEL_TIME, task.number)))


def end_canceled(state: State, number: int, choices: Choices) -> State:
    """End a task in error with RequestCanceled, unless it has ended meanwhile.
    vim.Task CancelTask 5. Clauses: life.cancel, life.no-return."""
    if number not in state.live:
        return state
    state = enter(state, number, ERROR, choices)
    task = state.tasks[number]
    return tasks.with_info(state, task, evolve(task.info, error=fault_value(state, "RequestCanceled")))


def withdraw(state: State, number: int, what: str, choices: Choices) -> State:
    """Let a live task lose its session or its extension: it is ended as if it had been canceled (`ended`, EV N18),
    takes no update any more (`frozen`), or is taken away altogether (`gone`).
    vim.SessionManager Logout 1; vim.ExtensionManager UnregisterExtension 1. Clauses: session.outlive-live,
    extension.unregister-tasks."""
    if what == "ended":
        return end_canceled(state, number, choices)
    task = state.tasks[number]
    if what == "frozen":
        return evolve(state, tasks=state.tasks.set(number, evolve(task, frozen=True)))
    return evolve(
        inventory.forget(state, {task.info.task.value}),
        tasks=state.tasks.set(number, evolve(task, removed=True)),
        keys=state.keys.delete(task.info.key),
        live=state.live.delete(number),
    )


def fault_value(state: State, name: str) -> Fault:
    """Return a fault of this type, with all that it is a kind of."""
    return Fault(kind=name, kinds=state.server.faults.get(name, (name,)))
