"""Mutants of the list `twenty_bugs`, but for those of pages, views and updates. A docstring says in short what the list
says in full.
"""

from __future__ import annotations

from contextlib import suppress

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.conformance.qualification.mutants.pages import collector_of, name_of
from taskconform.model.spec import (
    access,
    collectors,
    descriptions,
    extensions,
    filters,
    inventory,
    items,
    latest,
    life,
    sessions,
    tasks,
    watch,
)
from taskconform.model.spec.choices import DEFAULT
from taskconform.model.spec.faults import FaultRaised
from taskconform.model.vocabulary.outcomes import Extension, Property
from taskconform.model.vocabulary.words import evolve

# --- collectors -------------------------------------------------------------------------------------------------------


@mutant("filter-shown-with-bounds-swapped", collectors.read_collector_filter)
def bounds_swapped(original, state, call, choices):
    """The filter property shows the beginTime and the endTime of a time part in each other's place."""
    after, shown = original(state, call, choices)
    by = shown.value.time
    if by is None or by.begin_time is None or by.end_time is None:
        return after, shown
    swapped = evolve(by, begin_time=by.end_time, end_time=by.begin_time)
    return after, Property(value=evolve(shown.value, time=swapped))


def own_collectors(state, session):
    """Return the collectors that a session made itself, in the order of creation."""
    own = [value for value in session.collectors if value not in remembered(state, "left", {})]
    return sorted(own, key=lambda value: int(value.rpartition("-")[2]))


@mutant("logout-skips-every-second-collector", sessions.end_session)
def skipping_every_second(original, state, session, choices):
    """The end of a session leaves the second, the fourth and so on of its collectors alive."""
    left = {value: (session.account, session.collectors[value]) for value in own_collectors(state, session)[1::2]}
    return original(remembering(state, "left", remembered(state, "left", {}) | left), session, choices)


@mutant("logout-skips-every-second-collector", sessions.login)
def taking_over(original, state, call, choices):
    """The user's new session has what is left of earlier ones."""
    state, opened = original(state, call, choices)
    for value, (account, collector) in remembered(state, "left", {}).items():
        if account == call.account:
            state = collectors.with_collector(state, state.sessions[call.session], value, collector)
    return state, opened


@mutant("logout-skips-every-second-collector", collectors.collectors_held)
def without_those_left(original, state, session, choices):
    """Only what a session made itself takes a place."""
    return len(own_collectors(state, session))


@mutant("logout-skips-every-second-collector", collectors.with_collector)
def kept_for_later_sessions(original, state, owner, value, collector):
    """A collector that is left is the same to all sessions that have it."""
    left = remembered(state, "left", {})
    if value not in left:
        return original(state, owner, value, collector)
    for session in state.sessions.values():
        if value in session.collectors:
            state = original(state, session, value, collector)
    return remembering(state, "left", left | {value: (owner.account, collector)})


@mutant("logout-skips-every-second-collector", collectors.destroy_collector)
def destroyed_for_all(original, state, call, choices):
    """A collector that is left and destroyed is gone from all sessions that have it."""
    state, _ = original(state, call, choices)
    left, destroyed = remembered(state, "left", {}), call.collector.value
    for session in state.sessions.values():
        if destroyed in session.collectors:
            state = access.with_session(state, evolve(session, collectors=session.collectors.delete(destroyed)))
    return remembering(state, "left", {value: one for value, one in left.items() if value != destroyed}), None


@mutant("destroyed-collector-still-shows-its-properties", collectors.destroy_collector)
def noting_its_properties(original, state, call, choices):
    """Remember what the properties of a destroyed collector show in the end, and to which session."""
    after, _ = original(state, call, choices)
    session = state.sessions[call.session]
    collector = session.collectors.get(call.collector.value)
    if collector is None:
        return after, None
    shown = collector.filter, latest.shown(state, session, collector, choices)
    return remembering(after, call.collector.value, (session.number, *shown)), None


def last_shown(state, call):
    """Return what the properties of a collector showed that this session destroyed; None for any other."""
    session = access.current(state, call.session)
    number, *shown = remembered(state, call.collector.value, (0,))
    return shown if number == session.number and call.collector.type == inventory.TASK_COLLECTOR else None


@mutant("destroyed-collector-still-shows-its-properties", collectors.read_collector_filter)
def filter_still_shown(original, state, call, choices):
    """A destroyed collector goes on showing its filter."""
    shown = last_shown(state, call)
    return (state, Property(value=shown[0])) if shown else original(state, call, choices)


@mutant("destroyed-collector-still-shows-its-properties", latest.read_latest_page)
def page_still_shown(original, state, call, choices):
    """A destroyed collector goes on showing its latestPage."""
    shown = last_shown(state, call)
    return (state, Property(value=shown[1])) if shown else original(state, call, choices)


# --- filters ----------------------------------------------------------------------------------------------------------


@mutant("children-end-at-the-grandchildren", filters.passes_entity)
def two_levels_down(original, state, by, info, choices):
    """A filter by entity with recursion `children` goes down two levels, no further."""
    passes = original(state, by, info, choices)
    if not passes or by.recursion != "children":
        return passes
    return by.entity.value in state.ancestors[info.entity.value][:2]


@mutant("live-tasks-completed-before-any-end", filters.passes_time)
def live_is_earliest(original, by, info, choices):
    """A filter by completedTime with an endTime only holds all live tasks."""
    end_only = by.time_type == "completedTime" and by.begin_time is None and by.end_time is not None
    return (end_only and info.state not in life.COMPLETED) or original(by, info, choices)


