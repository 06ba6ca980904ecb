"""Mutants of the list `ten_bugs`. A docstring says in short what the list says in full."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import collectors, life, recent, sessions, tasks
from taskconform.model.spec.faults import FaultRaised, fault
from taskconform.model.vocabulary.outcomes import QUEUED, RUNNING, SECOND, Property
from taskconform.model.vocabulary.words import evolve

# --- tasks ------------------------------------------------------------------------------------------------------------


@mutant("entity-name-of-first-of-its-type", tasks.admit)
def name_of_the_first(original, state, info, maker=0):
    """A task's entityName is that of the first entity of the same wire type that a task was created on."""
    if info.entity is None or not maker:
        return original(state, info, maker)
    first = remembered(state, info.entity.type, info.entity_name)
    return original(remembering(state, info.entity.type, first), evolve(info, entity_name=first), maker)


@mutant("root-is-the-grandparent", tasks.placed)
def root_two_steps_up(original, state, key, entity, parent, choices):
    """A task's rootTaskKey is its grandparent's key, its parent's if there is no grandparent."""
    fields = original(state, key, entity, parent, choices)
    return fields | ({"root_task_key": parent.info.parent_task_key or parent.info.key} if parent else {})


@mutant("refused-progress-sets-start-time", life.update_progress)
def stamped_when_refused(original, state, call, choices):
    """UpdateProgress of a queued task, refused as it should be, sets startTime all the same."""
    task = life.to_update(state, call, choices)
    if task.info.state == QUEUED:
        stamped = tasks.with_info(state, task, evolve(task.info, start_time=state.now))
        fault("InvalidState", "the task is not running", remembering(stamped, task.info.key, "stamped"))
    return original(state, call, choices)


@mutant("refused-progress-sets-start-time", life.enter)
def started_at_the_start(original, state, number, entered, choices):
    """The next start of the task puts its own time over the stamp."""
    task = state.tasks[number]
    if entered == RUNNING and remembered(state, task.info.key):
        state = tasks.with_info(remembering(state, task.info.key, None), task, evolve(task.info, start_time=None))
    return original(state, number, entered, choices)


@mutant("same-key-description-dropped", life.set_task_description)
def same_key_dropped(original, state, call, choices):
    """SetTaskDescription with the message key that is in force changes nothing: the new arguments are lost."""
    after, _ = original(state, call, choices)
    before = tasks.find_task(state, call.task).info.description
    return (state if before is not None and before.key == call.key else after), None


@mutant("cancel-of-queued-wrong-fault", life.cancel_task)
def queued_is_an_invalid_state(original, state, call, choices):
    """CancelTask of a queued task that is not cancelable faults with InvalidState, not with NotSupported."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name == "NotSupported" and tasks.find_task(state, call.task).info.state == QUEUED:
            fault("InvalidState", raised.message)
        raise


@mutant("dead-session-reads-what-it-knew", sessions.login)
def knowing_nothing_at_login(original, state, call, choices):
    """Another login is another session, which knows nothing yet."""
    after, opened = original(state, call, choices)
    return remembering(after, call.session, frozenset()), opened


@mutant("dead-session-reads-what-it-knew", tasks.read_task_info)
def known_to_the_dead(original, state, call, choices):
    """After Logout, a session still reads the info of the tasks whose info it read before."""
    known = remembered(state, call.session, frozenset())
    if call.session not in state.sessions and call.tasks and known.issuperset(call.tasks):
        return state, tuple([Property(value=tasks.find_task(state, ref).info) for ref in call.tasks])
    after, read = original(state, call, choices)
    now = {ref for ref, one in zip(call.tasks, read, strict=True) if one.value is not None}
    return remembering(after, call.session, known | now), read


# --- recentTask -------------------------------------------------------------------------------------------------------


@mutant("last-200-by-creation", recent.recently_completed)
def last_by_creation(original, state, session, choices):
    """The window keeps the 200 completed tasks that were created last, not those that completed last."""
    completed, rest = [], state.completed
    while rest is not None:
        number, rest = rest
        completed.append(number)
    kept = set(sorted(completed)[max(0, len(completed) - recent.cap_in_force(state, choices)) :])
    earliest = state.now - state.server.window * SECOND
    for task in (state.tasks[number] for number in completed if number in kept):
        if task.info.complete_time < earliest:
            return
        yield task


@mutant("hidden-task-shown-once-completed", recent.is_listed)
def completed_shown_to_all(original, state, session, task, choices):
    """A completed task is in recentTask for every session, also for one that has no access to the task's entity."""
    return task.info.state in life.COMPLETED or original(state, session, task, choices)


@mutant("second-fresh-wait-is-stale", recent.wait_for_recent_task)
def as_in_the_first_wait(original, state, call, choices):
    """Every WaitForUpdatesEx with an empty version gives a session what the first one gave it."""
    after, update = original(state, call, choices)
    if not call.fresh:
        return after, update
    number = str(after.sessions[call.session].number)
    first = remembered(state, number, update)
    return remembering(after, number, first), first


# --- collectors -------------------------------------------------------------------------------------------------------


def places_taken(state, session):
    """Return the collectors of the session's stack, without the destroyed ones on its top."""
    taken = remembered(state, str(session.number), ())
    while taken and taken[-1] not in session.collectors:
        taken = taken[:-1]
    return taken


@mutant("destroy-frees-only-the-newest", collectors.collectors_held)
def held_by_the_stack(original, state, session, choices):
    """The place of a destroyed collector stays taken as long as a newer collector of the session exists."""
    return len(places_taken(state, session))


@mutant("destroy-frees-only-the-newest", collectors.new_collector)
def put_on_the_stack(original, state, session, spec, info_filter, choices):
    """Put a new collector on the stack."""
    after, ref = original(state, session, spec, info_filter, choices)
    return remembering(after, str(session.number), (*places_taken(state, session), ref.value)), ref
