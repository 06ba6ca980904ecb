"""Mutants of recentTask: the limits, and what is listed for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, recent, tasks
from taskconform.model.spec.life import COMPLETED
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.spec.state import Task

MAKERS = "makers"


def leaving_out(name, leaves_out):
    """Declare a mutant whose recentTask leaves tasks out: `leaves_out(state, session, task)`."""

    def listed(original, state, session, task, choices):
        return original(state, session, task, choices) and not leaves_out(state, session, task)

    mutant(name, recent.is_listed)(listed)


def knowing_makers(name):
    """Let a mutant know which account created a task by CreateTask, by the task's key."""

    def create(original, state, call, choices):
        state, info = original(state, call, choices)
        makers = {**remembered(state, MAKERS, {}), info.key: access.current(state, call.session).account}
        return remembering(state, MAKERS, makers), info

    mutant(name, tasks.create_task)(create)


def is_of_another_user(state, session, task):
    """Tell whether a session of another user created the task."""
    return remembered(state, MAKERS, {}).get(task.info.key, session.account) != session.account


def is_before_the_window(state, at):
    """Tell whether that was longer ago than the window in force."""
    return at is not None and at < state.now - state.server.window * SECOND


def completed_tasks(state):
    """Yield the completed tasks, the last completed first."""
    rest = state.completed
    while rest is not None:
        number, rest = rest
        yield state.tasks[number]


def with_server(change):
    """Return a replacement of `recent.recently_completed` that goes by other facts of the server."""

    def recently(original, state, session, choices):
        return original(evolve(state, server=evolve(state.server, **change(state.server))), session, choices)

    return recently


def cap_of(state):
    """Return the cap that the page names; on a host none is reached."""
    return state.server.cap if state.server.vcenter else len(state.tasks)


# --- live tasks -------------------------------------------------------------------------------------------------------

leaving_out(
    "queued-drops-out-after-the-window",
    lambda state, _, task: task.info.state == QUEUED and is_before_the_window(state, task.info.queue_time),
)
knowing_makers("queued-only-for-its-user")
leaving_out(
    "queued-only-for-its-user",
    lambda state, session, task: task.info.state == QUEUED and is_of_another_user(state, session, task),
)
leaving_out(
    "running-drops-out-after-the-window",
    lambda state, _, task: task.info.state == RUNNING and is_before_the_window(state, task.info.start_time),
)
leaving_out(
    "running-out-at-full-progress", lambda _, __, task: task.info.state == RUNNING and task.info.progress == 100
)

# --- the window -------------------------------------------------------------------------------------------------------

leaving_out("errors-leave-at-once", lambda _, __, task: task.info.state == ERROR)
leaving_out(
    "window-from-the-creation",
    lambda state, _, task: task.info.state in COMPLETED and is_before_the_window(state, task.info.queue_time),
)
mutant("window-of-half-the-length", recent.recently_completed)(with_server(lambda one: {"window": one.window / 2}))
mutant("window-of-twice-the-length", recent.recently_completed)(with_server(lambda one: {"window": one.window * 2}))
mutant("limits-are-600-and-200-whatever-is-declared", recent.recently_completed)(
    with_server(lambda _: {"window": 600, "cap": 200})
)


@mutant("errors-never-age", recent.recently_completed)
def ageless_errors(original, state, session, choices):
    """Tasks in error are listed however old they are."""
    for count, task in enumerate(completed_tasks(state)):
        if count < cap_of(state) and (
            task.info.state == ERROR or not is_before_the_window(state, task.info.complete_time)
        ):
            yield task


@mutant("aged-out-only-by-the-next-completion", recent.recently_completed)
def window_of_the_last(original, state, session, choices):
    """Completed tasks that are too old are listed until another task completes."""
    last = next((task.info.complete_time for task in completed_tasks(state)), state.now)
    return original(evolve(state, now=min(state.now, last)), session, choices)


# --- the number -------------------------------------------------------------------------------------------------------


@mutant("no-cap", recent.cap_in_force)
def no_cap(original, state, choices):
    """Completed tasks are listed however many there are."""
    return len(state.tasks)


@mutant("cap-for-each-outcome", recent.recently_completed)
def cap_per_state(original, state, session, choices):
    """The number applies to successes and to errors, each for itself."""
    counted = dict.fromkeys(COMPLETED, 0)
    for task in completed_tasks(state):
        if is_before_the_window(state, task.info.complete_time):
            return
        counted[task.info.state] += 1
        if counted[task.info.state] <= cap_of(state):
            yield task


@mutant("cap-keeps-the-first", recent.recently_completed)
def first_ones(original, state, session, choices):
    """Of the completed tasks the first are listed, so many as the number says; what is too old makes room."""
    kept: list[Task] = []
    for task in reversed(list(completed_tasks(state))):
        then = evolve(state, now=task.info.complete_time)
        if state.server.vcenter:
            kept = [one for one in kept if not is_before_the_window(then, one.info.complete_time)]
        if len(kept) < cap_of(state):
            kept.append(task)
    return [one for one in reversed(kept) if not is_before_the_window(state, one.info.complete_time)]


@mutant("cap-evicts-live-tasks", recent.recent_tasks)
def cap_over_all(original, state, session, choices):
    """The number is one of all tasks that are listed: the last created."""
    live = [state.tasks[number] for number in sorted(state.live)]
    found = [*live, *recent.recently_completed(state, session, choices)]
    if len(found) <= cap_of(state):
        return original(state, session, choices)
    chosen = sorted(found, key=lambda task: -task.number)[: cap_of(state)]
    return tuple([task.info.task for task in chosen if recent.is_listed(state, session, task, choices)])


@mutant("long-running-go-with-the-cap", recent.is_listed)
def live_go_along(original, state, session, task, choices):
    """With a completed task that the number drops go the live ones that were created before it."""
    dropped = [one.number for one in completed_tasks(state)][cap_of(state) :]
    goes = task.number in state.live and any(task.number < number for number in dropped)
    return not goes and original(state, session, task, choices)
