"""Mutants of logins and logouts, and of what sessions see of one another."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.conformance.qualification.mutants.recent import (
    completed_tasks,
    is_of_another_user,
    knowing_makers,
    leaving_out,
)
from taskconform.model.spec import access, extensions, life, sessions, step, tasks
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.spec.state import Session
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import NOBODY
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

# --- without a login --------------------------------------------------------------------------------------------------


def lent(is_served):
    """Return a replacement of a method that serves some connections as if a user with every privilege were there."""

    def method(original, state, call, choices):
        if call.session in state.sessions or not is_served(call):
            return original(state, call, choices)
        user_name = state.server.accounts["primary"]
        guest = Session(name=call.session, number=0, account="primary", user_name=user_name, locale="en")
        after, answer = original(access.with_session(state, guest), call, choices)
        return evolve(after, sessions=after.sessions.delete(call.session)), answer

    return method


def without_login(call):
    """Tell whether nobody has logged in on the connection."""
    return call.session == NOBODY


mutant("state-needs-no-login", life.set_task_state)(lent(without_login))
mutant("task-info-needs-no-login", tasks.read_task_info)(lent(without_login))
mutant("find-extension-needs-no-login", extensions.find_extension)(lent(lambda _: True))
mutant("find-extension-needs-no-login", extensions.read_extension_list)(lent(lambda _: True))


def checked_first(original, state, call, choices):
    """Fault with InvalidRequest without a login."""
    fault_if(call.session not in state.sessions, "InvalidRequest", "there is no session")
    return original(state, call, choices)


for _method in (
    tasks.create_task,
    life.set_task_state,
    life.update_progress,
    life.set_task_description,
    life.cancel_task,
):
    mutant("create-without-a-login-is-an-invalid-request", _method)(checked_first)

# --- after a logout ---------------------------------------------------------------------------------------------------

LEAVING = "leaving"


@mutant("logout-after-the-next-call", sessions.logout)
def put_off(original, state, call, choices):
    """A session that logs out serves one more call."""
    leaving = remembered(state, LEAVING, frozenset())
    access.current(state, call.session)
    if call.session in leaving:
        return original(remembering(state, LEAVING, leaving - {call.session}), call, choices)
    return remembering(state, LEAVING, leaving | {call.session}), None


@mutant("logout-after-the-next-call", step.step)
def served_once_more(original, state, call, *choices):
    """End the session after the call that follows its logout."""
    leaves = call.session in remembered(state, LEAVING, frozenset()) and not isinstance(call, calls.Login)
    after, outcome = original(state, call, *choices)
    if leaves and call.session in after.sessions:
        kept = remembered(after, LEAVING, frozenset()) - {call.session}
        after = sessions.end_session(remembering(after, LEAVING, kept), after.sessions[call.session], *choices)
    return after, outcome


DEAD = "dead"


@mutant("dead-sessions-can-end-tasks", sessions.logout)
def remembered_dead(original, state, call, choices):
    """A session that has logged out can update the tasks that it created."""
    number = access.current(state, call.session).number
    after, answer = original(state, call, choices)
    return remembering(after, DEAD, {**remembered(after, DEAD, {}), call.session: number}), answer


@mutant("dead-sessions-can-end-tasks", life.to_update)
def let_pass(original, state, call, choices):
    """Let it pass."""
    number = state.keys.get(call.task.value)
    dead = remembered(state, DEAD, {}).get(call.session)
    if dead is not None and call.session not in state.sessions and number is not None:
        task = state.tasks[number]
        if call.task.type == "Task" and task.maker == dead:
            return task
    return original(state, call, choices)


@mutant("logout-waits-for-the-collectors", sessions.logout)
def held_by_collectors(original, state, call, choices):
    """A session that has a task collector does not log out."""
    return (state, None) if access.current(state, call.session).collectors else original(state, call, choices)


@mutant("logout-ends-every-session-of-the-user", sessions.logout)
def ends_all(original, state, call, choices):
    """All sessions of the user end with one."""
    account = access.current(state, call.session).account
    state, answer = original(state, call, choices)
    for session in state.sessions.values():
        if session.account == account:
            state = sessions.end_session(state, session, choices)
    return state, answer


# --- what others see --------------------------------------------------------------------------------------------------


@mutant("tasks-of-others-are-not-found", tasks.info_for)
def others_not_found(original, state, session, task, choices):
    """Task.info of a task that another live session created is not found."""
    others = {one.number for one in state.sessions.values()} - {session.number}
    if task.maker in others:
        fault("ManagedObjectNotFound", f"no such task: {task.info.key}")
    return original(state, session, task, choices)


@mutant("others-see-the-task-as-created", tasks.info_for)
def stale_for_others(original, state, session, task, choices):
    """Task.info of a live task that another session created is as it was at the creation."""
    found = original(state, session, task, choices)
    stale = found.value is not None and task.number in state.live and task.maker not in {0, session.number}
    return Property(value=task.created) if stale else found


knowing_makers("list-holds-own-tasks-only")
leaving_out("list-holds-own-tasks-only", is_of_another_user)

GONE = "gone"


@mutant("completed-tasks-leave-with-their-maker", sessions.logout)
def leave_along(original, state, call, choices):
    """recentTask does not list what a session had completed when it logged out."""
    number = access.current(state, call.session).number
    after, answer = original(state, call, choices)
    gone = {task.number for task in completed_tasks(state) if task.maker == number}
    return remembering(after, GONE, remembered(after, GONE, frozenset()) | gone), answer


leaving_out(
    "completed-tasks-leave-with-their-maker",
    lambda state, _, task: task.number in remembered(state, GONE, frozenset()),
)
