"""Mutants of the property collector: which objects its filters show, and what its updates tell of them."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import life, views, watch, watched
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.state import ABSENT
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS, ObjectUpdate
from taskconform.model.vocabulary.words import evolve


def are_states(before, now):
    """Tell whether a task's state is known, and it has one still."""
    return before in life.STATES and now in life.STATES


def is_resumed(call, collector):
    """Tell whether a version resumes the calculation that was suspended."""
    return call.version and call.version == collector.truncated


@mutant("update-set-of-one-more", watch.updates_since)
def one_more(original, state, call, collector, most, choices):
    """An update set has one update of an object more than maxObjectUpdates says."""
    return original(state, call, collector, most + 1 if most is not None else None, choices)


# --- changes that are not told ----------------------------------------------------------------------------------------


@mutant("errors-are-not-told", watched.is_news)
def silent_on_errors(original, state, session, one, change):
    """A task that goes to error brings no update."""
    _, before, now = change
    return original(state, session, one, change) and not (are_states(before, now) and now == ERROR)


@mutant("canceled-end-is-not-told", watched.is_news)
def silent_on_canceled(original, state, session, one, change):
    """A task that ends as canceled brings no update."""
    ref, before, now = change
    ended = are_states(before, now) and now == ERROR
    return original(state, session, one, change) and not (ended and state.tasks[state.keys[ref.value]].info.cancelled)


@mutant("tasks-added-to-a-view-are-not-followed", views.modify_list_view)
def noting_what_is_added(original, state, call, choices):
    """Remember what ModifyListView adds to a view."""
    after, unresolved = original(state, call, choices)
    before, now = (set(one.sessions[call.session].views[call.view.value]) for one in (state, after))
    added = remembered(state, call.view.value, frozenset()) | (now - before)
    return remembering(after, call.view.value, added), unresolved


@mutant("tasks-added-to-a-view-are-not-followed", views.reset_list_view)
def forgetting_what_was_added(original, state, call, choices):
    """Forget at ResetListView what was added to the view."""
    after, unresolved = original(state, call, choices)
    return remembering(after, call.view.value, frozenset()), unresolved


@mutant("tasks-added-to-a-view-are-not-followed", watched.is_news)
def silent_on_added_tasks(original, state, session, one, change):
    """A task that ModifyListView adds brings no update once it was told."""
    task, before, now = change
    added = any(task in remembered(state, ref.value, ()) for ref in one.watched)
    return original(state, session, one, change) and not (added and task not in one.watched and are_states(before, now))


@mutant("second-filter-of-a-task-is-silent", watched.is_news)
def silent_in_the_second_filter(original, state, session, one, change):
    """The first of several filters of a property collector that show a task alone tells its changes."""
    task, before, now = change
    filters = next(made.filters for made in session.property_collectors.values() if one in made.filters)
    first = next((other for other in filters if task in watched.shown_objects(session, other)), one)
    return original(state, session, one, change) and not (are_states(before, now) and first != one)


@mutant("first-update-is-as-of-the-filter", watch.updates_since)
@mutant("first-update-leaves-out-completed-tasks", watch.updates_since)
def noting_the_empty_version(original, state, call, collector, most, choices):
    """Remember whether the updates are those to the empty version, or resume those."""
    if not is_resumed(call, collector):
        state = remembering(state, "fresh", not call.version)
    return original(state, call, collector, most, choices)


@mutant("first-update-leaves-out-completed-tasks", watch.updates_since)
def noting_completed_tasks(original, state, call, collector, most, choices):
    """Remember the tasks that have completed by the time at which they are first told."""
    resumed, session = is_resumed(call, collector), state.sessions[call.session]
    fresh = remembered(state, "fresh") if resumed else not call.version
    completed = {
        (one.ref.value, ref)
        for one in collector.filters
        for ref in watched.shown_objects(session, one)
        if (not resumed or (one.ref.value, ref) in collector.pending)
        and watched.seen_now(state, session, one, ref, choices) in life.COMPLETED
    }
    before = remembered(state, "left out", frozenset())
    state = remembering(state, "left out", before | completed if fresh else before)
    return original(state, call, collector, most, choices)


@mutant("first-update-leaves-out-completed-tasks", watched.is_news)
def silent_on_completed_tasks(original, state, session, one, change):
    """Updates to the empty version, and those after them, say nothing of tasks that have completed by then."""
    left_out = (one.ref.value, change[0]) in remembered(state, "left out", ())
    return original(state, session, one, change) and not left_out


# --- changes that are told otherwise ----------------------------------------------------------------------------------


@mutant("completed-task-leaves", watched.update)
def leaving_when_completed(original, state, session, one, change, choices):
    """A task that completes is told as having left."""
    ref, before, now = change
    if are_states(before, now) and now in life.COMPLETED:
        return ObjectUpdate(filter=one.ref, kind="leave", obj=ref)
    return original(state, session, one, change, choices)


@mutant("first-update-is-as-of-the-filter", watch.create_filter)
def noting_what_is_shown(original, state, call, choices):
    """Remember what a new filter shows."""
    state, ref = original(state, call, choices)
    session = state.sessions[call.session]
    made = session.property_collectors[call.collector.value].filters[-1]
    objects = watched.shown_objects(session, made)
    shown = {obj: watched.seen_now(state, session, made, obj, choices) for obj in objects}
    return remembering(state, ref.value, shown), ref


@mutant("first-update-is-as-of-the-filter", watched.update)
def as_of_the_filter(original, state, session, one, change, choices):
    """Updates to the empty version give the states that the tasks had when the filter was made."""
    ref, before, now = change
    kept = remembered(state, one.ref.value).get(ref, now)
    told = kept if remembered(state, "fresh") and before == ABSENT and are_states(kept, now) else now
    return original(state, session, one, (ref, before, told), choices)


