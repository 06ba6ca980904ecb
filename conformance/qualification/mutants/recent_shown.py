"""Mutants of recentTask: who is shown what, by which way of reading; and of who may read Task.info."""

from __future__ import annotations

from typing import Any

from immutables import Map

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.conformance.qualification.mutants.recent import leaving_out
from taskconform.model.spec import access, life, recent, tasks
from taskconform.model.spec.faults import fault
from taskconform.model.spec.life import COMPLETED
from taskconform.model.spec.state import Session
from taskconform.model.vocabulary.calls import NOBODY, ObjectRef
from taskconform.model.vocabulary.outcomes import SECOND, Property, RecentTaskUpdate
from taskconform.model.vocabulary.words import evolve

KEPT_FOR = 30 * SECOND
NONE: Map[str, Any] = Map()

# --- access -----------------------------------------------------------------------------------------------------------


def holds(state, session, privilege, entity):
    """Tell whether the session's user holds the privilege there."""
    return privilege in state.privileges[session.account].get(entity, ())


leaving_out(
    "readers-see-their-own-tasks-only",
    lambda state, session, task: (
        not holds(state, session, "Task.Update", state.server.root) and task.info.reason.user_name != session.user_name
    ),
)


@mutant("access-by-the-parent-folder", recent.is_listed)
def by_the_parent(original, state, session, task, choices):
    """A session sees a task if it may access the parent of the task's entity."""
    entity = None if task.info.entity is None else state.entities.get(task.info.entity.value)
    above = None if entity is None or entity.parent is None else entity.parent.value
    gone = task.info.entity is not None and entity is None
    return not gone and holds(state, session, "System.Read", above or state.server.root)


EVERYBODY = Session(name="", number=0, account="primary", user_name="", locale="en")


def all_recent(state, choices):
    """List what is recent, whoever may access it."""
    return recent.recent_tasks(state, EVERYBODY, choices)


@mutant("fresh-wait-shows-what-is-hidden", recent.wait_for_recent_task)
def hidden_shown(original, state, call, choices):
    """WaitForUpdatesEx with an empty version gives the tasks of all entities."""
    state, update = original(state, call, choices)
    return state, evolve(update, recent_task=Property(value=all_recent(state, choices))) if call.fresh else update


@mutant("fresh-wait-needs-no-login", recent.wait_for_recent_task)
def no_login(original, state, call, choices):
    """WaitForUpdatesEx with an empty version gives all to who is not logged in."""
    if call.fresh and call.session not in state.sessions:
        return state, RecentTaskUpdate(changed=True, recent_task=Property(value=all_recent(state, choices)))
    return original(state, call, choices)


@mutant("children-are-listed-with-their-parent", recent.is_listed)
def listed_with_parent(original, state, session, task, choices):
    """A session that may access a task sees its children."""
    number = state.keys.get(task.info.parent_task_key or "")
    with_parent = number is not None and original(state, session, state.tasks[number], choices)
    return original(state, session, task, choices) or with_parent


@mutant("next-task-stands-in-the-list", recent.recent_tasks)
def next_task(original, state, session, choices):
    """The list holds the reference that the next task will have, once a task has completed."""
    refs = original(state, session, choices)
    following = ObjectRef(type="Task", value=f"task-{len(state.tasks) + 1}")
    return (*refs, following) if state.completed else refs


@mutant("collector-stands-in-the-list", recent.recent_tasks)
def collectors_too(original, state, session, choices):
    """The list holds the session's task collectors."""
    found = [ObjectRef(type="TaskHistoryCollector", value=value) for value in sorted(session.collectors)]
    return (*original(state, session, choices), *found)


@mutant("canceled-task-stands-twice", recent.recent_tasks)
def twice(original, state, session, choices):
    """The list holds a completed task that was canceled twice."""
    refs = original(state, session, choices)
    infos = [state.tasks[state.keys[ref.value]].info for ref in refs]
    return (*refs, *[info.task for info in infos if info.cancelled and info.state in COMPLETED])


# --- ways of reading --------------------------------------------------------------------------------------------------


@mutant("list-is-kept-for-half-a-minute", recent.read_recent_task)
def kept(original, state, call, choices):
    """A session that reads the list again within 30 s is given what it was given."""
    session, given = access.current(state, call.session), remembered(state, "given", NONE)
    at, value = given.get(session.number, (0, None))
    if value is not None and state.now - at < KEPT_FOR:
        return state, value
    state, value = original(state, call, choices)
    return remembering(state, "given", given.set(session.number, (state.now, value))), value