@mutant("state-ignored-beside-a-user-list", filters.passes_state)
def any_state_of_the_users(original, collector, task, choices):
    """A filter by users and states holds the users' tasks in any state."""
    by = collector.filter.user_name
    return (by is not None and bool(by.user_list)) or original(collector, task, choices)


@mutant("empty-tag-counts-only-alone", filters.passes_lists)
def empty_tag_alone(original, spec, info, choices):
    """A filter by tags with the empty one among several holds no untagged task."""
    return original(spec, info, choices) and (len(spec.tag) <= 1 or info.change_tag in spec.tag)


@mutant("root-filter-looks-at-the-parent", filters.passes_lists)
def parent_for_root(original, spec, info, choices):
    """A filter by rootTaskKey holds the tasks whose parent has that key."""
    return original(spec, evolve(info, root_task_key=info.parent_task_key), choices)


# --- the latest page --------------------------------------------------------------------------------------------------


@mutant("full-latest-page-is-silent", latest.seen)
def seen_by_length(original, state, session, collector, choices):
    """A latestPage counts as changed to a property filter if the number of its items has changed."""
    return (len(original(state, session, collector, choices)),)


@mutant("smaller-page-waits-for-the-next-task", latest.shown)
def shown_as_put_together(original, state, session, collector, choices):
    """Show latestPage in the size that it had when it was put together, if that is larger."""
    size = remembered(state, name_of(session, collector)) or collector.page_size
    return original(state, session, evolve(collector, page_size=size), choices)


def put_together(state, values):
    """Remember of these collectors that their latestPage is put together: 0, or the size that still holds."""
    for value in values:
        state = remembering(state, value, remembered(state, value, 0))
    return state


@mutant("smaller-page-waits-for-the-next-task", latest.read_latest_page)
def put_together_by_a_read(original, state, call, choices):
    """A read puts latestPage together."""
    after, read = original(state, call, choices)
    return put_together(after, [call.collector.value]), read


@mutant("smaller-page-waits-for-the-next-task", watch.create_filter)
def put_together_by_a_filter(original, state, call, choices):
    """A property filter puts latestPage together."""
    after, ref = original(state, call, choices)
    made = after.sessions[call.session].collectors
    return put_together(after, [obj.value for obj in call.watched if obj.value in made]), ref


@mutant("smaller-page-waits-for-the-next-task", latest.set_collector_page_size)
def sized_later(original, state, call, choices):
    """A smaller page size takes effect on a latestPage that is put together only with the next matching task."""
    after, _ = original(state, call, choices)
    kept = remembered(state, call.collector.value)
    if kept is None:
        return after, None
    before = latest.size(state, collector_of(state, call, choices), choices)
    if call.max_count > before:
        kept = 0
    elif call.max_count < before:
        kept = kept or before
    return remembering(after, call.collector.value, kept), None


@mutant("smaller-page-waits-for-the-next-task", tasks.admit)
def brought_up_to_date(original, state, info, maker=0):
    """A new task brings the latestPage of each collector up to date that holds it."""
    state, task = original(state, info, maker)
    for session in state.sessions.values():
        for value, collector in session.collectors.items():
            if remembered(state, value) and items.held(state, session, collector, [task.number], 1, DEFAULT):
                state = remembering(state, value, 0)
    return state, task


# --- extensions and the description -----------------------------------------------------------------------------------


@mutant("unregister-leaves-ids-added-by-update", extensions.register_extension)
def noting_the_first_ids(original, state, call, choices):
    """Remember the ids with which an extension was registered."""
    return remembering(original(state, call, choices)[0], f"first {call.key}", frozenset(call.task_ids)), None


@mutant("unregister-leaves-ids-added-by-update", extensions.unregister_extension)
def leaving_later_ids(original, state, call, choices):
    """UnregisterExtension withdraws those ids only."""
    after, _ = original(state, call, choices)
    had = {type_id for one in state.extensions if one.key == call.key for type_id in one.task_ids}
    left = remembered(after, "left", frozenset()) | (had - remembered(state, f"first {call.key}"))
    return remembering(after, "left", left), None


@mutant("unregister-leaves-ids-added-by-update", tasks.create_task)
def taking_left_ids(original, state, call, choices):
    """CreateTask goes on taking the ids that an extension, unregistered since, got by an update."""
    left = Extension(key="left", version="", task_ids=tuple(remembered(state, "left", ())))
    after, info = original(evolve(state, extensions=(*state.extensions, left)), call, choices)
    return evolve(after, extensions=state.extensions), info


@mutant("refused-update-is-kept", extensions.update_extension)
def stored_before_refused(original, state, call, choices):
    """UpdateExtension looks for its privilege after it has stored the description."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name == "NoPermission":
            with suppress(FaultRaised):
                extensions.check_complete(call)
                kept = [extensions.described(call) if one.key == call.key else one for one in state.extensions]
                raised.after = evolve(state, extensions=tuple(kept))
        raise


@mutant("second-read-lacks-the-last-method", descriptions.read_description)
def without_the_last_method(original, state, call, choices):
    """A session's second and every later read of the description lacks the last of the built-in operations."""
    after, read = original(state, call, choices)
    if read.value is None:
        return after, read
    session = state.sessions[call.session]
    last = state.server.catalogs[session.locale].method_info[-1]
    if not remembered(state, str(session.number)) or descriptions.is_registered(state, last.key):
        return remembering(after, str(session.number), "read"), read
    methods = tuple([method for method in read.value.method_info if method != last])
    return after, Property(value=evolve(read.value, method_info=methods))