@mutant("error-is-told-as-success", watched.update)
def error_as_success(original, state, session, one, change, choices):
    """Updates give success for error."""
    update = original(state, session, one, change, choices)
    return evolve(update, state=SUCCESS) if update.state == ERROR else update


@mutant("queued-is-told-as-running", watched.update)
def queued_as_running(original, state, session, one, change, choices):
    """Updates give running for queued."""
    update = original(state, session, one, change, choices)
    return evolve(update, state=RUNNING) if update.state == QUEUED else update


@mutant("states-of-a-set-are-swapped", watch.told)
def first_and_last_exchanged(original, state, session, collector, most, choices):
    """The first and the last state in an update set are exchanged."""
    collector, found = original(state, session, collector, most, choices)
    updates = list(found.updates)
    places = [place for place, update in enumerate(updates) if update.state is not None]
    if places:
        first, last = places[0], places[-1]
        one, other = updates[first], updates[last]
        updates[first], updates[last] = evolve(one, state=other.state), evolve(other, state=one.state)
    return collector, evolve(found, updates=tuple(updates))


@mutant("second-change-between-two-waits-is-lost", watched.is_news)
def told_by_its_first_change(original, state, session, one, change):
    """A task is told also if it changed, and back again."""
    return original(state, session, one, change) or first_change(state, one, change) != change[1]


@mutant("second-change-between-two-waits-is-lost", watched.update)
def as_after_its_first_change(original, state, session, one, change, choices):
    """An update tells the first of several changes of a task between two calculations."""
    ref, before, _ = change
    return original(state, session, one, (ref, before, first_change(state, one, change)), choices)


@mutant("second-change-between-two-waits-is-lost", watch.updates_since)
def noting_what_was_looked_at(original, state, call, collector, most, choices):
    """Remember how many states the tasks had entered when a calculation looked at them."""
    after, found = original(state, call, collector, most, choices)
    known = {} if is_resumed(call, collector) else watch.known_at(collector, call.version)
    told, pending = [], ()
    if found is not None:
        told = [(update.filter.value, update.obj) for update in found.updates]
        pending = after.sessions[call.session].property_collectors[call.collector.value].pending
    for name, ref in (set(known) - set(pending)).union(told):
        after = remembering(after, f"{name} {ref.value}", len(states_entered(after, ref.value)))
    return after, found


def states_entered(state, key):
    """Return the states that a task entered one after the other, none twice in a row; none if there is no such task."""
    entered = state.tasks[state.keys[key]].entered if key in state.keys else ()
    return [one for at, (*_, one) in enumerate(entered) if at == 0 or entered[at - 1][-1] != one]


def first_change(state, one, change):
    """Return the first state that a task entered since a filter looked at it, the present one if there were no more."""
    ref, before, now = change
    entered = states_entered(state, ref.value)
    looked = remembered(state, f"{one.ref.value} {ref.value}", len(entered))
    return entered[looked] if looked < len(entered) and are_states(before, now) else now


# --- objects that do not exist ----------------------------------------------------------------------------------------


def reporting(original, state, call, choices):
    """Make a filter as if missing objects were to be reported. Return the state, the reference and the filter."""
    state, ref = original(state, evolve(call, report_missing=True), choices)
    return state, ref, state.sessions[call.session].property_collectors[call.collector.value].filters[-1]


def without_missing(state, call, made):
    """Return the state in which a filter shows nothing of what is missing."""
    session = state.sessions[call.session]
    collector = session.property_collectors[call.collector.value]
    watched = tuple([ref for ref in made.watched if ref not in made.missing])
    filters = (*collector.filters[:-1], evolve(made, watched=watched, missing=frozenset()))
    return watch.with_collector(state, session, call.collector.value, evolve(collector, filters=filters))


@mutant("missing-tasks-are-not-reported", watch.create_filter)
def missing_left_out(original, state, call, choices):
    """A filter shows nothing of what is missing."""
    state, ref = original(state, call, choices)
    made = state.sessions[call.session].property_collectors[call.collector.value].filters[-1]
    return without_missing(state, call, made), ref


@mutant("filter-on-a-missing-task-is-taken", watch.create_filter)
def missing_taken(original, state, call, choices):
    """A filter on what is missing is taken without the flag."""
    state, ref, made = reporting(original, state, call, choices)
    return (state if call.report_missing else without_missing(state, call, made)), ref


@mutant("filter-on-one-missing-among-others-is-taken", watch.create_filter)
def missing_taken_among_others(original, state, call, choices):
    """A filter on what is missing is taken without the flag if something else is there."""
    state, ref, made = reporting(original, state, call, choices)
    nothing = all(obj in made.missing for obj in made.watched)
    fault_if(nothing and not call.report_missing, "ManagedObjectNotFound", "there are no such objects")
    return (state if call.report_missing else without_missing(state, call, made)), ref


@mutant("filter-on-a-missing-task-is-an-invalid-argument", watch.create_filter)
def missing_is_an_invalid_argument(original, state, call, choices):
    """A filter on what is missing is refused with InvalidArgument."""
    state, ref, made = reporting(original, state, call, choices)
    fault_if(made.missing and not call.report_missing, "InvalidArgument", "an object is missing")
    return state, ref


@mutant("missing-flag-is-not-looked-at", watch.create_filter)
def missing_refused(original, state, call, choices):
    """A filter on what is missing is refused, flag or no flag."""
    return original(state, evolve(call, report_missing=False), choices)


@mutant("retrieval-speaks-of-missing-tasks", watch.retrieve_reported)
def missing_retrieved(original, state, call, choices):
    """A retrieval has an entry for what is missing."""
    return original(state, call, choices)[0], tuple(dict.fromkeys(call.tasks))