@mutant("completion-shows-at-the-second-read", life.enter)
def hold_back(original, state, number, entered, choices):
    """The first read of the list after a completion lacks the completed task."""
    state = original(state, number, entered, choices)
    held = remembered(state, "held back", frozenset())
    return remembering(state, "held back", held | {number}) if entered in COMPLETED else state


@mutant("completion-shows-at-the-second-read", recent.read_recent_task)
def held_back(original, state, call, choices):
    """Leave out what is held back, once."""
    state, read = original(state, call, choices)
    if read.value is None:
        return state, read
    held = remembered(state, "held back", frozenset())
    refs = tuple([ref for ref in read.value if state.keys[ref.value] not in held])
    return remembering(state, "held back", frozenset()), Property(value=refs)


def short_fresh_wait(leaves_out):
    """Return a replacement whose WaitForUpdatesEx with an empty version leaves out some of the list."""

    def wait(original, state, call, choices):
        state, update = original(state, call, choices)
        if update.recent_task is None or update.recent_task.value is None:
            return state, update
        found = [state.tasks[state.keys[ref.value]] for ref in update.recent_task.value]
        refs = tuple([task.info.task for task in found if not leaves_out(state, task)])
        return state, evolve(update, recent_task=Property(value=refs))

    return wait


mutant("fresh-wait-lacks-the-newest", recent.wait_for_recent_task)(
    short_fresh_wait(lambda state, task: task.number == len(state.tasks) and task.number in state.live)
)
mutant("fresh-wait-lacks-the-completed", recent.wait_for_recent_task)(
    short_fresh_wait(lambda state, task: task.number not in state.live)
)


@mutant("fresh-wait-after-a-later-one-yields-nothing", recent.wait_for_recent_task)
def nothing_afterwards(original, state, call, choices):
    """After a wait with a later version one with an empty version yields nothing."""
    state, update = original(state, call, choices)
    number, waited = access.current(state, call.session).number, remembered(state, "waited", frozenset())
    if not call.fresh:
        waited |= {number}
    return remembering(state, "waited", waited), RecentTaskUpdate(changed=False) if number in waited else update


@mutant("later-wait-yields-an-old-value", recent.wait_for_recent_task)
def old_value(original, state, call, choices):
    """A wait with a later version yields the first value that the session was given."""
    state, update = original(state, call, choices)
    number, first = access.current(state, call.session).number, remembered(state, "first", NONE)
    if not call.fresh:
        return state, first.get(number, update)
    return state if number in first else remembering(state, "first", first.set(number, update)), update


@mutant("later-wait-takes-live-tasks-out", recent.wait_for_recent_task)
def live_taken_out(original, state, call, choices):
    """A wait with a later version tells that the live tasks are no longer listed."""
    state, update = original(state, call, choices)
    session = access.current(state, call.session)
    found = [state.tasks[number] for number in sorted(state.live)]
    live = tuple([one.info.key for one in found if recent.is_listed(state, session, one, choices)])
    return state, update if call.fresh or not live else RecentTaskUpdate(changed=True, removed=live)


@mutant("list-is-empty-without-a-login", recent.read_recent_task)
def empty_without_login(original, state, call, choices):
    """A session that never logged in is given an empty list."""
    return (state, Property(value=())) if call.session == NOBODY else original(state, call, choices)


# --- Task.info without access -----------------------------------------------------------------------------------------


@mutant("unreadable-info-is-a-method-fault", tasks.info_for)
def method_fault(original, *given):
    """Reading the info of a task without access faults as a whole."""
    found = original(*given)
    if found.missing is not None:
        fault(found.missing.kind, found.missing.message)
    return found


@mutant("unreadable-info-is-shown-once-completed", tasks.info_for)
def shown_once_completed(original, state, session, task, choices):
    """The info of a completed task is given to all."""
    view = access.holds(state, session, access.SYSTEM_VIEW, state.server.root, choices)
    shown = task.number not in state.live and view
    return Property(value=task.info) if shown else original(state, session, task, choices)


@mutant("unreadable-info-is-silently-absent", tasks.info_for)
def silently_absent(original, *given):
    """The info of a task without access is left out, and nothing is said."""
    found = original(*given)
    return Property() if found.value is None else found
